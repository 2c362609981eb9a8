/** Reads and writes receipts (登記憑證): a tlog-proof with the entry, its salt, the directory part and the file. */
import { toBase64, toHex } from "../core/bytes.ts";
import { ENTRY_BYTES } from "../core/entry.ts";
import { AppError } from "../core/errors.ts";
import { SALT_BYTES } from "../core/salt.ts";
import { carriedBytes } from "./carried-text.ts";
import { MAX_PROOF_BYTES, formatLogProof, parseLogProof, type LogProof } from "./log-proof.ts";
import { JsonReader, formatProven, type ProvenEntry } from "./proven-entry.ts";

/** The latest registration of an institution. */
export interface DirectoryPart extends ProvenEntry {
  /** The event that the entry commits to; see `registrationOf`. */
  readonly event: Uint8Array;
}

/** The data of a receipt beside its proof; unverified. */
export interface ReceiptExtra {
  /** 80 bytes. */
  readonly entry: Uint8Array;
  /** Of a blinded document: 32 bytes. Of an open one it says nothing. */
  readonly salt: Uint8Array | undefined;
  readonly directory: DirectoryPart | undefined;
  /** As the client reported it. */
  readonly file: { readonly name: string; readonly bytes: number } | undefined;
}

/** A proof that an entry is in the tree of a signed checkpoint (C2SP tlog-proof); unverified. */
export interface Receipt extends Omit<LogProof, "extra"> {
  readonly extra: ReceiptExtra;
}

const VERSION = 1;

/**
 * A receipt as a file, also after what {@link carriedBytes} sets right.
 * @throws AppError as `parseLogProof`
 * @throws AppError RECEIPT_EXTRA: with the member at fault
 * @throws AppError RECEIPT_VERSION: its extra data are of a later version
 */
export function parseReceipt(bytes: Uint8Array): Receipt {
  const { extra, ...proof } = parseLogProof(carriedBytes(bytes, MAX_PROOF_BYTES));
  if (extra === undefined) throw invalid("there is no extra", "extra");
  return { ...proof, extra: parseExtra(extra) };
}

/** As the text of a `.tlog-proof` file. With a salt in it, it is a secret. */
export function formatReceipt({ extra, ...proof }: Receipt): string {
  const { entry, salt, directory, file } = extra;
  const json = JSON.stringify({
    v: VERSION,
    entry: toHex(entry),
    ...(salt && { salt: toHex(salt) }),
    ...(directory && { directory: { ...formatProven(directory), event: toBase64(directory.event) } }),
    ...(file && { file }),
  });
  return formatLogProof({ ...proof, extra: new TextEncoder().encode(json) });
}

const members = new JsonReader(invalid);

function parseExtra(bytes: Uint8Array): ReceiptExtra {
  const { v, entry, salt, directory, file } = members.parse(bytes, "extra");
  const version = members.number(v, "v");
  if (version > VERSION)
    throw new AppError("RECEIPT_VERSION", {
      detail: `version ${version} is later than ${VERSION}; upgrade this program`,
      at: "v",
    });
  if (version !== VERSION) throw invalid(`there is no version ${version}`, "v");
  return {
    entry: members.bytes(entry, "entry", ENTRY_BYTES),
    salt: salt === undefined ? undefined : members.bytes(salt, "salt", SALT_BYTES),
    directory: directory === undefined ? undefined : directoryOf(directory),
    file: file === undefined ? undefined : fileOf(file),
  };
}

function directoryOf(value: unknown): DirectoryPart {
  const { event } = members.object(value, "directory");
  return { ...members.proven(value, "directory"), event: members.base64(event, "directory.event") };
}

function fileOf(value: unknown): { name: string; bytes: number } {
  const { name, bytes } = members.object(value, "file");
  return { name: members.text(name, "file.name"), bytes: members.number(bytes, "file.bytes") };
}

function invalid(detail: string, member: string): AppError {
  return new AppError("RECEIPT_EXTRA", { detail, at: member });
}
