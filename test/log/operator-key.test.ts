import { sign, createPrivateKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import { concat, fromHex } from "../../src/core/bytes.ts";
import type { OperatorKey } from "../../src/core/directory.ts";
import { judgeKeys, possessionText, verifyPossession } from "../../src/log/operator-key.ts";
import { heldKey, heldOperators } from "../support/log/held.ts";
import { TestLog } from "../support/log/receipts.ts";
import { signerOf } from "../support/log/signers.ts";

const log = new TestLog();
const { origin } = log;
const [first, second] = log.operators;
const key = heldKey(first.witness, origin, { operator: 1, purpose: "witness" });

describe("the possession of an operator's key", () => {
  it("the text names the log, the operator, the purpose, the type and the key", () => {
    const publicKey = Uint8Array.from({ length: 32 }, (_, i) => i);
    const key = { operator: 70_000, purpose: "status", signatureType: 1, publicKey } as const;
    expect(new TextDecoder().decode(possessionText(origin, key))).toBe(
      `hufu/operator-key/v1\n${origin}\n70000\n3\n1\n000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n`,
    );
  });

  it("the key's own signature over it is one, also by another implementation", () => {
    expect(verifyPossession(key, origin)).toBe(true);
    const seed = new Uint8Array(32).fill(9);
    const der = Buffer.from(concat(fromHex("302e020100300506032b657004220420"), seed));
    const secret = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
    const signer = {
      ...signerOf("x"),
      sign: (message: Uint8Array) => Uint8Array.from(sign(null, message, secret)),
    };
    const other = heldKey(signer, origin, { operator: 1, purpose: "log" });
    expect(verifyPossession(other, origin)).toBe(false); // of another public key
  });

  it.each<[string, Partial<OperatorKey>, string?]>([
    ["for another operator", { operator: 2 }],
    ["for another purpose", { purpose: "status", signatureType: 1 }],
    ["for another type", { signatureType: 1 }],
    ["for another log", {}, new TestLog({ chainId: 1 }).origin],
    ["of another key", { publicKey: second.witness.key.publicKey }],
    ["that is missing", { possession: new Uint8Array() }],
    ["with a bit changed", { possession: key.possession.with(5, (key.possession[5] ?? 0) ^ 1) }],
    ["of a malformed key", { publicKey: key.publicKey.slice(1) }],
    [
      "of a key of small order, which needs none",
      {
        publicKey: new Uint8Array(32).with(0, 1),
        possession: concat(new Uint8Array(32).with(0, 1), new Uint8Array(32)),
      },
    ],
  ])("a signature %s is none", (_, change, of = origin) => {
    expect(verifyPossession({ ...key, ...change }, of)).toBe(false);
  });
});

describe("the keys of a directory", () => {
  const faults = (...keys: readonly OperatorKey[]): (string | undefined)[] => {
    const judged = judgeKeys(keys, origin);
    return keys.map((each) => judged.find((one) => one.key === each)?.fault);
  };

  it("every possessed key counts under its name in notes", () => {
    const judged = judgeKeys(
      heldOperators(log.operators, origin).flatMap(({ keys }) => keys),
      origin,
    );
    expect(judged.map(({ fault }) => fault)).toEqual(new Array(6).fill(undefined));
    expect(judged.map(({ verifier }) => verifier)).toEqual(
      log.operators.flatMap(({ log: own, witness, status }) => [own.key, witness.key, status.key]),
    );
  });

  it("whoever lists another's public key first locks nobody out", () => {
    const squatted = {
      ...heldKey(first.log, origin, { operator: 2, purpose: "log" }),
      possession: new Uint8Array(64),
    };
    const own = heldKey(first.log, origin, { operator: 1, purpose: "log", entry: 9 });
    expect(faults(squatted, own)).toEqual(["no-possession", undefined]);
  });

  it("a public key counts once, for the first that holds it", () => {
    const later = heldKey(first.log, origin, { operator: 1, purpose: "log", entry: 9 });
    const earlier = heldKey(first.log, origin, { operator: 2, purpose: "log", entry: 8 });
    const twice = heldKey(first.log, origin, { operator: 2, purpose: "status", entry: 10 });
    expect(faults(later, earlier, twice)).toEqual(["held-before", undefined, "held-before"]);
  });

  it("keys of a type that is not that of their purpose are passed over", () => {
    const other = heldKey(signerOf("x", { type: 6 }), origin, { operator: 1, purpose: "witness" });
    const wrong = heldKey(signerOf("y"), origin, { operator: 1, purpose: "witness" });
    expect(faults(other, wrong)).toEqual(["unknown-type", "unknown-type"]);
  });
});
