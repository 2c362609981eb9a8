import { formatDigest, type Algorithm } from "../core/digest.ts";
import { AppError, quote } from "../core/errors.ts";
import type { HufuClient } from "../sdk/client.ts";
import type { DocumentRequest } from "../wire/anchors.ts";
import type { Context } from "./context.ts";
import { hashFiles } from "./files.ts";
import { readManifest } from "./manifest.ts";

/** What says which documents to anchor, and with which particulars. */
export interface DocumentFlags {
  readonly scene?: string;
  readonly validUntil?: string;
  readonly reference?: string;
  readonly manifest?: string;
  readonly algorithm?: Algorithm;
  readonly allowEmpty?: boolean;
}

/** A document to anchor, and what it is called in what is printed. */
export interface NamedDocument {
  readonly name: string;
  readonly document: DocumentRequest;
}

/** A document whose digest is known already, or that is to be hashed. */
interface Source {
  /** Line of the manifest. */
  readonly line?: number;
  readonly path: string | undefined;
  readonly document: Omit<DocumentRequest, "digest"> & { digest?: string };
}

/**
 * The documents that files or a manifest name, with their digests; all of them, or none.
 * @throws AppError USAGE, BATCH_LINE, and the faults of files
 */
export async function readDocuments(
  files: readonly string[],
  flags: DocumentFlags,
  { client, context }: { client: HufuClient; context: Context },
): Promise<NamedDocument[]> {
  const sources =
    flags.manifest === undefined ? fromFiles(files, flags) : await fromManifest(files, flags, client);
  const paths = sources.flatMap(({ path }) => path ?? []);
  const choice = {
    algorithms: [flags.algorithm ?? "sha256"] as const,
    allowEmpty: flags.allowEmpty === true,
  };
  const results = (await hashFiles(paths, choice, context)).values();
  const faults: { line: number | undefined; fault: AppError }[] = [];
  const documents = sources.map(({ line, path, document }) => {
    if (path === undefined)
      return { name: document.digest ?? "", document: { ...document, digest: document.digest ?? "" } };
    const { value: result } = results.next();
    if (result === undefined) throw new RangeError("fewer results than files");
    if ("fault" in result) faults.push({ line, fault: result.fault });
    const [digest = ""] = "hashed" in result ? result.hashed.digests.map(formatDigest) : [];
    return { name: path, document: { ...document, digest } };
  });
  refuseFaults(faults, flags.manifest, context);
  return documents;
}

function fromFiles(files: readonly string[], flags: DocumentFlags): Source[] {
  const { scene, validUntil, reference } = flags;
  if (files.length === 0) throw usage("name the files to anchor, or --manifest CSV");
  if (scene === undefined)
    throw usage("name the document type with --scene, such as enterprise-credit-report");
  if (reference !== undefined && files.length > 1) {
    throw usage("--reference names one document; for several use --manifest");
  }
  const document = {
    scene,
    ...(validUntil === undefined ? {} : { validUntil }),
    ...(reference === undefined ? {} : { reference }),
  };
  return files.map((path) => ({ path, document }));
}

async function fromManifest(
  files: readonly string[],
  flags: DocumentFlags,
  client: HufuClient,
): Promise<Source[]> {
  const { manifest = "", scene } = flags;
  if (files.length > 0) throw usage("name files or --manifest, not both");
  const { scenes } = await client.institutions();
  const known = new Map(scenes.map(({ slug, blinded }) => [slug, { blinded }]));
  return await readManifest(manifest, { scene, scenes: known });
}

/** Every fault is told, and nothing is anchored. */
function refuseFaults(
  faults: readonly { line: number | undefined; fault: AppError }[],
  manifest: string | undefined,
  { out }: Context,
): void {
  const [first, ...others] = faults;
  if (first === undefined) return;
  if (manifest === undefined) {
    for (const { fault } of others) out.fault(fault);
    throw first.fault;
  }
  const lines = faults.map(({ line, fault }) => `line ${line ?? 0}: ${fault.fields.detail}`);
  throw new AppError("BATCH_LINE", { detail: [`in ${quote(manifest)}:`, ...lines].join("\n") });
}

function usage(detail: string): AppError {
  return new AppError("USAGE", { detail });
}
