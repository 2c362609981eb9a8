import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromBufferPromise } from "yauzl";
import { writeBundle } from "../../src/cli/feed/bundle.ts";
import { formatPolicy } from "../../src/log/policy.ts";
import { formatReceipt } from "../../src/log/receipt.ts";
import { formatStatementFile } from "../../src/log/statement.ts";
import type { Ran } from "../support/cli/cli.ts";
import { Evidence, REPORT, SALT, digestsOf } from "../support/log/evidence.ts";
import { TestLog } from "../support/log/receipts.ts";
import { hostileZips, zipOf, type ZipFaults, type ZipPart } from "../support/log/zips.ts";

const ADDRESS = "https://verify.example.com/";
let evidence: Evidence;
let bundle: string;
/** What is in the bundle, as parts of another one. */
let parts: ZipPart[];
beforeAll(async () => {
  evidence = new Evidence({ salt: SALT });
  bundle = join(evidence.folder, "bundle.zip");
  await writeTo(bundle, evidence.report);
  const zip = await fromBufferPromise(readFileSync(bundle));
  parts = [];
  for await (const entry of zip.eachEntry())
    parts.push({ name: entry.fileName, content: await buffer(await zip.openReadStreamPromise(entry)) });
});
afterAll(() => evidence.close());

async function writeTo(path: string, file: string): Promise<void> {
  const receipt = { ...evidence.receipt(evidence.index, { salt: SALT }) };
  await using target = await open(path, "w");
  await writeBundle(target, { file, receipt, address: ADDRESS, version: "0.2.0" });
}

const zipFile = (given: readonly ZipPart[], faults?: ZipFaults): string =>
  evidence.file(zipOf(given, faults));
const changed = (name: string, content: string): ZipPart[] =>
  parts.map((part) => (part.name === name ? { ...part, content } : part));
const receipt = (): ZipPart => ({ name: "r.tlog-proof", content: text("receipt.tlog-proof") });
const text = (name: string): string => String(parts.find((part) => part.name === name)?.content);
const byPolicy = async (...args: string[]): Promise<Ran> =>
  await evidence.verify(...args, "--policy", evidence.policy);

interface Answer {
  readonly verdict: string | null;
  readonly results: readonly {
    readonly file: string;
    readonly member?: string;
    readonly verdict?: string;
    readonly ignored?: readonly string[];
    readonly given?: string;
    readonly error?: { readonly code: string };
  }[];
}
const answerOf = ({ stdout }: Ran): Answer => JSON.parse(stdout) as Answer;

describe("a bundle", () => {
  it("has a manifest of its files, names that every system has, and a note with issuer and address", async () => {
    expect(parts.map(({ name }) => name)).toEqual([
      "receipt.tlog-proof",
      "READ-ME.txt",
      "document/report.pdf",
      "manifest.json",
    ]);
    const manifest = JSON.parse(text("manifest.json")) as { kind: string; members: { name: string }[] };
    expect(manifest.kind).toBe("hufu/bundle/v1");
    expect(manifest.members.map(({ name }) => name)).toEqual(parts.slice(0, -1).map(({ name }) => name));
    for (const named of [ADDRESS, "Shenzhen Tiger Tally Credit", "深圳虎符征信"])
      expect(text("READ-ME.txt")).toContain(named);
    const odd = join(evidence.folder, "aux.odd");
    mkdirSync(odd);
    const [source, target] = [join(odd, 'con.a<b>:"c"|d?*.'), join(odd, "odd.zip")];
    writeFileSync(source, REPORT);
    await writeTo(target, source);
    expect(readFileSync(target).includes("document/_con.a_b___c__d___")).toBe(true);
    expect(answerOf(await byPolicy(target, "--json")).verdict).toBe("registered");
  });

  it("given to verify as it is, it is opened, and its document is verified by its receipt", async () => {
    const ran = await byPolicy(bundle, "--json");
    expect(answerOf(ran)).toMatchObject({
      verdict: "registered",
      results: [{ file: bundle, member: "document/report.pdf", verdict: "registered", ignored: [] }],
    });
    expect(ran.code).toBe(3);
    const shown = await byPolicy(bundle);
    expect(shown.stdout).toContain(`${bundle}: document/report.pdf`);
    expect(shown.stdout).toContain("Shenzhen Tiger Tally Credit");
  });

  it("unpacked, its other files do not count as files to check", async () => {
    const folder = join(evidence.folder, "unpacked");
    mkdirSync(join(folder, "document"), { recursive: true });
    for (const { name, content } of parts) writeFileSync(join(folder, String(name)), content);
    const files = ["document/report.pdf", ...readdirSync(folder).filter((name) => name !== "document")];
    const ran = await byPolicy(...files.map((name) => join(folder, name)), "--json");
    expect(answerOf(ran).results).toMatchObject([
      { file: join(folder, "document/report.pdf"), verdict: "registered" },
    ]);
    expect([ran.code, ran.stderr]).toEqual([3, ""]);
  });

  it("what is in no manifest is not looked at, and is named", async () => {
    const added = zipFile([...parts, { name: "letter\u202e.txt", content: "Dear Ms Chan" }]);
    expect(answerOf(await byPolicy(added, "--json")).results[0]).toMatchObject({
      verdict: "registered",
      ignored: ["letter\u202e.txt"],
    });
    expect((await byPolicy(added)).stdout).toContain("not looked at: letter\\u{202E}.txt");
  });

  it.each<[string, number, string, () => string]>([
    ["another document", 1, "DOCUMENT_MISMATCH", () => zipFile(changed("document/report.pdf", `${REPORT} `))],
    ["another READ-ME", 2, "ZIP_DAMAGED", () => zipFile(changed("READ-ME.txt", "trust me"))],
    ["a file missing", 2, "ZIP_DAMAGED", () => zipFile(parts.filter(({ name }) => name !== "READ-ME.txt"))],
    [
      "a manifest of a later kind",
      2,
      "ZIP_DAMAGED",
      () => zipFile(changed("manifest.json", text("manifest.json").replace("v1", "v2"))),
    ],
    [
      "no document",
      2,
      "ZIP_DAMAGED",
      () => zipFile(parts.filter(({ name }) => name !== "document/report.pdf")),
    ],
  ])("with %s it is refused", async (_, code, error, zip) => {
    const ran = await byPolicy(zip(), "--json");
    expect([ran.code, answerOf(ran).results[0]?.error?.code]).toEqual([code, error]);
  });

  it("a policy within it decides nothing: the check takes the reader's own", async () => {
    const other = new TestLog({ registry: `0x${"0b".repeat(20)}` });
    const index = other.document(digestsOf(REPORT)[0]);
    const zip = zipFile([
      { name: "receipt.tlog-proof", content: formatReceipt(other.receipt(index)) },
      { name: "report.pdf", content: REPORT },
      { name: "policy", content: formatPolicy(other.policy()) },
    ]);
    const ran = await byPolicy(zip, "--json");
    expect([ran.code, answerOf(ran).results[0]?.error?.code]).toEqual([1, "RECEIPT_OTHER_LOG"]);
    const believed = await evidence.verify(
      zip,
      "--policy",
      evidence.file(formatPolicy(other.policy())),
      "--json",
    );
    expect(answerOf(believed).results).toMatchObject([{ verdict: "registered", ignored: ["policy"] }]);
    const alone = await evidence.verify(zip, "--json");
    expect(answerOf(alone).results[0]?.verdict).not.toBe("registered");
    expect(alone.code).toBe(3);
  });
});

describe("another ZIP", () => {
  const report = (): ZipPart => ({ name: "客户 报告.pdf", content: REPORT, deflated: true });

  it.each<[string, () => string, string[]]>([
    ["with one receipt", () => zipFile([report(), receipt()]), []],
    [
      "with one receipt, made on a Mac",
      () =>
        zipFile([
          { name: "mail/", content: "" },
          { ...report(), open: true },
          { ...receipt(), deflated: true, open: true },
          { name: "__MACOSX/._r.tlog-proof", content: "\u0000\u0005\u0016" },
          { name: "letter.docx", content: "PK and more", deflated: true },
        ]),
      ["letter.docx"],
    ],
    [
      "with a bundle that was packed again",
      () => zipFile(parts.map((part) => ({ ...part, name: `b/${String(part.name)}`, deflated: true }))),
      [],
    ],
    [
      "with the receipt quoted by a mail",
      () =>
        zipFile([
          report(),
          { ...receipt(), content: String(receipt().content).replace(/^/gm, "> ").replaceAll("\n", "\r\n") },
        ]),
      [],
    ],
  ])("%s is opened on the spot", async (_, zip, ignored) => {
    const ran = await byPolicy(zip(), "--json");
    expect(answerOf(ran).results).toMatchObject([{ verdict: "registered", ignored }]);
    expect(ran.code).toBe(3);
  });

  it.each<[string, number, string, () => string]>([
    [
      "whose receipt is of none of its files",
      1,
      "DOCUMENT_MISMATCH",
      () => zipFile([{ ...report(), content: "x" }, receipt()]),
    ],
    [
      "whose receipt is damaged",
      2,
      "RECEIPT_SYNTAX",
      () => zipFile([report(), { ...receipt(), content: "c2sp.org/tlog-proof@v1\n" }]),
    ],
    [
      "whose receipt does not unpack",
      2,
      "ZIP_DAMAGED",
      () => zipFile([report(), { ...receipt(), method: 8 }]),
    ],
    [
      "whose member unpacks to more than it says",
      2,
      "ZIP_DAMAGED",
      () => zipFile([{ ...report(), bytes: 5 }, receipt()]),
    ],
    [
      "whose member unpacks to less than it says",
      2,
      "ZIP_DAMAGED",
      () => zipFile([{ ...report(), bytes: 5_000 }, receipt()]),
    ],
  ])("%s is refused", async (_, code, error, zip) => {
    const ran = await byPolicy(zip(), "--json");
    expect([ran.code, answerOf(ran).results[0]?.error?.code]).toEqual([code, error]);
  });

  it.each<[string, () => string]>([
    ["without receipt", () => zipFile([report(), { name: "[Content_Types].xml", content: "<Types/>" }])],
    ["with two receipts", () => zipFile([report(), receipt(), { ...receipt(), name: "s.tlog-proof" }])],
    ["with a name alone", () => zipFile([report(), { name: "tlog-proof", content: "" }])],
    ["that is cut off, without receipt", () => evidence.file(zipOf([report()]).subarray(0, -9))],
  ])("%s is a file like others", async (_, zip) => {
    const path = zip();
    const ran = await evidence.verify(path, "--json");
    expect(answerOf(ran).results).toMatchObject([{ file: path }]);
    expect(answerOf(ran).results[0]).not.toHaveProperty("member");
    expect(ran.code).toBe(3); // there is no service
  });

  it("a ZIP that is itself the document is that document, whatever is in it", async () => {
    const zip = zipOf([report(), receipt()]);
    const index = evidence.log.document(digestsOf(zip)[0]);
    const own = evidence.receiptFile(evidence.receipt(index));
    const ran = await byPolicy(evidence.file(zip), "--receipt", own, "--json");
    expect(answerOf(ran).results).toMatchObject([{ index, verdict: "registered" }]);
    expect(answerOf(ran).results[0]).not.toHaveProperty("member");
  });

  it("no hostile ZIP is opened", async () => {
    const hostile = hostileZips([receipt(), { name: "report.pdf", content: REPORT }]);
    const paths = Object.values(hostile).map((zip) => evidence.file(zip));
    const ran = await byPolicy(...paths, "--json");
    expect(paths.length).toBeGreaterThan(30);
    expect(answerOf(ran).results.map(({ error }) => error?.code)).toEqual(paths.map(() => "ZIP_REFUSED"));
    expect(ran.code).toBe(2);
  });
});

describe("what is no file to check", () => {
  it("receipts, statements and policies among the files are told by their content", async () => {
    const odd = evidence.file(text("receipt.tlog-proof"), "receipt.txt");
    const statement = evidence.file(formatStatementFile(evidence.log.statement(evidence.index)), "s.txt");
    const ran = await byPolicy(statement, odd, evidence.report, "--json");
    expect(answerOf(ran).results).toMatchObject([{ file: evidence.report, verdict: "valid" }]);
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    const unnamed = await evidence.verify(odd, evidence.policy, evidence.report, "--json");
    expect(unnamed.stderr).toContain("is a trust list (policy file): it counts if it is named with --policy");
    expect(answerOf(unnamed).results).toHaveLength(1);
  });

  it.each([
    ["receipt", () => evidence.file(text("receipt.tlog-proof")), "is the receipt of entry"],
    ["statement", () => evidence.statementFile(), "is a status statement"],
    ["policy", () => evidence.policy, "is a trust list (policy file)"],
    ["leaflet", () => evidence.file(text("READ-ME.txt")), "is part of a bundle"],
    ["leaflet", () => evidence.file(text("manifest.json")), "is part of a bundle"],
  ] as const)("a %s alone establishes nothing, and says what it is", async (given, path, says) => {
    const file = path();
    const ran = await evidence.verify(file, "--json");
    expect([ran.code, answerOf(ran)]).toMatchObject([3, { verdict: null, results: [{ file, given }] }]);
    expect((await evidence.verify(file)).stdout).toContain(says);
  });
});
