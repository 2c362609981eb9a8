/** Opens the ZIPs among the files of `hufu verify` that carry documents with their receipt. */
import { openAsBlob } from "node:fs";
import { isAppError, type AppError } from "../core/errors.ts";
import { hashBlob } from "../hash/blob.ts";
import { asFileError } from "../hash/file.ts";
import { diskPath } from "../hash/names.ts";
import { openCarried, type Carried } from "../sdk/verify/carried.ts";
import { EMPTY_EVIDENCE, withEvidence, type GivenEvidence } from "../sdk/verify/classify.ts";
import type { Hashed } from "./files.ts";

/** By the path of the ZIP; an AppError says why one is not opened. */
export type OpenedZips = ReadonlyMap<string, Carried | AppError>;

/** Reads the directories of the ZIPs, and what is small in them. */
export async function openZips(hashed: readonly Hashed[]): Promise<OpenedZips> {
  const opened = new Map<string, Carried | AppError>();
  for (const item of hashed) {
    if (!("hashed" in item) || item.file === "-") continue;
    const carried = await openAsBlob(diskPath(item.path))
      .then(openCarried)
      .catch((error: unknown) => asFileError(error, item.file));
    if (carried !== undefined) opened.set(item.file, carried);
  }
  return opened;
}

/** The digests of the documents in a ZIP, each under its own name. */
export async function hashInside(carried: Carried): Promise<Hashed[]> {
  const hashed: Hashed[] = [];
  for (const { name: file, content } of carried.documents)
    try {
      const blob = await content();
      const digests = await hashBlob(Object.assign(blob, { name: file }), { subtle: crypto.subtle });
      hashed.push({ file, path: file, hashed: { bytes: blob.size, digests } });
    } catch (error) {
      if (!isAppError(error)) throw error;
      hashed.push({ file, fault: error });
    }
  return hashed;
}

/** The evidence for what is in a ZIP: its own first. @throws AppError its receipt cannot be read */
export function evidenceInside(carried: Carried, given: GivenEvidence): GivenEvidence {
  const { receipts, statements, faults } = carried.evidence.reduce(withEvidence, EMPTY_EVIDENCE);
  const [unreadable] = faults;
  if (unreadable !== undefined) throw unreadable;
  return {
    ...given,
    receipts: [...receipts, ...given.receipts],
    statements: [...statements, ...given.statements],
  };
}
