import { describe, expect, it } from "vitest";
import { formatPolicy, parsePolicy } from "../../src/log/policy.ts";
import { checkFile } from "../../src/sdk/verify/check.ts";
import { EMPTY_EVIDENCE } from "../../src/sdk/verify/classify.ts";
import { viewOf, type AnswerView } from "../../src/web/answer-view.ts";
import { wordsIn } from "../../src/words/index.ts";
import { LANGUAGES, type Language } from "../../src/core/directory.ts";
import { digestsOf } from "../support/log/evidence.ts";
import { TIME, TestLog } from "../support/log/receipts.ts";

describe("a receipt checked on the page by a policy", () => {
  const DAY = 86_400;
  const digests = digestsOf("a report");
  const log = new TestLog();
  log.fill(3);
  const receipt = log.receipt(log.document(digests[0]));
  const policy = parsePolicy(formatPolicy({ ...log.policy(), issued: TIME, expires: TIME + 365 * DAY }));
  const viewAfter = async (days: number, language: Language): Promise<AnswerView> => {
    const evidence = { ...EMPTY_EVIDENCE, receipts: [receipt], policy };
    const checked = await checkFile({
      digests,
      evidence,
      expectedIssuer: "any",
      service: undefined,
      now: TIME + days * DAY,
    });
    return viewOf(checked, { words: wordsIn(language), language, directory: undefined });
  };

  it.each(LANGUAGES)("in %s the page tells the policy's age above 90 days", async (language) => {
    expect((await viewAfter(90, language)).notes).toEqual([]);
    const { verdict, notes } = await viewAfter(120, language);
    expect(verdict).toBe("registered");
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain("120");
  });

  it.each(LANGUAGES)(
    "in %s the page gives no verdict by an expired policy, and says what to do",
    async (language) => {
      const view = await viewAfter(365, language);
      expect(view.verdict).toBeUndefined();
      expect(view.detail).toContain("POLICY_EXPIRED");
      expect(view.next).toBe(wordsIn(language).page.problems.policy);
    },
  );
});
