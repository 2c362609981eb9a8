import { formatDigest, type Algorithm } from "../../core/digest.ts";
import { isAppError, type AppError } from "../../core/errors.ts";
import { hashFile } from "../../hash/file.ts";
import type { HashedDocument } from "../blinding.ts";
import type { FeedLine, Origin } from "./manifest.ts";

/** A line with its digest, ready to be sent; or what is wrong with it. */
export type Prepared = Origin & ({ readonly document: HashedDocument } | { readonly fault: AppError });

/** Files that are read at once: enough that the disk is busy, few enough that memory is not. */
const AT_ONCE = 4;

/** Hashes the files of a feed, in the order of its lines. */
export async function* prepare(
  lines: AsyncIterable<FeedLine>,
  options: { algorithm: Algorithm; allowEmpty: boolean },
): AsyncGenerator<Prepared> {
  const running: Promise<Prepared>[] = [];
  for await (const line of lines) {
    const prepared = prepareOne(line, options);
    prepared.catch(() => undefined); // whoever takes it in its turn meets the fault
    running.push(prepared);
    const [oldest] = running;
    if (running.length < AT_ONCE || oldest === undefined) continue;
    yield await oldest;
    void running.shift();
  }
  for (const prepared of running) yield await prepared;
}

async function prepareOne(
  line: FeedLine,
  { algorithm, allowEmpty }: { algorithm: Algorithm; allowEmpty: boolean },
): Promise<Prepared> {
  if (!("document" in line) || line.file === undefined) return line;
  const { document, ...origin } = line;
  try {
    const { digests } = await hashFile(line.file, { algorithms: [algorithm], allowEmpty });
    const [digest = ""] = digests.map(formatDigest);
    return { ...origin, document: { ...document, digest } };
  } catch (fault) {
    if (isAppError(fault)) return { ...origin, fault };
    throw fault;
  }
}
