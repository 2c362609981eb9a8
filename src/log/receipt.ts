import { fromHex, toHex } from "../core/bytes.ts";
import { AppError } from "../core/errors.ts";
import { ENTRY_BYTES } from "../core/entry.ts";
import type { EntryIndex, Hash } from "../core/units.ts";
import { formatLogProof, parseLogProof, type LogProof } from "./log-proof.ts";

/** Proof of what an entry is and where it stands, for whoever has the checkpoint. */
export interface ProvenEntry {
  /** 80 bytes. */
  readonly entry: Uint8Array;
  readonly index: EntryIndex;
  readonly proof: readonly Hash[];
}

/** The latest registration of an institution. */
export interface DirectoryPart extends ProvenEntry {
  /** What the entry commits to; see `registrationOf`. */
  readonly event: Uint8Array;
}

/** What a receipt (登記憑證) carries beside its proof. Nothing of it is believed without a proof. */
export interface ReceiptExtra {
  /** 80 bytes. */
  readonly entry: Uint8Array;
  /** Of a blinded document; 32 bytes. Only whoever issued it adds it. */
  readonly salt: Uint8Array | undefined;
  readonly directory: DirectoryPart | undefined;
  /** As the client saw it. */
  readonly file: { readonly name: string; readonly bytes: number } | undefined;
}

export interface Receipt extends Omit<LogProof, "extra"> {
  readonly extra: ReceiptExtra;
}

const VERSION = 1;
const SALT_BYTES = 32;

/**
 * @throws AppError as `parseLogProof`
 * @throws AppError RECEIPT_EXTRA: with the member at fault
 * @throws AppError RECEIPT_VERSION: what it carries is of a later version
 */
export function parseReceipt(bytes: Uint8Array): Receipt {
  const { extra, ...proof } = parseLogProof(bytes);
  if (extra === undefined) throw wrong("there is no extra", "extra");
  return { ...proof, extra: parseExtra(extra) };
}

export function formatReceipt({ extra, ...proof }: Receipt): string {
  const json = JSON.stringify({
    v: VERSION,
    entry: toHex(extra.entry),
    ...(extra.salt && { salt: toHex(extra.salt) }),
    ...(extra.directory && { directory: formatDirectory(extra.directory) }),
    ...(extra.file && { file: extra.file }),
  });
  return formatLogProof({ ...proof, extra: new TextEncoder().encode(json) });
}

function formatDirectory({ entry, event, index, proof }: DirectoryPart): Record<string, unknown> {
  return { entry: toHex(entry), event: toHex(event), index, proof: proof.map(toHex) };
}

type Json = Readonly<Record<string, unknown>>;

function parseExtra(bytes: Uint8Array): ReceiptExtra {
  const json = objectOf(decoded(bytes), "extra");
  const version = json["v"];
  if (typeof version === "number" && Number.isSafeInteger(version) && version > VERSION)
    throw new AppError("RECEIPT_VERSION", { detail: `version ${version} is later than ${VERSION}`, at: "v" });
  if (version !== VERSION) throw wrong("it has no version", "v");
  return {
    entry: bytesOf(json["entry"], "entry", ENTRY_BYTES),
    salt: json["salt"] === undefined ? undefined : bytesOf(json["salt"], "salt", SALT_BYTES),
    directory: json["directory"] === undefined ? undefined : directoryOf(json["directory"]),
    file: json["file"] === undefined ? undefined : fileOf(json["file"]),
  };
}

function decoded(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw wrong("it is no JSON", "extra");
  }
}

function directoryOf(value: unknown): DirectoryPart {
  const { entry, event, index, proof } = objectOf(value, "directory");
  if (typeof index !== "number" || !Number.isSafeInteger(index) || index < 0)
    throw wrong("it is no index", "directory.index");
  if (!Array.isArray(proof)) throw wrong("it is no list", "directory.proof");
  return {
    entry: bytesOf(entry, "directory.entry", ENTRY_BYTES),
    event: bytesOf(event, "directory.event"),
    index,
    proof: proof.map((hash) => bytesOf(hash, "directory.proof", 32)),
  };
}

function fileOf(value: unknown): { name: string; bytes: number } {
  const { name, bytes } = objectOf(value, "file");
  if (typeof name !== "string" || typeof bytes !== "number") throw wrong("it has a name and bytes", "file");
  return { name, bytes };
}

function objectOf(value: unknown, member: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw wrong("it is no object", member);
  return value as Json;
}

function bytesOf(value: unknown, member: string, length?: number): Uint8Array {
  if (typeof value !== "string" || !/^(?:[0-9a-f]{2})+$/.test(value))
    throw wrong("it is not written in lower-case hexadecimal", member);
  const bytes = fromHex(value);
  if (length !== undefined && bytes.length !== length)
    throw wrong(`expected ${length} bytes, got ${bytes.length}`, member);
  return bytes;
}

function wrong(detail: string, member: string): AppError {
  return new AppError("RECEIPT_EXTRA", { detail, at: member });
}
