import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { fill } from "../../src/words/fill.ts";
import { wordsIn } from "../../src/words/index.ts";
import {
  answerOf,
  untilVerdictShown,
  drop,
  give,
  insecure,
  untilPageCached,
  visit,
} from "../support/browser/browser.ts";
import { Capture } from "../support/browser/capture.ts";
import { hufuHere } from "../support/cli/cli.ts";
import { leaksIn } from "../support/browser/leaks.ts";
import { ownPolicy } from "../support/service/own-policy.ts";
import {
  anchorFiles,
  receiptFile,
  report,
  setStatus,
  text,
  type PageFile,
} from "../support/browser/page-stage.ts";
import { startedSite } from "../support/browser/site.ts";
import { ask, startTestService } from "../support/service/service.ts";

const PERSONAL = "personal-credit-report";
const site = startedSite();
let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "hufu-page-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const canaryOf = (what: string): string =>
  createHash("sha256")
    .update(`${inject("seed")} ${what}`)
    .digest("hex")
    .slice(0, 24);

/** A file of a megabyte with a canary at its start, in its middle, at its end, and in its name. */
function withCanaries(what: string): { file: PageFile; secrets: Record<string, Buffer> } {
  const canary = (place: string): Buffer => Buffer.from(canaryOf(`${what} ${place}`));
  const secrets = {
    start: canary("start"),
    middle: canary("middle"),
    end: canary("end"),
    name: canary("name"),
  };
  const noise = Buffer.alloc(500_000, " \n");
  const buffer = Buffer.concat([secrets.start, noise, secrets.middle, noise, secrets.end]);
  return { file: { name: `${secrets.name.toString()}.pdf`, mimeType: "application/pdf", buffer }, secrets };
}

/** Registers a file blinded by the command line. @returns its receipt with the salt */
async function blinded(file: PageFile): Promise<PageFile> {
  const path = join(folder, file.name);
  writeFileSync(path, file.buffer);
  const env = {
    HUFU_DATA_DIR: join(site.service.folder, "data"),
    HUFU_SALT_DIR: join(folder, "salts"),
    XDG_CACHE_HOME: join(folder, "cache"),
  };
  await hufuHere(["salts", "init"], env);
  const ran = await hufuHere(["anchor", path, "--scene", PERSONAL, "--json"], env);
  const [{ index } = {}] = (JSON.parse(ran.stdout) as { anchors: { index: number }[] }).anchors;
  await receiptFile(site.service, index);
  const out = join(folder, "receipt.tlog-proof");
  expect(await hufuHere(["receipt", String(index), "--out", out], env)).toMatchObject({ code: 0 });
  return text("receipt.tlog-proof", readFileSync(out, "utf8"));
}

describe("a file that is dropped", () => {
  it("a valid file is shown with its issuer, each proof step and the requests sent", async () => {
    const file = report("dropped");
    const [index] = await anchorFiles(site.service, [file]);
    await receiptFile(site.service, index);
    await using visited = await site.open();
    const { page } = visited;
    await drop(page, [file]);
    await answerOf(page).waitFor();
    expect(await answerOf(page).getAttribute("data-verdict")).toBe("valid");
    expect(await answerOf(page).innerText()).toContain("Tiger Tally");
    for (const summary of await page.locator("details > summary").all()) await summary.click();
    const folded = await page.locator("details").allInnerTexts();
    const digest = createHash("sha256").update(file.buffer).digest("hex");
    expect(folded.join("\n")).toContain("Every step was computed on this device, and holds.");
    expect(folded.join("\n")).toContain(`{"digest":"sha256:${digest}"`);
    expect(visited.errors).toEqual([]);
  });

  it("a revoked file is shown with the proven entry of the revocation", async () => {
    const file = report("withdrawn");
    const [index] = await anchorFiles(site.service, [file]);
    await setStatus(site.service, index, { action: "revoke", reason: "other" });
    const digest = `sha256:${createHash("sha256").update(file.buffer).digest("hex")}`;
    const answered = (): ReturnType<typeof ask> =>
      ask(`${site.service.url}/v1/verifications`, { body: { digest, proof: true } });
    await expect.poll(async () => (await answered()).body["proof"]).toBeDefined();
    const { withdrawal } = (await answered()).body as { withdrawal: { index: number } };
    await using visited = await site.open();
    const { page } = visited;
    await drop(page, [file]);
    await answerOf(page).waitFor();
    expect(await answerOf(page).getAttribute("data-verdict")).toBe("revoked");
    const { proof } = wordsIn("en").page;
    await page.getByText(proof.title).click();
    const steps = await page.locator("ol.steps").innerText();
    expect(steps).toContain(fill(proof.withdrawal, { entry: withdrawal.index }));
    expect(steps).toContain(proof.sameRoot);
  });

  it("a check sends under 2 KB, and neither content nor name of the file", async () => {
    const { file, secrets } = withCanaries("open");
    const [index] = await anchorFiles(site.service, [file]);
    await receiptFile(site.service, index);
    await using capture = await Capture.start();
    await using visited = await site.open(capture.options);
    await untilPageCached(visited);
    const isLoaded = (): boolean => capture.sent().some(({ url }) => url.endsWith("/v1/institutions"));
    await expect.poll(isLoaded).toBe(true);
    const before = capture.sent().length;
    await give(visited.page, [file]);
    await untilVerdictShown(visited.page, "valid");
    expect(await answerOf(visited.page).getAttribute("data-verdict")).toBe("valid");
    const sent = capture.sent(before);
    // the browser may check for a newer service worker meanwhile
    const asked = sent.filter(({ url }) => url !== `${site.service.url}/service-worker.js`);
    // a first check pins the log that it finds
    const { url: service } = site.service;
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `GET ${service}/v1/institutions`,
      `GET ${service}/log/checkpoint`,
      `POST ${service}/v1/verifications`,
    ]);
    expect(sent.flatMap(({ bytes }) => leaksIn(bytes, secrets))).toEqual([]);
    const total = sent.reduce((sum, { bytes }) => sum + bytes.length, 0);
    process.stdout.write(
      `sent: ${total} bytes in ${sent.length} request(s), with the browser's own headers\n`,
    );
    expect(total).toBeLessThan(2_048);
  });

  it("a file with a receipt with salt is queried by commitment, never by digest", async () => {
    const { file, secrets } = withCanaries("blinded");
    const receipt = await blinded(file);
    await using capture = await Capture.start();
    await using visited = await site.open(capture.options);
    await give(visited.page, [receipt, file]);
    await answerOf(visited.page).waitFor();
    expect(await answerOf(visited.page).getAttribute("data-verdict")).toBe("valid");
    const digests = Object.fromEntries(
      ["sha256", "sm3"].map((algorithm) => [algorithm, createHash(algorithm).update(file.buffer).digest()]),
    );
    const sent = capture.sent();
    expect(sent.some(({ method, bytes }) => method === "POST" && bytes.includes('"commitment"'))).toBe(true);
    expect(sent.flatMap(({ bytes }) => leaksIn(bytes, { ...secrets, ...digests }))).toEqual([]);
  });

  it("the same check finds a file that is leaked", async () => {
    const { file, secrets } = withCanaries("leaked");
    await using capture = await Capture.start();
    await using visited = await site.open(capture.options);
    await visited.page.evaluate(`document.addEventListener("change", async ({ target }) => {
      const [file] = target.files;
      const compressed = file.stream().pipeThrough(new CompressionStream("gzip"));
      await fetch("/v1/" + btoa(file.name));
      await fetch("/v1/verifications", { method: "POST", body: await new Response(compressed).arrayBuffer() });
    }, { capture: true })`);
    const leaks = (): string[] => [
      ...new Set(capture.sent().flatMap(({ bytes }) => leaksIn(bytes, secrets))),
    ];
    await give(visited.page, [file]);
    await expect.poll(() => leaks().sort()).toEqual(Object.keys(secrets).sort());
  });
});

describe("without a network", () => {
  it("a file with receipt and policy is registered offline, and another file is a fault", async () => {
    const gone = await startTestService();
    const file = report("offline");
    const [index] = await anchorFiles(gone, [file]);
    const evidence = [await receiptFile(gone, index), text("policy.txt", await ownPolicy(gone))];
    await using visited = await visit(site.browser, gone.url);
    const { page } = visited;
    await untilPageCached(visited);
    await gone.close();
    await page.reload();
    await page.getByRole("checkbox").check();
    await give(page, [file, ...evidence]);
    await answerOf(page).waitFor();
    expect(await answerOf(page).getAttribute("data-verdict")).toBe("registered");
    expect(await answerOf(page).innerText()).toContain("not known offline");
    await page.reload();
    await page.getByRole("checkbox").check();
    await give(page, [report("another"), ...evidence]);
    await answerOf(page).waitFor();
    expect(await answerOf(page).getAttribute("data-verdict")).toBe("fault");
  });
});

describe("on an origin that is not secure", () => {
  it("files are hashed without WebCrypto, and the page reports that it cannot be kept offline", async () => {
    const file = report("insecure");
    await using service = await startTestService({ env: { HUFU_PUBLIC_URL: insecure("http://127.0.0.1") } });
    await anchorFiles(service, [file]);
    await using visited = await visit(site.browser, insecure(service.url));
    const { page } = visited;
    expect(await page.evaluate("crypto.subtle === undefined")).toBe(true);
    await give(page, [file]);
    await answerOf(page).waitFor();
    expect(await answerOf(page).getAttribute("data-verdict")).toBe("valid");
    expect(await page.locator("footer").innerText()).toContain("cannot be kept for offline use");
  });
});

describe("many files", () => {
  it("many files are listed most severe first, with a CSV report", async () => {
    const files = ["one", "two", "three", "four"].map((name) => report(`many ${name}`));
    const indexes = await anchorFiles(site.service, files.slice(0, 3));
    await setStatus(site.service, indexes[1], { action: "revoke", reason: "other" });
    await using visited = await site.open();
    const { page } = visited;
    await give(page, files);
    await page.getByRole("heading", { level: 1, name: "4 of 4 checked" }).waitFor();
    const rows = await page.locator("tr[data-verdict]").all();
    const verdicts = await Promise.all(rows.map((row) => row.getAttribute("data-verdict")));
    expect(verdicts).toEqual(["revoked", "not-found", "valid", "valid"]);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save as CSV" }).click(),
    ]);
    const csv = readFileSync(await download.path(), "utf8");
    expect(csv.trim().split(/\r?\n/)).toHaveLength(5);
    expect(csv).toContain("many two.pdf");
    await page.getByRole("button", { name: "many two.pdf" }).click();
    expect(await answerOf(page).getAttribute("data-verdict")).toBe("revoked");
  });
});

describe("by keyboard alone", () => {
  it("a file can be chosen and its answer read and unfolded by keyboard", async () => {
    const path = join(folder, "keyboard.pdf");
    const file = report("keyboard");
    writeFileSync(path, file.buffer);
    await anchorFiles(site.service, [file]);
    await using visited = await site.open();
    const { page } = visited;
    const press = async (name: string): Promise<void> => {
      for (let i = 0; i < 30; i++) {
        await page.keyboard.press("Tab");
        const focused = await page.evaluate<string>(`document.activeElement?.textContent ?? ""`);
        if (focused.trim() === name) return;
      }
      throw new Error(`Tab does not lead to ${name}`);
    };
    // registered before any key is pressed, as the browser reports it in parallel
    const chooser = page.waitForEvent("filechooser");
    await press("Choose files");
    await page.keyboard.press("Enter");
    await (await chooser).setFiles(path);
    await answerOf(page).waitFor();
    expect(await page.locator("h1:focus").count()).toBe(1);
    await press("What was sent");
    await page.keyboard.press("Enter");
    expect(await page.locator("details[open]").innerText()).toContain("POST");
  });
});
