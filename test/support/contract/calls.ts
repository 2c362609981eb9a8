/** Describes calls of the registry and their outcomes as text. */
import { isAddress } from "ethers";
import type { Outcome } from "./evm.ts";

/** One transaction: who sends it, the function, its arguments, and the block time where it is not the stage's. */
export interface Call {
  readonly from: string;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly at?: number;
}
export function call(from: string, name: string, args: readonly unknown[] = [], at?: number): Call {
  return { from, name, args, ...(at === undefined ? {} : { at }) };
}

/** An outcome as text for comparison: "done" and its events, or the error and its values. */
export function describeOutcome(outcome: Outcome): string[] {
  if (outcome.kind === "done") return ["done", ...outcome.events.map(({ name }) => name)];
  return [outcome.error, ...outcome.args.map(textOf)];
}
/** The text that {@link describeOutcome} returns for this error and these values. */
export const refusal = (error: string, ...values: unknown[]): string[] => [error, ...values.map(textOf)];

function textOf(value: unknown): string {
  const text = String(value);
  return isAddress(text) ? text.toLowerCase() : text;
}
