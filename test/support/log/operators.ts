/** Derives operators and their keys from names. */
import { sha256 } from "@noble/hashes/sha2.js";
import { TYPE_OF } from "../../../src/attest/identity.ts";
import type { OperatorSeeds } from "../../../src/attest/ports.ts";
import { localNoteSigner, publicKeyOf } from "../../../src/attest/signer.ts";
import type { KeyPurpose, Operator, OperatorKey } from "../../../src/core/directory.ts";
import { keyNames } from "../../../src/log/checkpoint.ts";
import { operatorKeyId } from "../../../src/log/operator-key.ts";
import type { NoteSigner } from "../../../src/log/note.ts";

/** Seeds derived from the name of an operator. */
export function seedsOf(name: string): OperatorSeeds {
  const seed = (purpose: KeyPurpose): Uint8Array => sha256(new TextEncoder().encode(`${purpose} of ${name}`));
  return { log: seed("log"), witness: seed("witness"), status: seed("status") };
}

/** An active key of these seeds in the directory. */
export function operatorKey(seeds: OperatorSeeds, purpose: KeyPurpose, operator: number): OperatorKey {
  const publicKey = publicKeyOf(seeds[purpose]);
  return {
    id: operatorKeyId({ operator, purpose, signatureType: TYPE_OF[purpose], publicKey }),
    operator,
    purpose,
    signatureType: TYPE_OF[purpose],
    publicKey,
    possession: new Uint8Array(64),
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
