/**
 * Measures a mirror: how fast it answers with every entry proven to the root, what it takes on disk and in memory, and how
 * long it takes to make and to open: part of `npm run measure`. `node scripts/measure-mirror/main.ts 1000000` sets the entries.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeEntry, encodeStatus } from "../../src/core/entry.ts";
import { hashLeaf } from "../../src/log/hash.ts";
import { formatNote } from "../../src/log/note.ts";
import { formatPolicy } from "../../src/log/policy.ts";
import { GrowingTree } from "../../src/log/tree.ts";
import { follow } from "../../src/sdk/mirror/follow.ts";
import type { MirrorPage, MirrorSource } from "../../src/sdk/mirror/ports.ts";
import { MirrorFile } from "../../src/store/mirror/mirror-file.ts";
import { TIME, TestLog } from "../../test/support/log/receipts.ts";
import { MACHINE } from "../measuring.ts";
import { digestAt } from "./digests.ts";

const ENTRIES = 100_000;
const PAGE = 4_096;
/** One in so many entries withdraws the document before it. */
const STATUS = 50;
const KEY = `0x${"0a".repeat(20)}` as const;

/** The entries of a log whose first one registers the institution of all others. */
function entryAt(index: number): Uint8Array {
  const isStatus = index % STATUS === STATUS - 1;
  const change = { document: index - 1, action: "revoke", reason: "other", successor: undefined } as const;
  return encodeEntry({
    kind: isStatus ? "status" : "document",
    algorithm: isStatus ? undefined : "sha256",
    blinded: false,
    governedAdmin: false,
    institution: 1,
    scene: isStatus ? 0 : 1,
    recordedAt: TIME,
    validUntil: 0,
    payload: isStatus ? encodeStatus(change) : digestAt(index),
    recordedBy: KEY,
  });
}

function sourceOf(size: number): MirrorSource {
  const log = new TestLog();
  const { event } = log.registration();
  const first = log.entries[0] ?? new Uint8Array();
  const tree = new GrowingTree();
  tree.append(hashLeaf(first));
  while (tree.size < size) tree.append(hashLeaf(entryAt(tree.size)));
  const checkpoint = { origin: log.origin, size, root: tree.root() };
  const note = formatNote(log.signed(checkpoint, ...log.operators));
  const believed = { by: "policy", policy: formatPolicy(log.policy()), checkpoint: note, at: TIME } as const;
  return {
    target: { ...checkpoint, believed },
    confirm: () => Promise.resolve(),
    // eslint-disable-next-line @typescript-eslint/require-await -- as a source over the network
    pages: async function* (): AsyncGenerator<MirrorPage> {
      yield { entries: [first], events: [{ index: 0, event }] };
      for (let from = 1; from < size; from += PAGE) {
        const count = Math.min(PAGE, size - from);
        yield { entries: Array.from({ length: count }, (_, i) => entryAt(from + i)), events: [] };
      }
    },
  };
}

async function measure(size: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "hufu-measure-mirror-"));
  try {
    const source = sourceOf(size);
    const started = performance.now();
    {
      using store = await MirrorFile.open(folder);
      await follow({ store, source, progress: () => undefined });
    }
    const making = performance.now() - started;
    const disk = readdirSync(folder).reduce((bytes, name) => bytes + statSync(join(folder, name)).size, 0);
    const child = spawnSync(process.execPath, [join(import.meta.dirname, "reader.ts"), folder], {
      encoding: "utf8",
    });
    if (child.status !== 0) throw new Error(child.stderr);
    const { opening, rate, cpu, rss, peak, counts } = JSON.parse(child.stdout) as {
      opening: number;
      rate: number;
      cpu: number;
      rss: number;
      peak: number;
      counts: [string, number][];
    };
    const mega = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
    console.log(`mirror of ${size} entries (${MACHINE})`);
    console.log(`  made in ${(making / 1_000).toFixed(1)} s, opened in ${(opening / 1_000).toFixed(1)} s`);
    console.log(
      `  ${rate.toFixed(0)} digests a second, ${cpu.toFixed(0)} in a second of one processor, each with its proofs (${counts.map((c) => c.join(" ")).join(", ")})`,
    );
    console.log(`  ${mega(disk)} on disk, ${mega(rss)} of memory, ${mega(peak)} at most`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await measure(Number(process.argv[2] ?? ENTRIES));
