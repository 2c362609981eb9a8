import { createSHA256, createSM3, type IHasher } from "hash-wasm";
import type { Algorithm, Digest } from "../core/digest.ts";
import { AppError, quote } from "../core/errors.ts";

/** A file as a browser gives it. */
export interface BlobFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
  arrayBuffer(): Promise<ArrayBuffer>;
}

export interface BlobOptions {
  /** Of WebCrypto; undefined where the page has none, as on plain http beyond this machine. */
  readonly subtle: { digest(algorithm: "SHA-256", data: ArrayBuffer): Promise<ArrayBuffer> } | undefined;
  /** Called after each chunk with the bytes read so far. */
  readonly onProgress?: (done: number) => void;
  /** Once it is aborted, the reason is thrown. */
  readonly signal?: AbortSignal;
}

/** Bytes of a file that are held in memory at once, for WebCrypto, which takes no streams. */
export const IN_MEMORY_BYTES = 16 << 20;
const CHUNK_BYTES = 4 << 20;

/**
 * Digests a file's exact bytes by SHA-256 and SM3, in the memory of one chunk beyond what WebCrypto takes at once.
 * @throws AppError EMPTY_FILE; FILE_NOT_FOUND; FILE_UNREADABLE; FILE_CHANGED: it is not what it was when it was given
 */
export async function hashBlob(file: BlobFile, options: BlobOptions): Promise<readonly Digest[]> {
  const { subtle } = options;
  if (file.size === 0) {
    // of a file that is gone a browser says that it has no bytes, until it is read
    await read(file, 0, 0);
    throw new AppError("EMPTY_FILE", {
      detail: `${quote(file.name)} has no bytes, so there is nothing to tell it by`,
    });
  }
  const whole = subtle !== undefined && file.size <= IN_MEMORY_BYTES ? subtle : undefined;
  const hashers: [Algorithm, IHasher][] = [["sm3", await createSM3()]];
  if (whole === undefined) hashers.unshift(["sha256", await createSHA256()]);
  const digests: Digest[] = [];
  for (let done = 0; done < file.size;) {
    options.signal?.throwIfAborted();
    const end = whole === undefined ? Math.min(file.size, done + CHUNK_BYTES) : file.size;
    const chunk = await read(file, done, end);
    if (whole !== undefined)
      digests.push({ algorithm: "sha256", bytes: new Uint8Array(await whole.digest("SHA-256", chunk)) });
    for (const [, hasher] of hashers) hasher.update(new Uint8Array(chunk));
    done = end;
    options.onProgress?.(done);
  }
  await read(file, 0, 1, file.size);
  return [
    ...digests,
    ...hashers.map(([algorithm, hasher]) => ({ algorithm, bytes: hasher.digest("binary") })),
  ];
}

/**
 * A browser refuses to read a file that has another size or time than when it was given, so that reading once more at the
 * end shows whether it has changed.
 * @param before bytes that could be read before
 */
async function read(file: BlobFile, start: number, end: number, before = start): Promise<ArrayBuffer> {
  try {
    // a part without bytes is not even tried to be read
    const part = start === end ? file : file.slice(start, end);
    const bytes = await part.arrayBuffer();
    if (bytes.byteLength === end - start) return bytes;
  } catch (cause) {
    const system = cause instanceof Error ? cause.name : "unknown";
    if (before === 0)
      throw new AppError(
        system === "NotFoundError" ? "FILE_NOT_FOUND" : "FILE_UNREADABLE",
        { detail: `${quote(file.name)} cannot be read (${system})` },
        { cause },
      );
  }
  throw new AppError("FILE_CHANGED", {
    detail: `${quote(file.name)} changed while it was read; choose it again`,
  });
}
