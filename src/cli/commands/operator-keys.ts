/** The command `hufu operator keys` prints the operator's public keys as commands that enter them in the directory. */
import { toBase64, toHex } from "../../core/bytes.ts";
import { AppError, quote } from "../../core/errors.ts";
import { isOrigin } from "../../log/checkpoint.ts";
import { operatorKeyId } from "../../log/operator-key.ts";
import type { Context } from "../context.ts";
import { readId } from "../governance/inputs.ts";

/** @param origin of the registry's log: each key signs that it is entered there, for this operator */
export async function operatorKeysCommand(
  id: string,
  origin: string,
  { config, ports, words, out }: Context,
): Promise<void> {
  if (!isOrigin(origin)) {
    const detail = `expected the origin of the log, such as eip155:1:0x…, got ${quote(origin)}`;
    throw new AppError("USAGE", { detail, at: "origin" });
  }
  const operator = readId({ operator: id }, "operator");
  const keys = await ports.operatorKeys(config().dataDir, { origin, operator });
  out.print(words.keys.enterThese);
  for (const { purpose, signatureType, publicKey, possession } of keys) {
    const bytes = `--public-key ${toBase64(publicKey)} --possession ${toBase64(possession)}`;
    out.print(`  hufu operator key add ${operator} --purpose ${purpose} --type ${signatureType} ${bytes}`);
  }
  out.json({
    keys: keys.map(({ purpose, signatureType, publicKey, possession }) => ({
      purpose,
      signatureType,
      publicKey: toBase64(publicKey),
      possession: toBase64(possession),
      keyId: toHex(operatorKeyId({ operator, purpose, signatureType, publicKey })),
    })),
  });
}
