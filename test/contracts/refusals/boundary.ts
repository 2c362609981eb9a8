/** Describes a condition of the contract by calls on both of its sides. */
import { call, type Call } from "../../support/contract/calls.ts";
import type { Registry } from "../../support/contract/registry.ts";

/** Calls made one after the other, of which the last is tested. */
export type Story = readonly Call[] | ((registry: Registry) => readonly Call[]);
export type Values = readonly unknown[] | ((registry: Registry) => readonly unknown[]);

/** Calls beyond the condition, with the values of the error, and calls within it. */
export interface Boundary {
  readonly error: string;
  readonly what: string;
  readonly refused: readonly (readonly [values: Values, story: Story])[];
  readonly accepted: readonly Story[];
}

export function boundary(
  error: string,
  what: string,
  refused: Boundary["refused"],
  accepted: Boundary["accepted"],
): Boundary {
  return { error, what, refused, accepted };
}

/** A boundary of one number or text: `values` gives the error's parameters for a refused one. */
export function bounds<T>(
  error: string,
  what: string,
  storyOf: (value: T) => Story,
  sides: { refused: readonly T[]; accepted: readonly T[]; values: (value: T) => Values },
): Boundary {
  const refused = sides.refused.map((value) => [sides.values(value), storyOf(value)] as const);
  return { error, what, refused, accepted: sides.accepted.map(storyOf) };
}

/** One call by `from`, with the last of its arguments to come. */
export const by =
  (from: string, name: string) =>
  (...args: unknown[]): Call[] => [call(from, name, args)];
