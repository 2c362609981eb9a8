import { createHash, randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { fromBufferPromise } from "yauzl";
import { writeBundle } from "../../src/cli/feed/bundle.ts";
import { commit } from "../../src/hash/blinding.ts";
import { decodeEntry } from "../../src/core/entry.ts";
import { originOfNote } from "../../src/log/checkpoint.ts";
import { parseReceipt, type Receipt } from "../../src/log/receipt.ts";
import { initSalts } from "../../src/main/salts.ts";
import { hufuHere, type Ran } from "../support/cli/cli.ts";
import { readResults } from "../support/cli/feed.ts";
import { TestLog } from "../support/log/receipts.ts";
import { startTestService, type TestService } from "../support/service/service.ts";

const OPEN = "enterprise-credit-report";
/** What a bundle names beside its files. */
const FROM = { address: "https://verify.example.com/", version: "0.0.0" };
const PERSONAL = "personal-credit-report";
let service: TestService;
let base: string;
let folder: string;
let out: string;

beforeAll(async () => {
  service = await startTestService();
  base = mkdtempSync(join(tmpdir(), "hufu-keep-"));
  (await initSalts(join(base, "salts")))[Symbol.dispose]();
});
afterAll(async () => {
  await service.close();
  rmSync(base, { recursive: true, force: true });
});
beforeEach(() => {
  folder = mkdtempSync(join(base, "run-"));
  out = join(folder, "receipts");
});

function file(name: string, content: string | Buffer = randomBytes(3_000)): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function anchor(...args: string[]): Promise<Ran> {
  return await hufuHere(["anchor", ...args, "--receipts", out], {
    HUFU_DATA_DIR: join(service.folder, "data"),
    HUFU_SALT_DIR: join(base, "salts"),
  });
}

const kept = (ending: string): string[] => readdirSync(out).filter((name) => name.endsWith(ending));
const receiptIn = (name: string): Receipt => parseReceipt(readFileSync(join(out, name)));

/** What is in a ZIP, by an independent reader. */
async function unzipped(path: string): Promise<Map<string, Buffer>> {
  const zip = await fromBufferPromise(readFileSync(path));
  const found = new Map<string, Buffer>();
  for await (const entry of zip.eachEntry())
    found.set(entry.fileName, await buffer(await zip.openReadStreamPromise(entry)));
  return found;
}

describe("receipts that a feed keeps", () => {
  it("kept receipts are for their owner only, and have salts and the names of the files", async () => {
    const [one, two] = [file("one.pdf"), file("二 two.pdf")];
    const ran = await anchor(one, two, "--scene", PERSONAL);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(ran.stdout).toContain(`2 receipts are in ${out}`);
    expect(kept(".tlog-proof")).toHaveLength(2);
    for (const path of [one, two]) {
      const name = kept(".tlog-proof").find((kept) => kept.includes(path.slice(-7))) ?? "";
      expect(statSync(join(out, name)).mode & 0o777).toBe(0o600);
      const { extra, checkpoint } = receiptIn(name);
      const { payload, blinded, institution } = decodeEntry(extra.entry);
      const bytes = Uint8Array.from(createHash("sha256").update(readFileSync(path)).digest());
      expect(blinded).toBe(true);
      const blinder = { salt: extra.salt ?? bytes, origin: originOfNote(checkpoint), institution };
      expect(commit({ algorithm: "sha256", bytes }, blinder).bytes).toEqual(payload);
      expect(extra.file).toEqual({ name: path.slice(folder.length + 1), bytes: 3_000 });
    }
  });

  it("kept receipts stay unchanged when the feed is run again", async () => {
    file("a.pdf");
    const args = [
      "--manifest",
      folder,
      "--scene",
      OPEN,
      "--bundle",
      "--results",
      join(base, "again.csv"),
      "--settle",
      "0",
    ];
    expect(await anchor(...args)).toMatchObject({ code: 0, stderr: "" });
    const before = kept("").map((name) => [name, statSync(join(out, name)).mtimeMs]);
    expect(before).toHaveLength(2);
    const [receipt = ""] = kept(".tlog-proof");
    expect(readResults(join(base, "again.csv"))[0]).toMatchObject({ receipt: join(out, receipt) });
    const again = await anchor(...args);
    expect(again).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("1 line: 1 registered") as string,
    });
    expect(again.stderr).toContain("what the feed itself reads and writes"); // the receipts lie in the folder that is fed
    expect(kept("").map((name) => [name, statSync(join(out, name)).mtimeMs])).toEqual(before);
  });

  it("receipts of digests have no file name", async () => {
    const digest = `sha256:${createHash("sha256").update(randomBytes(9)).digest("hex")}`;
    const manifest = file("night.csv", `digest\n${digest}\n`);
    const ran = await anchor("--manifest", manifest, "--scene", OPEN, "--bundle", "--json");
    expect(ran.code).toBe(0);
    const { anchors } = JSON.parse(ran.stdout) as { anchors: { index: number; receipt: string }[] };
    expect(anchors[0]?.receipt).toBe(
      join(out, `entry-${anchors[0]?.index ?? ""}-${digest.slice(7, 15)}.tlog-proof`),
    );
    expect(receiptIn(kept(".tlog-proof")[0] ?? "").extra.file).toBeUndefined();
    expect(kept(".zip")).toEqual([]);
  });

  it("a foreign file under a receipt's name is reported, and the other receipts are kept", async () => {
    const [one, two] = [file("one.pdf"), file("two.pdf")];
    await anchor(one, two, "--scene", OPEN);
    const [first = "", second = ""] = kept(".tlog-proof");
    const swapped = readFileSync(join(out, second));
    writeFileSync(join(out, first), swapped);
    writeFileSync(join(out, second), "mine");
    const three = file("three.pdf");
    const ran = await anchor(one, two, three, "--scene", OPEN);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("(DOCUMENT_MISMATCH)");
    expect(ran.stderr).toContain("(RECEIPT_SYNTAX)");
    expect(ran.stdout).toContain("1 receipt is in");
    expect(readFileSync(join(out, first))).toEqual(swapped);
    expect(readFileSync(join(out, second), "utf8")).toBe("mine");
  });

  it.each<[string, () => string[], string]>([
    ["without the folder", () => ["--bundle"], "USAGE"],
    ["without waiting", () => ["--receipts", out, "--no-wait"], "USAGE"],
    ["in the folder that is fed", () => ["--receipts", folder, "--manifest", folder], "USAGE"],
    ["in a file", () => ["--receipts", file("taken")], "RESULTS_UNWRITABLE"],
  ])("receipts %s are refused", async (_, options, code) => {
    const [path, more] = [file("x.pdf"), options()];
    const args = ["anchor", ...(more.includes("--manifest") ? [] : [path]), "--scene", OPEN, ...more];
    const ran = await hufuHere(args, { HUFU_DATA_DIR: join(service.folder, "data") });
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining(`(${code})`) as string });
  });
});

describe("a bundle", () => {
  it("a bundle holds the untouched file, its receipt, and a note in three languages", async () => {
    const path = file("報告 (1).pdf", randomBytes(200_000));
    expect(await anchor(path, "--scene", PERSONAL, "--bundle")).toMatchObject({ code: 0, stderr: "" });
    const [name = ""] = kept(".zip");
    expect(statSync(join(out, name)).mode & 0o777).toBe(0o600);
    const found = await unzipped(join(out, name));
    expect([...found.keys()]).toEqual([
      "receipt.tlog-proof",
      "READ-ME.txt",
      "document/報告 (1).pdf",
      "manifest.json",
    ]);
    expect(found.get("document/報告 (1).pdf")?.equals(readFileSync(path))).toBe(true);
    expect(found.get("receipt.tlog-proof")).toEqual(readFileSync(join(out, kept(".tlog-proof")[0] ?? "")));
    const note = found.get("READ-ME.txt")?.toString() ?? "";
    for (const text of ["is a document that", "由谁登记", "由誰登記", service.url])
      expect(note).toContain(text);
    expect(note).not.toMatch(/\{\w+\}/);
  });

  it("a service verifies what is in a bundle, and the bundle itself once that is registered", async () => {
    const path = file("report.pdf");
    expect(await anchor(path, "--scene", PERSONAL, "--bundle")).toMatchObject({ code: 0 });
    const bundle = join(out, kept(".zip")[0] ?? "");
    const env = { HUFU_DATA_DIR: join(service.folder, "data"), HUFU_SALT_DIR: join(base, "elsewhere") };
    const inside = await hufuHere(["verify", bundle, "--json"], env);
    expect(JSON.parse(inside.stdout)).toMatchObject({
      verdict: "valid",
      results: [{ file: bundle, member: "document/report.pdf", verdict: "valid" }],
    });
    expect(await anchor(bundle, "--scene", OPEN)).toMatchObject({ code: 0 });
    const whole = JSON.parse((await hufuHere(["verify", bundle, "--json"], env)).stdout) as {
      results: object[];
    };
    expect(whole).toMatchObject({ verdict: "valid", results: [{ file: bundle }] });
    expect(whole.results[0]).not.toHaveProperty("member");
  });

  it("a bundle is not made of a file that has changed or is gone", async () => {
    const log = new TestLog();
    const bytes = Uint8Array.from(createHash("sha256").update("as it was").digest());
    const receipt = log.receipt(log.document({ algorithm: "sha256", bytes }));
    mkdirSync(out);
    for (const [content, code] of [
      ["as it was", undefined],
      ["as it is", "FILE_CHANGED"],
      [undefined, "FILE_NOT_FOUND"],
    ] as const) {
      const path = join(folder, "changing");
      rmSync(path, { force: true });
      if (content !== undefined) writeFileSync(path, content);
      const target = await open(join(out, "bundle"), "w");
      const written = writeBundle(target, { file: path, receipt, ...FROM });
      if (code === undefined) await written;
      else await expect(written).rejects.toThrowCode(code);
      await target.close();
    }
    expect(existsSync(join(out, "bundle"))).toBe(true);
  });
});
