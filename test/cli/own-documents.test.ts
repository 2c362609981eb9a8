import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hufuHere, type Ran } from "../support/cli/cli.ts";
import { ask, startTestService, type TestService } from "../support/service/service.ts";

const OPEN = "enterprise-credit-report";
let service: TestService;
let folder: string;

beforeAll(async () => {
  service = await startTestService();
  folder = mkdtempSync(join(tmpdir(), "hufu-own-"));
});
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (args: readonly string[]): Promise<Ran> =>
  hufuHere(args, { HUFU_DATA_DIR: join(service.folder, "data"), XDG_CACHE_HOME: join(folder, "cache") });

function file(name: string, content: string | Buffer = randomBytes(100)): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

/** @returns the indexes of new documents */
async function anchor(
  documents: readonly { text: string; reference?: string; scene?: string }[],
  key = service.keys.issuer,
): Promise<number[]> {
  const body = {
    documents: documents.map(({ text, ...rest }) => ({ digest: digestOf(text), scene: OPEN, ...rest })),
  };
  const answer = await ask(`${service.url}/v1/anchors?wait=final`, { key, body });
  return (answer.body["anchors"] as { index: number }[]).map(({ index }) => index);
}

async function statusOf(index: number): Promise<unknown> {
  return (await ask(`${service.url}/v1/entries/${index}`, { key: service.keys.issuer })).body["status"];
}

describe("a document by its reference", () => {
  it("a document that alone has a reference is revoked by it, and a second time without effect", async () => {
    const [index = -1] = await anchor([{ text: "one", reference: "S-1" }]);
    const args = ["revoke", "--reference", "S-1", "--reason", "content-corrected", "--json"];
    const ran = await run(args);
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({ document: index, action: "revoke", state: "final" });
    expect(JSON.parse((await run(args)).stdout)).toEqual(JSON.parse(ran.stdout));
  });

  it("a reference of several documents revokes none: they are listed", async () => {
    const indexes = await anchor([
      { text: "two a", reference: "S-2" },
      { text: "two b", reference: "S-2" },
    ]);
    const ran = await run(["revoke", "--reference", "S-2", "--reason", "other"]);
    expect(ran).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("(REFERENCE_AMBIGUOUS)") as string,
    });
    for (const index of indexes) {
      expect(ran.stderr).toContain(`entry ${index} `);
      expect(await statusOf(index)).toBe("active");
    }
    await run(["revoke", String(indexes[0]), "--reason", "other"]);
    expect((await run(["revoke", "--reference", "S-2", "--reason", "other"])).code).toBe(0);
    expect(await statusOf(indexes[1] ?? -1)).toBe("revoked");
  });

  it("a reference of another institution is not found", async () => {
    const [index = -1] = await anchor([{ text: "theirs", reference: "S-3" }], service.keys.issuer2);
    const ran = await run(["revoke", "--reference", "S-3", "--reason", "other"]);
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining("(ENTRY_NOT_FOUND)") as string });
    expect(await statusOf(index)).toBe("active");
  });

  it("a document listed again under another reference is found by either, for its receipt and its end", async () => {
    const report = file("listed twice.pdf");
    const results = join(folder, "twice.results.csv");
    const rows = `path,scene,reference\n${report},${OPEN},S-5\n${report},${OPEN},S-6\n`;
    const fed = await run(["anchor", "--manifest", file("listed.csv", rows), "--results", results]);
    expect(fed).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/S-5.*\(REFERENCE_SEVERAL\)|REFERENCE_SEVERAL[^]*S-5/) as string,
    });
    const [first, second] = readFileSync(results, "utf8").split("\r\n").slice(1);
    expect(first).toContain(",S-5,final,");
    expect(second).toMatch(/,S-6,final,.*REFERENCE_SEVERAL: .*S-5/);
    const evidence = (reference: string): Promise<Ran> => run(["receipt", "--reference", reference]);
    expect((await evidence("S-6")).stdout).toMatch(/^c2sp\.org\/tlog-proof@v1\n/);
    expect((await evidence("S-6")).stdout).toBe((await evidence("S-5")).stdout);
    expect((await run(["revoke", "--reference", "S-6", "--reason", "other"])).code).toBe(0);
    expect((await run(["verify", report])).stdout).toContain("✕ Withdrawn.");
  });

  it("a document named in two ways, or in none, is refused", async () => {
    for (const args of [["revoke"], ["revoke", "3", "--reference", "S-1"]])
      expect((await run([...args, "--reason", "other"])).code).toBe(2);
    for (const args of [["receipt"], ["receipt", "3", "--reference", "S-1"]])
      expect((await run(args)).code).toBe(2);
  });
});

describe("the other changes of a status", () => {
  it("documents are suspended and reinstated, by index and by reference", async () => {
    const [index = -1] = await anchor([{ text: "pause", reference: "S-4" }]);
    expect((await run(["suspend", String(index), "--reason", "subject-request"])).code).toBe(0);
    expect(await statusOf(index)).toBe("suspended");
    const ran = await run(["reinstate", "--reference", "S-4", "--reason", "other", "--lang", "zh-Hant"]);
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining("恢復") as string });
    expect(await statusOf(index)).toBe("active");
  });

  it("a document is superseded by a file, which has to be registered", async () => {
    const corrected = file("corrected.pdf");
    const [index = -1] = await anchor([{ text: "to be corrected" }]);
    const args = ["supersede", String(index), "--by", corrected, "--reason", "content-corrected"];
    expect((await run(args)).stderr).toContain("(ENTRY_NOT_FOUND)");
    expect(await statusOf(index)).toBe("active");
    await run(["anchor", corrected, "--scene", OPEN]);
    expect((await run(args)).code).toBe(0);
    expect(await statusOf(index)).toBe("superseded");
    expect((await run(["supersede", String(index), "--reason", "other"])).stderr).toContain("--by");
  });
});

describe("an issuer's own register", () => {
  const documents = Array.from({ length: 5 }, (_, i) => ({ text: `mine ${i}`, reference: `M-${i}` }));
  const full = (): string =>
    `digest,reference,made\n${documents.map(({ text, reference }) => `${digestOf(text).toUpperCase().replace("SHA256", "sha256")},${reference},today\n`).join("")}`;
  let node: string[];
  /** What the tests before have recorded for the institution of the second key: nothing that is not below. */
  const mine = (register: string, rest: readonly string[] = []): Promise<Ran> =>
    run(["audit", "mine", "--register", register, "--as", "issuer2", ...rest]);

  beforeAll(async () => {
    await run(["revoke", "--reference", "S-3", "--as", "issuer2", "--reason", "other"]);
    await anchor(documents, service.keys.issuer2);
    const { rpc, registry } = service.credentialsFile;
    node = ["--rpc", rpc, "--registry", registry, "--issuer", "2"];
  });
  let base: string;
  beforeEach(() => void (base = `${full()}${digestOf("theirs")},S-3,before\n`));

  it("a register with the log's entries is equal to it, proven against the contract", async () => {
    const ran = await mine(file("equal.csv", base), ["--json"]);
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      issuer: 2,
      matched: 6,
      notInRegister: [],
      notInLog: [],
      proof: { proven: true },
    });
    expect((await mine(file("equal.csv", base), node)).code).toBe(0);
  });

  it("an entry that a register lacks is reported with the key that recorded it", async () => {
    const without = base.replace(/^.*M-3.*\n/m, "");
    for (const rest of [[], node]) {
      const ran = await mine(file("lacks.csv", without), rest);
      expect(ran.code).toBe(1);
      expect(ran.stdout).toMatch(/! not in the register: entry \d+, .* key 0x[0-9a-f]{40}/);
      expect(ran.stdout).toContain(digestOf("mine 3"));
    }
  });

  it("a register's line that the log does not have is reported", async () => {
    const register = file("more.csv", `${base}${digestOf("never sent")},M-9,today\n`);
    for (const rest of [[], node]) {
      const ran = await mine(register, rest);
      expect(ran).toMatchObject({
        code: 1,
        stdout: expect.stringContaining("not in the log: line 8") as string,
      });
    }
  });

  it("a register with another reference is reported where the reference is known", async () => {
    const register = file("other.csv", base.replace("M-2", "M-2b"));
    expect(await mine(register)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("differ") as string,
    });
    expect((await mine(register, node)).code).toBe(0);
  });

  it("a register may name a document by any of its references, and no other", async () => {
    await anchor([{ text: "mine 1", reference: "M-1 again" }], service.keys.issuer2);
    const renamed = (reference: string): string => base.replace(",M-1,", `,${reference},`);
    expect((await mine(file("again.csv", renamed("M-1 again")))).code).toBe(0);
    const both = `${base}${digestOf("mine 1")},M-1 again,today\n`;
    expect((await mine(file("both.csv", both))).code).toBe(0);
    const [lost, twice] = [renamed("M-1 lost"), `${base}${digestOf("mine 1")},M-1 lost,today\n`];
    for (const register of [lost, twice])
      expect(await mine(file("lost.csv", register))).toMatchObject({
        code: 1,
        stdout: expect.stringMatching(/line \d and entry \d+ differ: reference/) as string,
      });
  });

  it("duplicate and bad lines of a register are reported, and the others are compared", async () => {
    const [first = ""] = base.split("\n").slice(1);
    const twice = await mine(file("twice.csv", `${base}${first}\n`));
    expect(twice).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("line 8 is the same document as line 2") as string,
    });
    const bad = await mine(file("bad.csv", `${base}sha256:12,M-8,today\n`), ["--json"]);
    expect(bad.code).toBe(2);
    expect(JSON.parse(bad.stdout)).toMatchObject({
      matched: 6,
      badLines: [{ line: 8, error: { code: "DIGEST_LENGTH" } }],
    });
  });

  it.each([
    ["is not there", undefined, "FILE_NOT_FOUND"],
    ["has no column digest", "file\na.pdf\n", "BATCH_LINE"],
    ["is empty", "", "BATCH_LINE"],
  ])("a register that %s causes exit code 2", async (_, content, code) => {
    const path = content === undefined ? join(folder, "none.csv") : file("wrong.csv", content);
    expect(await mine(path)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`(${code})`) as string,
    });
  });

  it("a register that cannot be compared is neither equal nor different: exit code 3", async () => {
    const register = file("away.csv", base);
    const { registry } = service.credentialsFile;
    const away = ["--rpc", "http://127.0.0.1:9", "--registry", registry, "--issuer", "2"];
    expect(await mine(register, away)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("(RPC_UNAVAILABLE)") as string,
    });
    const unproven = await hufuHere(["audit", "mine", "--register", register], {
      HUFU_DATA_DIR: join(folder, "no-data"),
      HUFU_SERVER: service.url,
      HUFU_API_KEY: service.keys.issuer2,
    });
    expect(unproven).toMatchObject({ code: 3, stdout: expect.stringContaining("not proven") as string });
  });

  it("a register without a known institution is refused", async () => {
    expect(
      (await run(["audit", "mine", "--register", file("whose.csv", base), "--as", "auditor"])).stderr,
    ).toContain("--issuer");
    expect((await mine(file("whose.csv", base), node.slice(0, 4))).code).toBe(2);
  });
});
