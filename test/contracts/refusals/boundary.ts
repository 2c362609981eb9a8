import { call, type Call } from "../../support/contract/calls.ts";
import type { Registry } from "../../support/contract/registry.ts";

/** Calls made one after the other, of which the last is the one in question. */
export type Story = readonly Call[] | ((registry: Registry) => readonly Call[]);
export type Values = readonly unknown[] | ((registry: Registry) => readonly unknown[]);

/** A condition of the contract: what is on its far side, with the values of the error, and what is on its near side. */
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

/** A boundary of one number or text: `values` are what the error says of each that is refused. */
export function bounds<T>(
  error: string,
  what: string,
  tell: (value: T) => Story,
  sides: { refused: readonly T[]; accepted: readonly T[]; values: (value: T) => Values },
): Boundary {
  const refused = sides.refused.map((value) => [sides.values(value), tell(value)] as const);
  return { error, what, refused, accepted: sides.accepted.map(tell) };
}

/** One call by `from`, with the last of its arguments to come. */
export const by =
  (from: string, name: string) =>
  (...args: unknown[]): Call[] => [call(from, name, args)];
