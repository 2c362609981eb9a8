/** Derives operators and their keys from names. */
import { sha256 } from "@noble/hashes/sha2.js";
import type { OperatorSeeds } from "../../../src/attest/ports.ts";
import { localNoteSigner, publicKeyOf } from "../../../src/attest/signer.ts";
import {
  KEY_PURPOSES,
  type KeyPurpose,
  type Operator,
  type OperatorKey,
} from "../../../src/core/directory.ts";
import { keyNames } from "../../../src/log/checkpoint.ts";
import type { NoteSigner } from "../../../src/log/note.ts";
import { TYPE_OF, operatorKeyId, possessionText } from "../../../src/log/operator-key.ts";

/** Of the logs in memory. */
const ORIGIN = `eip155:31337:0x${"0a".repeat(20)}`;

/** Seeds derived from the name of an operator. */
export function seedsOf(name: string): OperatorSeeds {
  const seed = (purpose: KeyPurpose): Uint8Array => sha256(new TextEncoder().encode(`${purpose} of ${name}`));
  return { log: seed("log"), witness: seed("witness"), status: seed("status") };
}

/** An active key of these seeds in the directory. */
export function operatorKey(seeds: OperatorSeeds, purpose: KeyPurpose, operator: number): OperatorKey {
  const publicKey = publicKeyOf(seeds[purpose]);
  const key = { operator, purpose, signatureType: TYPE_OF[purpose], publicKey };
  const signer = localNoteSigner(seeds[purpose], { name: ORIGIN, type: key.signatureType });
  return {
    ...key,
    id: operatorKeyId(key),
    possession: signer.sign(possessionText(ORIGIN, key)),
    entry: 10 * operator + KEY_PURPOSES[purpose],
    addedAt: 1,
    from: 0,
    until: 0,
    compromise: undefined,
    correction: undefined,
  };
}

/** An operator of the directory with its three keys. */
export function operatorOf(seeds: OperatorSeeds, id: number): Operator {
  const keys = (["log", "witness", "status"] as const).map((purpose) => operatorKey(seeds, purpose, id));
  return { id, name: `Operator ${id}`, institution: undefined, keys };
}

export function signerFrom(
  seeds: OperatorSeeds,
  purpose: KeyPurpose,
  { origin, id }: { origin: string; id: number },
): NoteSigner {
  return localNoteSigner(seeds[purpose], { name: keyNames[purpose](origin, id), type: TYPE_OF[purpose] });
}
