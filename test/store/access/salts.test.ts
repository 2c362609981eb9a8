import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SaltRecord } from "../../../src/core/salt.ts";
import { SqlSalts } from "../../../src/store/access/salts.ts";

let parent: string;
let folder: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "hufu-salts-"));
  folder = join(parent, "state", "salts");
});
afterEach(() => rmSync(parent, { recursive: true }));

const bytes = (): Uint8Array => Uint8Array.from(randomBytes(32));
const record = (rest: Partial<SaltRecord> = {}): SaltRecord => ({
  origin: "eip155:31337:0xabc",
  institution: 1,
  scene: "kyc-report",
  digest: { algorithm: "sha256", bytes: bytes() },
  salt: bytes(),
  commitment: { algorithm: "sha256", bytes: bytes(), blinded: true },
  ...rest,
});
/** The same document, with another salt. */
const again = (first: SaltRecord): SaltRecord => ({
  ...first,
  salt: bytes(),
  commitment: record().commitment,
});
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe("the salt of a document", () => {
  it("the first salt of a document is kept, also after a restart and for another process", async () => {
    const first = record();
    {
      using salts = await SqlSalts.open(folder);
      expect(salts.keep([first, again(first)])).toEqual([first, first]);
      using other = await SqlSalts.open(folder);
      expect(other.keep([again(first)])).toEqual([first]);
    }
    using later = await SqlSalts.open(folder);
    expect(later.keep([again(first)])).toEqual([first]);
  });

  it("a document has different salts for each log, institution, type and algorithm", async () => {
    using salts = await SqlSalts.open(folder);
    const first = record();
    const { bytes: same } = first.digest;
    const others = [
      { origin: "eip155:1:0xabc" },
      { institution: 2 },
      { scene: "bank-statement" },
      {
        digest: { algorithm: "sm3", bytes: same } as const,
        commitment: { ...record().commitment, algorithm: "sm3" } as const,
      },
    ].map((rest) => ({ ...again(first), ...rest }));
    expect(salts.keep([first, ...others])).toEqual([first, ...others]);
    expect(salts.ofDigest(first.digest)).toHaveLength(4);
    expect(salts.ofDigest({ algorithm: "sm3", bytes: same })).toEqual([others[3]]);
  });

  it("a salt is found by its commitment only", async () => {
    using salts = await SqlSalts.open(folder);
    const [first, second] = [record(), record()];
    salts.keep([first, second]);
    expect(salts.ofCommitment(first.commitment)).toEqual([first]);
    expect(salts.ofCommitment({ ...first.commitment, algorithm: "sm3" })).toEqual([]);
    expect(salts.ofDigest(record().digest)).toEqual([]);
  });
});

describe("what a service is bound to", () => {
  it("the binding of a service is kept, replaced by another, and no other service's", async () => {
    const [first, second] = [
      { origin: "eip155:1:0xabc", institution: 7 },
      { origin: "eip155:1:0xdef", institution: 4_294_967_295 },
    ];
    {
      using salts = await SqlSalts.open(folder);
      expect(salts.bindingOf("https://a.example")).toBeUndefined();
      salts.bind("https://a.example", first);
      using other = await SqlSalts.open(folder);
      expect(other.bindingOf("https://a.example")).toEqual(first);
    }
    using later = await SqlSalts.open(folder);
    later.bind("https://a.example", second);
    expect(later.bindingOf("https://a.example")).toEqual(second);
    expect(later.bindingOf("https://b.example")).toBeUndefined();
  });
});

describe("the place of the salts", () => {
  it("only their owner can read the folder and the file of salts", async () => {
    (await SqlSalts.open(folder))[Symbol.dispose]();
    expect([folder, join(folder, "salts.db")].map(modeOf)).toEqual(["700", "600"]);
    expect(modeOf(join(parent, "state"))).toBe("700");
  });

  it.each([
    ["the folder", "", 0o750],
    ["the file", "salts.db", 0o644],
  ])("salts are refused where others can read %s", async (_, name, mode) => {
    (await SqlSalts.open(folder))[Symbol.dispose]();
    chmodSync(join(folder, name), mode);
    await expect(SqlSalts.open(folder)).rejects.toThrowCode("KEY_FILE_PERMISSIONS");
    await expect(SqlSalts.find(folder)).rejects.toThrowCode("KEY_FILE_PERMISSIONS");
  });

  it("a look-up does not make the file of salts", async () => {
    expect(await SqlSalts.find(folder)).toBeUndefined();
    expect(() => statSync(folder)).toThrow();
  });

  it("a file of salts that is damaged or cannot be written is a fault of the disk", async () => {
    writeFileSync(parent + "/file", "");
    await expect(SqlSalts.open(join(parent, "file", "salts"))).rejects.toThrowCode("STORAGE_FAILED");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, "salts.db"), "x".repeat(5_000), { mode: 0o600 });
    await expect(SqlSalts.find(folder)).rejects.toThrowCode("STORAGE_FAILED");
  });

  it.each([
    ["a newer version", 99, "SCHEMA_NEWER"],
    ["version 0.1.0", 1, "DATA_OF_OLDER_VERSION"],
  ] as const)("a file of salts of %s is refused and left unchanged", async (_, version, code) => {
    (await SqlSalts.open(folder))[Symbol.dispose]();
    const db = new DatabaseSync(join(folder, "salts.db"));
    db.exec(`pragma user_version = ${version}`);
    db.close();
    const before = readFileSync(join(folder, "salts.db"));
    await expect(SqlSalts.open(folder)).rejects.toThrowCode(code);
    await expect(SqlSalts.find(folder)).rejects.toThrowCode(code);
    expect(readFileSync(join(folder, "salts.db"))).toEqual(before);
  });
});
