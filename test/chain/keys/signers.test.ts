import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readKey, readKeys, readOrMakeKey } from "../../../src/chain/keys/signers.ts";
import { isAppError } from "../../../src/core/errors.ts";

/** Private keys 1 and 2, with the addresses that belong to them. */
const ONE = { key: "1".padStart(64, "0"), address: "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf" };
const TWO = { key: "2".padStart(64, "0"), address: "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF" };
/** The order of secp256k1: the first number above 0 that is not a private key. */
const ORDER = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "hufu-keys-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes a key file and returns its path. */
function keyFile(name: string, content: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

describe("a key file", () => {
  it.each([
    ["64 digits", ONE.key],
    ["64 digits and a line end", `${ONE.key}\n`],
    ["0x and 64 digits", `0x${ONE.key}`],
    ["64 digits and a line end of Windows", `${ONE.key}\r\n`],
  ])("a key file holds its key as %s", async (_, content) => {
    const { address, privateKey } = await readKey(keyFile("a.key", content));
    expect([address, privateKey]).toEqual([ONE.address, `0x${ONE.key}`]);
  });

  it("a key file may be read-only", async () => {
    expect((await readKey(keyFile("a.key", ONE.key, 0o400))).address).toBe(ONE.address);
  });

  it("a key file that others can read is refused", async () => {
    await expect(readKey(keyFile("a.key", ONE.key, 0o644))).rejects.toThrowCode("KEY_FILE_PERMISSIONS");
  });

  it.each([
    ["that is empty", ""],
    ["of 63 digits", ONE.key.slice(1)],
    ["of 65 digits", `0${ONE.key}`],
    ["of other characters", "g".repeat(64)],
    ["of two keys", `${ONE.key}\n${TWO.key}\n`],
    ["with a byte order mark", `\uFEFF${ONE.key}`],
    ["in the form of a keystore", '{"address":"7e5f4552091a69125d5dfcb7b8c2659029395bdf","crypto":{}}'],
    ["of zero, which is not a key", "0".repeat(64)],
    ["of the curve's order, which is not a key", ORDER],
    ["of the largest number, which is not a key", "f".repeat(64)],
  ])("a key file %s is refused", async (_, content) => {
    await expect(readKey(keyFile("a.key", content))).rejects.toThrowCode("KEY_FILE_FORMAT");
  });

  it("a key file may hold the largest private key, one below the curve's order", async () => {
    const largest = `${ORDER.slice(0, -1)}0`;
    expect((await readKey(keyFile("a.key", largest))).privateKey).toBe(`0x${largest}`);
  });
});

describe("the error for a key file", () => {
  const text = fc.oneof(
    fc.stringMatching(/^[0-9a-f]{20,63}$/),
    fc.stringMatching(/^f{32}[0-9a-f]{32}$/),
    fc.stringMatching(/^[0-9a-f]{65,200}$/),
    fc.stringMatching(/^[A-Za-z0-9+=-]{20,100}$/),
    fc.stringMatching(/^0x[0-9a-f]{63}g$/),
  );

  it("the error for a key file shows no part of the key in message, fields, stack and causes", async () => {
    await fc.assert(
      fc.asyncProperty(text, fc.constantFrom(0o600, 0o644), async (content, mode) => {
        const error = await readKey(keyFile("a.key", content, mode)).catch((reason: unknown) => reason);
        expect(isAppError(error)).toBe(true);
        const shown = inspect(error, { depth: 20, showHidden: true, maxStringLength: null });
        for (let at = 0; at + 16 <= content.length; at++)
          expect(shown).not.toContain(content.slice(at, at + 16));
      }),
      {
        examples: [
          [`${"f".repeat(32)}${ONE.key.slice(32)}`, 0o600],
          [ORDER, 0o600],
          [ONE.key, 0o644],
        ],
      },
    );
  });

  it("the error for a key file names the file", async () => {
    const error = readKey(keyFile("who.key", "")).catch((reason: unknown) => reason);
    expect(inspect(await error)).toContain("who.key");
  });
});

describe("a folder of keys", () => {
  it("a missing folder holds no keys", async () => {
    expect(await readKeys(join(folder, "missing"))).toEqual([]);
  });

  it("a folder without key files holds no keys", async () => {
    expect(await readKeys(folder)).toEqual([]);
  });

  it("a folder gives the keys of its files in the order of their names", async () => {
    keyFile("b.key", TWO.key);
    keyFile("a.key", ONE.key);
    expect((await readKeys(folder)).map(({ address }) => address)).toEqual([ONE.address, TWO.address]);
  });

  it("a folder gives no key from files of other names, readable by others or not", async () => {
    keyFile("institution-1.key", ONE.key);
    for (const name of ["README", "a.key.bak", "a.key~", "key", ".key", "a.pem", "a key.key", "a.KEY"])
      keyFile(name, "not a key", 0o644);
    expect((await readKeys(folder)).map(({ address }) => address)).toEqual([ONE.address]);
  });

  it.each([
    ["KEY_FILE_PERMISSIONS", ONE.key, 0o644],
    ["KEY_FILE_FORMAT", "not a key", 0o600],
  ] as const)("a folder with one bad file among good ones is refused: %s", async (code, content, mode) => {
    keyFile("a.key", ONE.key);
    keyFile("b.key", content, mode);
    await expect(readKeys(folder)).rejects.toThrowCode(code);
  });
});

describe("making a key", () => {
  it("a made key is written, and read afterwards", async () => {
    const path = join(folder, "keys", "a.key");
    const { address } = await readOrMakeKey(path);
    expect(readFileSync(path, "utf8")).toMatch(/^[0-9a-f]{64}\n$/);
    for (const read of [readKey, readOrMakeKey]) expect((await read(path)).address).toBe(address);
  });

  it("each path gets a different key", async () => {
    const wallets = await Promise.all(
      ["a", "b", "c"].map((name) => readOrMakeKey(join(folder, `${name}.key`))),
    );
    expect(new Set(wallets.map(({ address }) => address)).size).toBe(3);
  });

  it("an existing key is kept, and one that others can read is refused", async () => {
    expect((await readOrMakeKey(keyFile("a.key", ONE.key))).address).toBe(ONE.address);
    chmodSync(join(folder, "a.key"), 0o644);
    await expect(readOrMakeKey(join(folder, "a.key"))).rejects.toThrowCode("KEY_FILE_PERMISSIONS");
    expect(readFileSync(join(folder, "a.key"), "utf8")).toBe(ONE.key);
  });
});
