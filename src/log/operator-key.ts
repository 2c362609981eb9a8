/** Computes the id, the possession text and the directory entry's payload of an operator's key, and tells which keys count. */
import { sha256 } from "@noble/hashes/sha2.js";
import { concat, fromHex, toHex } from "../core/bytes.ts";
import { KEY_PURPOSES, type KeyPurpose } from "../core/directory.ts";
import type { Address, EntryIndex, Hash, InstitutionId, OperatorId, UnixSeconds } from "../core/units.ts";
import { keyNames } from "./checkpoint.ts";
import { verifyEd25519 } from "./ed25519.ts";
import { SIGNATURE_TYPES, verifierKey, type VerifierKey } from "./note.ts";

/** The type byte of what a key of each purpose signs. */
export const TYPE_OF: Readonly<Record<KeyPurpose, number>> = {
  log: SIGNATURE_TYPES.ed25519,
  witness: SIGNATURE_TYPES.cosignature,
  status: SIGNATURE_TYPES.ed25519,
};

/** Keccak-256 of the signature of the contract's event OperatorKeyAdded. */
const TOPIC = fromHex("860940e72737013ad66045e9049e0d88f3fe09b53678c03e16eba35197075494");
const WORD = 32;
/** Parameters of the event; those of variable length follow them. */
const PARAMETERS = 10;

/** What identifies an operator's key in the directory. */
export interface OperatorKeyIdentity {
  readonly operator: OperatorId;
  readonly purpose: KeyPurpose;
  /** The type byte of C2SP signed-note. */
  readonly signatureType: number;
  readonly publicKey: Uint8Array;
}

/** The registration of a key. */
export interface AddedOperatorKey extends OperatorKeyIdentity {
  readonly institution: InstitutionId;
  readonly possession: Uint8Array;
  /** 0 = since it was added. */
  readonly from: UnixSeconds;
  /** 0 = no end. */
  readonly until: UnixSeconds;
  readonly recordedBy: Address;
}

/** SHA-256(abi.encode(operator, purpose, signatureType, publicKey)), as the contract computes it. */
export function operatorKeyId({ operator, purpose, signatureType, publicKey }: OperatorKeyIdentity): Hash {
  const numbers = [operator, KEY_PURPOSES[purpose], signatureType, 4 * WORD].map(word);
  return sha256(concat(...numbers, ...dynamic(publicKey)));
}

/**
 * The text that an operator's key signs to show that its holder enters it for this operator of this registry: with the
 * key's own raw signature, Ed25519 for types 1 and 4.
 */
export function possessionText(origin: string, key: OperatorKeyIdentity): Uint8Array {
  const { operator, purpose, signatureType, publicKey } = key;
  const numbers = [operator, KEY_PURPOSES[purpose], signatureType];
  const lines = ["hufu/operator-key/v1", origin, ...numbers, toHex(publicKey)];
  return new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
}

/** Whether a key is of a type that its purpose has, and its possession is its signature over {@link possessionText}. */
export function verifyPossession(key: Omit<HeldKey, "entry">, origin: string): boolean {
  const { purpose, signatureType, publicKey, possession } = key;
  return (
    signatureType === TYPE_OF[purpose] && verifyEd25519(possession, possessionText(origin, key), publicKey)
  );
}

/** Possessions that were verified: a directory is judged often, and what it says of a key never changes. */
const verified = new Map<string, boolean>();
const MAX_VERIFIED = 10_000;

function isPossessed(key: HeldKey, origin: string): boolean {
  const by = `${origin} ${toHex(operatorKeyId(key))} ${toHex(key.possession)}`;
  const known = verified.get(by);
  if (known !== undefined) return known;
  if (verified.size >= MAX_VERIFIED) verified.clear();
  const isValid = verifyPossession(key, origin);
  verified.set(by, isValid);
  return isValid;
}

/** What the directory says of a key and its holder. */
export interface HeldKey extends OperatorKeyIdentity {
  readonly possession: Uint8Array;
  /** The directory entry that added it. */
  readonly entry: EntryIndex;
}

/** Why a key of the directory counts for nothing: its signatures cannot be verified, or it is not its holder's. */
export type KeyFault = "unknown-type" | "no-possession" | "held-before";

/** A key of the directory under its name in the notes of a log. */
export interface JudgedKey<Key extends HeldKey> {
  readonly key: Key;
  readonly verifier: VerifierKey;
  /** Undefined = it counts. */
  readonly fault: KeyFault | undefined;
}

/**
 * Judges all keys of a directory, in the order in which they were added: of each public key, and of each key id in notes,
 * the first that is possessed counts.
 */
export function judgeKeys<Key extends HeldKey>(keys: readonly Key[], origin: string): JudgedKey<Key>[] {
  const held = new Set<string>();
  return keys
    .toSorted((a, b) => a.entry - b.entry)
    .map((key) => {
      const { operator, purpose, signatureType: type, publicKey } = key;
      const verifier = verifierKey({ name: keyNames[purpose](origin, operator), type, publicKey });
      const names = [toHex(publicKey), toHex(verifier.id)];
      if (type !== TYPE_OF[purpose]) return { key, verifier, fault: "unknown-type" };
      if (!isPossessed(key, origin)) return { key, verifier, fault: "no-possession" };
      if (names.some((name) => held.has(name))) return { key, verifier, fault: "held-before" };
      for (const name of names) held.add(name);
      return { key, verifier, fault: undefined };
    });
}

/** The keys of a directory that count. */
export function usableKeys<Key extends HeldKey>(keys: readonly Key[], origin: string): JudgedKey<Key>[] {
  return judgeKeys(keys, origin).filter(({ fault }) => fault === undefined);
}

/**
 * SHA-256(topic0 ‖ abi.encode(operator, keyId, institution, purpose,
 * signatureType, publicKey, possession, from, until, recordedBy)).
 */
export function payloadOfKey(added: AddedOperatorKey): Hash {
  const publicKey = dynamic(added.publicKey);
  const ofKey = publicKey.reduce((bytes, { length }) => bytes + length, 0);
  return sha256(
    concat(
      TOPIC,
      word(added.operator),
      operatorKeyId(added),
      word(added.institution),
      word(KEY_PURPOSES[added.purpose]),
      word(added.signatureType),
      word(PARAMETERS * WORD),
      word(PARAMETERS * WORD + ofKey),
      word(added.from),
      word(added.until),
      padded(fromHex(added.recordedBy), "left"),
      ...publicKey,
      ...dynamic(added.possession),
    ),
  );
}

/** Bytes of variable length: how many, and then they, in whole words. */
function dynamic(bytes: Uint8Array): readonly Uint8Array[] {
  return [word(bytes.length), padded(bytes, "right")];
}

function word(number: number): Uint8Array {
  const bytes = new Uint8Array(WORD);
  new DataView(bytes.buffer).setBigUint64(WORD - 8, BigInt(number));
  return bytes;
}

/** Zeros on one side, up to whole words. */
function padded(bytes: Uint8Array, side: "left" | "right"): Uint8Array {
  const zeros = new Uint8Array((WORD - (bytes.length % WORD)) % WORD);
  return side === "left" ? concat(zeros, bytes) : concat(bytes, zeros);
}
