import type { Commitment, Digest } from "./digest.ts";
import type { InstitutionId } from "./units.ts";

/** Bytes of a salt, all of them random. Whoever has it can show that a commitment is that of a document. */
export const SALT_BYTES = 32;

/**
 * What a client keeps of a blinded document: digest and salt are secrets. A document has one salt for each institution,
 * registry and document type, so that a retry makes the same commitment.
 */
export interface SaltRecord {
  /** Origin of the registry's log. */
  readonly registry: string;
  readonly institution: InstitutionId;
  /** Slug. */
  readonly scene: string;
  readonly digest: Digest;
  readonly salt: Uint8Array;
  readonly commitment: Commitment;
}
