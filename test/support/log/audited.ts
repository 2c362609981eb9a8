/** Builds a served log for tests, and audits it without a network. */
import { CheckpointAudit } from "../../../src/audit/log-audit/checkpoints.ts";
import { Observations, type Finding, type OpenQuestion } from "../../../src/audit/log-audit/findings.ts";
import type { Leaves } from "../../../src/audit/log-audit/leaves.ts";
import { KeyClaims, type AuditKeys } from "../../../src/audit/log-audit/operator-keys.ts";
import type { ClaimedKey } from "../../../src/audit/ports.ts";
import { RebuiltLog } from "../../../src/audit/log-audit/rebuilt-log.ts";
import { ServedLog, tileIdsOf } from "../../../src/audit/log-audit/served-log.ts";
import { FINDINGS, OPEN_QUESTIONS } from "../../../src/core/audit-codes.ts";
import type { TreeSize } from "../../../src/core/units.ts";
import { hashLeaf } from "../../../src/log/hash.ts";
import { formatNote } from "../../../src/log/note.ts";
import { encodeBundle, encodeTile, nodesOfTile, rangeOfTile, tilePath } from "../../../src/log/tiles.ts";
import { GrowingTree } from "../../../src/log/tree.ts";
import { TestLog } from "./receipts.ts";

/** The served files of a log, which tests may change. */
export interface Served {
  readonly log: TestLog;
  readonly size: TreeSize;
  readonly tiles: Map<string, Uint8Array>;
  readonly checkpoints: Map<TreeSize, string>;
}

/** A log with a checkpoint of each of these sizes. */
export function servedLog(sizes: readonly TreeSize[], log = new TestLog()): Served {
  const checkpoints = new Map<TreeSize, string>();
  for (const size of sizes) {
    log.fill(size - log.size);
    checkpoints.set(size, formatNote(log.checkpoint(...log.operators)));
  }
  return { log, size: log.size, tiles: tilesOf(log), checkpoints };
}

function tilesOf({ entries, size }: TestLog): Map<string, Uint8Array> {
  const tree = new GrowingTree();
  const nodes = new Map<string, Uint8Array>();
  for (const entry of entries)
    for (const { level, index, hash } of tree.append(hashLeaf(entry))) nodes.set(`${level}/${index}`, hash);
  const hashOf = (name: string): Uint8Array => nodes.get(name) ?? new Uint8Array();
  return new Map(
    [...tileIdsOf(size)].map((part) => {
      if (part.level !== "entries")
        return [
          tilePath(part),
          encodeTile(nodesOfTile(part).map(({ level, index }) => hashOf(`${level}/${index}`))),
        ];
      const { start, end } = rangeOfTile(part);
      return [tilePath(part), encodeBundle(entries.slice(start, end))];
    }),
  );
}

export interface Audited {
  readonly findings: Observations<Finding>;
  readonly open: Observations<OpenQuestion>;
  readonly log: RebuiltLog;
  readonly checkpoints: CheckpointAudit;
}

/** Audits as the command line does. */
export function audited(
  { log: { origin, ...rest }, size, tiles, checkpoints: kept }: Served,
  options: { claims?: readonly ClaimedKey[]; reference?: Leaves; sizes?: readonly TreeSize[] } = {},
): Audited {
  const { claims, reference, sizes = [] } = options;
  const findings = new Observations<Finding>(FINDINGS);
  const open = new Observations<OpenQuestion>(OPEN_QUESTIONS);
  const wanted = new Set([size, ...kept.keys(), ...sizes]);
  const log = new RebuiltLog({ source: "it", wanted, reference });
  const known = new KeyClaims(claims ?? []);
  const served = new ServedLog({ source: "it", log, onEntry: (entry) => known.addEntry(entry) });
  for (const part of tileIdsOf(size)) {
    const checked = served.check(part, tiles.get(tilePath(part)));
    findings.add(...checked.findings);
    if (!checked.canContinue) break;
  }
  const [a, b] = rest.operators;
  const pinned: AuditKeys = {
    log: [a.log, b.log].map(({ key }) => ({ name: "log", key, proven: true, window: {} })),
    witnesses: [a, b].map(({ witness: { key } }, i) => ({
      name: `witness ${i}`,
      key,
      proven: true,
      window: {},
    })),
  };
  const keys = claims === undefined ? pinned : known.keys(origin);
  const rootAt = (at: TreeSize): Uint8Array | undefined => log.rootAt(at);
  const checkpoints = new CheckpointAudit({ source: "it", origin, keys, policy: undefined, rootAt });
  for (const [at, text] of kept) {
    const judged = checkpoints.judge(at, text);
    findings.add(...judged.findings);
    open.add(...judged.open);
  }
  return { findings, open, log, checkpoints };
}
