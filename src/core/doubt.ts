/** Defines the faults after which the index may be wrong, not just old, and what clears each. */
import { AppError, type ErrorCode } from "./errors.ts";
import type { UnixSeconds } from "./units.ts";

/**
 * What clears a doubt:
 * - `rebuild`: the stored data differ from the chain, or the chain has changed final blocks. Only an index rebuilt from the
 *   chain is correct.
 * - `right-chain`: the node serves another chain or contract. Nothing was indexed from it, so that the index is correct
 *   again once the node serves the chain that it was built from.
 */
const CLEARED_BY = {
  INDEX_MISMATCH: "rebuild",
  REORG_BELOW_FINAL: "rebuild",
  CHAIN_IDENTITY_MISMATCH: "right-chain",
  CHAIN_ID_MISMATCH: "right-chain",
  NO_CONTRACT: "right-chain",
  CONTRACT_CODE_MISMATCH: "right-chain",
} as const satisfies Partial<Record<ErrorCode, "rebuild" | "right-chain">>;

export type DoubtCode = keyof typeof CLEARED_BY;

/** Why the index may be wrong. While there is one, the index neither grows nor answers. */
export interface Doubt {
  readonly code: DoubtCode;
  readonly detail: string;
  readonly since: UnixSeconds;
}

export function isDoubtCode(code: string): code is DoubtCode {
  return Object.hasOwn(CLEARED_BY, code);
}

/** Whether only rebuilding the index clears the doubt. */
export function needsRebuild({ code }: Pick<Doubt, "code">): boolean {
  return CLEARED_BY[code] === "rebuild";
}

/** Whether `found` replaces `known`: the first fault stays, unless a more severe one follows. */
export function isMoreSevere(found: Doubt, known: Doubt | undefined): boolean {
  return known === undefined || (needsRebuild(found) && !needsRebuild(known));
}

/** The error that every query of the index gets. */
export function doubtError({ code, detail, since }: Doubt): AppError {
  return new AppError(code, { detail, since });
}
