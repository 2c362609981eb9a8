import { encryptKeystoreJsonSync, type Wallet } from "ethers";

/** A keystore of the key, as programs write them, but quick to open. */
export function keystoreOf({ address, privateKey }: Wallet, password: string): string {
  return encryptKeystoreJsonSync({ address, privateKey }, password, { scrypt: { N: 2, r: 1, p: 1 } });
}

/** The same with one member changed. @param path member names from the top, in any case */
export function alteredKeystore(text: string, path: readonly string[], value: unknown): string {
  const whole = JSON.parse(text) as Record<string, unknown>;
  let place = whole;
  const member = (name: string): string =>
    Object.keys(place).find((key) => key.toLowerCase() === name) ?? name;
  for (const name of path.slice(0, -1)) place = place[member(name)] as Record<string, unknown>;
  place[member(path.at(-1) ?? "")] = value;
  return JSON.stringify(whole);
}
