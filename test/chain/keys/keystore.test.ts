import { Wallet, id } from "ethers";
import { describe, expect, it } from "vitest";
import { openKeystore } from "../../../src/chain/keys/keystore.ts";
import type { AppError, ErrorCode } from "../../../src/core/errors.ts";
import { alteredKeystore, keystoreOf } from "../../support/cli/keystore.ts";

const PASSWORD = "correct horse 電池 staple";
const wallet = new Wallet(id("the key in the keystore"));
const good = keystoreOf(wallet, PASSWORD);

/** Opens a keystore, and counts how often the password is asked for. */
async function open(text: string, password = PASSWORD): Promise<{ opened: Wallet; asked: number }> {
  let asked = 0;
  const opened = await openKeystore({ name: "admin.json", text }, () => {
    asked += 1;
    return Promise.resolve(password);
  });
  return { opened, asked };
}

/** The fault of a keystore that cannot be opened, and how often the password was asked for before. */
async function faultOf(text: string, password = PASSWORD): Promise<{ fault: AppError; asked: number }> {
  let asked = 0;
  const opening = openKeystore({ name: "admin.json", text }, () => {
    asked += 1;
    return Promise.resolve(password);
  });
  const fault = await opening.then(
    () => Promise.reject(new Error("the keystore was opened")),
    (error: unknown) => error as AppError,
  );
  return { fault, asked };
}

const altered = (path: string, value: unknown): string => alteredKeystore(good, path.split("."), value);

/** The keystore with parameters of scrypt as programs have them (n 2^17, r 8, p 1), but for these. */
function costly(parameters: { n?: number; r?: number; p?: number }): string {
  const { dklen, salt } = { dklen: 32, salt: "11".repeat(32) };
  return altered("crypto.kdfparams", { n: 2 ** 17, r: 8, p: 1, dklen, salt, ...parameters });
}

/** The test vector of the Web3 Secret Storage Definition; its password is "testpassword". */
const VECTOR = JSON.stringify({
  crypto: {
    cipher: "aes-128-ctr",
    cipherparams: { iv: "6087dab2f9fdbbfaddc31a909735c1e6" },
    ciphertext: "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
    kdf: "pbkdf2",
    kdfparams: {
      c: 262_144,
      dklen: 32,
      prf: "hmac-sha256",
      salt: "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd",
    },
    mac: "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
  },
  id: "3198bc9c-6672-5ab3-d995-4942343ae5b6",
  version: 3,
});
const VECTOR_KEY = "0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";

describe("a keystore", () => {
  it("the keystore of the definition's test vector opens to its key", async () => {
    expect((await open(VECTOR, "testpassword")).opened.privateKey).toBe(VECTOR_KEY);
  });

  it("a keystore opens to its key, and requests the password once", async () => {
    const { opened, asked } = await open(good);
    expect([opened.privateKey, asked]).toEqual([wallet.privateKey, 1]);
  });

  it.each(["address", "Address"])("a keystore may omit or rewrite its member %s", async (member) => {
    const { opened } = await open(
      good
        .replace('"address"', `"${member}"`)
        .replace(/("address":")(\w+)/i, (_, name: string, text: string) => `${name}0x${text.toUpperCase()}`),
    );
    expect(opened.address).toBe(wallet.address);
    expect((await open(altered("address", undefined))).opened.address).toBe(wallet.address);
  });
});

describe("a keystore that cannot be opened", () => {
  it("a wrong password is reported after one attempt", async () => {
    for (const password of ["wrong", "", `${PASSWORD} `]) {
      const { fault, asked } = await faultOf(good, password);
      expect([fault.code, asked]).toEqual(["KEYSTORE_PASSWORD", 1]);
    }
  });

  it("a keystore that names another address is refused", async () => {
    const other = altered("address", "11".repeat(20));
    const { fault } = await faultOf(other);
    expect(fault).toMatchObject({ code: "KEYSTORE_ADDRESS" });
    expect(fault.fields.detail).toContain(wallet.address.toLowerCase());
    expect((await faultOf(other, "wrong")).fault.code).toBe("KEYSTORE_PASSWORD");
  });

  const unusable: [string, string, ErrorCode][] = [
    ["text that is not JSON", "{", "KEYSTORE_FORMAT"],
    ["no content", "", "KEYSTORE_FORMAT"],
    ["a plain key", "11".repeat(32), "KEYSTORE_FORMAT"],
    ["JSON null", "null", "KEYSTORE_FORMAT"],
    ["a list", "[]", "KEYSTORE_FORMAT"],
    ["more than 64 KiB", good + " ".repeat(1 << 16), "KEYSTORE_FORMAT"],
    ["version 1", altered("version", 1), "KEYSTORE_FORMAT"],
    ["version 4", altered("version", 4), "KEYSTORE_FORMAT"],
    ["no version", altered("version", undefined), "KEYSTORE_FORMAT"],
    ["no crypto", altered("crypto", undefined), "KEYSTORE_FORMAT"],
    ["an address of 19 bytes", altered("address", "11".repeat(19)), "KEYSTORE_FORMAT"],
    ["another cipher", altered("crypto.cipher", "aes-256-gcm"), "KEYSTORE_FORMAT"],
    ["a short iv", altered("crypto.cipherparams.iv", "11"), "KEYSTORE_FORMAT"],
    ["a short ciphertext", altered("crypto.ciphertext", "11".repeat(31)), "KEYSTORE_FORMAT"],
    ["no mac", altered("crypto.mac", undefined), "KEYSTORE_FORMAT"],
    ["an unknown derivation", altered("crypto.kdf", "argon2id"), "KEYSTORE_FORMAT"],
    ["no parameters", altered("crypto.kdfparams", {}), "KEYSTORE_FORMAT"],
    ["n of 0", altered("crypto.kdfparams.n", 0), "KEYSTORE_FORMAT"],
    ["n that is not a power of two", altered("crypto.kdfparams.n", 3), "KEYSTORE_FORMAT"],
    ["n of 1", altered("crypto.kdfparams.n", 1), "KEYSTORE_FORMAT"],
    ["n of 2^16 with r of 1", altered("crypto.kdfparams.n", 2 ** 16), "KEYSTORE_FORMAT"],
    ["n as text", altered("crypto.kdfparams.n", "262144"), "KEYSTORE_FORMAT"],
    ["negative r", altered("crypto.kdfparams.r", -1), "KEYSTORE_FORMAT"],
    ["a key of 64 bytes", altered("crypto.kdfparams.dklen", 64), "KEYSTORE_FORMAT"],
    ["n of 2^40", costly({ n: 2 ** 40 }), "KEYSTORE_COST"],
    ["n of 2^20 and r of 8 in memory", costly({ n: 2 ** 20 }), "KEYSTORE_COST"],
    ["r of 2^30", costly({ r: 2 ** 30 }), "KEYSTORE_COST"],
    ["p of 2^30", costly({ p: 2 ** 30 }), "KEYSTORE_COST"],
    ["work by n and p", costly({ n: 2 ** 17, p: 16 }), "KEYSTORE_COST"],
    [
      "10,000,001 rounds of pbkdf2",
      alteredKeystore(VECTOR, ["crypto", "kdfparams", "c"], 10_000_001),
      "KEYSTORE_COST",
    ],
    [
      "pbkdf2 of another hash",
      alteredKeystore(VECTOR, ["crypto", "kdfparams", "prf"], "hmac-md5"),
      "KEYSTORE_FORMAT",
    ],
  ];
  it.each(unusable)(
    "a keystore with %s is refused before the password is requested",
    async (_, text, code) => {
      const { fault, asked } = await faultOf(text);
      expect([fault.code, asked]).toEqual([code, 0]);
      expect(fault.fields.detail).toContain('"admin.json"');
    },
  );

  it("a member that occurs twice in different case is used as it was checked", async () => {
    const text = costly({});
    const twice = text.replace('"n":131072', '"n":131072,"N":1099511627776');
    expect(twice).not.toBe(text);
    expect((await faultOf(twice)).fault.code).toBe("KEYSTORE_COST");
  });

  it("no error shows the password, the key or the ciphertext", async () => {
    const { crypto } = JSON.parse(good.replace("Crypto", "crypto")) as {
      crypto: { ciphertext: string; mac: string };
    };
    const secrets = [PASSWORD, "wrong password", wallet.privateKey.slice(2), crypto.ciphertext, crypto.mac];
    const faults = [
      await faultOf(good, "wrong password"),
      await faultOf(altered("address", "11".repeat(20))),
      await faultOf(altered("crypto.kdf", "argon2id")),
      await faultOf(costly({ n: 2 ** 40 })),
    ];
    for (const { fault } of faults) {
      const shown = JSON.stringify([fault.message, fault.fields, fault.stack, fault.cause]);
      for (const secret of secrets) expect(shown).not.toContain(secret);
    }
  });
});
