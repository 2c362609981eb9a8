/** Reads a node's or an operator's log to its end, and checks it against its own roots, tiles and checkpoints. */
import { equalBytes, toHex } from "../../core/bytes.ts";
import type { Entry } from "../../core/entry.ts";
import type { Hash, TreeSize } from "../../core/units.ts";
import type { Policy } from "../../log/policy.ts";
import type { ClaimedKey } from "../ports.ts";
import { CheckpointAudit } from "./checkpoints.ts";
import type { Finding, Observations, OpenQuestion } from "./findings.ts";
import type { Leaves } from "./leaves.ts";
import { mapConcurrently } from "./map-concurrently.ts";
import { KeyClaims, keysOfClaims, type AuditKeys } from "./operator-keys.ts";
import { RebuiltLog } from "./rebuilt-log.ts";
import { ServedDirectory } from "./served-directory.ts";
import { ServedLog, tileIdsOf } from "./served-log.ts";
import type { ChainSnapshot, LogSnapshot, Snapshot } from "./snapshot.ts";

/** Requests to one source at a time. */
const CONCURRENCY = 8;

export interface ReadContext {
  readonly findings: Observations<Finding>;
  readonly open: Observations<OpenQuestion>;
  /** Sizes of all sources, at which they are compared. */
  readonly sizes: readonly TreeSize[];
  /** The leaves of the log to compare with; undefined for the first. */
  readonly reference: Leaves | undefined;
  readonly advance: (entries: number) => void;
}

/** The result of checking one source. */
export interface SourceReport {
  readonly snapshot: Snapshot;
  readonly log: RebuiltLog;
  /** Whether all its entries could be placed. */
  readonly complete: boolean;
  /** Whether they have the root that it signed, or every root that the contract stored. */
  readonly rootMatches: boolean;
  /** Of a node: roots that were compared with the contract's. */
  readonly roots: number;
  /** Of a log: tiles and bundles. */
  readonly tiles: number;
  readonly checkpoints: CheckpointAudit | undefined;
}

/** Rebuilds the log from the registry's events, and compares it with the contract at the end of every transaction. */
export async function readNode(
  snapshot: ChainSnapshot,
  context: ReadContext,
): Promise<SourceReport & { keys: AuditKeys }> {
  const { source, chain, origin } = snapshot;
  const { findings, advance, reference } = context;
  const log = new RebuiltLog({ source, wanted: new Set(context.sizes), reference });
  const claims: ClaimedKey[] = [];
  let roots = 0;
  let rootMatches = true;
  for await (const { entries, ends, keys } of chain.pages()) {
    claims.push(...keys);
    const wanted = new Set(ends);
    const own = new Map<TreeSize, Hash>();
    for (const bytes of entries) {
      findings.add(...log.append(bytes).findings);
      if (wanted.has(log.size)) own.set(log.size, log.root());
    }
    if (!(await compareRoots(own, snapshot, findings))) rootMatches = false;
    roots += own.size;
    advance(entries.length);
  }
  const keys = keysOfClaims(claims, origin, () => true);
  return { snapshot, log, complete: true, rootMatches, roots, tiles: 0, checkpoints: undefined, keys };
}

/** @returns whether all are the contract's; findings from before a fault are kept */
async function compareRoots(
  own: ReadonlyMap<TreeSize, Hash>,
  { source, chain }: ChainSnapshot,
  findings: Observations<Finding>,
): Promise<boolean> {
  let match = true;
  const stored = mapConcurrently(own, { limit: CONCURRENCY, map: ([size]) => chain.rootAt(size) });
  for await (const [[size, root], contract] of stored) {
    if (contract !== undefined && equalBytes(contract, root)) continue;
    const values = { size, root: toHex(root), contract: contract === undefined ? "-" : toHex(contract) };
    findings.add({ code: "contract-root", source, values });
    match = false;
  }
  return match;
}

/**
 * Rebuilds the log from the entries that an operator serves, and checks its tiles and checkpoints against them.
 * @param judging.keys undefined: those of the log's own directory
 */
export async function readLog(
  snapshot: LogSnapshot,
  context: ReadContext,
  judging: { origin: string; keys: AuditKeys | undefined; policy: Policy | undefined },
): Promise<SourceReport> {
  const { source, size, kept, operator } = snapshot;
  const wanted = new Set([...context.sizes, ...kept]);
  const log = new RebuiltLog({ source, wanted, reference: context.reference });
  const claims = new KeyClaims(judging.keys === undefined ? await operator.keys() : []);
  const directory = new ServedDirectory();
  const onEntry = (entry: Entry): void => {
    claims.addEntry(entry);
    directory.addEntry(log.size - 1, entry);
  };
  const served = new ServedLog({ source, log, onEntry });
  const complete = await readTiles(snapshot, served, context);
  if (complete) context.findings.add(...(await directory.check(operator)));
  const checkpoints = new CheckpointAudit({
    source,
    origin: judging.origin,
    keys: judging.keys ?? claims.keys(judging.origin),
    policy: judging.policy,
    rootAt: (at) => log.rootAt(at),
  });
  checkSizeList(snapshot, context);
  judge(checkpoints, { size, text: snapshot.newest }, context);
  const notes = mapConcurrently(kept, { limit: CONCURRENCY, map: (at) => operator.checkpoint(at) });
  for await (const [at, text] of notes) judge(checkpoints, { size: at, text }, context);
  const rootMatches = equalBytes(log.root(), snapshot.root);
  return { snapshot, log, complete, rootMatches, roots: 0, tiles: served.tiles, checkpoints };
}

/** @returns whether all entries could be placed */
async function readTiles(
  { operator, size }: LogSnapshot,
  served: ServedLog,
  { findings, advance }: ReadContext,
): Promise<boolean> {
  const tiles = mapConcurrently(tileIdsOf(size), { limit: CONCURRENCY, map: (tile) => operator.tile(tile) });
  for await (const [tile, bytes] of tiles) {
    const checked = served.check(tile, bytes);
    findings.add(...checked.findings);
    if (!checked.canContinue) return false;
    if (tile.level === "entries") advance(tile.width);
  }
  return true;
}

/** Compares the list of kept checkpoints with the newest one. */
function checkSizeList(
  { source, size, beyondNewest, unlisted }: LogSnapshot,
  { findings }: ReadContext,
): void {
  if (beyondNewest !== undefined)
    findings.add({ code: "log-shrank", source, values: { size, listed: beyondNewest } });
  if (unlisted !== undefined)
    findings.add({ code: "checkpoint-unlisted", source, values: { size: unlisted } });
}

function judge(
  checkpoints: CheckpointAudit,
  { size, text }: { size: TreeSize; text: string | undefined },
  { findings, open }: ReadContext,
): void {
  const judged = checkpoints.judge(size, text);
  findings.add(...judged.findings);
  open.add(...judged.open);
}
