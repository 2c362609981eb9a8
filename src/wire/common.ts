/** Defines the parts that several HTTP schemas share. */
import { z } from "zod";
import { LANGUAGES } from "../core/directory.ts";

/** RFC 3339 in UTC. */
export const time = z.iso.datetime();

/** Position of an entry, or a number of them: a JSON number below 2^53. */
export const index = z.int().min(0);

export const id = z.int().min(1);

/** A leaf or a root: 32 bytes, as 64 lower-case hexadecimal digits. */
export const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** Hash of a transaction or a block, in the form of the chain's RPC. */
export const chainHash = z.string().regex(/^0x[0-9a-f]{64}$/);

/** A digest, or a commitment: `sha256:` or `sm3:` and 64 hexadecimal digits. */
export const digest = z.string().regex(/^(sha256|sm3):[0-9a-f]{64}$/);

/** A request identifies a document by one of the two. */
export const payloadFields = {
  digest: z
    .string()
    .optional()
    .meta({ description: "sha256: or sm3: and 64 hex digits; bare hex where `algorithm` is given" }),
  commitment: z
    .string()
    .optional()
    .meta({ description: "in the place of the digest, in the same form: HMAC of the digest under a salt" }),
};

export const names = z.object(
  Object.fromEntries(LANGUAGES.map((language) => [language, z.string()])) as Record<
    (typeof LANGUAGES)[number],
    z.ZodString
  >,
);

/** `name` is in the language of Accept-Language. */
export const institutionRef = z.object({ id: z.int().min(0), name: z.string(), names });

/** An admin of an institution that governance put in place, and since when. */
export const placedAdmin = z.object({ admin: z.string(), since: time, entry: index });
export type PlacedAdminView = z.infer<typeof placedAdmin>;

/** A correction of a report on a key: what the report says now, null = it is taken back; its entry, and when. */
export const correction = z.object({ since: time.nullable(), entry: index, at: time });

/** RFC 9457 problem details. `code` never changes meaning. */
export const problem = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  /** The request's id, which the service logs. */
  instance: z.string(),
});

/** A fault of one item in a request. */
export const itemError = z.object({
  code: z.string(),
  title: z.string(),
  detail: z.string(),
  at: z.string().optional(),
});
