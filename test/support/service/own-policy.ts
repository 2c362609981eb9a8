/** Makes a policy that trusts a single operator as log and witness. */
import type { KeyPurpose } from "../../../src/core/directory.ts";
import { fromHex } from "../../../src/core/bytes.ts";
import type { Address } from "../../../src/core/units.ts";
import { keyNames, originOf } from "../../../src/log/checkpoint.ts";
import { formatVerifierKey, verifierKey } from "../../../src/log/note.ts";
import { ask } from "./service.ts";

/** `hufu policy` refuses to make such a policy. */
export async function ownPolicy(service: {
  readonly url: string;
  readonly chainId: number;
  readonly registry: Address;
}): Promise<string> {
  const { body } = await ask(`${service.url}/v1/institutions`);
  const [operator] = body["operators"] as {
    id: number;
    keys: { purpose: KeyPurpose; signatureType: number; publicKey: string }[];
  }[];
  const origin = originOf(service);
  const lines = (operator?.keys ?? []).map(({ purpose, signatureType: type, publicKey }) => {
    const name = keyNames[purpose](origin, operator?.id ?? 0);
    const key = formatVerifierKey(verifierKey({ name, type, publicKey: fromHex(publicKey) }));
    return `${{ witness: "witness own", log: "log", status: "# hufu status" }[purpose]} ${key}`;
  });
  return [...lines, "quorum own", ""].join("\n");
}
