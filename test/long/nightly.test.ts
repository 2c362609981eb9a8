import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { sized } from "../support/scale.ts";
import { EMBEDDED_ENTRIES } from "../support/chain/embedded.ts";
import { FeedProxy, KillableService, readResults, smallPdf, startFeed } from "../support/cli/feed.ts";

const COUNT = sized({ short: 1_000, full: 10_000 });
const BATCH = COUNT / 20;

let base: string;
let service: KillableService;

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), "hufu-nightly-"));
  service = new KillableService(join(base, "data"));
  await service.start();
});
afterAll(async () => {
  await service.kill();
  rmSync(base, { recursive: true, force: true });
});

/** Makes a night's PDFs. @returns their digests, in the order of their names */
async function makeNight(night: string): Promise<string[]> {
  mkdirSync(join(base, night));
  const digests: string[] = [];
  for (let i = 0; i < COUNT; i++) {
    const bytes = await smallPdf(`Sample report ${i} of ${night}, seed ${inject("seed")}`);
    writeFileSync(join(base, night, `${String(i).padStart(6, "0")}.pdf`), bytes);
    digests.push(`sha256:${createHash("sha256").update(bytes).digest("hex")}`);
  }
  return digests;
}

function feed(night: string, ...more: string[]): ReturnType<typeof startFeed> {
  const args = ["--manifest", night, "--results", `${night}.csv`, "--scene", "enterprise-credit-report"];
  return startFeed([...args, "--batch", String(BATCH), "--settle", "0", ...more], {
    data: join(base, "data"),
    cwd: base,
  });
}

interface FeedOutcome {
  readonly results: number;
  readonly final: number;
  readonly indexes: number;
  readonly lost: number;
  readonly doubled: number;
}

async function compare(night: string, digests: readonly string[]): Promise<FeedOutcome> {
  const rows = readResults(join(base, `${night}.csv`));
  expect(rows.map(({ digest }) => digest)).toEqual(digests);
  const times = new Map<string, number>();
  for (const digest of await service.documents()) times.set(digest, (times.get(digest) ?? 0) + 1);
  return {
    results: rows.length,
    final: rows.filter(({ state }) => state === "final").length,
    indexes: new Set(rows.map(({ index }) => index)).size,
    lost: digests.filter((digest) => !times.has(digest)).length,
    doubled: digests.filter((digest) => (times.get(digest) ?? 0) > 1).length,
  };
}

const complete: FeedOutcome = { results: COUNT, final: COUNT, indexes: COUNT, lost: 0, doubled: 0 };

/** Waits until half of a night is recorded, and so many more. @returns how many of its documents are */
async function halfWay(digests: readonly string[], before: number, more = 0): Promise<number> {
  await service.recorded(EMBEDDED_ENTRIES + before + COUNT / 2 + more);
  const known = new Set(digests);
  return (await service.documents()).filter((digest) => known.has(digest)).length;
}

const isWait = (line: string): boolean => line.includes("asking again in");
/** The lines of a feed on stderr, without those about waiting. */
const messagesOf = (stderr: string): string[] =>
  stderr.split("\n").filter((line) => line !== "" && !isWait(line));

it(`${COUNT} PDFs have ${COUNT} results and no duplicate when the feed is killed half-way and run again`, async () => {
  const digests = await makeNight("one");
  const heard = COUNT / 2 / BATCH;
  using between = await FeedProxy.start(service, (batch) => (batch > heard ? "silence" : undefined));
  const killed = feed("one", "--server", between.url);
  const recordedAtKill = await halfWay(digests, 0, BATCH);
  killed.child.kill("SIGKILL");
  expect((await killed.ended).end).toBe("SIGKILL");
  expect(recordedAtKill).toBe(COUNT / 2 + BATCH); // the feed received no answer for the last batch
  const { end, stderr } = await feed("one").ended;
  expect([end, messagesOf(stderr)]).toEqual([0, []]);
  const found = await compare("one", digests);
  process.stdout.write(`${JSON.stringify({ killed: "feed", recordedAtKill, ...found })}\n`);
  expect(found).toEqual(complete);
}, 1_800_000);

it(`${COUNT} PDFs have ${COUNT} results and no duplicate when the service is killed half-way and restarted`, async () => {
  const digests = await makeNight("two");
  const before = (await service.documents()).length;
  const running = feed("two");
  await service.recorded(EMBEDDED_ENTRIES + before + COUNT / 2);
  await service.kill();
  await service.start();
  const recordedAfterKill = await halfWay(digests, before);
  const { end, stderr } = await running.ended;
  expect([end, messagesOf(stderr)]).toEqual([0, []]);
  const found = await compare("two", digests);
  const waits = stderr.split("\n").filter(isWait).length;
  process.stdout.write(`${JSON.stringify({ killed: "service", recordedAfterKill, waits, ...found })}\n`);
  expect(waits).toBeGreaterThan(0);
  expect(found).toEqual(complete);
  expect((await feed("two").ended).end).toBe(0);
  expect(await compare("two", digests)).toEqual(complete);
}, 1_800_000);
