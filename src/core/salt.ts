/** Defines the record that a client stores of a blinded document. */
import type { Binding, Commitment, Digest } from "./digest.ts";

/** Bytes of a salt, all of them random. The holder can prove which document a commitment is of. */
export const SALT_BYTES = 32;

/** Digest and salt are secrets. A document has one salt per institution, registry and type, so that retries commit alike. */
export interface SaltRecord extends Binding {
  /** Slug. */
  readonly scene: string;
  readonly digest: Digest;
  readonly salt: Uint8Array;
  readonly commitment: Commitment;
}
