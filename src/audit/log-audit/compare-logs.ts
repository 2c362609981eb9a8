/** Compares two rebuilt copies of one log: a split view, differing entries, or one that ends too early. */
import { toHex } from "../../core/bytes.ts";
import type { TreeSize, UnixSeconds } from "../../core/units.ts";
import type { Finding, OpenQuestion } from "./findings.ts";
import type { RebuiltLog } from "./rebuilt-log.ts";

/** A log that was read to its end, and its source. */
export interface ComparedLog {
  readonly source: string;
  readonly kind: "node" | "log";
  readonly log: RebuiltLog;
  /** Whether its entries have the root that it signed, or that the contract stored. */
  readonly rootMatches: boolean;
}

export interface Comparison {
  readonly sources: readonly [string, string];
  /** Of the common part. */
  readonly size: TreeSize;
  readonly agree: boolean;
  readonly findings: readonly Finding[];
  readonly open: readonly OpenQuestion[];
}

/**
 * It is a split view only where the root of each matches: entries that their own operator did not sign are `entries-differ`.
 * @param input.other was rebuilt with the leaves of `reference` as its own reference
 * @param input.grace seconds that an operator may be behind `now`
 */
export function compareLogs(input: {
  reference: ComparedLog;
  other: ComparedLog;
  now: UnixSeconds;
  grace: number;
}): Comparison {
  const { reference, other, now, grace } = input;
  const size = Math.min(reference.log.size, other.log.size);
  const { difference } = other.log;
  const findings: Finding[] = [];
  if (difference !== undefined) {
    const values = {
      other: reference.source,
      index: difference,
      size,
      root: rootOf(other.log, size),
      otherRoot: rootOf(reference.log, size),
    };
    const code = reference.rootMatches && other.rootMatches ? "split-view" : "entries-differ";
    findings.push({ code, source: other.source, values });
  }
  const agree = difference === undefined;
  const open = agree ? lagOf([reference, other], now - grace) : [];
  return { sources: [reference.source, other.source], size, agree, findings, open };
}

/**
 * Whether one of two logs that agree ends too early. An operator signs what is final shortly after; what a node does not
 * have yet is never compared with the contract, so a shorter node is always reported.
 */
function lagOf([a, b]: readonly [ComparedLog, ComparedLog], before: UnixSeconds): OpenQuestion[] {
  const [shorter, longer] = a.log.size < b.log.size ? [a, b] : [b, a];
  const { source, kind } = shorter;
  const size = shorter.log.size;
  if (size === longer.log.size) return [];
  const values = { size, other: longer.source, otherSize: longer.log.size };
  if (kind === "node") return [{ code: "node-behind", source, values }];
  const next = longer.log.recordedAt(size);
  return next !== undefined && next < before ? [{ code: "log-behind", source, values }] : [];
}

function rootOf(log: RebuiltLog, size: TreeSize): string {
  return toHex(log.rootAt(size) ?? log.root());
}
