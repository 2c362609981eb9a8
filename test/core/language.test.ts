import { describe, expect, it } from "vitest";
import { languageOf } from "../../src/core/language.ts";

describe.each([
  [
    "en",
    ["en", "EN", "en-HK", "en-GB-oxendict", "en_US", "en_US.UTF-8", "en_GB.ISO-8859-1@euro", "en.UTF-8"],
  ],
  [
    "zh-Hans",
    [
      ...[
        "zh",
        "ZH",
        "zh-CN",
        "zh-SG",
        "zh-MY",
        "zh-Hans",
        "zh-hans",
        "zh-Hans-CN",
        "zh-Hans-HK",
        "zh-Hans-TW",
      ],
      ...["zh_CN", "zh_CN.UTF-8", "zh_CN.GB18030", "zh_SG.utf8", "zh.UTF-8"],
      // Intl.Locale reads these as traditional, or refuses them
      ...["zh-US", "zh-GB", "zh-AU", "zh-TH", "zh-cmn", "zh-cmn-Hans-CN", "zh-yue"],
    ],
  ],
  [
    "zh-Hant",
    [
      ...["zh-HK", "zh-hk", "zh-MO", "zh-TW", "zh-Hant", "zh-HANT", "zh-Hant-HK", "zh-Hant-TW", "zh-Hant-CN"],
      ...[
        "zh_HK",
        "zh_HK.UTF-8",
        "zh_HK.Big5-HKSCS",
        "zh_TW",
        "zh_TW.Big5",
        "zh_TW.UTF-8@radical",
        "zh_MO.utf8",
      ],
      ...["zh-cmn-Hant-TW", "zh-yue-HK"],
    ],
  ],
  [
    undefined,
    ["", "C", "C.UTF-8", "POSIX", "*", "fr", "fr_CA.UTF-8", "ja-JP", "yue-HK", "eng", "zho", "hk", "-"],
  ],
] as const)("%s", (language, tags) => {
  it.each(tags)(`the tag %j selects ${language ?? "no language"}`, (tag) =>
    expect(languageOf(tag)).toBe(language),
  );
});
