import type { Hash } from "./units.ts";

/** A request that carries an Idempotency-Key. */
export interface NamedRequest {
  /** Id of the caller's API key. */
  readonly caller: string;
  /** What the header says. */
  readonly name: string;
  /** Of method, path and body. */
  readonly fingerprint: Hash;
  /** Unix milliseconds. */
  readonly at: number;
}

export interface StoredAnswer {
  readonly status: number;
  readonly body: string;
}

export type Claimed =
  /** It may run; `claim` is for its end. */
  | { readonly kind: "claimed"; readonly claim: string }
  /** It ran, and this was the answer. */
  | { readonly kind: "answered"; readonly answer: StoredAnswer }
  /** It runs, here or in another process. */
  | { readonly kind: "running" }
  /** The caller used the same name for another request. */
  | { readonly kind: "mismatch" };
