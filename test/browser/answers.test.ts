import { createHash, randomBytes } from "node:crypto";
import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatDigest, type Digest } from "../../src/core/digest.ts";
import { wordsIn } from "../../src/core/words/index.ts";
import { commit } from "../../src/hash/blinding.ts";
import { formatReceipt, parseReceipt } from "../../src/log/receipt.ts";
import { HufuClient } from "../../src/sdk/client.ts";
import { startBrowser, visit, type Visit } from "../support/browser.ts";
import { ask, startTestService, type TestService } from "../support/service.ts";

let service: TestService;
let browser: Browser;
beforeAll(async () => {
  service = await startTestService();
  browser = await startBrowser();
});
afterAll(async () => {
  await browser.close();
  await service.close();
});

interface Given {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

const fileOf = (name: string, buffer: Buffer = randomBytes(3_000)): Given => ({
  name,
  mimeType: "application/pdf",
  buffer,
});

const digestOf = ({ buffer }: Given): Digest => ({
  algorithm: "sha256",
  bytes: Uint8Array.from(createHash("sha256").update(buffer).digest()),
});

async function registered(file: Given, document: object = {}): Promise<number> {
  const digest = formatDigest(digestOf(file));
  const documents = [{ digest, scene: "enterprise-credit-report", ...document }];
  const key = service.keys.issuer;
  const { body } = await ask(`${service.url}/v1/anchors?wait=final`, { key, body: { documents } });
  const [{ index } = { index: -1 }] = body["anchors"] as { index: number }[];
  return index;
}

/** Registers a file blinded. @returns its receipt */
async function blinded(file: Given): Promise<Given> {
  const salt = Uint8Array.from(randomBytes(32));
  const commitment = formatDigest(commit(digestOf(file), salt));
  const index = await registered(file, { digest: undefined, commitment, scene: "personal-credit-report" });
  const client = new HufuClient({ server: service.url, apiKey: service.keys.issuer });
  for (;;) {
    const text = await client.evidence(index, "receipt");
    if (typeof text !== "string") continue;
    const receipt = parseReceipt(new TextEncoder().encode(text));
    return fileOf(
      "a.tlog-proof",
      Buffer.from(formatReceipt({ ...receipt, extra: { ...receipt.extra, salt } })),
    );
  }
}

const opened = (options: BrowserContextOptions = {}): Promise<Visit> => visit(browser, service.url, options);

async function give(page: Page, ...files: readonly Given[]): Promise<void> {
  await page
    .locator("input[type=file]")
    .first()
    .setInputFiles([...files]);
}

/** Waits for an answer. @returns its heading */
async function answer(page: Page, verdict: string): Promise<string> {
  await page.locator(`article[data-verdict="${verdict}"]`).waitFor();
  return (await page.locator("main h1").first().innerText()).replace(/\s+/g, " ");
}

describe("a file that was registered", () => {
  it("has a certificate on one page, with a code for its entry", async () => {
    const file = fileOf("report.pdf");
    const index = await registered(file);
    await using visited = await opened({ locale: "zh-HK" });
    const { page } = visited;
    await give(page, file);
    await answer(page, "valid");
    await page
      .locator("summary")
      .filter({ hasText: wordsIn("zh-Hant").page.certificate.print })
      .click();
    await page.locator(".bank input").fill("香江示範銀行");
    await page.emulateMedia({ media: "print" });
    const certificate = page.locator(".certificate");
    expect(await certificate.innerText()).toContain(`${service.url}/#entry=${index}`);
    expect(await certificate.innerText()).toContain("香江示範銀行於");
    expect(await certificate.locator("svg path").getAttribute("d")).toMatch(/^M\d/);
    expect(await page.locator("header").isVisible()).toBe(false);
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString("latin1");
    expect(pdf.match(/\/Type\s*\/Page\b/g)?.length).toBe(1);
    await page.goto(`${service.url}/#entry=${index}`);
    await page.reload();
    await page.getByText(`紀錄 ${index} 在登記日誌內`).waitFor();
  });
});

describe("a file of a person", () => {
  it("is asked for its receipt where it is not found", async () => {
    const file = fileOf("mine.pdf");
    const receipt = await blinded(file);
    await using visited = await opened();
    const { page } = visited;
    await give(page, file);
    await answer(page, "not-found");
    await page.getByRole("button", { name: wordsIn("en").page.addReceipt }).waitFor();
    await give(page, receipt);
    await answer(page, "valid");
  });
});

describe("what is wrong", () => {
  it("is told of a receipt of another file, and the file can be asked about by itself", async () => {
    const receipt = await blinded(fileOf("mine.pdf"));
    await using visited = await opened();
    const { page } = visited;
    await give(page, fileOf("other.pdf"), receipt);
    expect(await answer(page, "fault")).toContain(wordsIn("en").errors.DOCUMENT_MISMATCH);
    await page.getByRole("button", { name: wordsIn("en").page.alone }).click();
    await answer(page, "not-found");
  });

  it("is told of a damaged receipt", async () => {
    const file = fileOf("mine.pdf");
    const receipt = await blinded(file);
    await using visited = await opened();
    await give(visited.page, file, { ...receipt, buffer: receipt.buffer.subarray(0, 700) });
    expect(await answer(visited.page, "fault")).toMatch(/^! The receipt/);
  });

  it("is told of a file without bytes", async () => {
    await using visited = await opened();
    await give(visited.page, fileOf("empty.pdf", Buffer.alloc(0)));
    expect(await answer(visited.page, "fault")).toContain(wordsIn("en").errors.EMPTY_FILE);
  });

  it("is told of a file that changes while it is read", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hufu-page-"));
    try {
      const path = join(folder, "growing.pdf");
      writeFileSync(path, "%PDF");
      truncateSync(path, 400 << 20);
      await using visited = await opened();
      const { page } = visited;
      await page.locator("input[type=file]").first().setInputFiles(path);
      await page.getByRole("progressbar").waitFor();
      appendFileSync(path, "more");
      expect(await answer(page, "fault")).toContain(wordsIn("en").errors.FILE_CHANGED);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is no verdict where the service does not answer", async () => {
    const file = fileOf("report.pdf");
    await registered(file);
    await using visited = await opened();
    const { page } = visited;
    await page.route("**/v1/**", (route) => route.abort());
    await give(page, file);
    expect(await answer(page, "indeterminate")).toContain(wordsIn("en").verdicts.indeterminate.title);
    await page.unroute("**/v1/**");
    await page.getByRole("button", { name: wordsIn("en").page.retry }).click();
    await answer(page, "valid");
  });

  it("is asked for: a key, which nothing keeps", async () => {
    const closed = await startTestService({ env: { HUFU_PUBLIC_VERIFY: "false" } });
    try {
      await using visited = await visit(browser, closed.url);
      const { page } = visited;
      await give(page, fileOf("report.pdf"));
      const key = page.getByRole("textbox", { name: wordsIn("en").page.key.label });
      await key.fill("hufu_not_a_key_at_all");
      await key.press("Enter");
      await page.getByText(wordsIn("en").page.key.refused).waitFor();
      await key.fill(closed.keys.verifier);
      await key.press("Enter");
      await answer(page, "not-found");
      const kept = await page.evaluate(
        "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])",
      );
      expect(kept).not.toContain(closed.keys.verifier);
      await page
        .locator("summary")
        .filter({ hasText: wordsIn("en").page.sent.title })
        .click();
      expect(await page.locator(".folded").innerText()).not.toContain(closed.keys.verifier);
    } finally {
      await closed.close();
    }
  });
});

describe("everybody", () => {
  it("can choose another language, which is kept", async () => {
    await using visited = await opened();
    const { page } = visited;
    await page.getByRole("combobox").selectOption("zh-Hant");
    await page.getByRole("heading", { name: wordsIn("zh-Hant").page.question }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: wordsIn("zh-Hant").page.question }).waitFor();
  });

  it("may drop files anywhere, or paste them", async () => {
    const file = fileOf("report.pdf");
    await registered(file);
    for (const event of ["drop", "paste"]) {
      await using visited = await opened();
      const { page } = visited;
      await page.locator("h1").waitFor();
      await page.evaluate(
        `{
          const data = new DataTransfer();
          data.items.add(new File([Uint8Array.fromBase64(${JSON.stringify(file.buffer.toString("base64"))})], "a.pdf"));
          const made = ${event === "drop" ? "new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })" : "new ClipboardEvent('paste', { clipboardData: data, bubbles: true })"};
          document.body.dispatchEvent(made);
        }`,
      );
      await answer(page, "valid");
    }
  });

  describe.each(["light", "dark"] as const)("on a phone in the %s theme", (colorScheme) => {
    const states: Record<string, (page: Page) => Promise<unknown>> = {
      "the start": (page) => page.locator("h1").waitFor(),
      "an answer with all that is folded": async (page) => {
        const file = fileOf("report.pdf");
        await registered(file);
        await give(page, file);
        await answer(page, "valid");
        for (const summary of await page.locator("summary").all()) await summary.click();
      },
      "a table": async (page) => {
        await give(page, fileOf("unknown.pdf"), fileOf("empty.pdf", Buffer.alloc(0)));
        await page.getByRole("button", { name: wordsIn("en").page.many.save }).waitFor();
      },
    };
    it.each(Object.entries(states))("finds nothing in the way of %s", async (_, reach) => {
      await using visited = await opened({ colorScheme, viewport: { width: 360, height: 740 } });
      const { page } = visited;
      await reach(page);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""}`)).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBe(0);
    });
  });
});
