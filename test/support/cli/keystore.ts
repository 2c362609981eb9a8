/** Makes and alters keystores. */
import { encryptKeystoreJsonSync, type Wallet } from "ethers";

/** An encrypted keystore with the weakest scrypt parameters, so that it opens fast. */
export function keystoreOf({ address, privateKey }: Wallet, password: string): string {
  return encryptKeystoreJsonSync({ address, privateKey }, password, { scrypt: { N: 2, r: 1, p: 1 } });
}

/** The same with one member changed. @param path member names from the top, in any case */
export function alteredKeystore(text: string, path: readonly string[], value: unknown): string {
  const keystore = JSON.parse(text) as Record<string, unknown>;
  let node = keystore;
  const member = (name: string): string =>
    Object.keys(node).find((key) => key.toLowerCase() === name) ?? name;
  for (const name of path.slice(0, -1)) node = node[member(name)] as Record<string, unknown>;
  node[member(path.at(-1) ?? "")] = value;
  return JSON.stringify(keystore);
}
