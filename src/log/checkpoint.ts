/** Reads, writes and cosigns checkpoints (c2sp.org/tlog-checkpoint), and names the keys that sign them. */
import { concat, equalBytes, fromBase64, toBase64 } from "../core/bytes.ts";
import { AppError, quote } from "../core/errors.ts";
import {
  MAX_TIME,
  type Address,
  type Hash,
  type OperatorId,
  type TreeSize,
  type UnixSeconds,
} from "../core/units.ts";
import { EMPTY_ROOT } from "./hash.ts";
import {
  MAX_SIGNATURES,
  SIGNATURE_TYPES,
  invalidSignature,
  isSignedBy,
  signaturesBy,
  type Note,
  type NoteSignature,
  type NoteSigner,
  type VerifierKey,
} from "./note.ts";

/** The time, and an Ed25519 signature. */
const COSIGNATURE_BYTES = 8 + 64;

/** The statement of an operator that the log has this root at this size. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: TreeSize;
  readonly root: Hash;
}

/** The permanent name of the log; no other registry has the same chain id and address. */
export function originOf({ chainId, registry }: { chainId: number; registry: Address }): string {
  return `eip155:${chainId}:${registry.toLowerCase()}`;
}

/** Whether a text has the form of {@link originOf}. */
export function isOrigin(text: string): boolean {
  return /^eip155:[1-9][0-9]{0,15}:0x[0-9a-f]{40}$/.test(text);
}

/** The origin that a checkpoint claims, before anything of it is believed: the first line of its text. */
export function originOfNote({ text }: Pick<Note, "text">): string {
  return text.split("\n", 1)[0] ?? "";
}

/** Names of the keys that sign checkpoints, cosignatures and status statements. */
export const keyNames = {
  log: (origin: string): string => origin,
  witness: (origin: string, operator: OperatorId): string => `${origin}/witness/${operator}`,
  status: (origin: string, operator: OperatorId): string => `${origin}/status/${operator}`,
} as const;

/** The text that is signed. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${toBase64(root)}\n`;
}

/**
 * Parses the text of a checkpoint. Extension lines are ignored.
 * @throws AppError NOTE_SYNTAX, with the line
 */
export function parseCheckpoint(text: string): Checkpoint {
  const checkpoint = readCheckpoint(text);
  if (checkpoint.size === 0 && !equalBytes(checkpoint.root, EMPTY_ROOT))
    throw syntaxError("the root is not that of an empty tree", 3);
  return checkpoint;
}

/** Parses as {@link parseCheckpoint}, but accepts any root of an empty tree, which a witness refuses with its own code. */
export function readCheckpoint(text: string): Checkpoint {
  const [origin = "", sizeText = "", rootText = "", ...rest] = text.split("\n");
  if (origin === "") throw syntaxError("the origin is empty", 1);
  const size = parseSize(sizeText);
  if (size === undefined) throw syntaxError(`${quote(sizeText)} is no tree size`, 2);
  const root = fromBase64(rootText);
  if (root?.length !== 32) throw syntaxError(`${quote(rootText)} is no root of 32 bytes`, 3);
  if (rest.pop() !== "" || rest.includes("")) throw syntaxError("an extension line is empty", 4);
  return { origin, size, root };
}

/** A decimal without leading zeros below 2^53, or undefined. */
export function parseSize(text: string): number | undefined {
  const size = /^(?:0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(size) ? size : undefined;
}

/** The signed message: at `time` this was the largest consistent checkpoint that the cosigner had seen. */
function cosignedMessage(text: string, time: UnixSeconds): Uint8Array {
  return new TextEncoder().encode(`cosignature/v1\ntime ${time}\n${text}`);
}

/** Cosigns the checkpoint `text` (c2sp.org/tlog-cosignature, Ed25519). */
export function cosign(text: string, signer: NoteSigner, time: UnixSeconds): NoteSignature {
  const stamp = new Uint8Array(8);
  new DataView(stamp.buffer).setBigUint64(0, BigInt(time));
  const signature = concat(stamp, signer.sign(cosignedMessage(text, time)));
  return { name: signer.key.name, keyId: signer.key.id, signature };
}

/**
 * The latest time at which `key` cosigned the note; undefined: it did not.
 * @throws AppError SIGNATURE_INVALID: a cosignature under its name and id does not verify
 */
export function cosignedAt(note: Note, key: VerifierKey): UnixSeconds | undefined {
  const times = cosignatureTimes(note, key);
  return times.length === 0 ? undefined : Math.max(...times);
}

/** The times at which `key` cosigned the note. @throws AppError SIGNATURE_INVALID, as {@link cosignedAt} */
export function cosignatureTimes(note: Note, key: VerifierKey): UnixSeconds[] {
  if (key.type !== SIGNATURE_TYPES.cosignature) return [];
  return signaturesBy(key, note).map(({ signature }) => {
    const time = timeIn(signature);
    const message = time <= MAX_TIME ? cosignedMessage(note.text, time) : undefined;
    if (message === undefined || !isSignedBy(key, signature.subarray(8), message))
      throw invalidSignature(key);
    return time;
  });
}

/**
 * Adds verified signatures to a checkpoint: of each key the newest cosignature stays, and the first signature without a time.
 * Those beyond the most that a note can have are left out.
 */
export function withCosignatures(note: Note, more: readonly NoteSignature[]): Note {
  const kept = new Map(note.signatures.map((each) => [keyOf(each), each]));
  for (const each of more) {
    const known = kept.get(keyOf(each));
    if (known === undefined ? kept.size < MAX_SIGNATURES : timeIn(each.signature) > timeIn(known.signature))
      kept.set(keyOf(each), each);
  }
  return { ...note, signatures: [...kept.values()] };
}

function keyOf({ name, keyId }: NoteSignature): string {
  return `${name} ${toBase64(keyId)}`;
}

/** The time in a cosignature; 0 in another signature. */
function timeIn(signature: Uint8Array): number {
  const view = new DataView(signature.buffer, signature.byteOffset);
  return signature.length === COSIGNATURE_BYTES ? Number(view.getBigUint64(0)) : 0;
}

function syntaxError(detail: string, line: number): AppError {
  return new AppError("NOTE_SYNTAX", { detail, at: `line ${line}` });
}
