/** Digests the exact bytes of a file in a browser, by SHA-256 and SM3. */
import { createSHA256, createSM3, type IHasher } from "hash-wasm";
import type { Algorithm, Digest } from "../core/digest.ts";
import { AppError, quote } from "../core/errors.ts";

/** The part of a browser's File that is used. */
export interface BlobFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
  arrayBuffer(): Promise<ArrayBuffer>;
}

export interface BlobOptions {
  /** Of WebCrypto; undefined on pages of plain http. */
  readonly subtle: { digest(algorithm: "SHA-256", data: ArrayBuffer): Promise<ArrayBuffer> } | undefined;
  /** Called after each chunk with the bytes read so far. */
  readonly onProgress?: (done: number) => void;
  /** Aborts the hashing; its reason is thrown. */
  readonly signal?: AbortSignal;
}

/** Bytes of the largest file that is read as a whole, for WebCrypto, which takes no streams. */
export const IN_MEMORY_BYTES = 16 << 20;
const CHUNK_BYTES = 4 << 20;

/**
 * Larger files than {@link IN_MEMORY_BYTES} take the memory of one chunk.
 * @throws AppError EMPTY_FILE; FILE_NOT_FOUND; FILE_UNREADABLE; FILE_CHANGED: it changed since it was selected
 */
export async function hashBlob(file: BlobFile, options: BlobOptions): Promise<readonly Digest[]> {
  const { subtle } = options;
  if (file.size === 0) {
    // a browser reports a deleted file as empty, until it is read
    await read(file, 0, 0);
    throw new AppError("EMPTY_FILE", {
      detail: `${quote(file.name)} has no bytes, so there is nothing to tell it by`,
    });
  }
  const webCrypto = subtle !== undefined && file.size <= IN_MEMORY_BYTES ? subtle : undefined;
  const hashers: [Algorithm, IHasher][] = [["sm3", await createSM3()]];
  if (webCrypto === undefined) hashers.unshift(["sha256", await createSHA256()]);
  const digests: Digest[] = [];
  for (let done = 0; done < file.size;) {
    options.signal?.throwIfAborted();
    const end = webCrypto === undefined ? Math.min(file.size, done + CHUNK_BYTES) : file.size;
    const chunk = await read(file, done, end);
    if (webCrypto !== undefined)
      digests.push({ algorithm: "sha256", bytes: new Uint8Array(await webCrypto.digest("SHA-256", chunk)) });
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
 * A browser refuses to read a file whose size or time has changed since it was selected, so that a last read at the end
 * detects a change.
 * @param before bytes that were read before
 */
async function read(file: BlobFile, start: number, end: number, before = start): Promise<ArrayBuffer> {
  try {
    // a browser does not read an empty slice
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
