import { concat, equalBytes, fromBase64, toBase64 } from "../core/bytes.ts";
import { AppError, quote } from "../core/errors.ts";
import type { Address, Hash, OperatorId, TreeSize, UnixSeconds } from "../core/units.ts";
import { EMPTY_ROOT } from "./hash.ts";
import {
  SIGNATURE_TYPES,
  invalid,
  isSignedBy,
  signaturesBy,
  type Note,
  type NoteSignature,
  type NoteSigner,
  type VerifierKey,
} from "./note.ts";

/** What an operator says of the log (c2sp.org/tlog-checkpoint): at this size it has this root. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: TreeSize;
  readonly root: Hash;
}

/** Names the log for ever: no other registry has both the chain's id and the address. */
export function originOf({ chainId, registry }: { chainId: number; registry: Address }): string {
  return `eip155:${chainId}:${registry.toLowerCase()}`;
}

/** Whether a text names a log as {@link originOf} does. */
export function isOrigin(text: string): boolean {
  return /^eip155:[1-9][0-9]{0,15}:0x[0-9a-f]{40}$/.test(text);
}

/** Names under which an operator signs: checkpoints, cosignatures, status statements. */
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
 * Reads the text of a checkpoint. Extension lines are passed over: they are signed, and say nothing of the log.
 * @throws AppError NOTE_SYNTAX, with the line
 */
export function parseCheckpoint(text: string): Checkpoint {
  const checkpoint = readCheckpoint(text);
  if (checkpoint.size === 0 && !equalBytes(checkpoint.root, EMPTY_ROOT))
    throw syntax("the root is not that of an empty tree", 3);
  return checkpoint;
}

/** The same, where an empty tree may have any root: for a witness, which has to say what is wrong with it. */
export function readCheckpoint(text: string): Checkpoint {
  const [origin = "", sizeText = "", rootText = "", ...rest] = text.split("\n");
  if (origin === "") throw syntax("the origin is empty", 1);
  const size = parseSize(sizeText);
  if (size === undefined) throw syntax(`${quote(sizeText)} is no tree size`, 2);
  const root = fromBase64(rootText);
  if (root?.length !== 32) throw syntax(`${quote(rootText)} is no root of 32 bytes`, 3);
  if (rest.pop() !== "" || rest.includes("")) throw syntax("an extension line is empty", 4);
  return { origin, size, root };
}

/** A decimal without leading zeros below 2^53, or undefined. */
export function parseSize(text: string): number | undefined {
  const size = /^(?:0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(size) ? size : undefined;
}

/** What a cosigner signs: that at `time` the largest consistent checkpoint it has seen was this one. */
function cosignedMessage(text: string, time: UnixSeconds): Uint8Array {
  return new TextEncoder().encode(`cosignature/v1\ntime ${time}\n${text}`);
}

/** A cosignature of the checkpoint `text` (c2sp.org/tlog-cosignature, Ed25519). */
export function cosign(text: string, signer: NoteSigner, time: UnixSeconds): NoteSignature {
  const stamp = new Uint8Array(8);
  new DataView(stamp.buffer).setBigUint64(0, BigInt(time));
  const signature = concat(stamp, signer.sign(cosignedMessage(text, time)));
  return { name: signer.key.name, keyId: signer.key.id, signature };
}

/**
 * When `key` cosigned the note: the latest time, where it did so more than once; undefined where it did not.
 * @throws AppError SIGNATURE_INVALID: what claims to be its cosignature is none
 */
export function cosignedAt(note: Note, key: VerifierKey): UnixSeconds | undefined {
  if (key.type !== SIGNATURE_TYPES.cosignature) return undefined;
  const times = signaturesBy(key, note).map(({ signature }) => {
    if (signature.length !== 8 + 64) throw invalid(key);
    const time = Number(new DataView(signature.buffer, signature.byteOffset).getBigUint64(0));
    const message = Number.isSafeInteger(time) ? cosignedMessage(note.text, time) : undefined;
    if (message === undefined || !isSignedBy(key, signature.subarray(8), message)) throw invalid(key);
    return time;
  });
  return times.length === 0 ? undefined : Math.max(...times);
}

function syntax(detail: string, line: number): AppError {
  return new AppError("NOTE_SYNTAX", { detail, at: `line ${line}` });
}
