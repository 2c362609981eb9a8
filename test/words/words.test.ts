import { describe, expect, it } from "vitest";
import { LANGUAGES, type Language } from "../../src/core/directory.ts";
import { fill, wordsIn } from "../../src/words/index.ts";

/** Every text of a catalogue, by its path. */
function texts(node: unknown, path = ""): Map<string, string> {
  if (typeof node === "string") return new Map([[path, node]]);
  return new Map(
    Object.entries(node as object).flatMap(([key, value]) => [...texts(value, `${path}/${key}`)]),
  );
}

const catalogues = new Map<Language, Map<string, string>>(
  LANGUAGES.map((language) => [language, texts(wordsIn(language))]),
);
const english = catalogues.get("en") ?? new Map<string, string>();
const placeholders = (text: string): string[] =>
  [...text.matchAll(/\{\w+\}/g)].map(([found]) => found).sort();

/** Characters that only one script has: enough of them to detect a text of the other. */
const ONLY_HANS =
  /[构证这为无发当问请询时间状态报仅签开从与应实现据库启显编过规见务门链书协议标识区块认试联网络错误处须类项权级导数独击关闭读写]/u;
const ONLY_HANT =
  /[構證這為無發當問請詢時間狀態報僅簽開從與應實現據庫啟顯編過規見務門鏈書協議標識區塊認試聯網絡錯誤處須類項權級導數獨擊關閉讀寫]/u;

describe.each(LANGUAGES)("the texts in %s", (language) => {
  const own = catalogues.get(language) ?? new Map<string, string>();

  it("the texts have the members and placeholders of the English ones", () => {
    expect([...own.keys()]).toEqual([...english.keys()]);
    for (const [path, text] of own)
      expect([path, placeholders(text)]).toEqual([path, placeholders(english.get(path) ?? "")]);
  });

  it("no text is empty", () => {
    expect([...own].filter(([, text]) => text.trim() === "")).toEqual([]);
  });
});

describe.each(["zh-Hans", "zh-Hant"] as const)("the texts in %s", (language) => {
  const own = catalogues.get(language) ?? new Map<string, string>();

  it("every text is translated", () => {
    const left = [...own].filter(([path, text]) => text === english.get(path) && !/^\{\w+\}$/.test(text));
    expect(left).toEqual([]);
    expect([...own].filter(([, text]) => !/\p{Script=Han}/u.test(text) && !/^\{\w+\}$/.test(text))).toEqual(
      [],
    );
  });

  it("punctuation beside Han characters is full-width", () => {
    expect(
      [...own].filter(([, text]) => /\p{Script=Han}[,;:?!()]|[,;:?!(]\p{Script=Han}/u.test(text)),
    ).toEqual([]);
  });
});

describe("scripts", () => {
  it("zh-Hans has no traditional characters, and zh-Hant no simplified ones", () => {
    const wrong = (language: Language, characters: RegExp): [string, string][] =>
      [...(catalogues.get(language) ?? [])].filter(([, text]) => characters.test(text));
    expect(wrong("zh-Hans", ONLY_HANT)).toEqual([]);
    expect(wrong("zh-Hant", ONLY_HANS)).toEqual([]);
  });
});

describe("one word for one thing", () => {
  it("zh-Hant has no word of another place", () => {
    const foreign = /驗證|行程|巢狀|建置/u;
    expect([...(catalogues.get("zh-Hant") ?? [])].filter(([, text]) => foreign.test(text))).toEqual([]);
  });

  it.each([
    ["zh-Hant", /信任清單|策略檔|信任政策/gu, "信任清單（策略檔）"],
    ["zh-Hans", /信任清单|策略文件|信任策略/gu, "信任清单（策略文件）"],
    ["en", /trust list|policy file|trust policy/gi, "trust list (policy file)"],
  ] as const)("a trust list is called so everywhere in %s", (language, words, name) => {
    const named = [...(catalogues.get(language) ?? [])].filter(([, text]) => text.match(words) !== null);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter(([, text]) => text.toLowerCase().replaceAll(name, "").match(words) !== null)).toEqual(
      [],
    );
  });
});

describe("placeholders", () => {
  it("one thing is singular", () => {
    const { cli, page } = wordsIn("en");
    const kept = (count: number): string => fill(cli.receiptsKept, { count, path: "out" });
    expect([kept(1), kept(2), kept(0)]).toEqual([
      "1 receipt is in out",
      "2 receipts are in out",
      "0 receipts are in out",
    ]);
    expect(fill(page.bytes, { bytes: "1" })).toBe("1 byte");
    expect(fill("{count:a|b}", {})).toBe("{count:a|b}");
  });

  it("no text counts things in the plural alone", () => {
    const plural =
      /(?<!size )\{(count|lines|bytes|days|size|entries|blocks|matched)\} (?!(of|s|in)\b)[a-z]+s\b/;
    const left = [...english].filter(([, text]) => plural.test(text));
    expect(left).toEqual([]);
  });

  it("placeholders are filled, and one without a value stays visible", () => {
    expect(fill("{a} and {b}", { a: 1 })).toBe("1 and {b}");
  });
});
