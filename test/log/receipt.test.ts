import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ErrorCode } from "../../src/core/errors.ts";
import { formatLogProof, parseLogProof } from "../../src/log/log-proof.ts";
import { formatReceipt, parseReceipt } from "../../src/log/receipt.ts";
import { TestLog } from "../support/log/receipts.ts";

const log = new TestLog();
const registration = log.registration();
log.fill(20);
const digest = {
  algorithm: "sha256",
  bytes: Uint8Array.from(createHash("sha256").update("x").digest()),
} as const;
const index = log.document(digest);
log.fill(20);
const receipt = log.receipt(index, { registration });
const TEXT = formatReceipt(receipt);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const extraOf = (change: (json: Record<string, unknown>) => unknown): string =>
  TEXT.replace(/^extra (.*)$/m, (_, text: string) => {
    const json = JSON.parse(Buffer.from(text, "base64").toString()) as Record<string, unknown>;
    return `extra ${Buffer.from(JSON.stringify(change(json))).toString("base64")}`;
  });

describe("a receipt as a file", () => {
  it("a receipt is a tlog-proof, and is written as it was read", () => {
    const lines = TEXT.split("\n");
    expect(lines[0]).toBe("c2sp.org/tlog-proof@v1");
    expect(lines[1]).toMatch(/^extra [A-Za-z0-9+/=]+$/);
    expect(lines[2]).toBe(`index ${index}`);
    expect(lines[3 + receipt.proof.length]).toBe("");
    expect(lines[4 + receipt.proof.length]).toBe(log.origin);
    expect(parseReceipt(bytes(TEXT))).toEqual(receipt);
    expect(formatLogProof(parseLogProof(bytes(TEXT)))).toBe(TEXT);
  });

  it("unknown members of a receipt are ignored", () => {
    expect(parseReceipt(bytes(extraOf((json) => ({ ...json, later: { a: 1 } }))))).toEqual(receipt);
  });

  it("a receipt keeps the salt and the file that a client adds", () => {
    const extra = { ...receipt.extra, salt: digest.bytes, file: { name: "报告.pdf", bytes: 5_000 } };
    expect(parseReceipt(bytes(formatReceipt({ ...receipt, extra })))).toEqual({ ...receipt, extra });
  });

  it.each<[string, string | Uint8Array, ErrorCode]>([
    ["no content", "", "RECEIPT_SYNTAX"],
    ["another first line", TEXT.replace("tlog-proof@v1", "tlog-prove@v1"), "RECEIPT_SYNTAX"],
    ["a later version", TEXT.replace("@v1", "@v2"), "RECEIPT_VERSION"],
    ["a malformed version", TEXT.replace("@v1", "@vx"), "RECEIPT_SYNTAX"],
    ["a carriage return within a line", TEXT.replace("index", "in\rdex"), "RECEIPT_SYNTAX"],
    ["bytes that are not UTF-8", Uint8Array.of(...bytes(TEXT), 0xff), "RECEIPT_SYNTAX"],
    ["more than 64 KiB", `${TEXT}${"x".repeat(65_536)}`, "RECEIPT_TOO_LARGE"],
    ["no checkpoint", TEXT.slice(0, TEXT.indexOf("\n\n")), "RECEIPT_SYNTAX"],
    ["half a checkpoint", TEXT.slice(0, TEXT.indexOf("\n\n") + 40), "RECEIPT_SYNTAX"],
    ["no index", TEXT.replace(/^index .*\n/m, ""), "RECEIPT_SYNTAX"],
    ["an index with a leading zero", TEXT.replace(/^index /m, "index 0"), "RECEIPT_SYNTAX"],
    ["a negative index", TEXT.replace(/^index /m, "index -"), "RECEIPT_SYNTAX"],
    ["an index of 2^63", TEXT.replace(/^index .*$/m, `index ${2n ** 63n}`), "PROOF_SHAPE"],
    [
      "a hash of 31 bytes",
      TEXT.replace(/^[A-Za-z0-9+/]{43}=$/m, Buffer.alloc(31).toString("base64")),
      "RECEIPT_SYNTAX",
    ],
    ["64 hashes", TEXT.replace(/^(index .*\n)/m, `$1${`${"A".repeat(43)}=\n`.repeat(64)}`), "PROOF_SHAPE"],
    ["no extra", TEXT.replace(/^extra .*\n/m, ""), "RECEIPT_EXTRA"],
    ["an extra that is not base64", TEXT.replace(/^extra ./m, "extra *"), "RECEIPT_EXTRA"],
    ["an extra that is not JSON", TEXT.replace(/^extra .*$/m, "extra AAAA"), "RECEIPT_EXTRA"],
    ["an extra that is a list", extraOf(() => []), "RECEIPT_EXTRA"],
    ["an extra without version", extraOf(({ v: _, ...json }) => json), "RECEIPT_EXTRA"],
    ["a later extra", extraOf((json) => ({ ...json, v: 2 })), "RECEIPT_VERSION"],
    ["an extra of version 0", extraOf((json) => ({ ...json, v: 0 })), "RECEIPT_EXTRA"],
    ["no entry", extraOf(({ entry: _, ...json }) => json), "RECEIPT_EXTRA"],
    ["an entry of 79 bytes", extraOf((json) => ({ ...json, entry: "00".repeat(79) })), "RECEIPT_EXTRA"],
    ["an entry in capitals", extraOf((json) => ({ ...json, entry: "AB".repeat(80) })), "RECEIPT_EXTRA"],
    ["a salt that is not hexadecimal", extraOf((json) => ({ ...json, salt: "salt" })), "RECEIPT_EXTRA"],
    ["a directory that is a text", extraOf((json) => ({ ...json, directory: "x" })), "RECEIPT_EXTRA"],
    [
      "a directory without proof",
      extraOf((json) => ({ ...json, directory: { entry: "00".repeat(80), event: "00", index: 1 } })),
      "RECEIPT_EXTRA",
    ],
    ["a file without name", extraOf((json) => ({ ...json, file: { bytes: 1 } })), "RECEIPT_EXTRA"],
  ])("a receipt with %s is refused", (_, content, code) => {
    expect(() => parseReceipt(typeof content === "string" ? bytes(content) : content)).toThrowCode(code);
  });

  it("a cut or changed receipt is refused by a code, never by a crash", () => {
    const whole = bytes(TEXT);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), (at, byte, cut) => {
        const changed = cut ? whole.subarray(0, at) : whole.with(at, byte);
        try {
          parseReceipt(changed);
        } catch (error) {
          expect((error as { code?: string }).code).toMatch(/^(RECEIPT_|PROOF_SHAPE)/);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
