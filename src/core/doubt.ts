import { AppError, type ErrorCode } from "./errors.ts";
import type { UnixSeconds } from "./units.ts";

/**
 * Faults after which what the index holds may be wrong, not just old, and what takes the doubt away again:
 * - `rebuild`: what is stored is not what the chain says, or the chain has changed what was final. Only an index made
 *   anew from the chain is to be believed.
 * - `right-chain`: the node serves another chain or contract. Nothing was taken from it, so that the index is good again
 *   once the node serves the chain that it was made from.
 */
const LIFTED_BY = {
  INDEX_MISMATCH: "rebuild",
  REORG_BELOW_FINAL: "rebuild",
  CHAIN_IDENTITY_MISMATCH: "right-chain",
  CHAIN_ID_MISMATCH: "right-chain",
  NO_CONTRACT: "right-chain",
  CONTRACT_CODE_MISMATCH: "right-chain",
} as const satisfies Partial<Record<ErrorCode, "rebuild" | "right-chain">>;

export type DoubtCode = keyof typeof LIFTED_BY;

/** Why the index may be wrong. While there is one, nothing is added to the index and nobody is answered from it. */
export interface Doubt {
  readonly code: DoubtCode;
  readonly detail: string;
  readonly since: UnixSeconds;
}

export function isDoubtCode(code: string): code is DoubtCode {
  return Object.hasOwn(LIFTED_BY, code);
}

/** Whether only an index made anew lifts the doubt. */
export function needsRebuild({ code }: Pick<Doubt, "code">): boolean {
  return LIFTED_BY[code] === "rebuild";
}

/** Whether `found` is to be kept in the place of `known`: the first fault stays, unless a graver one follows. */
export function isGraver(found: Doubt, known: Doubt | undefined): boolean {
  return known === undefined || (needsRebuild(found) && !needsRebuild(known));
}

/** The doubt as the fault that whoever asks the index gets. */
export function doubtError({ code, detail, since }: Doubt): AppError {
  return new AppError(code, { detail, since });
}
