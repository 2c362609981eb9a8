/** Defines the HTTP schemas of verifications. */
import { z } from "zod";
import { DOCUMENT_STATUSES } from "../core/document-status.ts";
import { OFFICIAL_ID } from "../core/official-id.ts";
import { VERDICTS } from "../core/verdict.ts";
import {
  chainHash,
  correction,
  digest,
  hash,
  id,
  index,
  issuerRef,
  payloadFields,
  placedAdmin,
  problem,
  time,
} from "./common.ts";

/** Digests of the same file by further algorithms. */
const MAX_ALSO = 4;
/** Commitments to the same file: one for each algorithm and document type that it was recorded under. */
const MAX_ALSO_COMMITMENTS = 99;

/** What a commitment is bound to. Required with it, and checked by its content, so that its absence has a code of its own. */
const boundTo = {
  institution: id.optional().meta({
    description: "with a commitment: the institution that it is bound to, by its id in its own registry",
  }),
  origin: z.string().optional().meta({
    description: "with a commitment: the origin of the log that it is bound to; none = each that is searched",
  }),
};

export const verificationRequest = z.strictObject({
  ...payloadFields,
  ...boundTo,
  algorithm: z.string().optional(),
  alsoDigests: z.array(z.string()).max(MAX_ALSO).optional().meta({
    description: "digests of the same file by other algorithms, each with its prefix",
  }),
  alsoCommitments: z
    .array(z.strictObject({ commitment: z.string(), ...boundTo }))
    .max(MAX_ALSO_COMMITMENTS)
    .optional()
    .meta({
      description: "further commitments to the same file, each with its prefix and what it is bound to",
    }),
  expectedIssuer: z
    .union([id, z.string().regex(OFFICIAL_ID)])
    .optional()
    .meta({
      description:
        "the institution whose entries alone decide: its id, or its jurisdiction and official number, such as CN:9144…",
    }),
  proof: z.boolean().optional().meta({
    description: "whether to prove the entries that decided, as far as a checkpoint covers them",
  }),
  note: z.boolean().optional().meta({
    description: "whether to sign the answer: the operator's claim of what its log held, to keep",
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
  /** The newest block that was read, and the newest final one; absent where a mirror answers, which holds no blocks. */
  block: z.int().optional(),
  blockHash: chainHash.optional(),
  blockTime: time.optional(),
  finalBlock: z.int().nullable().optional(),
  /** Where a mirror answers: the time of the checkpoint or block that it is of. */
  mirrorTime: time.optional(),
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
  institution: issuerRef.extend({ placedAdmin: placedAdmin.optional() }),
  scene: z.string(),
  recordedAt: time,
  validUntil: time.nullable(),
  status: z.enum(DOCUMENT_STATUSES),
  statuses: z.array(statusChange),
  recordedBy: z.string(),
  /** Of the last report on the key that recorded it, as far as the verdict rests on it. */
  correction: correction.optional(),
  transaction: chainHash.optional(),
  block: z.int().optional(),
  final: z.boolean(),
  /** Recorded by another institution than those that decide. */
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

/** What a verdict on the entries of one institution rests on. */
const decision = {
  /** Index of the entry that decided; absent for not-found and several-issuers. */
  decidedBy: index.optional(),
  /** The registry of that entry, where it is an earlier or later one than the service's own. */
  decidedIn: z.string().optional(),
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
};

/** One of several institutions that have registered a file, judged by its own entries alone. */
const issuerAnswer = z.object({
  institution: issuerRef,
  verdict: z.enum(VERDICTS).exclude(["registered", "several-issuers", "not-found"]),
  /** For indeterminate: the code of the fault. */
  because: z.string().optional(),
  ...decision,
});
export type IssuerAnswer = z.infer<typeof issuerAnswer>;

/** What an operator signs of an answer: the verdict, and the entries of the document below the size of the note. */
const claimedAnswer = z.object({
  verdict: z.enum(VERDICTS).exclude(["indeterminate", "registered"]),
  entries: z.array(
    z.object({
      index,
      leaf: hash,
      institution: id,
      /** The newest status entry about it; null = none. */
      status: index.nullable(),
    }),
  ),
});

const signedAnswer = z.object({ note: z.string(), answers: z.array(claimedAnswer) });
export type SignedAnswerView = z.infer<typeof signedAnswer>;

/** Every definite verdict. */
export const verificationResponse = z.object({
  verdict: z.enum(VERDICTS).exclude(["indeterminate"]),
  /**
   * Why the entries of some institutions alone decide: the caller expects one, or the service's operator accepts them.
   * Absent: every institution that has entries decides.
   */
  chosenBy: z.enum(["caller", "setting"]).optional(),
  /** For several-issuers: each with its own verdict, in the order of jurisdiction and official number. */
  issuers: z.array(issuerAnswer).optional(),
  /** How many further institutions have entries, which do not decide. */
  others: index,
  /**
   * Entries with one of the digests or commitments, those of the deciding institutions first: of each institution the newest,
   * and all whose status was changed.
   */
  entries: z.array(verifiedEntry),
  ...decision,
  /** A check by the digest alone sees open entries, and one by a commitment blinded ones. */
  searched: z.enum(["open-entries", "blinded-entries"]),
  warnings: z.array(z.object({ code: z.string(), detail: z.string() })).optional(),
  /**
   * On request: the entries with the newest changes of their status, as far as one signed checkpoint covers them, and the
   * directory's entries about their institutions and document types and about what is in question. Absent while none is covered,
   * and where nothing was found.
   */
  proof: z
    .object({
      checkpoint: z.string(),
      entries: z.array(provenEntry),
      /** Each with the event that it commits to, in base64. */
      events: z.array(provenEntry.extend({ event: z.string() })).optional(),
    })
    .optional(),
  /** On request: the answer note, and what its hash is of beside the questions. Absent: the operator has no key to sign it. */
  note: signedAnswer.optional(),
  asOf,
});
export type VerificationResponse = z.infer<typeof verificationResponse>;

/** A problem instead of a verdict, where the document could not be checked. */
export const indeterminate = problem.extend({ verdict: z.literal("indeterminate"), asOf: asOf.optional() });
export type Indeterminate = z.infer<typeof indeterminate>;
