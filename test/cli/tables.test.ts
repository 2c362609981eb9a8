/** Tests what each way of writing a manifest or a register gets: the same documents, or a named fault. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Context } from "../../src/cli/context.ts";
import { readManifest, type FeedLine } from "../../src/cli/feed/manifest.ts";
import { readRegister } from "../../src/cli/register.ts";
import { LANGUAGES, type Language } from "../../src/core/directory.ts";
import { systemClock } from "../../src/core/clock.ts";
import { faultJson } from "../../src/cli/output.ts";
import { isAppError } from "../../src/core/errors.ts";
import { wordsIn } from "../../src/words/index.ts";
import { gbk } from "../support/cli/gbk.ts";

const OPEN = "enterprise-credit-report";
const folder = mkdtempSync(join(tmpdir(), "hufu-tables-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Content = string | Buffer;

function context(language: Language = "en"): { notes: string[]; value: Context } {
  const notes: string[] = [];
  const out = { note: (...lines: string[]) => void notes.push(lines.join(" ")) };
  return { notes, value: { out, words: wordsIn(language) } as unknown as Context };
}

async function manifest(
  content: Content,
  language?: Language,
): Promise<{ lines: FeedLine[]; notes: string[] }> {
  const path = join(folder, "manifest.csv");
  writeFileSync(path, content);
  const { notes, value } = context(language);
  const options = {
    scene: OPEN,
    validUntil: undefined,
    scenes: new Map([[OPEN, { blinded: false }]]),
    own: [],
    include: [],
    settle: 0,
    clock: systemClock,
    skipped: () => undefined,
    context: value,
  };
  const lines: FeedLine[] = [];
  for await (const line of readManifest(path, options)) lines.push(line);
  return { lines, notes };
}

/** Path, end and reference of each line; or the code of its fault. */
const shown = (lines: readonly FeedLine[]): string[][] =>
  lines.map((line) =>
    "fault" in line
      ? [line.fault.code]
      : [line.path, line.document.validUntil ?? "", line.document.reference ?? ""],
  );

const utf16 = (text: string, bigEndian = false): Buffer => {
  const bytes = Buffer.from(text, "utf16le");
  return bigEndian ? bytes.swap16() : bytes;
};

/** Two reports, as Excel of each language writes them. */
const rows = (separator: string, end: string, headings: readonly string[]): string =>
  [
    headings,
    ["报告（2027）.pdf", OPEN, "2027/11/30", "编-001"],
    ["信用报告一.pdf", OPEN, "2027年11月30日", "编-002"],
  ]
    .map((cells) => cells.join(separator) + end)
    .join("");
const ENGLISH = ["path", "scene", "valid_until", "reference"];
const SIMPLIFIED = ["文件", "类型/场景", "有效期至", "编号"];
const TRADITIONAL = ["檔案", "類型／場景", "有效期至", "編號"];

const READ = [
  ["报告（2027）.pdf", "2027-11-30", "编-001"],
  ["信用报告一.pdf", "2027-11-30", "编-002"],
];

describe("a manifest with the same two reports", () => {
  const encodings: readonly [string, (text: string) => Buffer, string][] = [
    ["UTF-8", (text) => Buffer.from(text), "UTF-8"],
    ["UTF-8 with a byte order mark", (text) => Buffer.from(`\ufeff${text}`), "UTF-8"],
    ["GB18030", gbk, "GB18030"],
    ["UTF-16LE with a byte order mark", (text) => utf16(`\ufeff${text}`), "UTF-16LE"],
    ["UTF-16BE with a byte order mark", (text) => utf16(`\ufeff${text}`, true), "UTF-16BE"],
    ["UTF-16LE without one", (text) => utf16(text), "UTF-16LE"],
    ["UTF-16BE without one", (text) => utf16(text, true), "UTF-16BE"],
  ];
  const separators = { commas: ",", semicolons: ";", tabs: "\t" };
  const ends = { CRLF: "\r\n", LF: "\n", CR: "\r" };
  const headings = { English: ENGLISH, simplified: SIMPLIFIED, traditional: TRADITIONAL };
  const variants = encodings.flatMap(([name, encode, encoding]) =>
    Object.entries(separators).flatMap(([separated, separator]) =>
      Object.entries(ends).flatMap(([ended, end]) =>
        Object.entries(headings).map(([language, names]) => ({
          title: `${name}, ${separated}, ${ended}, ${language} headings`,
          content: encode(rows(separator, end, names)),
          note:
            encoding === "UTF-8" && separator === "," && end !== "\r"
              ? []
              : [
                  `${join(folder, "manifest.csv")} is read as ${encoding}, separated by ${separated}${end === "\r" ? ", its lines end in CR" : ""}`,
                ],
        })),
      ),
    ),
  );

  it.each(variants)("in $title is read, and how it is read is reported", async ({ content, note }) => {
    const { lines, notes } = await manifest(content);
    expect(shown(lines)).toEqual(READ);
    expect(notes).toEqual(note);
  });
});

describe("what spreadsheets add to a manifest", () => {
  it.each<[string, Content, string[][]]>([
    ["rows of commas", "path,scene\n,\na.pdf,\n,\n , \n", [["a.pdf", "", ""]]],
    ["a line that names the separator", "sep=;\r\npath;reference\r\na.pdf;R-1\r\n", [["a.pdf", "", "R-1"]]],
    [
      "empty columns",
      "path,,reference,,\na.pdf,,R-1,,\nb.pdf,,R-2,,,,\n",
      [
        ["a.pdf", "", "R-1"],
        ["b.pdf", "", "R-2"],
      ],
    ],
    [
      "quoted cells of another separator",
      'path;reference\n"a;1.pdf";"R ""1"""\n',
      [["a;1.pdf", "", 'R "1"']],
    ],
    ["line ends in a cell", 'path\treference\n"a.pdf"\t"R\n1"\n', [["a.pdf", "", "R\n1"]]],
    ["full-width headings and spaces", "ｐａｔｈ , Reference　\na.pdf, R-1 \n", [["a.pdf", "", "R-1"]]],
    [
      "the feed's own apostrophes",
      "path,reference\n'=a.pdf,'-1\nb.pdf,''+2\nc.pdf,'plain\n",
      [
        ["=a.pdf", "", "-1"],
        ["b.pdf", "", "'+2"],
        ["c.pdf", "", "'plain"],
      ],
    ],
    ["blank first lines", "\r\n\r\n文件;编号\r\na.pdf;1\r\n", [["a.pdf", "", "1"]]],
  ])("%s are read as they are meant", async (_, content, expected) => {
    expect(shown((await manifest(content)).lines)).toEqual(expected);
  });

  it.each([
    ["2027/11/30", "2027-11-30"],
    ["2027-11-30", "2027-11-30"],
    ["2027年11月30日", "2027-11-30"],
    ["2027.11.30", "2027-11-30"],
    ["2027/1/5", "2027-01-05"],
    ["2027年1月5日", "2027-01-05"],
    ["２０２７／１／５", "2027-01-05"],
    ["2027-11-30T08:00:00Z", "2027-11-30T08:00:00Z"],
  ])("the date %s is %s", async (written, date) => {
    expect(shown((await manifest(`path,valid_until\na.pdf,${written}\n`)).lines)).toEqual([
      ["a.pdf", date, ""],
    ]);
  });

  it.each([
    ["31/12/2099", "DATE_FORMAT"],
    ["12/31/2099", "DATE_FORMAT"],
    ["2027/11-30", "DATE_FORMAT"],
    ["46721", "DATE_FORMAT"],
    ["2027年11月", "DATE_FORMAT"],
    ["2027/2/30", "DATE_INVALID"],
  ])("the date %s is refused with %s, and not guessed", async (written, code) => {
    expect(shown((await manifest(`path,valid_until\na.pdf,${written}\n`)).lines)).toEqual([[code]]);
  });

  it.each(["4.40301E+17", "1.23e+15", "1E+20"])(
    "a reference like %s is taken with a doubt",
    async (reference) => {
      const { lines } = await manifest(`path,reference\na.pdf,${reference}\nb.pdf,E+1\n`);
      expect(lines.map(({ doubt }) => doubt?.code)).toEqual(["REFERENCE_FORMAT", undefined]);
      expect(lines[0]?.doubt?.detail).toContain(`"${reference}"`);
    },
  );
});

describe("what is no manifest", () => {
  const zip = (name: string, rest = ""): Buffer =>
    Buffer.concat([Buffer.from("PK\x03\x04"), Buffer.alloc(26), Buffer.from(name + rest)]);
  it.each<[string, Content, string, string]>([
    [".xlsx", zip("[Content_Types].xml"), "NOT_CSV", "Excel (.xlsx): save it as CSV UTF-8"],
    [".xlsx of another program", zip("_rels/.rels", "\0PK\x03\x04xl/workbook.xml"), "NOT_CSV", "(.xlsx)"],
    [".xls", Buffer.from("d0cf11e0a1b11ae1000000", "hex"), "NOT_CSV", "(.xls)"],
    [".ods", zip("mimetypeapplication/vnd.oasis.opendocument.spreadsheet"), "NOT_CSV", "(.ods)"],
    ["another ZIP", zip("a.pdf"), "NOT_CSV", "ZIP"],
    ["a PDF", "%PDF-1.7\n", "NOT_CSV", "PDF"],
    ["HTML, called .xls by many programs", "<html><table><tr><td>path", "NOT_CSV", "HTML"],
    ["a table with a column of another name", "Path,Remark\na.pdf,x\n", "BATCH_LINE", 'no column "Remark"'],
    [
      "a table with two such columns",
      "path,文件\na.pdf,b.pdf\n",
      "BATCH_LINE",
      'the column "文件" stands twice',
    ],
    ["a table with full-width commas", "path，scene\na.pdf，b\n", "BATCH_LINE", 'got "path，scene"'],
    ["a table without documents", "path,scene\n,\n", "BATCH_LINE", "no documents"],
    ["a file of no bytes", "", "BATCH_LINE", "expected a header"],
  ])("%s is one bad line, which says what it is", async (_, content, code, detail) => {
    const { lines, notes } = await manifest(content);
    expect(shown(lines)).toEqual([[code]]);
    expect(notes).toEqual([]);
    const [line] = lines;
    expect(line !== undefined && "fault" in line && line.fault.fields.detail).toContain(detail);
  });

  it("a cell beneath no heading is a fault of its line alone", async () => {
    expect(shown((await manifest("path,,reference\na.pdf,lost,R\nb.pdf,,R,lost\nc.pdf,,R\n")).lines)).toEqual(
      [["BATCH_LINE"], ["BATCH_LINE"], ["c.pdf", "", "R"]],
    );
  });

  it("a line in GB18030 among lines in UTF-8 is a fault, and none is read as what it is not", async () => {
    const content = Buffer.concat([
      Buffer.from("path\n报告.pdf\n"),
      gbk("信用.pdf\n"),
      Buffer.from("报告二.pdf\n"),
    ]);
    expect(shown((await manifest(content)).lines)).toEqual([
      ["报告.pdf", "", ""],
      ["BATCH_LINE"],
      ["报告二.pdf", "", ""],
    ]);
  });

  it("a line in GB18030 that is UTF-8 by chance is read as the others are", async () => {
    const { lines } = await manifest(gbk("path,reference\na.pdf,一\nb.pdf,编号\n"));
    expect(shown(lines)).toEqual([
      ["a.pdf", "", "一"],
      ["b.pdf", "", "编号"],
    ]);
  });
});

describe("a fault of a manifest", () => {
  it("a fault has its detail in each language, with the same values", async () => {
    for (const language of LANGUAGES) {
      const { lines } = await manifest("path,valid_until\na.pdf,1/2/2027\nb.pdf\n", language);
      const details = lines.map((line) =>
        "fault" in line ? faultJson(line.fault, wordsIn(language)).detail : "",
      );
      expect(details).toEqual([
        expect.stringContaining('"1/2/2027"') as string,
        expect.stringContaining("2") as string,
      ]);
      for (const detail of details) expect(/\p{sc=Han}/u.test(detail)).toBe(language !== "en");
    }
  });
});

describe("a register", () => {
  const digest = `sha256:${"ab".repeat(32)}`;
  const register = async (content: Content): Promise<Awaited<ReturnType<typeof readRegister>>> => {
    const path = join(folder, "register.csv");
    writeFileSync(path, content);
    return await readRegister(path, context().value);
  };
  const row = `${digest};编-1;kept`;

  it.each<[string, Content]>([
    ["UTF-8", `哈希值;编号;Remark\n${row}\n`],
    ["GB18030", gbk(`哈希值;编号;备注\n${row}\n`)],
    ["UTF-16LE", utf16(`\ufeffdigest;編號;備註\r\n${row}\r\n`)],
  ])(
    "in %s is read by the reader of manifests, and its other columns are passed over",
    async (_, content) => {
      const { lines, bad } = await register(content);
      expect(bad).toEqual([]);
      expect(lines).toMatchObject([{ line: 2, digest, reference: "编-1" }]);
    },
  );

  it("the results of a feed are a register: apostrophes are taken away, and what was refused is passed over", async () => {
    const results = ["'-2026/001", "'+852", "'@b", "plain"].map(
      (reference) => `1,a.pdf,${digest},${reference},final,`,
    );
    const { lines, bad, unrecorded } = await register(
      `\ufeffline,path,digest,reference,state,error\r\n${results.join("\r\n")}\r\n5,b.pdf,,R,refused,x\r\n6,c.pdf,${digest},R,failed,x\r\n`,
    );
    expect([bad, unrecorded]).toEqual([[], 2]);
    expect(lines.map(({ reference }) => reference)).toEqual(["-2026/001", "+852", "@b", "plain"]);
  });

  it("a spreadsheet in its place is refused with NOT_CSV", async () => {
    const refused = await register(Buffer.from("d0cf11e0a1b11ae1", "hex")).catch((fault: unknown) => fault);
    expect(isAppError(refused, "NOT_CSV")).toBe(true);
  });
});
