import { describe, expect, it } from "vitest";
import { AppError } from "../../src/core/errors.ts";
import { parseAnswerFile } from "../../src/log/answer.ts";
import { carriedText, decodeCarried } from "../../src/log/carried-text.ts";
import { parsePolicy } from "../../src/log/policy.ts";
import { parseReceipt } from "../../src/log/receipt.ts";
import { parseStatementFile } from "../../src/log/statement.ts";
import { classifyFile } from "../../src/sdk/verify/classify.ts";
import { readVectors } from "../support/log/vectors.ts";

interface Sample {
  readonly input: Readonly<Record<string, string>>;
}

/** The text of one format, of a vector that holds. */
function sample(folder: string, name: string, member: string): string {
  const found = readVectors<Sample>(folder).find((each) => each.name.endsWith(`/${name}.json`));
  return found?.vector.input[member] ?? "";
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What each format is read from, and its reader. */
const FORMATS: readonly (readonly [string, string, (given: Uint8Array) => unknown])[] = [
  ["receipt", sample("receipt", "an-open-document", "receipt"), parseReceipt],
  [
    "statement",
    sample("status-statement", "600-s-after-the-time-of-its-checkpoint", "statement"),
    parseStatementFile,
  ],
  ["answer", sample("answer-note", "three-questions-and-their-answers", "answer"), parseAnswerFile],
  ["policy", sample("policy", "as-it-is-generated", "policy"), (given) => parsePolicy(decodeCarried(given))],
];

const utf16 = (text: string, little: boolean): Uint8Array => {
  const wide = Uint8Array.from(Buffer.from(`\uFEFF${text}`, "utf16le"));
  return little ? wide : Uint8Array.from(Buffer.from(wide).swap16());
};
const quoted = (text: string, prefix: string): string => text.replace(/^(?=.)/gm, prefix);

/** What happens to a file on its way. */
const WAYS: Readonly<Record<string, (text: string) => Uint8Array>> = {
  "carriage returns": (text) => bytes(text.replaceAll("\n", "\r\n")),
  "carriage returns, twice": (text) => bytes(text.replaceAll("\n", "\r\r\n")),
  "a byte order mark": (text) => bytes(`\uFEFF${text}`),
  "blank last lines": (text) => bytes(`${text}\n \t\r\n\n`),
  "blank first lines": (text) => bytes(`\r\n\n${text}`),
  "no last newline": (text) => bytes(text.trimEnd()),
  "a mail's quotation": (text) => bytes(quoted(text, "> ").replace(/^$/gm, ">")),
  "a mail's quotation without spaces": (text) => bytes(quoted(text, ">")),
  "two quotations": (text) => bytes(quoted(quoted(text, "> "), "> ")),
  "an indent": (text) => bytes(quoted(text, "    ")),
  "a tab before each line": (text) => bytes(quoted(text, "\t")),
  "UTF-16, as Windows saves it": (text) => utf16(text, true),
  "UTF-16, the other way": (text) => utf16(text, false),
  "all of it": (text) => bytes(`\uFEFF\r\n${quoted(text, "> ").replaceAll("\n", "\r\n")}>\r\n\r\n`),
};

describe.each(FORMATS)("a %s", (kind, text, parse) => {
  it.each(Object.entries(WAYS))("a file with %s reads as it was written", (_, way) => {
    expect(text.length).toBeGreaterThan(100);
    const carried = way(text);
    expect(parse(carried)).toEqual(parse(bytes(text)));
    expect(classifyFile("carried.txt", carried)).toEqual(classifyFile("carried.txt", bytes(text)));
    expect(classifyFile("carried.txt", carried).kind).toBe(kind);
  });

  it("a file whose lines are quoted in two ways is refused", () => {
    const [first = "", ...rest] = text.split("\n");
    expect(() => parse(bytes(`> ${first}\n${rest.map((line) => `| ${line}`).join("\n")}`))).toThrow(AppError);
  });
});

describe("what a signature covers", () => {
  it("a text without any of it is not changed by a byte", () => {
    for (const [, text] of FORMATS) expect(carriedText(text)).toBe(text);
    for (const text of ["a  \n > b\n\n  c\n", "a\rb\n", "a\n\u00A0\n", "a \u2028\n"])
      expect(carriedText(text)).toBe(text);
  });

  it("a text of blank lines alone stays as it is", () => {
    for (const text of ["", "\n", ">\n> \n"]) expect(carriedText(text)).toBe(text);
  });

  it("4 MiB of carriage returns and of quotation marks are read at once", () => {
    for (const text of ["\r", ">", "\n", " \n>"].map((part) => part.repeat(1 << 20)))
      expect(carriedText(`a${text}`).startsWith("a")).toBe(true);
  });
});
