/** Digests the exact bytes of files and streams in Node. */
import { createHash } from "node:crypto";
import { constants, type BigIntStats } from "node:fs";
import { open, stat, type FileHandle } from "node:fs/promises";
import type { Readable } from "node:stream";
import { concat, equalBytes } from "../core/bytes.ts";
import { said } from "../core/details.ts";
import type { Algorithm, Digest } from "../core/digest.ts";
import { AppError, quote, type ErrorCode } from "../core/errors.ts";
import { diskPath, shownPath } from "./names.ts";

const CHUNK_BYTES = 1 << 20;

export interface HashOptions {
  readonly algorithms: readonly Algorithm[];
  /** Accept an empty file, which is refused otherwise: its digest identifies no document. */
  readonly allowEmpty?: boolean;
  /** Read the file once more: where times of a network mount are cached, only its content shows that it is written. */
  readonly twice?: boolean;
  /** Called after each chunk with the bytes read so far and in all; `total` is undefined for a stream. */
  readonly onProgress?: (done: number, total: number | undefined) => void;
}

export interface HashedFile {
  readonly bytes: number;
  /** In the order of the requested algorithms. */
  readonly digests: readonly Digest[];
}

/**
 * All algorithms in one pass, in the memory of one chunk. The file is opened again to be read twice, which makes a network
 * mount ask its server.
 * @throws AppError FILE_NOT_FOUND, IS_DIRECTORY, NOT_REGULAR_FILE, FILE_PERMISSION, FILE_UNREADABLE, EMPTY_FILE,
 * FILE_CHANGED where the file, its size, times or content are not the same before and after
 */
export async function hashFile(path: string, options: HashOptions): Promise<HashedFile> {
  const hashed = await hashOnce(path, options);
  if (options.twice !== true) return hashed;
  const again = await hashOnce(path, { ...options, onProgress: () => undefined });
  const isEqual = again.digests.every(({ bytes }, i) => equalBytes(bytes, hashed.digests[i]?.bytes ?? bytes));
  if (!isEqual) throw changed(path);
  return hashed;
}

async function hashOnce(path: string, options: HashOptions): Promise<HashedFile> {
  const file = await openRegular(path);
  try {
    const before = await file.stat({ bigint: true });
    const hashed = await hashChunks(chunksOf(file, Number(before.size)), path, options, Number(before.size));
    const after = await stat(diskPath(path), { bigint: true });
    if (!isSame(before, after) || hashed.bytes !== Number(before.size)) throw changed(path);
    return hashed;
  } catch (error) {
    throw asFileError(error, path);
  } finally {
    await file.close();
  }
}

/** A writer that sets the modification time back, as copying programs do, shows in the time of the last change. */
function isSame(before: BigIntStats, after: BigIntStats): boolean {
  return (["dev", "ino", "size", "mtimeNs", "ctimeNs"] as const).every(
    (field) => before[field] === after[field],
  );
}

function changed(path: string): AppError {
  return said("FILE_CHANGED", "file-changed", { path: quoted(path) });
}

function quoted(path: string): string {
  return quote(shownPath(path));
}

/** Digests a stream, such as standard input. @throws AppError EMPTY_FILE, FILE_UNREADABLE */
export async function hashStream(stream: Readable, name: string, options: HashOptions): Promise<HashedFile> {
  try {
    return await hashChunks(stream as AsyncIterable<Uint8Array>, name, options, undefined);
  } catch (error) {
    throw asFileError(error, name);
  }
}

/**
 * Of a file of more than `limit` bytes the first `limit` + 1, so that the parser can refuse them.
 * @throws AppError FILE_NOT_FOUND, IS_DIRECTORY, NOT_REGULAR_FILE, FILE_PERMISSION, FILE_UNREADABLE
 */
export async function readSmallFile(path: string, limit: number): Promise<Uint8Array> {
  const file = await openRegular(path);
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of chunksOf(file, limit)) chunks.push(Uint8Array.from(chunk));
  } catch (error) {
    throw asFileError(error, path);
  } finally {
    await file.close();
  }
  return concat(...chunks).subarray(0, limit + 1);
}

async function hashChunks(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  { algorithms, allowEmpty, onProgress }: HashOptions,
  total: number | undefined,
): Promise<HashedFile> {
  const hashes = algorithms.map((algorithm) => ({ algorithm, hash: createHash(algorithm) }));
  let bytes = 0;
  for await (const chunk of chunks) {
    for (const { hash } of hashes) hash.update(chunk);
    bytes += chunk.length;
    onProgress?.(bytes, total);
  }
  if (bytes === 0 && allowEmpty !== true) {
    throw said("EMPTY_FILE", "file-empty", { path: quoted(name) });
  }
  return {
    bytes,
    digests: hashes.map(({ algorithm, hash }) => ({ algorithm, bytes: Uint8Array.from(hash.digest()) })),
  };
}

/** Ends beyond `size`, since a file could grow as fast as it is read. */
async function* chunksOf(file: FileHandle, size: number): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (let read = 0; read <= size;) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    read += bytesRead;
  }
}

/** Opens without blocking, so that a pipe without a writer is refused. */
async function openRegular(path: string): Promise<FileHandle> {
  const file = await open(diskPath(path), constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (error: unknown) => {
      throw asFileError(error, path);
    },
  );
  const kind = await file.stat();
  if (kind.isFile()) return file;
  await file.close();
  if (kind.isDirectory()) throw said("IS_DIRECTORY", "file-directory", { path: quoted(path) });
  throw said("NOT_REGULAR_FILE", "file-special", { path: quoted(path) });
}

const SYSTEM_ERRORS: Partial<Record<string, ErrorCode>> = {
  ENOENT: "FILE_NOT_FOUND",
  ENOTDIR: "FILE_NOT_FOUND",
  EACCES: "FILE_PERMISSION",
  EPERM: "FILE_PERMISSION",
  EISDIR: "IS_DIRECTORY",
  ENXIO: "NOT_REGULAR_FILE",
};

/** The AppError for an error of the file system. */
export function asFileError(error: unknown, path: string): AppError {
  if (error instanceof AppError) return error;
  const system = (error as NodeJS.ErrnoException).code ?? "unknown";
  const code = SYSTEM_ERRORS[system] ?? "FILE_UNREADABLE";
  return said(code, "file-unreadable", { path: quoted(path), system }, { cause: error });
}
