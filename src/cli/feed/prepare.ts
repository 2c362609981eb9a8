/** Hashes the files of a feed, in the order of its lines. */
import { formatDigest, type Algorithm } from "../../core/digest.ts";
import { isAppError, type AppError } from "../../core/errors.ts";
import { FileNames } from "../../hash/names.ts";
import { hashNamed } from "../files.ts";
import type { HashedDocument } from "../../sdk/issue/blinding.ts";
import type { FeedLine, Origin } from "./manifest.ts";

/** A line with its digest, ready to be sent; or with its fault. */
export type Prepared = Origin & ({ readonly document: HashedDocument } | { readonly fault: AppError });

/** Files read at the same time: enough to keep the disk busy, few enough to fit in memory. */
const CONCURRENCY = 4;

export async function* prepare(
  lines: AsyncIterable<FeedLine>,
  options: { algorithm: Algorithm; allowEmpty: boolean },
): AsyncGenerator<Prepared> {
  const running: Promise<Prepared>[] = [];
  const names = new FileNames();
  for await (const line of lines) {
    const prepared = prepareOne(line, { ...options, names });
    prepared.catch(() => undefined); // the fault is thrown where the result is awaited
    running.push(prepared);
    const [oldest] = running;
    if (running.length < CONCURRENCY || oldest === undefined) continue;
    yield await oldest;
    void running.shift();
  }
  for (const prepared of running) yield await prepared;
}

async function prepareOne(
  line: FeedLine,
  { algorithm, ...options }: { algorithm: Algorithm; allowEmpty: boolean; names: FileNames },
): Promise<Prepared> {
  if (!("document" in line) || line.file === undefined) return line;
  const { document, ...origin } = line;
  try {
    const { path, digests } = await hashNamed(line.file, {
      algorithms: [algorithm],
      twice: true,
      ...options,
    });
    const [digest = ""] = digests.map(formatDigest);
    return { ...origin, file: path, document: { ...document, digest } };
  } catch (fault) {
    if (isAppError(fault)) return { ...origin, fault };
    throw fault;
  }
}
