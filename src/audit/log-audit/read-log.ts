import { CheckpointAudit } from "./checkpoints.ts";
import type { Collected, Finding, OpenQuestion } from "./findings.ts";
import type { Leaves } from "./leaves.ts";
import { KeyClaims, keysOfClaims, type AuditKeys, type ClaimedKey } from "./operator-keys.ts";
import { RebuiltLog } from "./rebuilt-log.ts";
import { ServedLog, partsOf } from "./served-log.ts";
import { equalBytes, toHex } from "../../core/bytes.ts";
import type { Hash, TreeSize } from "../../core/units.ts";
import type { Policy } from "../../log/policy.ts";
import type { Patience } from "../../cli/feed/patience.ts";
import { ahead } from "./ahead.ts";
import { claimedKeys, type Opened, type OpenedLog, type OpenedNode } from "../../cli/audit-log/sources.ts";

/** Questions to one source at a time. */
const AT_ONCE = 8;

/** What every source is read with. */
export interface Reading {
  readonly findings: Collected<Finding>;
  readonly open: Collected<OpenQuestion>;
  readonly patience: Patience;
  /** Sizes of all sources: at these they are compared. */
  readonly sizes: readonly TreeSize[];
  /** The log that is compared with; undefined while none was read. */
  readonly reference: Leaves | undefined;
  readonly advance: (entries: number) => void;
}

/** What was looked at of a source. */
export interface SourceReport {
  readonly opened: Opened;
  readonly log: RebuiltLog;
  /** Whether all its entries could be placed. */
  readonly complete: boolean;
  /** Whether they have the root that it signed, or every root that the contract stored. */
  readonly sound: boolean;
  /** Of a node: roots that were compared with the contract's. */
  readonly roots: number;
  /** Of a log: tiles and bundles. */
  readonly tiles: number;
  readonly checkpoints: CheckpointAudit | undefined;
}

/** Rebuilds the log from the registry's events, and compares it with the contract at the end of every transaction. */
export async function readNode(
  opened: OpenedNode,
  reading: Reading,
): Promise<SourceReport & { keys: AuditKeys }> {
  const { source, chain, origin } = opened;
  const { findings, patience, advance, reference } = reading;
  const log = new RebuiltLog({ source, wanted: new Set(reading.sizes), reference });
  const claims: ClaimedKey[] = [];
  let roots = 0;
  let sound = true;
  for await (const { entries, ends, keys } of chain.pages()) {
    claims.push(...keys);
    const wanted = new Set(ends);
    const own: { size: TreeSize; root: Hash }[] = [];
    for (const bytes of entries) {
      findings.add(...log.append(bytes).findings);
      if (wanted.has(log.size)) own.push({ size: log.size, root: log.root() });
    }
    const stored = ahead(own, AT_ONCE, ({ size }) => patience.ask(() => chain.rootAt(size)));
    for await (const [{ size, root }, contract] of stored) {
      roots += 1;
      if (contract !== undefined && equalBytes(contract, root)) continue;
      sound = false;
      const values = { size, root: toHex(root), contract: contract === undefined ? "-" : toHex(contract) };
      findings.add({ code: "contract-root", source, values });
    }
    advance(entries.length);
  }
  const keys = keysOfClaims(claims, origin, () => true);
  return { opened, log, complete: true, sound, roots, tiles: 0, checkpoints: undefined, keys };
}

/**
 * Rebuilds the log from the entries that an operator serves, and holds its tiles and checkpoints against that.
 * @param judging.keys undefined: those of the log's own directory
 */
export async function readLog(
  opened: OpenedLog,
  reading: Reading,
  judging: { origin: string; keys: AuditKeys | undefined; policy: Policy | undefined },
): Promise<SourceReport> {
  const { source, size, kept } = opened;
  const wanted = new Set([...reading.sizes, ...kept]);
  const log = new RebuiltLog({ source, wanted, reference: reading.reference });
  const claims = new KeyClaims(judging.keys === undefined ? await claimedKeys(opened, reading.patience) : []);
  const served = new ServedLog({ source, log, seen: (entry) => claims.see(entry) });
  const complete = await readParts(opened, served, reading);
  const checkpoints = new CheckpointAudit({
    source,
    origin: judging.origin,
    keys: judging.keys ?? claims.keys(judging.origin),
    policy: judging.policy,
    rootAt: (at) => log.rootAt(at),
  });
  tellOfList(opened, reading);
  judge(checkpoints, { size, text: opened.newest }, reading);
  const notes = ahead(kept, AT_ONCE, (at) => reading.patience.ask(() => opened.client.checkpoint(at)));
  for await (const [at, text] of notes) judge(checkpoints, { size: at, text }, reading);
  const sound = equalBytes(log.root(), opened.root);
  return { opened, log, complete, sound, roots: 0, tiles: served.tiles, checkpoints };
}

/** @returns whether all entries could be placed */
async function readParts({ client, size }: OpenedLog, served: ServedLog, reading: Reading): Promise<boolean> {
  const { findings, patience, advance } = reading;
  const parts = ahead(partsOf(size), AT_ONCE, (part) => patience.ask(() => client.tile(part)));
  for await (const [part, bytes] of parts) {
    const taken = served.take(part, bytes);
    findings.add(...taken.findings);
    if (!taken.goesOn) return false;
    if (part.level === "entries") advance(part.width);
  }
  return true;
}

/** What the list of kept checkpoints and the newest one say of each other. */
function tellOfList({ source, size, beyond, unlisted }: OpenedLog, { findings }: Reading): void {
  if (beyond !== undefined) findings.add({ code: "log-shrank", source, values: { size, listed: beyond } });
  if (unlisted !== undefined)
    findings.add({ code: "checkpoint-unlisted", source, values: { size: unlisted } });
}

function judge(
  checkpoints: CheckpointAudit,
  { size, text }: { size: TreeSize; text: string | undefined },
  { findings, open }: Reading,
): void {
  const judged = checkpoints.judge(size, text);
  findings.add(...judged.findings);
  open.add(...judged.open);
}
