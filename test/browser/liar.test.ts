import { parse } from "csv-parse/sync";
import { mkdtempSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ErrorCode } from "../../src/core/errors.ts";
import { formatAnswerFile, parseAnswerFile } from "../../src/log/answer.ts";
import { parsePolicy } from "../../src/log/policy.ts";
import { fingerprintOf } from "../../src/sdk/verify/trust.ts";
import type { InstitutionsResponse } from "../../src/wire/entries.ts";
import { fill } from "../../src/words/fill.ts";
import { wordsIn } from "../../src/words/index.ts";
import {
  answerOf,
  drop,
  readAnswer,
  untilVerdictShown,
  visit,
  type Visit,
} from "../support/browser/browser.ts";
import {
  anchorFiles,
  receiptFile,
  report,
  setStatus,
  text,
  type PageFile,
} from "../support/browser/page-stage.ts";
import { startedSite } from "../support/browser/site.ts";
import { HttpProxy } from "../support/network/http-proxy.ts";
import { LIES, Liar } from "../support/service/liar.ts";
import { ownPolicy } from "../support/service/own-policy.ts";
import { startTestService, type TestService } from "../support/service/service.ts";

const words = wordsIn("en");
const { page: texts, notes } = words;
const DOUBTS: readonly ErrorCode[] = [
  "ANSWER_UNPROVEN",
  "LOG_CHANGED",
  "INDEX_STALE",
  "NOT_ENOUGH_WITNESSES",
];
/** What is true of each file. */
const TRUTH = {
  "liar valid": "valid",
  "liar revoked": "revoked",
  "liar suspended": "suspended",
  "liar unknown": "not-found",
  "liar shared": "several-issuers",
} as const;
const FILES = Object.keys(TRUTH).map(report);
/** A page waits shorter for a checkpoint, and for an answer. */
const HURRY = `{ const wait = setTimeout; window.setTimeout = (run, ms, ...more) => wait(run, ms / 20, ...more); }`;

const site = startedSite();
let liar: Liar;
/** Of another log, with a directory and keys of its own. */
let other: TestService;
let policy: PageFile;
beforeAll(async () => {
  liar = await Liar.start(site.service.url);
  other = await startTestService({ folder: mkdtempSync(join(tmpdir(), "hufu-other-")) });
  policy = text("policy.txt", await ownPolicy(site.service));
  await stage(site.service);
}, 120_000);
afterEach(() => {
  liar.lie = undefined;
  liar.target = site.service.url;
});
afterAll(async () => {
  await liar[Symbol.asyncDispose]();
  await other.close();
});

async function stage(service: TestService): Promise<void> {
  const [, revoked, suspended] = await anchorFiles(
    service,
    FILES.filter(({ name }) => !name.includes("unknown")),
  );
  await anchorFiles(service, [report("liar shared")], { as: "issuer2" });
  await setStatus(service, revoked, { action: "revoke", reason: "issued-in-error" });
  await setStatus(service, suspended, { action: "suspend", reason: "subject-request" });
}

async function open(url = liar.url): Promise<Visit> {
  const visited = await visit(site.browser, url);
  await visited.page.evaluate(HURRY);
  return visited;
}

type Shown = Readonly<Record<string, string>>;

/** Waits for all files. @returns the report, and the text of each answer, by file */
async function shown(page: Page): Promise<Readonly<Record<string, Shown>>> {
  await page
    .getByRole("heading", { name: fill(texts.many.title, { done: FILES.length, total: FILES.length }) })
    .waitFor();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: texts.many.save }).click(),
  ]);
  const rows: Record<string, string>[] = parse(await readFile(await download.path()), {
    bom: true,
    columns: true,
  });
  const found: Record<string, Shown> = {};
  for (const { checked_at: _, ...row } of rows) {
    const { file = "" } = row;
    await page.getByRole("button", { name: file, exact: true }).click();
    await answerOf(page).waitFor();
    const history = await page.locator(".history").allTextContents();
    found[file] = { ...row, answered: await answerText(answerOf(page)), history: history.join() };
    await page.getByRole("button", { name: texts.many.back }).click();
  }
  return found;
}

/** Without the times at which it was checked. */
async function answerText(answer: Locator): Promise<string> {
  const all = await answer.innerText();
  return all
    .replace(new RegExp(`${texts.checkedAt}\\n.*`, "i"), "")
    .replace(/Checked up to \S+ \S+ UTC\+8/, "");
}

const isDoubted = ({ verdict, detail = "" }: Shown): boolean =>
  verdict === "indeterminate" && DOUBTS.some((code) => detail.startsWith(`${code}: `));

/** What is told of several issuers is told of each of them; of one that could not be told, nothing. */
function comparable({ answer = "", answered = "", ...row }: Shown): Shown {
  const told = (said: string): string => said.replace(/Checked up to \S+ \S+ UTC\+8/, "");
  if (row["verdict"] !== "several-issuers") return { ...row, answer: told(answer), answered };
  return row;
}

describe("in front of the page", () => {
  let honest: Readonly<Record<string, Shown>>;
  beforeAll(async () => {
    await using visited = await open();
    await drop(visited.page, FILES);
    honest = await shown(visited.page);
    const verdicts = Object.fromEntries(
      Object.entries(honest).map(([file, { verdict }]) => [file.slice(0, -4), verdict]),
    );
    expect(verdicts).toEqual(TRUTH);
  });

  /** Each answer is the honest one, or none is shown. @returns how many are not the honest one */
  async function doubtedOf(page: Page): Promise<number> {
    let doubted = 0;
    for (const [file, answer] of Object.entries(await shown(page))) {
      if (isDoubted(answer)) {
        doubted += 1;
        const { issuer, registered, rests_on, answered } = answer;
        expect([file, issuer, registered, rests_on]).toEqual([file, "", "", ""]);
        expect(answered).not.toMatch(/✓|Credit/);
      } else
        expect([file, comparable({ ...answer, rests_on: "" })]).toEqual([
          file,
          comparable({ ...honest[file], rests_on: "" }),
        ]);
    }
    return doubted;
  }

  it.each(Object.keys(LIES))(
    "a liar who tells %s has nothing wrong shown, with a pin and with a policy",
    async (what) => {
      await using visited = await open();
      const { page } = visited;
      liar.lie = LIES[what];
      await drop(page, FILES);
      await doubtedOf(page);
      await drop(page, [policy]);
      await doubtedOf(page);
    },
  );

  it("lies are told apart from the truth: most of them leave a file undecided", async () => {
    await using visited = await open();
    liar.lie = LIES["no note"];
    await drop(visited.page, FILES);
    expect(await doubtedOf(visited.page)).toBe(FILES.length);
  });

  it("of two answers that are swapped none is shown", async () => {
    await using visited = await open();
    const { page } = visited;
    const heard: unknown[] = [];
    for (const name of ["liar valid", "liar revoked"] as const) {
      await drop(page, [report(name)]);
      await untilVerdictShown(page, TRUTH[name]);
      heard.push(liar.heard.at(-1));
    }
    for (const [i, name] of (["liar revoked", "liar valid"] as const).entries()) {
      liar.lie = () => heard[i];
      await drop(page, [report(name)]);
      await untilVerdictShown(page, "indeterminate");
      expect(await readAnswer(page)).toMatchObject({ code: "ANSWER_UNPROVEN" });
      expect(await answerOf(page).innerText()).toContain(words.doubts.ANSWER_UNPROVEN);
    }
  });

  it("an old answer is not shown, not even by a page that is opened afterwards", async () => {
    const file = report("liar replays");
    const [index] = await anchorFiles(site.service, [file]);
    await using visited = await open();
    await drop(visited.page, [file]);
    await untilVerdictShown(visited.page, "valid");
    const before = liar.heard.at(-1);
    await setStatus(site.service, index, { action: "revoke", reason: "issued-in-error" });
    await visited.page.getByRole("button", { name: texts.another }).click();
    await drop(visited.page, [file]);
    await untilVerdictShown(visited.page, "revoked");
    liar.lie = () => before;
    await using later = await open();
    for (const { page } of [visited, later]) {
      if (page === visited.page) await page.getByRole("button", { name: texts.another }).click();
      await drop(page, [file]);
      await untilVerdictShown(page, "indeterminate");
      expect(await readAnswer(page)).toMatchObject({ code: "INDEX_STALE" });
    }
  });
});

describe("a service that shows another log, with a directory and keys of its own", () => {
  const file = report("of the other log");
  beforeAll(() => anchorFiles(other, [file]));

  const firstContact = (page: Page): Locator =>
    page.locator("details").filter({ hasText: texts.trust.title });

  it("is believed at first contact by a page without a policy, which says whose word that is", async () => {
    liar.target = other.url;
    await using visited = await open();
    const { page } = visited;
    await drop(page, [file]);
    await untilVerdictShown(page, "valid");
    const answer = await answerOf(page).innerText();
    expect(answer).toContain(texts.trust.asks);
    expect(answer).toMatch(
      new RegExp(`${words.restsOn.label}\\s+${fill(words.restsOn.operator, { operator: "1" })}`),
    );
    await firstContact(page).locator("summary").click();
    const pinned = (await firstContact(page).innerText()).replace(/\s/g, "");
    expect(pinned).toContain(texts.trust.means.replace(/\s/g, ""));
    const fingerprints = [other, site.service].map(async (service) =>
      fingerprintOf(parsePolicy(await ownPolicy(service))),
    );
    const [its, ours] = await Promise.all(fingerprints);
    expect([pinned.includes(its ?? "?"), pinned.includes(ours ?? "?")]).toEqual([true, false]);
  });

  it("is not believed by a policy, nor by a page that has seen the true log", async () => {
    liar.target = other.url;
    await using told = await open();
    await drop(told.page, [file, policy]);
    await untilVerdictShown(told.page, "indeterminate");
    liar.target = site.service.url;
    await using before = await open();
    await drop(before.page, [report("liar valid")]);
    await untilVerdictShown(before.page, "valid");
    liar.target = other.url;
    await drop(before.page, [file]);
    await untilVerdictShown(before.page, "indeterminate");
    for (const { page } of [told, before]) {
      expect(await readAnswer(page)).toMatchObject({ code: "LOG_CHANGED" });
      expect(await answerOf(page).innerText()).toContain(words.doubts.LOG_CHANGED);
      expect(await firstContact(page).count()).toBe(0);
    }
  });
});

describe("a service that shows other names in its directory", () => {
  const FORGED = "Forged & Partners";
  let proxy: HttpProxy;
  beforeAll(async () => {
    proxy = await HttpProxy.start(site.service.url);
    proxy.change = ({ path, body }) => {
      if (path !== "/v1/institutions") return undefined;
      const directory = JSON.parse(new TextDecoder().decode(body)) as InstitutionsResponse;
      const names = { en: FORGED, "zh-Hans": FORGED, "zh-Hant": FORGED };
      const renamed = <T extends object>(each: T): T => ({ ...each, name: FORGED, names });
      const { institutions, scenes } = directory;
      const forged = { institutions: institutions.map(renamed), scenes: scenes.map(renamed) };
      return { body: JSON.stringify({ ...directory, ...forged }) };
    };
  });
  afterAll(() => proxy[Symbol.asyncDispose]());

  it("names no issuer, entry or document type of an answer", async () => {
    await using visited = await open(proxy.url);
    const { page } = visited;
    for (const name of ["liar valid", "liar revoked", "liar shared"] as const) {
      await drop(page, [report(name)]);
      await untilVerdictShown(page, TRUTH[name]);
      expect(await answerOf(page).innerText()).not.toContain(FORGED);
      expect((await page.locator(".history").allTextContents()).join()).not.toContain(FORGED);
    }
    await page.goto(`${proxy.url}/#entry=25`);
    await page.reload();
    await page.getByText(fill(texts.entry.title, { entry: 25 })).waitFor();
    await page.locator(".entry .facts").waitFor();
    expect(await page.locator("main").innerText()).not.toContain(FORGED);
  });

  it("names no issuer of a receipt: what it says stands beside, as its word", async () => {
    const file = report("liar receipt");
    const [index] = await anchorFiles(site.service, [file]);
    const receipt = await receiptFile(site.service, index);
    await using visited = await open(proxy.url);
    const { page } = visited;
    await page.getByRole("checkbox").check();
    await drop(page, [file, receipt, policy]);
    await untilVerdictShown(page, "registered");
    const answer = await answerOf(page).innerText();
    const said = fill(notes.nameNow, { name: FORGED });
    expect(answer).toContain(said);
    expect(answer.replace(said, "")).not.toContain(FORGED);
    expect(answer).toContain(`${words.restsOn.label}\n${words.restsOn.proof}`);
    expect(answer).not.toContain(texts.trust.asks);
  });
});

describe("the signed note of an answer", () => {
  it("is saved as the file that it is given as, and is shown as what it claims", async () => {
    await using visited = await open();
    const { page } = visited;
    await drop(page, [report("liar unknown")]);
    await untilVerdictShown(page, "not-found");
    await page.locator("summary").filter({ hasText: texts.proof.title }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: texts.signedAnswer.save }).click(),
    ]);
    const bytes = await readFile(await download.path());
    const saved = parseAnswerFile(bytes);
    expect(formatAnswerFile(saved)).toBe(bytes.toString());
    expect(saved.answers).toEqual([{ verdict: "not-found", entries: [] }]);
    expect(download.suggestedFilename()).toBe("liar unknown.pdf.answer.json");
    await page.getByRole("button", { name: texts.another }).click();
    await drop(page, [
      text("kept.txt", bytes.toString()),
      text("b.answer.json", bytes.toString().slice(0, 200)),
    ]);
    const given = page.locator(".given");
    await given.getByText(words.verdicts["not-found"].title).waitFor();
    expect(await given.innerText()).toContain(texts.given.damagedAnswer);
    expect(await given.innerText()).not.toContain(texts.given.fileWanted);
    expect(await answerOf(page).count()).toBe(0);
  });
});
