/** Selects the documents to anchor, from files or from a manifest, with their digests. */
import { resolve } from "node:path";
import { formatDigest, type Algorithm } from "../core/digest.ts";
import { AppError } from "../core/errors.ts";
import { isoDate } from "../core/time.ts";
import { shownPath } from "../hash/names.ts";
import { fill } from "../words/index.ts";
import type { Issuer } from "../sdk/issue/issuer.ts";
import type { Context } from "./context.ts";
import type { Skip } from "./feed/folder.ts";
import { readManifest } from "./feed/manifest.ts";
import { prepare, type Prepared } from "./feed/prepare.ts";
import { hashFiles } from "./files.ts";

/** Seconds. */
const SETTLE = 60;

/** Options that select documents to anchor, and set their fields. */
export interface DocumentFlags {
  readonly scene?: string;
  readonly validUntil?: string;
  readonly reference?: string;
  readonly manifest?: string;
  readonly results?: string;
  /** Folder for the receipts. */
  readonly receipts?: string;
  /** Whether each file is packed with its receipt. */
  readonly bundle?: boolean;
  /** Names that a folder's feed takes, though it would pass over them. */
  readonly include?: readonly string[];
  /** Seconds for which a folder's files were not modified before they are taken. */
  readonly settle?: number;
  readonly wait: boolean;
  readonly algorithm?: Algorithm;
  readonly allowEmpty?: boolean;
}

/** @throws AppError USAGE: options that do not go together */
export function checkDocumentFlags(files: readonly string[], flags: DocumentFlags): void {
  const { manifest, results, scene, reference, receipts, bundle = false, wait } = flags;
  if (bundle && receipts === undefined) throw usage("--bundle needs --receipts FOLDER, where the bundles go");
  if (receipts !== undefined && !wait) throw usage("receipts are of what is final: leave out --no-wait");
  if (manifest !== undefined) {
    if (files.length > 0) throw usage("name files or --manifest, not both");
    if (reference !== undefined) throw usage("with --manifest a reference stands in its line");
    if (results !== undefined && resolve(results) === resolve(manifest))
      throw usage("--results would take the place of the manifest");
    if (receipts !== undefined && resolve(receipts) === resolve(manifest))
      throw usage("--receipts is the folder that is fed; name another, which may lie in it");
    return;
  }
  if (files.length === 0) throw usage("name the files to anchor, or --manifest CSV");
  if (scene === undefined)
    throw usage("name the document type with --scene, such as enterprise-credit-report");
  if (reference !== undefined && files.length > 1)
    throw usage("--reference names one document; for several use --manifest");
}

/**
 * The documents that files name, with their digests; all of them, or none.
 * @throws AppError the first fault of a file; the others are reported
 */
export async function* fromFiles(
  files: readonly string[],
  flags: DocumentFlags,
  context: Context,
): AsyncGenerator<Prepared> {
  const { scene = "", validUntil, reference, algorithm = "sha256", allowEmpty = false } = flags;
  const rest = {
    scene,
    ...(validUntil === undefined ? {} : { validUntil: isoDate(validUntil) }),
    ...(reference === undefined ? {} : { reference }),
  };
  const hashed = await hashFiles(files, { algorithms: [algorithm], allowEmpty }, context);
  const [first, ...others] = hashed.flatMap((item) => ("fault" in item ? item.fault : []));
  for (const fault of others) context.out.fault(fault);
  if (first !== undefined) throw first;
  for (const [i, item] of hashed.entries()) {
    if ("fault" in item) continue;
    const [digest = ""] = item.hashed.digests.map(formatDigest);
    const name = shownPath(item.path);
    const origin = { line: i + 1, path: name, name, reference: reference ?? "" };
    yield { ...origin, ...(item.file === "-" ? {} : { file: item.path }), document: { ...rest, digest } };
  }
}

/** The documents that a manifest names, line by line, with their digests; skipped paths are reported. */
export async function* fromManifest(
  manifest: string,
  flags: DocumentFlags,
  { issuer, context }: { issuer: Issuer; context: Context },
): AsyncGenerator<Prepared> {
  const { scene, validUntil, results, receipts, algorithm = "sha256", allowEmpty = false } = flags;
  const { include = [], settle = SETTLE } = flags;
  const skipped = new Map<Skip, string[]>();
  const lines = readManifest(manifest, {
    scene,
    validUntil: validUntil === undefined ? undefined : isoDate(validUntil),
    own: [results, receipts].filter((path) => path !== undefined),
    scenes: await issuer.scenes(),
    include,
    settle,
    clock: context.ports.clock,
    context,
    skipped: (path, why) => void skipped.set(why, [...(skipped.get(why) ?? []), path]),
  });
  yield* prepare(lines, { algorithm, allowEmpty });
  for (const [why, paths] of skipped) reportSkipped(why, paths, { settle, context });
}

/** Names in one line about what is passed over. */
const MAX_NAMES = 20;

function reportSkipped(
  why: Skip,
  paths: readonly string[],
  { settle, context: { out, words } }: { settle: number; context: Context },
): void {
  const names = paths.slice(0, MAX_NAMES).join(", ") + (paths.length > MAX_NAMES ? " …" : "");
  const reason = fill(words.cli.skips[why], { seconds: settle });
  out.note(fill(words.cli.skipped, { count: paths.length, why: reason, names }));
}

function usage(detail: string): AppError {
  return new AppError("USAGE", { detail });
}
