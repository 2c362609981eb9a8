import { describe, expect, it } from "vitest";
import { parseText } from "../../src/core/text.ts";

const parse = (text: string, max = 256): string => parseText(text, { at: "--name-en", max });

describe("a text of the directory", () => {
  it.each([
    "Shenzhen Tiger Tally Sample Credit Reporting Co., Ltd.",
    "深圳虎符示例征信有限公司",
    "香港（國際）有限公司",
    "Société Générale & <Söhne>",
    "𠮷野家",
    "x",
    "é".repeat(128),
    "虎".repeat(85),
  ])("the text %j is accepted unchanged", (text) => expect(parse(text)).toBe(text));

  it.each([
    ["no content", "", "got 0 bytes"],
    ["257 bytes", "x".repeat(257), "got 257 bytes"],
    ["86 characters of 258 bytes", "虎".repeat(86), "got 258 bytes"],
    ["NUL", "a\u0000b", "U+0000 stands at character 2"],
    ["a line end", "a\nb", "U+000A"],
    ["an escape sequence", "\u001b[2J", "U+001B"],
    ["a right-to-left override", "Bank\u202egnp.exe", "U+202E"],
    ["an isolate", "a\u2066b", "U+2066"],
    ["a zero-width space", "Ban\u200bk", "U+200B"],
    ["a zero-width joiner", "a\u200db", "U+200D"],
    ["a byte order mark", "\ufeffBank", "U+FEFF"],
    ["a soft hyphen", "Ba\u00adnk", "U+00AD"],
    ["a Hangul filler", "a\u3164b", "U+3164"],
    ["a variation selector", "a\ufe0fb", "U+FE0F"],
    ["a tag character", "a\u{e0041}b", "U+E0041"],
    ["half a surrogate pair", "a\ud800b", "U+D800"],
    ["a private character", "\ue000", "U+E000"],
    ["a no-break space", "a\u00a0b", "U+00A0"],
    ["an ideographic space", "a\u3000b", "U+3000"],
    ["a line separator", "a\u2028b", "U+2028"],
    ["a space before it", " Bank", "begins or ends with a space"],
    ["a space after it", "Bank ", "begins or ends with a space"],
    ["spaces only", "   ", "begins or ends with a space"],
  ])("a text with %s is refused with NAME_FORMAT", (_, text, because) => {
    expect(() => parse(text)).toThrowCode("NAME_FORMAT");
    expect(() => parse(text)).toThrow(because);
  });
});
