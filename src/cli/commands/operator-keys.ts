/** The command `hufu operator keys` prints the operator's public keys as commands that enter them in the directory. */
import { toBase64, toHex } from "../../core/bytes.ts";
import type { Context } from "../context.ts";
import { keyIdOf } from "../governance/inputs.ts";

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
