/** Describes requests that carry an Idempotency-Key, and the results of claiming one. */
import type { Hash } from "./units.ts";

export interface NamedRequest {
  /** Id of the caller's API key. */
  readonly caller: string;
  /** The header's value. */
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
  /** The request may run; `claim` identifies it at its end. */
  | { readonly kind: "claimed"; readonly claim: string }
  /** The request ran before, with this answer. */
  | { readonly kind: "answered"; readonly answer: StoredAnswer }
  /** The request runs, here or in another process. */
  | { readonly kind: "running" }
  /** The caller used the same name for another request. */
  | { readonly kind: "mismatch" };
