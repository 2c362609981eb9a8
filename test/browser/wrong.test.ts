import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import type { Page } from "playwright-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ErrorCode } from "../../src/core/errors.ts";
import { fill } from "../../src/words/fill.ts";
import { wordsIn } from "../../src/words/index.ts";
import {
  answerOf,
  drag,
  drop,
  give,
  readAnswer,
  untilVerdictShown,
  visit,
  type Visit,
} from "../support/browser/browser.ts";
import { mine, startTestChain, type TestChain } from "../support/chain/embedded.ts";
import { TestClock } from "../support/clock.ts";
import { checkpointOf } from "../support/service/two-operators.ts";
import { HttpProxy, type Changed } from "../support/network/http-proxy.ts";
import { ownPolicy } from "../support/service/own-policy.ts";
import {
  anchorBlinded,
  anchorFiles,
  receiptFile,
  report,
  setStatus,
  FOLLOWING,
  startFollowing,
  text,
  untilVerdict,
  type PageFile,
} from "../support/browser/page-stage.ts";
import { startedSite } from "../support/browser/site.ts";
import { startTestService } from "../support/service/service.ts";
import { TcpProxy } from "../support/network/tcp-proxy.ts";

const QUERY = "POST /v1/verifications";
/** Bytes that take the page more than a second to hash, so that a test can act meanwhile. */
const LONG = 400 << 20;
const { verdicts, errors, page: texts } = wordsIn("en");

const site = startedSite();
let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "hufu-wrong-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes a file. @returns its path */
function placed({ name, buffer }: PageFile, under = folder): string {
  const path = join(under, name);
  writeFileSync(path, buffer);
  return path;
}

/** Writes a sparse file. @returns its path */
function sparse(name: string, bytes: number): string {
  const path = placed(text(name, "%PDF"));
  truncateSync(path, bytes);
  return path;
}

const empty = (name: string): PageFile => text(name, "");
const retry = (page: Page): Promise<void> => page.getByRole("button", { name: texts.retry }).click();

/**
 * Expects `indeterminate` with its reason and advice.
 * @param status of an answer that is not the service's
 */
async function expectUndecided(page: Page, code: ErrorCode, status?: number): Promise<void> {
  await answerOf(page).waitFor();
  const said = await readAnswer(page);
  expect(said).toMatchObject({ verdict: "indeterminate", code });
  const { title, means, next } = verdicts.indeterminate;
  const why = errors[code];
  const because = `${status === undefined ? why : fill(texts.withStatus, { why, status })}.`;
  for (const part of [title, fill(means, { because }), next]) expect(said.text).toContain(part);
}

/** Expects a fault of the input with its advice, and no verdict. */
async function expectFault(page: Page, code: ErrorCode, next: keyof typeof texts.problems): Promise<void> {
  await answerOf(page).waitFor();
  const said = await readAnswer(page);
  expect(said).toMatchObject({ verdict: "fault", code });
  for (const part of [`${errors[code]}.`, texts.problems[next]]) expect(said.text).toContain(part);
}

/** Waits until `total` files are done. @returns their verdicts in the order of the table */
async function table(page: Page, total: number): Promise<(string | null)[]> {
  await page.getByRole("heading", { name: fill(texts.many.title, { done: total, total }) }).waitFor();
  const rows = await page.locator("tr[data-verdict]").all();
  return await Promise.all(rows.map((row) => row.getAttribute("data-verdict")));
}

describe("a network that is lost", () => {
  let proxy: TcpProxy;
  const open = (): Promise<Visit> => visit(site.browser, proxy.through(site.service.url));
  beforeEach(async () => {
    proxy = await TcpProxy.start(Number(new URL(site.service.url).port), QUERY);
  });
  afterEach(() => proxy[Symbol.asyncDispose]());

  it.each([
    ["before the question has arrived", "cut-before-commit"],
    ["before the answer", "cut-after-commit"],
  ] as const)(
    "a connection cut %s gives indeterminate, and a retry gives the verdict",
    async (when, rule) => {
      const file = report(`lost ${when}`);
      await anchorFiles(site.service, [file]);
      await using visited = await open();
      const { page } = visited;
      proxy.rule = rule;
      await give(page, [file]);
      await expectUndecided(page, "SERVER_UNREACHABLE");
      expect(proxy.cuts).toBeGreaterThan(0);
      proxy.rule = "pass";
      await retry(page);
      await untilVerdictShown(page, "valid");
    },
  );

  it("a connection cut during the answer gives indeterminate, and a retry gives the verdict", async () => {
    const file = report("lost in the middle");
    await anchorFiles(site.service, [file]);
    await using visited = await open();
    const { page } = visited;
    proxy.rule = "halt-after-commit";
    const begun = page.waitForResponse("**/v1/verifications");
    await give(page, [file]);
    expect((await begun).status()).toBe(200);
    expect(await answerOf(page).count()).toBe(0);
    proxy.cut();
    await expectUndecided(page, "SERVER_UNREACHABLE");
    proxy.rule = "pass";
    await retry(page);
    await untilVerdictShown(page, "valid");
  });

  it("a file with receipt and policy is registered while the network is down, and valid after a retry", async () => {
    const file = { ...report("lost"), buffer: Buffer.alloc(128 << 20, "%PDF") };
    const [index] = await anchorFiles(site.service, [file]);
    const evidence = [
      await receiptFile(site.service, index),
      text("policy.txt", await ownPolicy(site.service)),
    ];
    await using visited = await open();
    const { page } = visited;
    await give(
      page,
      [file, ...evidence].map((each) => placed(each)),
    );
    await page.getByRole("progressbar").waitFor();
    expect(visited.requests).not.toContain(QUERY);
    proxy.rule = "refuse";
    await answerOf(page).waitFor();
    const said = await readAnswer(page);
    expect(said.verdict).toBe("registered");
    expect(said.text).toContain(verdicts.registered.next);
    expect(visited.requests).toContain(QUERY);
    proxy.rule = "pass";
    await retry(page);
    await untilVerdictShown(page, "valid");
  });

  it("a loss of the network among many files leaves the finished ones unchanged", async () => {
    const files = Array.from({ length: 9 }, (_, i) => report(`lost among many ${i}`));
    await anchorFiles(site.service, files);
    await using visited = await open();
    const { page } = visited;
    proxy.spared = 3;
    proxy.rule = "cut-after-commit";
    await give(page, files);
    const undecided = Array<string>(6).fill("indeterminate");
    expect(await table(page, 9)).toEqual([...undecided, "valid", "valid", "valid"]);
    await page.locator('tr[data-verdict="indeterminate"] button').first().click();
    await expectUndecided(page, "SERVER_UNREACHABLE");
    await page.getByRole("button", { name: texts.many.back }).click();
    proxy.rule = "pass";
    const before = visited.requests.filter((asked) => asked === QUERY).length;
    await retry(page);
    await page.locator('tr[data-verdict="valid"]').nth(8).waitFor();
    expect(visited.requests.filter((asked) => asked === QUERY).length - before).toBe(6);
  });
});

describe("a service that is down", () => {
  it("a service that is down gives indeterminate", async () => {
    await using gone = await startTestService();
    await using visited = await visit(site.browser, gone.url);
    await gone.close();
    await give(visited.page, [report("down")]);
    await expectUndecided(visited.page, "SERVER_UNREACHABLE");
  });

  it("a worker whose script is not loaded gives indeterminate, and the file gives the verdict once it is loaded", async () => {
    const file = report("without a worker");
    await anchorFiles(site.service, [file]);
    await using visited = await visit(site.browser, site.service.url, { serviceWorkers: "block" });
    const { page } = visited;
    const script = "**/assets/hash-worker*";
    await page.route(script, (route) => route.abort());
    await give(page, [file]);
    await expectUndecided(page, "SERVER_UNREACHABLE");
    await page.unroute(script);
    await drop(page, [file]);
    await untilVerdictShown(page, "valid");
  });

  it("a retry gives the verdict once the service is up again", async () => {
    const file = report("started again");
    await using first = await startTestService();
    await anchorFiles(first, [file]);
    await using proxy = await TcpProxy.start(Number(new URL(first.url).port));
    await using visited = await visit(site.browser, proxy.through(first.url));
    const { page } = visited;
    await first.stop();
    await give(page, [file]);
    await expectUndecided(page, "SERVER_UNREACHABLE");
    await using again = await startTestService({ folder: first.folder });
    proxy.target = Number(new URL(again.url).port);
    await untilVerdict(again, file, "valid");
    await retry(page);
    await untilVerdictShown(page, "valid");
  });
});

describe("a gateway in front of the service", () => {
  const html = { "content-type": "text/html" };
  const answers: [string, ErrorCode, Changed][] = [
    ["502 with a page", "SERVER_UNREACHABLE", { status: 502, headers: html, body: "<h1>Bad Gateway</h1>" }],
    [
      "503 and when to come back",
      "SERVER_UNREACHABLE",
      { status: 503, headers: { "retry-after": "7" }, body: "" },
    ],
    ["504 with an empty body", "SERVER_UNREACHABLE", { status: 504, body: "" }],
    [
      "a page to log in",
      "NOT_THE_SERVICE",
      { status: 200, headers: html, body: "<form>Who are you?</form>" },
    ],
    ["500 in words of its own", "NOT_THE_SERVICE", { status: 500, headers: html, body: "<h1>Oops</h1>" }],
    [
      "the way to another place",
      "SERVER_UNREACHABLE",
      { status: 302, headers: { location: "/login" }, body: "" },
    ],
  ];
  it.each(answers)("a gateway that answers %s gives indeterminate: %s", async (what, code, answer) => {
    const file = report(`gateway ${what}`);
    await anchorFiles(site.service, [file]);
    await using gateway = await HttpProxy.start(site.service.url);
    await using visited = await visit(site.browser, gateway.url);
    const { page } = visited;
    gateway.change = ({ method }) => (method === "POST" ? answer : undefined);
    await give(page, [file]);
    await expectUndecided(page, code, answer.status === 302 ? undefined : answer.status);
    gateway.change = () => undefined;
    await retry(page);
    await untilVerdictShown(page, "valid");
  });
});

describe("the chain", () => {
  let chain: TestChain;
  beforeEach(async () => void (chain = await startTestChain()));
  afterEach(() => chain.close());

  it("a stale index gives indeterminate until the chain is followed again", async () => {
    const file = report("stale");
    const clock = new TestClock(FOLLOWING);
    await using proxy = await TcpProxy.start(Number(new URL(chain.url).port));
    await using service = await startFollowing(chain, { clock, rpc: proxy.through(chain.url) });
    await anchorFiles(service, [file]);
    await checkpointOf(service, () => true);
    await using visited = await visit(site.browser, service.url, { time: FOLLOWING });
    const { page } = visited;
    proxy.rule = "stall";
    clock.advance(601);
    await page.clock.setFixedTime(clock.now() * 1_000);
    await give(page, [file]);
    await expectUndecided(page, "INDEX_STALE");
    proxy.rule = "pass";
    await untilVerdict(service, file, "valid");
    await retry(page);
    await untilVerdictShown(page, "valid");
  });

  it("a document is pending until the chain has enough confirmations", async () => {
    const file = report("slow");
    await using service = await startFollowing(chain, { finality: 3 });
    await anchorFiles(service, [file], { until: "accepted" });
    await untilVerdict(service, file, "pending");
    await checkpointOf(service, () => true);
    await using visited = await visit(site.browser, service.url, { time: FOLLOWING });
    const { page } = visited;
    await give(page, [file]);
    await untilVerdictShown(page, "pending");
    expect((await readAnswer(page)).text).toContain(verdicts.pending.next);
    await mine(chain, 3);
    await untilVerdict(service, file, "valid");
    await retry(page);
    await untilVerdictShown(page, "valid");
  });
});

describe("unreadable input", () => {
  const things: [
    string,
    ErrorCode,
    keyof typeof texts.problems,
    () => { path: string; before?: () => void },
  ][] = [
    ["a file without bytes", "EMPTY_FILE", "empty", () => ({ path: placed(empty("empty.pdf")) })],
    [
      "a folder without files",
      "EMPTY_FILE",
      "empty",
      () => {
        const path = join(folder, "inside");
        mkdirSync(join(path, "deeper"), { recursive: true });
        return { path };
      },
    ],
    [
      "a link that leads nowhere",
      "FILE_NOT_FOUND",
      "file",
      () => {
        const path = join(folder, "link.pdf");
        symlinkSync("nowhere.pdf", path);
        return { path };
      },
    ],
    [
      "a file that is removed before the drop",
      "FILE_NOT_FOUND",
      "file",
      () => {
        const path = placed(report("removed"));
        return { path, before: () => unlinkSync(path) };
      },
    ],
  ];
  it.each(things)("%s is reported as %s without a request", async (_, code, next, make) => {
    const { path, before } = make();
    await using visited = await site.open();
    await drag(visited.page, { paths: [path], ...(before && { before }) });
    await expectFault(visited.page, code, next);
    expect(visited.requests).toEqual([]);
  });

  it("a file that is removed while another is hashed is a fault, and the other has a verdict", async () => {
    for (const name of ["one.pdf", "two.pdf"]) sparse(name, LONG);
    await using visited = await site.open();
    const { page } = visited;
    await drag(page, { paths: [folder] });
    const [reading = ""] = texts.progress.hashing.split("{");
    await page.locator("tr").filter({ hasText: reading }).waitFor();
    const waiting = page.locator("tr").filter({ hasText: texts.progress.queued });
    const name = await waiting.locator(".name").innerText();
    unlinkSync(join(folder, name));
    expect(await table(page, 2)).toEqual(["fault", "not-found"]);
    await page.getByRole("button", { name }).click();
    await expectFault(page, "FILE_NOT_FOUND", "file");
    expect(visited.requests).toEqual([QUERY]);
  });

  it("a dropped text changes nothing", async () => {
    await using visited = await site.open();
    const { page } = visited;
    const seen = await page.locator("main").innerText();
    const before = async (): Promise<void> => {
      // a drag-over style would be visible once it is painted
      await page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))");
      expect(await page.locator("main").innerText()).toBe(seen);
    };
    await drag(page, { text: "a text, not a file", before });
    expect(await page.locator("main").innerText()).toBe(seen);
    expect(visited.requests).toEqual([]);
  });

  it("a dropped link is not followed, and a text can be dropped into a field", async () => {
    await using visited = await site.open();
    const hovers = async (selector: string): Promise<unknown> =>
      await visited.page.evaluate(`(() => {
        const dataTransfer = new DataTransfer();
        dataTransfer.setData("text/uri-list", "https://example.com/report.pdf");
        const event = new DragEvent("dragover", { dataTransfer, bubbles: true, cancelable: true });
        document.querySelector(${JSON.stringify(selector)}).dispatchEvent(event);
        return event.defaultPrevented;
      })()`);
    expect(await hovers("main")).toBe(true);
    expect(await hovers("footer input")).toBe(false);
  });
});

describe("a file that changes while it is hashed", () => {
  const changes: [string, (path: string) => void][] = [
    ["grows", (path) => appendFileSync(path, "more")],
    ["is cut short", (path) => truncateSync(path, LONG / 2)],
    ["is replaced by another of its size", (path) => renameSync(sparse("other.pdf", LONG), path)],
  ];
  it.each(changes)("a file that %s while it is hashed is reported without a request", async (_, change) => {
    const path = sparse("changing.pdf", LONG);
    await using visited = await site.open();
    const { page } = visited;
    await give(page, [path]);
    await page.getByRole("progressbar").waitFor();
    change(path);
    await expectFault(page, "FILE_CHANGED", "changed");
    expect(visited.requests).toEqual([]);
  });
});

/** Changes the first digit of the first hash of a proof. */
function flipHash(receipt: string): string {
  return receipt.replace(/(?<=index \d+\n)./, (digit) => (digit === "A" ? "B" : "A"));
}

describe("a receipt", () => {
  it("a receipt of another file is reported, and the file can be checked without it", async () => {
    const receipts = await anchorBlinded(site.service, [report("mine")]);
    await using visited = await site.open();
    const { page } = visited;
    await give(page, [report("other"), ...receipts]);
    await expectFault(page, "DOCUMENT_MISMATCH", "mismatch");
    expect(visited.requests).toEqual([]);
    await page.getByRole("button", { name: texts.alone }).click();
    await untilVerdictShown(page, "not-found");
  });

  const damages: [string, ErrorCode, (receipt: string) => string][] = [
    ["without a byte", "RECEIPT_SYNTAX", () => ""],
    ["that is cut short", "RECEIPT_EXTRA", (receipt) => receipt.slice(0, 700)],
    ["of which a line is lost", "PROOF_SHAPE", (receipt) => receipt.replace(/(index \d+\n).+\n/, "$1")],
    ["with a hash that is not what it was", "PROOF_INVALID", flipHash],
  ];
  it.each(damages)("a receipt %s is reported as %s", async (_, code, damage) => {
    const file = report("damaged");
    const [receipt] = await anchorBlinded(site.service, [file]);
    await using visited = await site.open();
    await give(visited.page, [file, text("damaged.tlog-proof", damage(String(receipt?.buffer)))]);
    await expectFault(visited.page, code, "receipt");
    expect(visited.requests).toEqual([]);
  });
});

describe("a service that asks for a key", () => {
  it("an API key is sent and not stored", async () => {
    await using closed = await startTestService({ env: { HUFU_PUBLIC_VERIFY: "false" } });
    await using visited = await visit(site.browser, closed.url);
    const { page } = visited;
    await give(page, [report("key")]);
    const key = page.getByRole("textbox", { name: texts.key.label });
    await key.fill("hufu_not_a_key_at_all");
    await key.press("Enter");
    await page.getByText(texts.key.refused).waitFor();
    await key.fill(closed.keys.verifier);
    await key.press("Enter");
    await untilVerdictShown(page, "not-found");
    const kept = await page.evaluate(
      "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])",
    );
    expect(kept).not.toContain(closed.keys.verifier);
    await page.locator("summary").filter({ hasText: texts.sent.title }).click();
    expect(await page.locator(".folded").innerText()).not.toContain(closed.keys.verifier);
  });
});

describe("a folder", () => {
  it("a folder of fifty files and receipts gives a table, most severe first, and a report", async () => {
    const openOnes = Array.from({ length: 30 }, (_, i) => report(`open ${i}`));
    const [withdrawn] = await anchorFiles(site.service, openOnes);
    await setStatus(site.service, withdrawn, { action: "revoke", reason: "other" });
    const personal = Array.from({ length: 8 }, (_, i) => report(`personal ${i}`));
    const receipts = await anchorBlinded(site.service, personal);
    const strangers = [report("stranger"), text("notes.txt", "nothing of interest"), empty("empty.pdf")];
    const deeper = join(folder, "deeper", "still");
    mkdirSync(deeper, { recursive: true });
    for (const file of [...openOnes, ...strangers]) placed(file);
    for (const file of [...personal, ...receipts, report("stranger")]) placed(file, deeper);
    await using visited = await site.open();
    const { page } = visited;
    await drag(page, { paths: [folder] });
    const found = await table(page, 42);
    const worst = ["revoked", "fault", "not-found", "not-found", "not-found"];
    expect(found).toEqual([...worst, ...Array<string>(37).fill("valid")]);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: texts.many.save }).click(),
    ]);
    const saved = await readFile(await download.path());
    const rows: { file: string; verdict: string }[] = parse(saved, { bom: true, columns: true });
    expect(rows.map(({ verdict }) => verdict || "fault")).toEqual(found);
    const given = [...openOnes, ...personal, ...strangers, report("stranger")].map(({ name }) => name);
    expect(rows.map(({ file }) => file).sort()).toEqual(given.sort());
  });

  it("a folder of more files than one batch of the browser is read completely", async () => {
    for (let i = 0; i < 101; i++) placed(empty(`${i}.pdf`));
    await using visited = await site.open();
    await drag(visited.page, { paths: [folder] });
    expect(await table(visited.page, 101)).toEqual(Array(101).fill("fault"));
    expect(visited.requests).toEqual([]);
  });
});
