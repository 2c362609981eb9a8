/** Computes the payload of the directory entry that adds an operator key. */
import { sha256 } from "@noble/hashes/sha2.js";
import { concat, fromHex } from "../core/bytes.ts";
import { KEY_PURPOSES, type KeyPurpose } from "../core/directory.ts";
import type { Address, Hash, InstitutionId, OperatorId, UnixSeconds } from "../core/units.ts";

/** Keccak-256 of the signature of the contract's event OperatorKeyAdded. */
const TOPIC = fromHex("b1a1ee8ea473ba346dcd03c48e1da3b4f0e25e1500313e775f58633cc4e6cbfd");
const WORD = 32;
/** Parameters of the event; the one of variable length follows them. */
const PARAMETERS = 9;

/** The registration of a key. */
export interface AddedOperatorKey {
  readonly operator: OperatorId;
  readonly institution: InstitutionId;
  readonly purpose: KeyPurpose;
  readonly signatureType: number;
  readonly publicKey: Uint8Array;
  /** 0 = since it was added. */
  readonly from: UnixSeconds;
  /** 0 = no end. */
  readonly until: UnixSeconds;
  readonly recordedBy: Address;
}

/**
 * SHA-256(topic0 ‖ abi.encode(operator, keyId, institution, purpose,
 * signatureType, publicKey, from, until, recordedBy)).
 */
export function payloadOfKey(added: AddedOperatorKey): Hash {
  const { publicKey } = added;
  return sha256(
    concat(
      TOPIC,
      word(added.operator),
      sha256(publicKey),
      word(added.institution),
      word(KEY_PURPOSES[added.purpose]),
      word(added.signatureType),
      word(PARAMETERS * WORD),
      word(added.from),
      word(added.until),
      padded(fromHex(added.recordedBy), "left"),
      word(publicKey.length),
      padded(publicKey, "right"),
    ),
  );
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
