import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { attack } from "../../scripts/dictionary-attack/attack.ts";
import { Haystack } from "../../scripts/dictionary-attack/haystack.ts";
import { play, type Scene } from "../../scripts/dictionary-attack/scene.ts";
import { COUNT, identityNumber, page } from "../../scripts/dictionary-attack/template.ts";

const TRIED = 2_000;
const [OPEN, BLINDED] = [identityNumber(1_234), identityNumber(999)];

describe("identity card numbers", () => {
  it("identity card numbers have the published check digits", () => {
    expect(identityNumber(123_456)).toBe("A123456(3)");
    expect(identityNumber(6_123_456)).toBe("G123456(A)");
    expect(identityNumber(COUNT - 1)).toMatch(/^Z999999\([0-9A]\)$/);
    expect(new Set(Array.from({ length: 1_000 }, (_, n) => page(identityNumber(n)))).size).toBe(1_000);
  });
});

describe("an attacker who guesses pages", () => {
  let scene: Scene;
  beforeAll(async () => void (scene = await play({ open: OPEN, blinded: BLINDED })));

  it("an attacker finds the open page, and not the blinded one", async () => {
    expect(await attack(scene.held, { count: TRIED, algorithms: ["sha256", "sm3"] })).toEqual([OPEN]);
  });

  it("an attacker finds the blinded page with its salt, and with no other", async () => {
    expect(
      await attack(scene.held, { count: TRIED, algorithms: ["sha256"], blinder: scene.blinder }),
    ).toEqual([BLINDED]);
    const other = { ...scene.blinder, salt: randomBytes(32) };
    expect(await attack(scene.held, { count: TRIED, algorithms: ["sha256"], blinder: other })).toEqual([]);
  });
});

describe("the data of an attacker", () => {
  it.each(["latin1", "hex", "base64", "base64url"] as const)(
    "32 bytes encoded as %s are found at any offset",
    (encoding) => {
      const [held, needle] = [new Haystack(), randomBytes(32)];
      for (const before of ["", "x", "ab", "abc"]) {
        held.add(Buffer.from(`${before} ${randomBytes(40).toString("base64")} `));
        held.add(
          encoding === "latin1"
            ? Buffer.concat([Buffer.from(before), needle, randomBytes(3)])
            : Buffer.from(`${before}"${Buffer.concat([Buffer.from(before), needle]).toString(encoding)}"`),
        );
      }
      expect(held.has(needle)).toBe(true);
      expect(held.has(randomBytes(32))).toBe(false);
    },
  );
});
