/** Decides what to do next about an open transaction. */

/** The state, on the chain and in the index, of a transaction that is signed here and not yet in the index. */
export interface TransactionState {
  readonly nonce: number;
  /** Whether it is to make entries. */
  readonly carries: boolean;
  /** The outcome of each attempt, by the node. */
  readonly outcomes: readonly ("unknown" | "succeeded" | "reverted")[];
  /** Transactions of the signer that are mined: by now, and up to the final block that the index has followed to. */
  readonly mined: number;
  readonly minedFinal: number;
  /** Milliseconds since the newest attempt was sent. */
  readonly waited: number;
  /** Milliseconds after which another attempt is due. */
  readonly retryAfter: number;
}

export type TransactionAction =
  /** It is in a block; the index will have its entries. */
  | "follow"
  /** It is in a final block, and was to make no entry. */
  | "close"
  /** It is in a block that is not final, and left nothing: nothing else waits for it. */
  | "pass"
  /** Its nonce is spent in a final block, and it left no entry there. */
  | "give-up"
  /** Its nonce seems spent by a transaction that is not ours, in a block that may still change. */
  | "wait"
  /** It is in no block: the same bytes again. */
  | "repeat"
  /** The same, for too long: a higher price. */
  | "replace";

/**
 * The state of the chain decides, never the text of an error. A nonce that is spent in a final block can carry nothing
 * else any more, and the index has every entry up to there: what it does not have, was not recorded. Only then may items go
 * out with another nonce, so that none is recorded twice (O3).
 */
export function actionFor(state: TransactionState): TransactionAction {
  const { nonce, carries, outcomes, mined, minedFinal, waited, retryAfter } = state;
  const isFinal = minedFinal > nonce; // guard: F6 final nonce
  if (outcomes.includes("succeeded")) {
    if (carries) return "follow";
    return isFinal ? "close" : "pass";
  }
  if (isFinal) return "give-up";
  if (outcomes.includes("reverted")) return "pass";
  if (mined > nonce) return "wait"; // guard: F22 missing receipt
  return waited >= retryAfter || waited < 0 ? "replace" : "repeat";
}
