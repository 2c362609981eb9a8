/** Defines the HTTP schemas of API keys. */
import { z } from "zod";
import { id, time } from "./common.ts";

/** Only the shape is checked here; role, name and date are parsed elsewhere. */
export const apiKeyRequest = z.strictObject({
  name: z.string().meta({ description: "who or what uses it; 1 to 64 bytes" }),
  role: z.string().meta({ description: "issuer, verifier, auditor or operator" }),
  institution: id.optional().meta({ description: "that it acts for; issuers have one" }),
  expires: z
    .string()
    .optional()
    .meta({ description: "a date (the end of that day at UTC+8) or an RFC 3339 time; none = no end" }),
});
export type ApiKeyRequest = z.infer<typeof apiKeyRequest>;

/** A key without its secret. */
export const apiKeyView = z.object({
  /** Part of the key, after `hufu_`. */
  id: z.string(),
  name: z.string(),
  role: z.enum(["issuer", "verifier", "auditor", "operator"]),
  institution: id.optional(),
  state: z.enum(["in-force", "expired", "revoked"]),
  createdAt: time,
  /** Ids of the keys that created and revoked it; absent where the service did. */
  createdBy: z.string().optional(),
  expiresAt: time.nullable(),
  revokedAt: time.optional(),
  revokedBy: z.string().optional(),
});
export type ApiKeyView = z.infer<typeof apiKeyView>;

/** The only answer that includes the key. */
export const apiKeyMade = apiKeyView.extend({ key: z.string() });
export type ApiKeyMade = z.infer<typeof apiKeyMade>;

/** Oldest first. */
export const apiKeysResponse = z.object({ keys: z.array(apiKeyView) });
export type ApiKeysResponse = z.infer<typeof apiKeysResponse>;

export const apiKeyParams = z.strictObject({ id: z.string() });
