import { createHash } from "node:crypto";
import {
  closeSync,
  createReadStream,
  ftruncateSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { answerOf, give, readAnswer } from "../support/browser/browser.ts";
import { memoryOf, peakWhile, processOf } from "../support/browser/memory.ts";
import { randomFrom } from "../support/random.ts";
import { startedSite } from "../support/browser/site.ts";

const BYTES = 2 ** 30;
/** Bytes that the browser may allocate for it. */
const GROWTH = 300e6;
/** Distance of random bytes, by which a part that is skipped or read twice changes the digest. */
const MARKS = 2 ** 20 - 7;

const site = startedSite();
let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "hufu-large-"))));
afterAll(() => rmSync(folder, { recursive: true }));

/** An unregistered sparse file. */
function largeFile(): string {
  const random = randomFrom(inject("seed"));
  const path = join(folder, "large.pdf");
  const file = openSync(path, "w");
  ftruncateSync(file, BYTES);
  for (let at = 0; at < BYTES; at += MARKS) writeSync(file, Uint8Array.of(random() * 256), 0, 1, at);
  closeSync(file);
  return path;
}

async function digestsOf(path: string): Promise<string[]> {
  const hashes = ["sha256", "sm3"].map((name) => ({ name, hash: createHash(name) }));
  for await (const part of createReadStream(path, { highWaterMark: 4 << 20 }))
    for (const { hash } of hashes) hash.update(part as Buffer);
  return hashes.map(({ name, hash }) => `${name}:${hash.digest("hex")}`);
}

describe("a file of a gibibyte", () => {
  it("a file of one gibibyte is checked with less than 300 MB of memory", async () => {
    const path = largeFile();
    const browser = await processOf(site.browser);
    await using visited = await site.open();
    const { page } = visited;
    const before = memoryOf(browser);
    const answered = give(page, [path]).then(() => answerOf(page).waitFor({ timeout: 0 }));
    const peak = await peakWhile(browser, answered);
    const growth = peak - before;
    process.stdout.write(`${JSON.stringify({ fileBytes: BYTES, before, peak, growth, limit: GROWTH })}\n`);
    expect((await readAnswer(page)).verdict).toBe("not-found");
    expect(await page.locator("code.hash").allTextContents()).toEqual(
      expect.arrayContaining(await digestsOf(path)),
    );
    expect(growth).toBeLessThan(GROWTH);
  }, 300_000);
});
