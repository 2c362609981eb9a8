/** Defines the HTTP schemas of entries, listings and the directory. */
import { z } from "zod";
import { DOCUMENT_STATUSES } from "../core/document-status.ts";
import {
  chainHash,
  correction,
  digest,
  entryBytes,
  hash,
  id,
  index,
  institutionRef,
  names,
  placedAdmin,
  time,
} from "./common.ts";
import { asOf } from "./verifications.ts";

export const entryView = z.object({
  index,
  kind: z.enum(["document", "status", "consent", "verification", "directory"]),
  entry: entryBytes,
  leafHash: hash,
  /** Id 0 is governance. */
  institution: institutionRef,
  recordedAt: time,
  recordedBy: z.string(),
  block: z.int(),
  transaction: chainHash,
  final: z.boolean(),
  /** Documents only. */
  digest: digest.optional(),
  /** Instead of the digest where the document is blinded. */
  commitment: digest.optional(),
  blinded: z.boolean().optional(),
  scene: z.string().optional(),
  validUntil: time.nullable().optional(),
  status: z.enum(DOCUMENT_STATUSES).optional(),
  /** Shown to the issuer and to this operator's auditors only. */
  reference: z.string().optional(),
  /** All of them, in the order in which they came; the first is `reference`. */
  references: z.array(z.string()).optional(),
  /** Status entries only. */
  change: z
    .object({ document: index, action: z.string(), reason: z.string(), successor: index.optional() })
    .optional(),
});
export type EntryView = z.infer<typeof entryView>;

export const entryParams = z.strictObject({ index: z.string() });

/** Entries have to match all filters. */
export const entriesQuery = z.strictObject({
  issuer: z.string().optional().meta({ description: "institution id" }),
  scene: z.string().optional().meta({ description: "slug" }),
  status: z.string().optional().meta({ description: "active, suspended, revoked or superseded" }),
  reference: z.string().optional(),
  from: z.string().optional().meta({ description: "recordedAt from: a date (UTC+8) or an RFC 3339 time" }),
  to: z.string().optional().meta({ description: "recordedAt up to and including" }),
  limit: z.string().optional().meta({ description: "entries in one answer, 1 to 1,000; 100 unless given" }),
  cursor: z.string().optional().meta({ description: "`next` of the answer before, with the same filters" }),
});
export type EntriesQuery = z.infer<typeof entriesQuery>;

export const entriesResponse = z.object({
  entries: z.array(entryView),
  /** The cursor of the next page; absent at the end. */
  next: z.string().optional(),
  asOf,
});
export type EntriesResponse = z.infer<typeof entriesResponse>;

/** When a key acts: `from` <= time < `until`; null = since it was added, and without end. */
const keyWindow = z.object({
  addedAt: time,
  from: time.nullable(),
  until: time.nullable(),
  /** Start of the reported compromise. */
  compromisedSince: time.nullable(),
  correction: correction.optional(),
});
export type KeyWindowView = z.infer<typeof keyWindow>;

const institutionView = z.object({
  id,
  name: z.string(),
  names,
  roles: z.array(z.enum(["issuer", "verifier"])),
  /** The document types that it may record documents of. */
  scenes: z.array(z.string()),
  /** Where it is registered, and its number there. */
  jurisdiction: z.string(),
  officialNumber: z.string(),
  state: z.enum(["active", "suspended", "withdrawn"]),
  stateSince: time,
  /** Its cold address. */
  admin: z.string(),
  /** The first admin that governance put in place. */
  placedAdmin: placedAdmin.optional(),
  keys: z.array(keyWindow.extend({ address: z.string() })),
});

const operatorView = z.object({
  id,
  name: z.string(),
  /** The institution it belongs to. */
  institution: id.nullable(),
  keys: z.array(
    keyWindow.extend({
      /** SHA-256 of operator, purpose, type and key, as the contract computes it. */
      id: hash,
      purpose: z.enum(["log", "witness", "status"]),
      /** The type byte of C2SP signed-note. */
      signatureType: z.int(),
      publicKey: z.string(),
      /** The key's own signature over its registration. */
      possession: z.string(),
      /** The directory entry that added it. */
      entry: index,
    }),
  ),
});

export type OperatorView = z.infer<typeof operatorView>;

export const institutionsResponse = z.object({
  institutions: z.array(institutionView),
  operators: z.array(operatorView),
  scenes: z.array(
    z.object({
      id,
      slug: z.string(),
      name: z.string(),
      names,
      blinded: z.boolean(),
      personal: z.boolean(),
    }),
  ),
  /** The registry, whether it accepts new documents, and its successor. */
  registry: z.object({
    /** Of its log: `eip155:<chain id>:<address>`. */
    origin: z.string(),
    paused: z.boolean(),
    successor: z.string().nullable(),
  }),
  /** The public address of this service, if its operator configured one. */
  publicUrl: z.string().nullable().optional(),
});
export type InstitutionsResponse = z.infer<typeof institutionsResponse>;

/** A receipt, as a file. */
export const receiptResponse = {
  description: "Entry, proof, and signed checkpoint (C2SP tlog-proof)",
  content: { "text/plain": { schema: z.string() } },
};

/** A status statement, as a file. */
export const statementResponse = {
  description: "The signed statement, its checkpoint, and the proofs under it (hufu/status/v1)",
  content: { "application/json": { schema: z.unknown() } },
};

/** The document is not final, or no checkpoint covers it yet. */
export const evidencePending = z.strictObject({
  code: z.literal("PENDING"),
  index: z.int(),
  state: z.enum(["included", "final"]),
  /** Blocks from the document's to the newest indexed, both included. */
  confirmations: z.int(),
  /** The target time of finality. */
  deadline: time,
});
export type EvidencePending = z.infer<typeof evidencePending>;
