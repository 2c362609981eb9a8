/** Defines the HTTP schemas of verifications. */
import { z } from "zod";
import { DOCUMENT_STATUSES } from "../core/document-status.ts";
import { VERDICTS } from "../core/verdict.ts";
import {
  chainHash,
  correction,
  digest,
  hash,
  id,
  index,
  institutionRef,
  payloadFields,
  placedAdmin,
  problem,
  time,
} from "./common.ts";

/** Digests of the same file by further algorithms. */
const MAX_ALSO = 4;
/** Commitments to the same file: one for each algorithm and document type that it was recorded under. */
const MAX_ALSO_COMMITMENTS = 99;

export const verificationRequest = z.strictObject({
  ...payloadFields,
  algorithm: z.string().optional(),
  alsoDigests: z.array(z.string()).max(MAX_ALSO).optional().meta({
    description: "digests of the same file by other algorithms, each with its prefix",
  }),
  alsoCommitments: z.array(z.string()).max(MAX_ALSO_COMMITMENTS).optional().meta({
    description: "further commitments to the same file, each with its prefix",
  }),
  expectedIssuer: id.optional().meta({ description: "the institution whose entries alone decide" }),
  proof: z.boolean().optional().meta({
    description: "whether to prove the entries that decided, as far as a checkpoint covers them",
  }),
});
export type VerificationRequest = z.infer<typeof verificationRequest>;

/** A change of a document's status. */
export const statusChange = z.object({
  index,
  action: z.string(),
  reason: z.string(),
  recordedAt: time,
  /** The institution that set it; 0 is governance. */
  institution: id.or(z.literal(0)),
  successor: index.optional(),
});

/** The state of the log at which an answer is true. */
export const asOf = z.object({
  treeSize: index,
  root: hash,
  block: z.int(),
  blockHash: chainHash,
  blockTime: time,
  finalBlock: z.int().nullable(),
  /** The time that the document's dates were compared with. */
  time,
  /** Earlier and later registries that were also searched. */
  others: z.array(z.object({ registry: z.string(), treeSize: index, root: hash })).optional(),
});

const verifiedEntry = z.object({
  /** Its registry, where that is an earlier or later one than the service's own. */
  registry: z.string().optional(),
  index,
  digest: digest.optional(),
  /** Instead of the digest where the document is blinded. */
  commitment: digest.optional(),
  /** `placedAdmin`: the entry was recorded while the admin was one that governance put in place. */
  institution: institutionRef.extend({ placedAdmin: placedAdmin.optional() }),
  scene: z.string(),
  recordedAt: time,
  validUntil: time.nullable(),
  status: z.enum(DOCUMENT_STATUSES),
  statuses: z.array(statusChange),
  recordedBy: z.string(),
  /** Of the last report on the key that recorded it, as far as the verdict rests on it. */
  correction: correction.optional(),
  transaction: chainHash,
  block: z.int(),
  final: z.boolean(),
  /** Recorded by another institution than the one that decides. */
  conflict: z.boolean(),
});
export type VerifiedEntry = z.infer<typeof verifiedEntry>;

/** An entry of the log with its inclusion proof. */
const provenEntry = z.object({
  index,
  /** 80 bytes in hexadecimal. */
  entry: z.string(),
  /** Hashes in base64, from the leaf up. */
  proof: z.array(z.string()),
});

/** Every definite verdict. */
export const verificationResponse = z.object({
  verdict: z.enum(VERDICTS).exclude(["indeterminate"]),
  /** Entries with one of the digests or commitments, those of the deciding institution first. */
  entries: z.array(verifiedEntry),
  /** Index of the entry that decided; absent for not-found. */
  decidedBy: index.optional(),
  /** The rule that decided, its entry, and the time from which it applies; absent for not-found. */
  basis: z
    .object({
      rule: z.enum(["newest-entry", "validity", "withdrawal", "institution-state", "key-compromise"]),
      entry: index,
      since: time,
      /** The key that is in question. */
      key: z.string().optional(),
    })
    .optional(),
  /** The withdrawal that decided. */
  withdrawal: statusChange.optional(),
  /** With a withdrawal: the index lags, and later changes may be missing. */
  lagging: z.boolean().optional(),
  /** For issuer-not-in-good-standing. */
  standing: z.object({ what: z.enum(["institution", "key"]), state: z.string(), since: time }).optional(),
  /** A check by the digest alone sees open entries, and one by a commitment blinded ones. */
  searched: z.enum(["open-entries", "blinded-entries"]),
  warnings: z.array(z.object({ code: z.string(), detail: z.string() })).optional(),
  /**
   * On request: the entry that decided and, of a withdrawal, its status entry, under one signed checkpoint. Absent while no
   * checkpoint covers them, and where nothing was found.
   */
  proof: z.object({ checkpoint: z.string(), entries: z.array(provenEntry) }).optional(),
  asOf,
});
export type VerificationResponse = z.infer<typeof verificationResponse>;

/** A problem instead of a verdict, where the document could not be checked. */
export const indeterminate = problem.extend({ verdict: z.literal("indeterminate"), asOf: asOf.optional() });
export type Indeterminate = z.infer<typeof indeterminate>;
