/** Tests how hot keys and the password of their keystores are read. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { HDNodeWallet, Wallet, id } from "ethers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openHotKeys } from "../../../src/chain/keys/hot-keys.ts";
import { openKeystore, sealKey } from "../../../src/chain/keys/keystore.ts";
import { isLocalChain, refuseDevelopmentKeys, type ChainPlace } from "../../../src/chain/rpc/local-chain.ts";
import { toAddress } from "../../../src/chain/registry/registry.ts";
import type { Signer } from "../../../src/chain/keys/signer.ts";
import { keystoreOf } from "../../support/cli/keystore.ts";

const HOT_KEYS = join(import.meta.dirname, "../../../src/chain/keys/hot-keys.ts");
const PASSWORD = "correct horse 電池 staple";
const EMBEDDED: ChainPlace = { chainId: 31_337, urls: [] };
const LOCAL: ChainPlace = { chainId: 31_337, urls: ["http://127.0.0.1:8545"] };
const REAL: ChainPlace = { chainId: 8_453, urls: ["https://node.example"] };
const one = new Wallet(id("hot key one"));
const two = new Wallet(id("hot key two"));
const development = (i: number): HDNodeWallet =>
  HDNodeWallet.fromPhrase(`${"test ".repeat(11)}junk`, "", `m/44'/60'/0'/0/${i}`);

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "hufu-hot-"))));
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}
const byFile = (text = `${PASSWORD}\n`, mode = 0o600): string => write("password", text, mode);
async function open(place: ChainPlace, passwordFile?: string): Promise<Signer[]> {
  return await openHotKeys({ folder, place, passwordFile });
}
const addresses = (signers: readonly Signer[]): string[] => signers.map(({ address }) => address);

describe("a chain is local", () => {
  it.each<[boolean, string, ChainPlace]>([
    [true, "in this process", EMBEDDED],
    [true, "Hardhat on loopback", LOCAL],
    [true, "Ganache on localhost", { chainId: 1_337, urls: ["http://localhost:7545"] }],
    [true, "on loopback of IPv6", { chainId: 31_337, urls: ["http://[::1]:8545"] }],
    [true, "on loopback, twice", { chainId: 31_337, urls: ["http://127.0.0.1:1", "http://127.0.0.2:2"] }],
    [false, "another id, on loopback", { chainId: 1, urls: ["http://127.0.0.1:8545"] }],
    [false, "FISCO BCOS's usual id, on loopback", { chainId: 20_200, urls: ["http://127.0.0.1:8545"] }],
    [false, "elsewhere", { chainId: 31_337, urls: ["http://10.0.0.5:8545"] }],
    [false, "elsewhere besides", { chainId: 31_337, urls: ["http://127.0.0.1:1", "http://10.0.0.5:2"] }],
    [
      false,
      "a host that only begins like loopback",
      { chainId: 31_337, urls: ["http://127.0.0.1.evil.example"] },
    ],
    [false, "a host called after localhost", { chainId: 31_337, urls: ["http://localhost.evil.example"] }],
  ])("it is %s that a chain is local: %s", (local, _, place) => {
    expect(isLocalChain(place)).toBe(local);
  });
});

describe("a development key", () => {
  const keys = Array.from({ length: 20 }, (_, i) => ({ address: toAddress(development(i).address) }));

  it.each(keys.map(({ address }, i) => [i, address] as const))(
    "key %i of the well-known mnemonic stops the start on a real chain, among others too",
    (_, address) => {
      const signers = [{ address: toAddress(one.address) }, { address }];
      expect(() => refuseDevelopmentKeys(signers, REAL)).toThrowCode("DEV_KEY_ON_REAL_CHAIN");
      expect(() => refuseDevelopmentKeys(signers, REAL)).toThrow(new RegExp(address));
      expect(() => refuseDevelopmentKeys(signers, LOCAL)).not.toThrow();
    },
  );

  it("a newly made key is not a development key", () => {
    expect(() => refuseDevelopmentKeys([{ address: toAddress(one.address) }], REAL)).not.toThrow();
  });

  it("a development key is found in a keystore as well", async () => {
    write("a.json", keystoreOf(new Wallet(development(0).privateKey), PASSWORD));
    await expect(open(REAL, byFile())).rejects.toThrowCode("DEV_KEY_ON_REAL_CHAIN");
    expect(await open(LOCAL, byFile())).toHaveLength(1);
  });
});

describe("the hot keys", () => {
  it("a missing folder holds no hot keys, and no password is requested", async () => {
    expect(await openHotKeys({ folder: join(folder, "none"), place: REAL, passwordFile: undefined })).toEqual(
      [],
    );
  });

  it("hot keys are read from keystores under one password, in the order of their names", async () => {
    write("b.json", keystoreOf(two, PASSWORD));
    write("a.json", keystoreOf(one, PASSWORD));
    write("notes.txt", "not a key", 0o644);
    const found = await open(REAL, byFile());
    expect(addresses(found)).toEqual([one, two].map(({ address }) => toAddress(address)));
  });

  it("hot keys are read from plain files too where the chain is local", async () => {
    write("a.key", one.privateKey);
    write("b.json", keystoreOf(two, PASSWORD));
    for (const place of [EMBEDDED, LOCAL]) expect(await open(place, byFile())).toHaveLength(2);
  });

  it("plain key files stop the start on other chains before a password is read, with what to do", async () => {
    write("a.json", keystoreOf(one, PASSWORD));
    write("b.key", two.privateKey);
    await expect(open(REAL)).rejects.toMatchObject({
      code: "KEY_FILE_PLAIN",
      fields: { detail: expect.stringMatching(/b\.key.*hufu key encrypt/) as string },
    });
  });

  it.each([
    ["a.json", keystoreOf(one, PASSWORD)],
    ["a.key", one.privateKey],
  ])("hot keys in %s that others can read are refused", async (name, content) => {
    write(name, content, 0o644);
    await expect(open(LOCAL, byFile())).rejects.toThrowCode("KEY_FILE_PERMISSIONS");
  });

  it("all hot keys are refused where one keystore is corrupt", async () => {
    write("a.json", keystoreOf(one, PASSWORD));
    write("b.json", "{");
    await expect(open(REAL, byFile())).rejects.toThrowCode("KEYSTORE_FORMAT");
  });
});

describe("the password of the keystores", () => {
  it("a wrong password is tried on the first keystore only", async () => {
    write("a.json", keystoreOf(one, PASSWORD));
    write("b.json", "{");
    await expect(open(REAL, byFile("wrong"))).rejects.toMatchObject({
      code: "KEYSTORE_PASSWORD",
      fields: { detail: expect.stringContaining("a.json") as string },
    });
  });

  it.each([
    ["without a line end", PASSWORD],
    ["with one", `${PASSWORD}\n`],
    ["with one of Windows", `${PASSWORD}\r\n`],
  ])("the password may stand in its file %s", async (_, text) => {
    write("a.json", keystoreOf(one, PASSWORD));
    expect(await open(REAL, byFile(text))).toHaveLength(1);
  });

  it.runIf(process.platform === "linux")(
    "the password may come from a pipe, and is read from it once",
    () => {
      write("a.json", keystoreOf(one, PASSWORD));
      write("b.json", keystoreOf(two, PASSWORD));
      const script = `import { openHotKeys } from ${JSON.stringify(HOT_KEYS)};
      const [, folder, passwordFile] = process.argv;
      const signers = await openHotKeys({ folder, place: ${JSON.stringify(REAL)}, passwordFile });
      console.log(signers.length);`;
      const args = [process.execPath, "--input-type=module", "-e", script, folder, "/dev/fd/0"];
      const piped = ["-c", `cat ${write("password", PASSWORD)} | "$0" "$@"`, ...args];
      expect(execFileSync("sh", piped, { encoding: "utf8" })).toBe("2\n");
    },
  );

  it.each<[string, () => string | undefined, string]>([
    ["not named at all", () => undefined, "KEY_PASSWORD"],
    ["in a missing file", () => join(folder, "none"), "KEY_PASSWORD"],
    ["that is empty", () => byFile("\n"), "KEY_PASSWORD"],
    ["that is too long", () => byFile("x".repeat(5_000)), "KEY_PASSWORD"],
    ["in a file that others can read", () => byFile(PASSWORD, 0o644), "KEY_FILE_PERMISSIONS"],
  ])("a password %s stops the start", async (_, source, code) => {
    write("a.json", keystoreOf(one, PASSWORD));
    await expect(open(REAL, source())).rejects.toMatchObject({ code });
  });

  it("no fault shows the password or a key", async () => {
    write("a.json", keystoreOf(one, PASSWORD));
    const wrong = "a wrong but telling password";
    const fault = await open(REAL, byFile(wrong)).catch((error: unknown) => error);
    const shown = inspect(fault, { depth: 20, showHidden: true, maxStringLength: null });
    expect(shown).toContain("KEYSTORE_PASSWORD");
    for (const secret of [wrong, PASSWORD, one.privateKey.slice(2)]) expect(shown).not.toContain(secret);
  });
});

describe("an encrypted key", () => {
  it("an encrypted key opens to the same key with its password only", async () => {
    const text = await sealKey(one, { name: "a.json", password: PASSWORD });
    const opened = await openKeystore({ name: "a.json", text }, () => Promise.resolve(PASSWORD));
    expect(opened.privateKey).toBe(one.privateKey);
    const wrong = openKeystore({ name: "a.json", text }, () => Promise.resolve("wrong"));
    await expect(wrong).rejects.toThrowCode("KEYSTORE_PASSWORD");
    expect(text).not.toContain(one.privateKey.slice(2, 18));
    expect(JSON.parse(text)).toMatchObject({ version: 3, Crypto: { kdfparams: { n: 131_072, r: 8, p: 1 } } });
  }, 30_000);
});
