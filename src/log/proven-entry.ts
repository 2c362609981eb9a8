/** Reads and verifies entries with their inclusion proofs, and the JSON that carries them. */
import { fromBase64, fromHex, toBase64, toHex } from "../core/bytes.ts";
import { ENTRY_BYTES, decodeEntry, type Entry } from "../core/entry.ts";
import { isAppError, quote, type AppError } from "../core/errors.ts";
import type { EntryIndex, Hash, TreeSize } from "../core/units.ts";
import { hashLeaf } from "./hash.ts";
import { verifyInclusion } from "./proof.ts";

/** An entry with its inclusion proof. As JSON: entry in hexadecimal, hashes in base64. */
export interface ProvenEntry {
  /** 80 bytes. */
  readonly entry: Uint8Array;
  readonly index: EntryIndex;
  /** Hashes from the leaf up. */
  readonly proof: readonly Hash[];
}

/** A directory entry, its proof, and the event that it commits to. As JSON: event in base64. */
export interface ProvenEvent extends ProvenEntry {
  readonly event: Uint8Array;
}

/** Entries with their proofs under one checkpoint. */
export interface ProvenEntries {
  /** The signed note. */
  readonly checkpoint: string;
  readonly entries: readonly ProvenEntry[];
  /** What the directory says of the institutions and document types of the entries, and of what was asked for. */
  readonly events?: readonly ProvenEvent[];
}

/**
 * Verifies the proof and decodes the entry.
 * @throws AppError ENTRY_MALFORMED, PROOF_SHAPE, PROOF_INVALID
 */
export function verifyEntry(
  { entry, index, proof }: ProvenEntry,
  { size, root }: { size: TreeSize; root: Hash },
): Entry {
  const decoded = decodeEntry(entry);
  verifyInclusion({ leafHash: hashLeaf(entry), index, size, proof, root });
  return decoded;
}

export function formatProven({ entry, index, proof }: ProvenEntry): {
  entry: string;
  index: EntryIndex;
  proof: string[];
} {
  return { entry: toHex(entry), index, proof: proof.map(toBase64) };
}

export function formatProvenEvent({ event, ...proven }: ProvenEvent): ReturnType<typeof formatProven> & {
  event: string;
} {
  return { ...formatProven(proven), event: toBase64(event) };
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** Reads members of JSON; `invalid` makes the error, from the member at fault. */
export class JsonReader {
  readonly #invalid: (detail: string, member: string) => AppError;

  constructor(invalid: (detail: string, member: string) => AppError) {
    this.#invalid = invalid;
  }

  /** @param bytes an object as JSON in UTF-8, without byte order mark, in which no object has two members of one name */
  parse(bytes: Uint8Array, member: string): JsonObject {
    let value: unknown;
    let twice: string | undefined;
    try {
      const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
      value = JSON.parse(text);
      twice = duplicateIn(text);
    } catch {
      throw this.#invalid("it is no JSON", member);
    }
    if (twice !== undefined) throw this.#invalid(`${quote(twice)} is there twice`, member);
    return this.object(value, member);
  }

  object(value: unknown, member: string): JsonObject {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw this.#invalid("it is no object", member);
    return value as JsonObject;
  }

  text(value: unknown, member: string): string {
    if (typeof value !== "string") throw this.#invalid("it is no text", member);
    return value;
  }

  number(value: unknown, member: string): number {
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
      throw this.#invalid("it is no number from 0", member);
    return value;
  }

  /** Lower-case hexadecimal. */
  bytes(value: unknown, member: string, length?: number): Uint8Array {
    if (typeof value !== "string" || !/^(?:[0-9a-f]{2})*$/.test(value))
      throw this.#invalid("it is not written in lower-case hexadecimal", member);
    return this.#ofLength(fromHex(value), member, length);
  }

  base64(value: unknown, member: string, length?: number): Uint8Array {
    const bytes = typeof value === "string" ? fromBase64(value) : undefined;
    if (bytes === undefined) throw this.#invalid("it is not written in base64", member);
    return this.#ofLength(bytes, member, length);
  }

  #ofLength(bytes: Uint8Array, member: string, length: number | undefined): Uint8Array {
    if (length === undefined || bytes.length === length) return bytes;
    throw this.#invalid(`expected ${length} bytes, got ${bytes.length}`, member);
  }

  proven(value: unknown, member: string): ProvenEntry {
    const { entry, index, proof } = this.object(value, member);
    return {
      entry: this.bytes(entry, `${member}.entry`, ENTRY_BYTES),
      index: this.number(index, `${member}.index`),
      proof: this.hashes(proof, `${member}.proof`),
    };
  }

  provenEvent(value: unknown, member: string): ProvenEvent {
    const { event } = this.object(value, member);
    return { ...this.proven(value, member), event: this.base64(event, `${member}.event`) };
  }

  /** A list of hashes in base64. */
  hashes(value: unknown, member: string): Hash[] {
    if (!Array.isArray(value)) throw this.#invalid("it is no list", member);
    return value.map((hash) => this.base64(hash, member, 32));
  }
}

/** A name that two members of one object have in `json`, which is valid; undefined where none has. */
function duplicateIn(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (const [token, colon] of json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (colon !== undefined) {
      const name = JSON.parse(token.slice(0, -colon.length)) as string;
      if (open.at(-1)?.has(name) === true) return name;
      open.at(-1)?.add(name);
    }
  }
  return undefined;
}

/** Runs `attempt`, and replaces errors of the codes in `from` by those of `to`. */
export function translateErrors<T>(
  attempt: () => T,
  from: readonly AppError["code"][],
  to: (detail: string) => AppError,
): T {
  try {
    return attempt();
  } catch (error) {
    if (isAppError(error) && from.includes(error.code)) throw to(error.fields.detail);
    throw error;
  }
}
