/** Tests the one rule by which invisible characters of others' texts are shown. */
import { describe, expect, it } from "vitest";
import { csvLine } from "../../src/core/csv.ts";
import { decodeText, escapeJson, INVISIBLE, visible } from "../../src/core/visible.ts";

const CASES: readonly [string, string, string][] = [
  ["a C0 control", "\u0007", "7"],
  ["a line feed", "\n", "A"],
  ["a delete", "\u007f", "7F"],
  ["a C1 control", "\u009b", "9B"],
  ["a soft hyphen", "\u00ad", "AD"],
  ["an Arabic letter mark", "\u061c", "61C"],
  ["a zero-width space", "\u200b", "200B"],
  ["a left-to-right mark", "\u200e", "200E"],
  ["a right-to-left mark", "\u200f", "200F"],
  ["a line separator", "\u2028", "2028"],
  ["embeddings and overrides", "\u202a", "202A"],
  ["a right-to-left override", "\u202e", "202E"],
  ["a word joiner", "\u2060", "2060"],
  ["an isolate", "\u2066", "2066"],
  ["the end of an isolate", "\u2069", "2069"],
  ["a combining grapheme joiner", "\u034f", "34F"],
  ["a Hangul filler", "\u3164", "3164"],
  ["a variation selector", "\ufe0f", "FE0F"],
  ["a byte order mark", "\ufeff", "FEFF"],
  ["an ideographic space", "\u3000", "3000"],
  ["a private character", "\ue000", "E000"],
  ["a tag character", "\u{e0041}", "E0041"],
  ["half a surrogate pair", "\ud800", "D800"],
];

describe("a text that is shown", () => {
  it.each(CASES)("%s is shown by its code point", (_, character, code) => {
    expect(visible(`Bank${character}gnp`)).toBe(`Bank\\u{${code}}gnp`);
    expect(visible(visible(character))).toBe(visible(character));
  });

  it.each(CASES)("%s in JSON is an escape of JSON, and the value stays", (_, character) => {
    for (const space of [0, 2]) {
      const value = { name: `a${character}b`, list: ["x"] };
      const json = escapeJson(JSON.stringify(value, null, space));
      expect(INVISIBLE.test(json.replaceAll("\n", ""))).toBe(false);
      expect(JSON.parse(json)).toEqual(value);
    }
  });

  it.each(CASES)("%s in a cell of CSV is shown by its code point, on one line", (_, character, code) => {
    expect(csvLine([`a${character}b`, 'c"d'])).toBe(`a\\u{${code}}b,"c""d"\r\n`);
  });

  it.each(["深圳虎符示例征信有限公司", "Société Générale – “Tally” №1", "مصرف", "〇㐂𠮷", "a  b"])(
    "%s is shown as it is",
    (text) => expect(visible(text)).toBe(text),
  );
});

describe("bytes that ought to be UTF-8", () => {
  it.each([
    ["a byte of no character", [0xff], "\ufffd"],
    ["an overlong form", [0xc0, 0xaf], "\ufffd\ufffd"],
    ["a surrogate", [0xed, 0xa0, 0x80], "\ufffd\ufffd\ufffd"],
    ["a cut-off character", [0x41, 0xe6, 0xb7], "A\ufffd"],
    ["a character beyond Unicode", [0xf4, 0x90, 0x80, 0x80], "\ufffd\ufffd\ufffd\ufffd"],
    ["NUL", [0x41, 0x00], "A\ufffd"],
    ["a byte order mark, which stays", [0xef, 0xbb, 0xbf, 0x41], "\ufeffA"],
    ["nothing", [], ""],
  ])("%s is read, and never refused", (_, bytes, text) => {
    expect(decodeText(Uint8Array.from(bytes))).toBe(text);
  });
});
