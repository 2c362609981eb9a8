/** Defines samples, and mutates notes, proven entries and texts. */
import { concat, fromBase64, toBase64, toHex } from "../../../src/core/bytes.ts";
import type { Note, NoteSignature } from "../../../src/log/note.ts";
import type { ProvenEntry } from "../../../src/log/proven-entry.ts";
import type { Draw } from "./draw.ts";
import {
  mutateByte,
  mutateField,
  mutateLength,
  mutateLines,
  mutateNumber,
  mutateOrder,
  splice,
  type Kind,
} from "./text.ts";

/** The result of a sample that still verifies. */
interface Verified {
  /** Verified claims; other ones than the original's are a forgery. */
  readonly claims: unknown;
  /** Why the mutation is harmless. */
  readonly cause: string;
}

/** A valid file, and its mutations. */
export interface Sample {
  readonly name: string;
  readonly original: Uint8Array;
  /** A kind is listed as often as it is to be drawn. */
  readonly mutations: readonly (readonly [Kind, (draw: Draw) => Uint8Array])[];
  /** @throws AppError a refusal; anything else is a crash */
  verify(bytes: Uint8Array): Verified;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
export const bytesOf = (text: string): Uint8Array => encoder.encode(text);
export const textOf = (bytes: Uint8Array): string => decoder.decode(bytes);

/** Mutations of any text, and splices with the same text of another chain and of another registry. */
export function textMutations(
  text: string,
  twins: { chain: string; registry: string; grown?: string },
): Sample["mutations"] {
  const bytes = bytesOf(text);
  return [
    ["byte", (draw) => mutateByte(bytes, draw)],
    ["length", (draw) => mutateLength(bytes, draw)],
    ["order", (draw) => bytesOf(mutateLines(text, draw))],
    ["another chain", (draw) => bytesOf(splice(text, twins.chain, draw))],
    ["another registry", (draw) => bytesOf(splice(text, twins.registry, draw))],
  ];
}

/** Changes a line of the text, a signature, or the order of signatures. */
export function mutateNote({ text, signatures }: Note, draw: Draw): Note {
  const lines = text.split("\n");
  const at = draw.below(lines.length);
  const line = lines[at] ?? "";
  const number = /^\d+$/.test(line) ? String(mutateNumber(Number(line), draw)) : undefined;
  const root = fromBase64(line);
  const other =
    number ??
    (root?.length === 32 ? toBase64(mutateField(root, draw)) : textOf(mutateByte(bytesOf(`${line}x`), draw)));
  return draw.of([
    () => ({ text: lines.with(at, other).join("\n"), signatures }),
    () => ({ text, signatures: mutateOrder(signatures, draw) }),
    () => ({ text, signatures: oneOf(signatures, draw, mutateSignature) }),
    () => ({ text, signatures: oneOf(signatures, draw, mutateSignature) }),
  ])();
}

function mutateSignature(signature: NoteSignature, draw: Draw): NoteSignature {
  return draw.of([
    () => ({ ...signature, signature: mutateField(signature.signature, draw) }),
    () => ({ ...signature, keyId: mutateField(signature.keyId, draw).slice(0, 4) }),
    () => ({ ...signature, name: textOf(mutateByte(bytesOf(signature.name), draw)) }),
    () => ({ ...signature, signature: concat(signature.signature.slice(0, 8), draw.bytes(64)) }),
  ])();
}

/** Changes one member of a proven entry. */
export function mutateProven(proven: ProvenEntry, draw: Draw): ProvenEntry {
  const { entry, index, proof } = proven;
  return draw.of([
    () => ({ ...proven, entry: mutateField(entry, draw) }),
    () => ({ ...proven, index: mutateNumber(index, draw) }),
    () => ({ ...proven, proof: mutateOrder(proof, draw) }),
    () => ({ ...proven, proof: oneOf(proof, draw, mutateField) }),
  ])();
}

/** Changes one element of a list. */
export function oneOf<T>(list: readonly T[], draw: Draw, change: (one: T, draw: Draw) => T): T[] {
  const at = draw.below(list.length);
  return list.map((one, i) => (i === at ? change(one, draw) : one));
}

/** Mutates the bytes of a base64 text within another. */
export function mutateWithin(text: string, pattern: RegExp, draw: Draw): string {
  return text.replace(pattern, (_, before: string, encoded: string) => {
    const inner = fromBase64(encoded);
    return `${before}${inner === undefined ? "" : toBase64(mutateByte(inner, draw))}`;
  });
}

export const same = (a: unknown, b: unknown): boolean =>
  JSON.stringify(plain(a)) === JSON.stringify(plain(b));

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
}
