/** Defines the HTTP schemas of the witness. */
import { z } from "zod";

export const cosignatureRequest = z.string().meta({
  description:
    "old and the size that was cosigned last, a consistency proof, an empty line, and the checkpoint",
});

export const cosignaturesResponse = {
  description: "The operator's cosignature of the checkpoint, as a signature line (C2SP tlog-cosignature)",
  content: { "text/plain": { schema: z.string() } },
};

export const sizeResponse = {
  description: "The size that was cosigned last, which the consistency proof has to start from",
  content: { "text/x.tlog.size": { schema: z.unknown() } },
};

export const monitoredLog = z.strictObject({
  log: z.string().meta({ description: "SHA-256 of the log's origin, 64 lower-case hexadecimal digits" }),
});
