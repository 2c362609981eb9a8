/** Declares what the issuing side needs of the program that it runs in. */
import type { Binding, Commitment } from "../../core/digest.ts";
import type { SaltRecord } from "../../core/salt.ts";
import type { Awaitable, KeptSalts } from "../verify/question.ts";

/** The salts of the documents that were blinded on this machine: digests and salts are secrets, and stay on it. */
export interface SaltStore extends KeptSalts, Disposable {
  /**
   * Stores new records; for a document that has one (same digest, registry, institution and scene), it gives that one.
   * Durable when it returns. Several processes may call it at the same time.
   */
  keep(records: readonly SaltRecord[]): Awaitable<readonly SaltRecord[]>;
  /** All records of a commitment; one, but for a collision. */
  ofCommitment(commitment: Commitment): Awaitable<readonly SaltRecord[]>;
  /** What commitments for a service are bound to; undefined before its first use. */
  bindingOf(peer: string): Awaitable<Binding | undefined>;
  /** Durable when it returns; takes the place of an earlier one. */
  bind(peer: string, binding: Binding): Awaitable<void>;
}
