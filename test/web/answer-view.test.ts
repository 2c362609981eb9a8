/** Tests how the page shows names: of a receipt, of the directory, and of whoever chose them. */
import { options } from "preact";
import { afterEach, describe, expect, it } from "vitest";
import { formatLocalTime } from "../../src/core/time.ts";
import { formatReceipt, parseReceipt } from "../../src/log/receipt.ts";
import { verifyOffline, type OfflineAnswer } from "../../src/sdk/verify/offline.ts";
import { viewOf, type Audience } from "../../src/web/answer-view.ts";
import { showVisibly } from "../../src/web/visible-text.ts";
import { wordsIn } from "../../src/words/index.ts";
import { digestsOf } from "../support/log/evidence.ts";
import { TIME, TestLog } from "../support/log/receipts.ts";

const words = wordsIn("en");
const log = new TestLog();
const before = log.registration(1, "Old Name Credit", TIME);
const after = log.registration(1, "New Name Credit", TIME + 900);
const index = log.document(digestsOf("a report")[0]);
const origin = log.origin;

/** The answer of a receipt whose holder chose this registration. */
function answerWith(registration: typeof before): OfflineAnswer {
  const receipt = parseReceipt(new TextEncoder().encode(formatReceipt(log.receipt(index, { registration }))));
  return verifyOffline({ receipt, digests: digestsOf("a report"), policy: log.policy(), now: TIME + 1_000 });
}

function factsOf(answer: OfflineAnswer, directory?: { name: string; origin: string }): Map<string, string> {
  const names = { en: directory?.name ?? "", "zh-Hans": "", "zh-Hant": "" };
  const known = directory && {
    institutions: [{ id: 1, names }],
    scenes: [],
    registry: { origin: directory.origin, paused: false, successor: null },
  };
  const audience = { words, language: "en", directory: known } as unknown as Audience;
  const { facts } = viewOf({ kind: "offline", answer } as Parameters<typeof viewOf>[0], audience);
  return new Map(facts.map(({ label, value }) => [label, value]));
}

describe("the issuer of an offline answer", () => {
  const { issuer, nameSince } = words.labels;

  it("without a directory it is the receipt's name, with the time since when", () => {
    const facts = factsOf(answerWith(before));
    expect([facts.get(issuer), facts.get(nameSince)]).toEqual(["Old Name Credit", formatLocalTime(TIME)]);
    expect(factsOf(answerWith(after)).get(nameSince)).toBe(formatLocalTime(TIME + 900));
  });

  it("the name in the directory is shown before one that the receipt's holder chose", () => {
    const facts = factsOf(answerWith(before), { name: "New Name Credit", origin });
    expect(facts.get(issuer)).toBe("New Name Credit");
    expect(facts.get(nameSince)).toBe(`Old Name Credit · ${formatLocalTime(TIME)}`);
  });

  it("the directory of another log names nobody of this one", () => {
    const facts = factsOf(answerWith(before), { name: "Of another log", origin: `${origin}0` });
    expect(facts.get(issuer)).toBe("Old Name Credit");
  });
});

describe("texts of the page", () => {
  afterEach(() => delete options.vnode);

  it("every text is shown by the rule, and attributes stay as they are", () => {
    showVisibly();
    const text = { type: null, props: "Bank\u202egnp\u200b\n" };
    const element = { type: "input", props: { value: "\u202e" } };
    for (const vnode of [text, element]) options.vnode?.(vnode as never);
    expect(text.props).toBe(String.raw`Bank\u{202E}gnp\u{200B}\u{A}`);
    expect(element.props.value).toBe("\u202e");
  });
});
