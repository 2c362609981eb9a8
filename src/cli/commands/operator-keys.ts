import { toBase64, toHex } from "../../core/bytes.ts";
import type { Context } from "../context.ts";
import { keyIdOf } from "../governance/inputs.ts";

/** `hufu operator keys`: the operator's public keys, for whoever enters them in the directory. */
export async function operatorKeysCommand({ config, ports, words, out }: Context): Promise<void> {
  const keys = await ports.operatorKeys(config().dataDir);
  out.print(words.keys.enterThese);
  for (const { purpose, signatureType, publicKey } of keys) {
    const options = `--purpose ${purpose} --type ${signatureType} --public-key ${toBase64(publicKey)}`;
    out.print(`  hufu operator key add ID ${options}`);
  }
  out.json({
    keys: keys.map(({ purpose, signatureType, publicKey }) => ({
      purpose,
      signatureType,
      publicKey: toBase64(publicKey),
      keyId: toHex(keyIdOf(publicKey)),
    })),
  });
}
