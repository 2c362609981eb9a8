/** Defines the HTTP schemas of anchors and of changes of status. */
import { z } from "zod";
import { chainHash, digest, entryBytes, id, index, itemError, payloadFields, time } from "./common.ts";

/** Documents in one request. */
export const MAX_DOCUMENTS = 2_000;

/** One document to anchor. Only the shape is checked here; digests, dates and scenes are parsed for each document alone. */
export const documentRequest = z.strictObject({
  ...payloadFields,
  algorithm: z.string().optional().meta({ description: "sha256 or sm3" }),
  scene: z.string().meta({ description: "slug of a document type, such as enterprise-credit-report" }),
  validUntil: z
    .string()
    .optional()
    .meta({ description: "a date (the end of that day at UTC+8) or an RFC 3339 time; none = no end" }),
  reference: z.string().optional().meta({ description: "the issuer's own number; stays with this operator" }),
});
export type DocumentRequest = z.infer<typeof documentRequest>;

/** The documents are checked one by one, so that an invalid one does not fail the others. */
export const anchorsRequest = z.strictObject({ documents: z.array(z.unknown()) });

export const anchorsQuery = z.strictObject({
  wait: z.string().optional().meta({ description: '"final": answer once all documents are final or failed' }),
});

const ANCHOR_STATES = ["queued", "submitted", "included", "final", "failed", "refused"] as const;

/** The result of one document; `id` and the fields after it are absent where it was refused. */
export const anchorResult = z.object({
  state: z.enum(ANCHOR_STATES),
  id: z.uuid().optional(),
  digest: digest.optional(),
  /** Instead of the digest where the document is blinded. */
  commitment: digest.optional(),
  scene: z.string().optional(),
  validUntil: time.nullable().optional(),
  /** As the request names it; of an earlier document, the first. */
  reference: z.string().optional(),
  /** All of the document, in the order in which they came. */
  references: z.array(z.string()).optional(),
  acceptedAt: time.optional(),
  /** True where the same document was accepted before. */
  duplicate: z.boolean().optional(),
  index: index.optional(),
  /** It names the institution that recorded it. */
  entry: entryBytes.optional(),
  recordedAt: time.optional(),
  transaction: chainHash.optional(),
  block: z.int().optional(),
  error: itemError.optional(),
  /** REFERENCE_REUSED: another document has the same reference; REFERENCE_SEVERAL: the document has others. */
  warnings: z.array(z.object({ code: z.string(), detail: z.string() })).optional(),
});
export type AnchorResult = z.infer<typeof anchorResult>;

/** One result for each document, in their order. */
export const anchorsResponse = z.object({ anchors: z.array(anchorResult) });
export type AnchorsResponse = z.infer<typeof anchorsResponse>;

export const anchorParams = z.strictObject({ id: z.string() });

export const statusRequest = z.strictObject({
  action: z.string().optional().meta({ description: "revoke, suspend, reinstate or supersede" }),
  reason: z.string().optional().meta({
    description:
      "issued-in-error, content-corrected, subject-request, key-compromise, court-or-regulator-order or other",
  }),
  successor: z
    .int()
    .min(0)
    .optional()
    .meta({ description: "index of the document that takes its place; supersede only" }),
});
export type StatusRequestBody = z.infer<typeof statusRequest>;

/** A request that awaits approval is not sent before a second person approves it. */
const STATUS_STATES = [...ANCHOR_STATES, "awaiting-approval"] as const;

/** An API key by its id, and by its name at that time. */
const keyRef = z.object({ id: z.string(), name: z.string() });

export const statusResponse = z.object({
  /** Of the request. */
  id: z.uuid(),
  document: index,
  action: z.string(),
  reason: z.string(),
  successor: index.optional(),
  institution: id,
  state: z.enum(STATUS_STATES),
  askedAt: time.optional(),
  askedBy: keyRef.optional(),
  /** Of a second keyRef. */
  decision: z.enum(["approved", "rejected"]).optional(),
  decidedAt: time.optional(),
  decidedBy: keyRef.optional(),
  acceptedAt: time,
  /** Of the status entry. */
  index: index.optional(),
  recordedAt: time.optional(),
  error: itemError.optional(),
});
export type StatusResponse = z.infer<typeof statusResponse>;

export const statusRequestsQuery = z.strictObject({
  state: z.string().optional().meta({ description: "awaiting-approval" }),
});

/** Oldest first, at most 1,000. */
export const statusRequestsResponse = z.object({ requests: z.array(statusResponse) });
export type StatusRequestsResponse = z.infer<typeof statusRequestsResponse>;

export const statusRequestParams = z.strictObject({ id: z.string() });

export const decisionRequest = z.strictObject({
  decision: z.string().optional().meta({ description: "approve or reject" }),
});
