/** Reads, writes, signs and verifies signed notes and their keys (c2sp.org/signed-note). */
import { sha256 } from "@noble/hashes/sha2.js";
import { concat, equalBytes, fromBase64, fromHex, toBase64, toHex } from "../core/bytes.ts";
import { AppError, quote } from "../core/errors.ts";
import { verifyEd25519 } from "./ed25519.ts";

/** Type bytes of C2SP signed-note: a plain Ed25519 signature, and one over a checkpoint with a time (tlog-cosignature). */
export const SIGNATURE_TYPES = { ed25519: 1, cosignature: 4 } as const;

export interface Note {
  /** The signed text; ends in a newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A signature line; unverified. */
export interface NoteSignature {
  readonly name: string;
  /** 4 bytes. */
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}

/** A public key with the name under which it signs; as text, a vkey. */
export interface VerifierKey {
  readonly name: string;
  /** 4 bytes, derived from the other members. */
  readonly id: Uint8Array;
  readonly type: number;
  readonly publicKey: Uint8Array;
}

/** Signs notes, and keeps the secret key to itself. */
export interface NoteSigner {
  readonly key: VerifierKey;
  /** @returns 64 bytes, an Ed25519 signature (RFC 8032) */
  sign(message: Uint8Array): Uint8Array;
}

/** At least as many as the specification requires. */
export const MAX_SIGNATURES = 64;
const ED25519_BYTES = 32;

/** @throws AppError NOTE_SYNTAX, with the line */
export function parseNote(text: string): Note {
  const control = text.search(/[\u0000-\u0009\u000b-\u001f\p{Cs}]/u);
  if (control >= 0) throw syntaxError("a control character, or half a character", lineAt(text, control));
  const end = text.lastIndexOf("\n\n");
  if (end <= 0 || !text.endsWith("\n")) throw syntaxError("no signatures after an empty line", 1);
  const lines = text.slice(end + 2, -1).split("\n");
  const first = lineAt(text, end + 2);
  if (lines.length > MAX_SIGNATURES) throw syntaxError(`more than ${MAX_SIGNATURES} signatures`, first);
  return {
    text: text.slice(0, end + 1),
    signatures: lines.map((line, i) => signatureOf(line, first + i)),
  };
}

/**
 * Runs `parse` on a text that follows `lines` other lines.
 * @param invalid makes the error, from the line in the whole
 */
export function parseBelow<T>(
  lines: number,
  parse: () => T,
  invalid: (detail: string, line: number) => AppError,
): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw invalid(error.fields.detail, lines + Number(/\d+/.exec(error.fields.at ?? "1")?.[0]));
  }
}

export function formatNote({ text, signatures }: Note): string {
  return `${text}\n${signatures.map(formatSignature).join("")}`;
}

/** A signature line with its newline. */
export function formatSignature({ name, keyId, signature }: NoteSignature): string {
  return `— ${name} ${toBase64(concat(keyId, signature))}\n`;
}

function signatureOf(line: string, number: number): NoteSignature {
  const [, name = "", text = ""] = /^— ([^ ]+) ([^ ]+)$/.exec(line) ?? [];
  const bytes = fromBase64(text);
  if (!isKeyName(name) || bytes === undefined || bytes.length < 5)
    throw syntaxError(`${quote(line)} is no signature line`, number);
  return { name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

/** Whether a name is valid for a key: not empty, without a space of Unicode and without a plus sign. */
function isKeyName(name: string): boolean {
  return /^[^\p{White_Space}+]+$/u.test(name);
}

/** Derives the id of a key. */
export function verifierKey(key: Omit<VerifierKey, "id">): VerifierKey {
  const named = new TextEncoder().encode(`${key.name}\n`);
  return { ...key, id: sha256(concat(named, Uint8Array.of(key.type), key.publicKey)).subarray(0, 4) };
}

/** Whether the signatures of a key of this type can be verified. */
export function isKnownType(type: number): boolean {
  return (Object.values(SIGNATURE_TYPES) as number[]).includes(type);
}

/**
 * Reads `<name>+<id>+<base64 of type and public key>`. Of an unknown type the id is not checked: such types derive it in
 * other ways.
 * @throws AppError NOTE_SYNTAX: another form, or an id of another key
 */
export function parseVerifierKey(text: string): VerifierKey {
  const [, name = "", id = "", encoded = ""] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
  const bytes = fromBase64(encoded);
  if (!isKeyName(name) || bytes === undefined || bytes.length === 0)
    throw syntaxError(`${quote(text)} is no verifier key`);
  const key = verifierKey({ name, type: bytes[0] ?? 0, publicKey: bytes.subarray(1) });
  if (!isKnownType(key.type)) return { ...key, id: fromHex(id) };
  if (key.publicKey.length !== ED25519_BYTES) throw syntaxError(`an Ed25519 key has ${ED25519_BYTES} bytes`);
  if (!equalBytes(key.id, fromHex(id)))
    throw syntaxError(`the id of ${quote(text)} does not follow from the key`);
  return key;
}

export function formatVerifierKey({ name, id, type, publicKey }: VerifierKey): string {
  return `${name}+${toHex(id)}+${toBase64(concat(Uint8Array.of(type), publicKey))}`;
}

/** The signatures under the name and id of `key`. */
export function signaturesBy(key: VerifierKey, { signatures }: Note): NoteSignature[] {
  return signatures.filter(({ name, keyId }) => name === key.name && equalBytes(keyId, key.id));
}

/** Whether `signature` is an Ed25519 signature of `message`. */
export function isSignedBy(key: VerifierKey, signature: Uint8Array, message: Uint8Array): boolean {
  return isKnownType(key.type) && verifyEd25519(signature, message, key.publicKey);
}

/**
 * Whether the note has a plain signature by `key`; false of a key of another type.
 * @throws AppError SIGNATURE_INVALID: a signature under its name and id does not verify
 */
export function verifyNote(note: Note, key: VerifierKey): boolean {
  if (key.type !== SIGNATURE_TYPES.ed25519) return false;
  const claimed = signaturesBy(key, note);
  const message = new TextEncoder().encode(note.text);
  for (const { signature } of claimed) if (!isSignedBy(key, signature, message)) throw invalidSignature(key);
  return claimed.length > 0;
}

/** A plain signature over `text`. */
export function signNote(text: string, signer: NoteSigner): NoteSignature {
  const { name, id } = signer.key;
  return { name, keyId: id, signature: signer.sign(new TextEncoder().encode(text)) };
}

export function invalidSignature({ name }: VerifierKey): AppError {
  return new AppError("SIGNATURE_INVALID", { detail: `the signature of ${quote(name)} is not of this text` });
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

function syntaxError(detail: string, line?: number): AppError {
  return new AppError("NOTE_SYNTAX", { detail, ...(line === undefined ? {} : { at: `line ${line}` }) });
}
