/** Computes the id, the possession text and the directory entry's payload of an operator's key. */
import { sha256 } from "@noble/hashes/sha2.js";
import { concat, fromHex, toHex } from "../core/bytes.ts";
import { KEY_PURPOSES, type KeyPurpose } from "../core/directory.ts";
import type { Address, Hash, InstitutionId, OperatorId, UnixSeconds } from "../core/units.ts";

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
