/** Encodes and decodes entries of the log and the payloads of status entries. */
import { fromHex, toHex } from "./bytes.ts";
import { ALGORITHMS, type Algorithm } from "./digest.ts";
import { AppError } from "./errors.ts";
import { MAX_TIME } from "./units.ts";
import type { Address, EntryIndex, Hash, InstitutionId, SceneId, UnixSeconds } from "./units.ts";

/** Kinds of entries, by their number in the entry. */
export const ENTRY_KINDS = { document: 1, status: 2, consent: 3, verification: 4, directory: 5 } as const;
export type EntryKind = keyof typeof ENTRY_KINDS;

/** Changes of the status of a document or consent, by their number in a status payload. */
export const ACTIONS = { revoke: 1, suspend: 2, reinstate: 3, supersede: 4 } as const;
export type Action = keyof typeof ACTIONS;

/** Reasons for a change, by their number in a status payload. */
export const REASONS = {
  "issued-in-error": 1,
  "content-corrected": 2,
  "subject-request": 3,
  "key-compromise": 4,
  "court-or-regulator-order": 5,
  other: 6,
} as const;
export type Reason = keyof typeof REASONS;

export const ENTRY_BYTES = 80;
const VERSION = 1;
const FLAG_BLINDED = 1;
const FLAG_GOVERNED_ADMIN = 2;

/** One record of the log; its 80 bytes are the leaf's content. */
export interface Entry {
  readonly kind: EntryKind;
  /** Of the digest under the payload; undefined where there is none. */
  readonly algorithm: Algorithm | undefined;
  /** The payload is a commitment, not the digest itself. */
  readonly blinded: boolean;
  /** The institution recorded it while its admin was one that governance put in place. */
  readonly governedAdmin: boolean;
  readonly institution: InstitutionId;
  readonly scene: SceneId;
  readonly recordedAt: UnixSeconds;
  /** The first moment at which it is no longer in force; 0 = no end. */
  readonly validUntil: UnixSeconds;
  readonly payload: Hash;
  readonly recordedBy: Address;
}

/** The payload of a status entry. */
export interface StatusChange {
  /** A document; a consent where it is revoked. */
  readonly document: EntryIndex;
  readonly action: Action;
  readonly reason: Reason;
  /** The document that replaces it; supersede only. */
  readonly successor: EntryIndex | undefined;
}

/** Version 1, big-endian. */
export function encodeEntry(entry: Entry): Uint8Array {
  const bytes = new Uint8Array(ENTRY_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setUint8(1, ENTRY_KINDS[entry.kind]);
  view.setUint8(2, entry.algorithm === undefined ? 0 : ALGORITHMS[entry.algorithm]);
  view.setUint8(3, (entry.blinded ? FLAG_BLINDED : 0) | (entry.governedAdmin ? FLAG_GOVERNED_ADMIN : 0));
  view.setUint32(4, entry.institution);
  view.setUint32(8, entry.scene);
  view.setBigUint64(12, BigInt(entry.recordedAt));
  view.setBigUint64(20, BigInt(entry.validUntil));
  bytes.set(entry.payload, 28);
  bytes.set(fromHex(entry.recordedBy), 60);
  return bytes;
}

/** @throws AppError ENTRY_MALFORMED: wrong length, or a version, kind, algorithm, flag or time that is not defined */
export function decodeEntry(bytes: Uint8Array): Entry {
  if (bytes.length !== ENTRY_BYTES) throw malformed(`expected ${ENTRY_BYTES} bytes, got ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint8(0) !== VERSION) throw malformed(`version ${view.getUint8(0)} is unknown`);
  const algorithm = view.getUint8(2);
  const flags = view.getUint8(3);
  if ((flags & ~(FLAG_BLINDED | FLAG_GOVERNED_ADMIN)) !== 0) throw malformed(`flags ${flags} are unknown`);
  return {
    kind: slugOf(ENTRY_KINDS, view.getUint8(1), "kind"),
    algorithm: algorithm === 0 ? undefined : slugOf(ALGORITHMS, algorithm, "algorithm"),
    ...flagsOf(flags),
    institution: view.getUint32(4),
    scene: view.getUint32(8),
    recordedAt: timeOf(view.getBigUint64(12), "recordedAt"),
    validUntil: timeOf(view.getBigUint64(20), "validUntil"),
    payload: bytes.slice(28, 60),
    recordedBy: `0x${toHex(bytes.subarray(60))}`,
  };
}

/** What the flags of an entry say. */
export function flagsOf(flags: number): Pick<Entry, "blinded" | "governedAdmin"> {
  return { blinded: (flags & FLAG_BLINDED) !== 0, governedAdmin: (flags & FLAG_GOVERNED_ADMIN) !== 0 };
}

/** The 32 bytes of a status entry's payload. */
export function encodeStatus(change: StatusChange): Hash {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(change.document));
  view.setUint8(8, ACTIONS[change.action]);
  view.setUint8(9, REASONS[change.reason]);
  view.setBigUint64(10, BigInt(change.successor ?? 0));
  return bytes;
}

/** @throws AppError ENTRY_MALFORMED */
export function decodeStatus(payload: Hash): StatusChange {
  if (payload.length !== 32 || payload.subarray(18).some((byte) => byte !== 0)) {
    throw malformed("a status payload is 18 bytes and 14 zeros");
  }
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const action = slugOf(ACTIONS, view.getUint8(8), "action");
  const successor = indexOf(view.getBigUint64(10));
  if (action !== "supersede" && successor !== 0) throw malformed(`${action} has no successor`);
  return {
    document: indexOf(view.getBigUint64(0)),
    action,
    reason: slugOf(REASONS, view.getUint8(9), "reason"),
    successor: action === "supersede" ? successor : undefined,
  };
}

export function isAction(text: string): text is Action {
  return Object.hasOwn(ACTIONS, text);
}

export function isReason(text: string): text is Reason {
  return Object.hasOwn(REASONS, text);
}

/** The slug that stands for `code` in `table`. */
export function slugOf<Slug extends string>(table: Record<Slug, number>, code: number, what: string): Slug {
  for (const slug in table) if (table[slug] === code) return slug;
  throw malformed(`${what} ${code} is unknown`);
}

function timeOf(value: bigint, what: string): UnixSeconds {
  if (value > BigInt(MAX_TIME)) throw malformed(`${what} is beyond the year 9999`);
  return Number(value);
}

function indexOf(value: bigint): EntryIndex {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed("an index is beyond 2^53");
  return Number(value);
}

function malformed(detail: string): AppError {
  return new AppError("ENTRY_MALFORMED", { detail });
}
