import { describe, expect, it } from "vitest";
import { LANGUAGES } from "../../src/core/directory.ts";
import { wordsIn } from "../../src/words/index.ts";
import { leftText, readingText, secondsLeft, shareDone } from "../../src/web/progress.ts";
import type { Item, Progress } from "../../src/web/session.ts";

const item = (size: number, progress: Progress, digests?: Item["digests"]): Item => ({
  id: 1,
  name: "a",
  size,
  progress,
  digests,
  ignoresReceipts: false,
  carried: undefined,
  sentBefore: [],
  expectedIssuer: undefined,
});
const audience = { words: wordsIn("en"), language: "en", directory: undefined } as const;

describe("the share that is done", () => {
  it("is half of bytes that are read, half of files that are done", () => {
    const items = [
      item(300, { state: "cancelled" }),
      item(100, { state: "hashing", done: 50 }),
      item(600, { state: "queued" }),
      item(0, { state: "asking" }, []),
    ];
    expect(shareDone(items)).toBe((350 / 1_000 + 1 / 4) / 2);
    expect(shareDone([item(0, { state: "cancelled" })])).toBe(1);
  });

  it("a text says how much of how much", () => {
    expect(readingText([item(2_500_000_000, { state: "hashing", done: 1_000_000_000 })], audience)).toBe(
      "Reading: 40 % of 2.5 GB",
    );
    expect(readingText([item(15, { state: "queued" })], audience)).toBe("Reading: 0 % of 15 bytes");
  });
});

describe("the time that is left", () => {
  it("follows from the pace since it is watched", () => {
    expect(secondsLeft({ seconds: 10, share: 0 }, 0.25)).toBe(30);
    expect(secondsLeft({ seconds: 10, share: 0.5 }, 0.75)).toBe(10);
  });

  it("is not told too early, nor at the end", () => {
    expect(secondsLeft({ seconds: 2, share: 0 }, 0.5)).toBeUndefined();
    expect(secondsLeft({ seconds: 60, share: 0.5 }, 0.5)).toBeUndefined();
    expect(secondsLeft({ seconds: 60, share: 0 }, 1)).toBeUndefined();
  });

  it.each(LANGUAGES)("is in seconds, then in minutes, in %s", (language) => {
    const left = (seconds: number): string =>
      leftText(seconds, { words: wordsIn(language), language, directory: undefined });
    expect(left(12)).toContain("15");
    expect(left(61)).toContain("2");
    expect(left(12)).not.toBe(left(900));
  });
});
