/** Tests how the page shows names: of a receipt, of the directory, and of whoever chose them. */
import { options } from "preact";
import { afterEach, describe, expect, it } from "vitest";
import { formatLocalTime } from "../../src/core/time.ts";
import { formatReceipt, parseReceipt } from "../../src/log/receipt.ts";
import { verifyOffline, type OfflineAnswer } from "../../src/sdk/verify/offline.ts";
import { viewOf, type AnswerView, type Audience } from "../../src/web/answer-view.ts";
import { showVisibly } from "../../src/web/visible-text.ts";
import { fill, wordsIn } from "../../src/words/index.ts";
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

function viewWith(answer: OfflineAnswer, directory?: { name: string; origin: string }): AnswerView {
  const names = { en: directory?.name ?? "", "zh-Hans": "", "zh-Hant": "" };
  const known = directory && {
    institutions: [{ id: 1, names }],
    scenes: [],
    registry: { origin: directory.origin, paused: false, successor: null },
  };
  const audience = { words, language: "en", directory: known } as unknown as Audience;
  return viewOf({ kind: "offline", answer } as Parameters<typeof viewOf>[0], audience);
}

function factsOf(...given: Parameters<typeof viewWith>): Map<string, string> {
  return new Map(viewWith(...given).facts.map(({ label, value }) => [label, value]));
}

describe("the issuer of an offline answer", () => {
  const { issuer, nameSince } = words.labels;

  it("is the name that the receipt proves, with the time since when", () => {
    const facts = factsOf(answerWith(before));
    expect([facts.get(issuer), facts.get(nameSince)]).toEqual(["Old Name Credit", formatLocalTime(TIME)]);
    expect(factsOf(answerWith(after)).get(nameSince)).toBe(formatLocalTime(TIME + 900));
  });

  it("another name in the service's directory stands beside it, as that service's word", () => {
    const directory = { name: "New Name Credit", origin };
    const { means, notes, history } = viewWith(answerWith(before), directory);
    expect(factsOf(answerWith(before), directory).get(issuer)).toBe("Old Name Credit");
    expect(JSON.stringify([means, history])).not.toContain("New Name Credit");
    expect(notes).toEqual([fill(words.notes.nameNow, { name: "New Name Credit" })]);
    expect(viewWith(answerWith(after), directory).notes).toEqual([]);
  });

  it("the directory of another log names nobody of this one", () => {
    const { notes } = viewWith(answerWith(before), { name: "Of another log", origin: `${origin}0` });
    expect(notes).toEqual([]);
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
