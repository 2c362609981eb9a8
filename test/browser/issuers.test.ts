/** Tests the list from which the reader chooses the institution that a document names. */
import { createHash } from "node:crypto";
import { AxeBuilder } from "@axe-core/playwright";
import { describe, expect, it } from "vitest";
import { SAMPLE_INSTITUTIONS } from "../../src/chain/embedded/samples.ts";
import type { Language } from "../../src/core/directory.ts";
import { formatOfficialId } from "../../src/core/official-id.ts";
import { fill } from "../../src/words/fill.ts";
import { wordsIn } from "../../src/words/index.ts";
import { answerOf, give, untilPageCached, untilVerdictShown } from "../support/browser/browser.ts";
import { anchorFiles, receiptFile, report, setStatus, text } from "../support/browser/page-stage.ts";
import { startedSite } from "../support/browser/site.ts";
import { ownPolicy } from "../support/service/own-policy.ts";
import { ask } from "../support/service/service.ts";

const site = startedSite();
const LOCALES: readonly [string, Language][] = [
  ["en-GB", "en"],
  ["zh-HK", "zh-Hant"],
  ["zh-CN", "zh-Hans"],
];
const [SHENZHEN, GUANGZHOU] = SAMPLE_INSTITUTIONS;
if (SHENZHEN === undefined || GUANGZHOU === undefined) throw new RangeError("samples");

/** A report that both have registered, and of which the first has withdrawn its own entry. */
async function shared(what: string): Promise<ReturnType<typeof report>> {
  const file = report(what);
  const [index] = await anchorFiles(site.service, [file]);
  await anchorFiles(site.service, [file], { as: "issuer2" });
  await setStatus(site.service, index, { action: "revoke", reason: "other" });
  return file;
}

describe("a file that two institutions have registered", () => {
  it.each(LOCALES)("in %s the reader chooses the name, and the answer says so", async (locale, language) => {
    const { page: texts, notes, verdicts } = wordsIn(language);
    const file = await shared(`shared-${language}`);
    await using visited = await site.open({ locale });
    const { page } = visited;
    await give(page, [file]);
    await untilVerdictShown(page, "several-issuers");
    await answerOf(page).getByRole("heading", { name: texts.issuer.title }).waitFor();
    const choices = answerOf(page).locator(".issuers button");
    const shown = await choices.allInnerTexts();
    const inOrder = [SHENZHEN, GUANGZHOU].toSorted((a, b) =>
      formatOfficialId(a) < formatOfficialId(b) ? -1 : 1,
    );
    for (const [i, issuer] of inOrder.entries())
      for (const name of [...Object.values(issuer.names), formatOfficialId(issuer)])
        expect(shown[i]).toContain(name);
    for (const [issuer, verdict] of [
      [GUANGZHOU, "valid"],
      [SHENZHEN, "revoked"],
    ] as const) {
      await page.getByRole("button", { name: issuer.names[language] }).first().click();
      await untilVerdictShown(page, verdict);
      const answer = await answerOf(page).innerText();
      expect(answer).toContain(notes.chosenByCaller);
      expect(answer).toContain(fill(notes.others, { count: 1 }));
      expect(answer).toContain(issuer.names[language]);
      await page.getByRole("button", { name: texts.issuer.again }).click();
      await untilVerdictShown(page, "several-issuers");
      expect(await answerOf(page).innerText()).toContain(verdicts[verdict].title);
    }
    expect(visited.errors).toEqual([]);
  });

  it("the proof of each issuer's verdict is shown, and the request names the chosen one", async () => {
    const file = await shared("shared-proofs");
    const digest = `sha256:${createHash("sha256").update(file.buffer).digest("hex")}`;
    const answered = (): ReturnType<typeof ask> =>
      ask(`${site.service.url}/v1/verifications`, { body: { digest, proof: true } });
    await expect.poll(async () => (await answered()).body["proof"]).toBeDefined();
    await using visited = await site.open();
    const { page } = visited;
    const { proof, sent } = wordsIn("en").page;
    await give(page, [file]);
    await untilVerdictShown(page, "several-issuers");
    await page.getByText(proof.title).click();
    expect(await page.locator("ol.steps").count()).toBe(2);
    await page.getByRole("button", { name: GUANGZHOU.names.en }).click();
    await untilVerdictShown(page, "valid");
    await page.getByText(sent.title).click();
    expect(await page.locator("pre").first().innerText()).toContain(
      `"expectedIssuer":"${formatOfficialId(GUANGZHOU)}"`,
    );
  });

  it.each(["light", "dark"] as const)(
    "axe finds no violation in the list in the %s theme",
    async (colorScheme) => {
      const file = await shared(`shared-${colorScheme}`);
      await using visited = await site.open({ colorScheme, viewport: { width: 360, height: 740 } });
      const { page } = visited;
      await give(page, [file]);
      await untilVerdictShown(page, "several-issuers");
      const violations = async (): Promise<unknown> =>
        (await new AxeBuilder({ page }).analyze()).violations.map(({ id, nodes }) => [id, nodes[0]?.html]);
      expect(await violations()).toEqual([]);
      await page.getByRole("button", { name: GUANGZHOU.names.en }).click();
      await untilVerdictShown(page, "valid");
      for (const summary of await page.locator("summary").all()) await summary.click();
      expect(await violations()).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBe(0);
    },
  );
});

describe("a receipt, offline", () => {
  it("the receipt of another institution than the chosen one is no answer about it", async () => {
    const file = report("offline-issuer");
    const [index] = await anchorFiles(site.service, [file]);
    const evidence = [
      await receiptFile(site.service, index),
      text("policy.txt", await ownPolicy(site.service)),
    ];
    await using visited = await site.open();
    const { page } = visited;
    await untilPageCached(visited);
    await page.getByRole("checkbox").check();
    await give(page, [file, ...evidence]);
    await untilVerdictShown(page, "registered");
    const { page: texts, errors, notes } = wordsIn("en");
    const choose = async (issuer: typeof GUANGZHOU): Promise<void> => {
      await page.locator("summary").filter({ hasText: texts.issuer.title }).click();
      await page.getByRole("button", { name: issuer.names.en }).click();
    };
    await choose(SHENZHEN);
    await answerOf(page).getByText(notes.chosenByCaller).waitFor();
    await untilVerdictShown(page, "registered");
    await choose(GUANGZHOU);
    await answerOf(page).getByText(errors.ISSUER_MISMATCH).waitFor();
    expect(await answerOf(page).innerText()).toContain(texts.problems.issuer);
    await page.getByRole("button", { name: texts.issuer.again }).click();
    await untilVerdictShown(page, "registered");
  });
});
