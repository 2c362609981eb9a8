/** The issuing side for programs: documents are hashed, blinded, sent, and waited for; receipts are fetched. */
export { inBatches } from "./batches.ts";
export type { HashedDocument } from "./blinding.ts";
export { Issuer } from "./issuer.ts";
export type { Issued, IssuerOptions, OpenDocument } from "./issuer.ts";
export type { SaltStore } from "./ports.ts";
