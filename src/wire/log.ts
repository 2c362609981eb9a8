/** Defines the HTTP schemas of the log: tiles and checkpoints. */
import { z } from "zod";
import { index } from "./common.ts";

/** The rest of a tile's path, after `/log/tile/`. */
export const tileParams = z.strictObject({
  "*": z.string().meta({ description: "L/N[.p/W] or entries/N[.p/W], such as 0/x001/x234/067.p/112" }),
});

/** OpenAPI describes bytes by their media type alone. */
export const tileResponse = {
  description: "Hashes of 32 bytes each; or entries, each after its length in 16 bits, big-endian",
  content: { "application/octet-stream": { schema: z.unknown() } },
};

/** The number of a file of directory events. */
export const directoryParams = z.strictObject({
  file: z.string().meta({ description: "file n has the directory entries from number 256 n on" }),
});

/** Lines of JSON. */
export const directoryResponse = {
  description: "256 directory entries, or those there are: a line {index, event} each, event in base64",
  content: { "application/x-ndjson": { schema: z.string() } },
};

export const checkpointParams = z.strictObject({
  size: z.string().meta({ description: "a number of entries, such as 109482" }),
});

/** Sizes in one answer, at most. */
export const SIZES_PAGE = 1_000;

export const sizesQuery = z.strictObject({
  after: z.string().optional().meta({ description: "`next` of the answer before" }),
});

/** Sizes of the stored checkpoints. */
export const sizesResponse = z.object({
  /** In order, at most 1,000. */
  sizes: z.array(index),
  /** The cursor of the next page; absent at the end. */
  next: index.optional(),
});
export type SizesResponse = z.infer<typeof sizesResponse>;

/** A signed note. */
export const checkpointResponse = {
  description: "Origin, size and root, and the signatures under them (C2SP signed-note)",
  content: { "text/plain": { schema: z.string() } },
};
