/** Audits a log: opens every source, reads each to its end, and compares them. */
import { AUDIT_LIMITS, FINDINGS, OPEN_QUESTIONS, type AuditLimit } from "../../core/audit-codes.ts";
import { AppError, isAppError, quote } from "../../core/errors.ts";
import type { UnixSeconds } from "../../core/units.ts";
import { isOrigin, originOf } from "../../log/checkpoint.ts";
import type { Policy } from "../../log/policy.ts";
import type { ChainSource, OperatorLog } from "../ports.ts";
import { compareLogs, type ComparedLog, type Comparison } from "./compare-logs.ts";
import { Observations, type Finding, type OpenQuestion } from "./findings.ts";
import { keysOfPolicy, type AuditKeys } from "./operator-keys.ts";
import { readLog, readNode, type ReadContext, type SourceReport } from "./read-log.ts";
import { snapshotOf, type Snapshot } from "./snapshot.ts";
import { splitEvidence } from "./split-evidence.ts";

/** Source of the keys that checkpoints are judged by. */
type KeyOrigin = "policy" | "node" | "log";

export interface AuditReport {
  /** Undefined: no source could be opened. */
  readonly origin: string | undefined;
  readonly keys: KeyOrigin;
  readonly sources: readonly SourceReport[];
  readonly comparisons: readonly Comparison[];
  readonly findings: Observations<Finding>;
  readonly open: Observations<OpenQuestion>;
  readonly faults: readonly { readonly source: string; readonly error: AppError }[];
  readonly limits: readonly AuditLimit[];
}

export interface AuditOptions {
  readonly node: ChainSource | undefined;
  readonly logs: readonly OperatorLog[];
  readonly policy: Policy | undefined;
  readonly now: UnixSeconds;
  /** Seconds that an operator may be behind. */
  readonly grace: number;
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Shows the progress of `work` in entries, of `total`. */
  readonly progress: <T>(total: number, work: (advance: (by: number) => void) => Promise<T>) => Promise<T>;
}

/**
 * A fault of one source does not end the audit of the others.
 * @throws AppError POLICY_NO_LOG: the policy has no key of this log
 */
export async function auditLog(options: AuditOptions): Promise<AuditReport> {
  return await new Audit(options).run();
}

class Audit {
  readonly #options: AuditOptions;
  readonly #findings = new Observations<Finding>(FINDINGS);
  readonly #open = new Observations<OpenQuestion>(OPEN_QUESTIONS);
  readonly #faults: { source: string; error: AppError }[] = [];
  readonly #sources: SourceReport[] = [];
  readonly #comparisons: Comparison[] = [];
  #nodeKeys: AuditKeys | undefined;
  /** The longest log that agrees with those before it. */
  #reference: (ComparedLog & { readonly snapshot: Snapshot }) | undefined;

  constructor(options: AuditOptions) {
    this.#options = options;
  }

  async run(): Promise<AuditReport> {
    const { policy, progress } = this.#options;
    const snapshots = await this.#openAll();
    const origin = this.#origin(snapshots);
    const sizes = snapshots.map(({ size }) => size);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    await progress(total, async (advance) => {
      for (const snapshot of readingOrder(snapshots)) await this.#audit(snapshot, { origin, sizes, advance });
    });
    const keys = policy !== undefined ? "policy" : this.#nodeKeys !== undefined ? "node" : "log";
    return {
      origin,
      keys,
      sources: this.#sources,
      comparisons: this.#comparisons,
      findings: this.#findings,
      open: this.#open,
      faults: this.#faults,
      limits: limitsOf(this.#options, keys),
    };
  }

  /** The node last: what operators have signed by then, it has as final. */
  async #openAll(): Promise<Snapshot[]> {
    const { node, logs, pause } = this.#options;
    const snapshots: Snapshot[] = [];
    for (const log of logs)
      await this.#recordFault(log.source, async () => void snapshots.push(await snapshotOf(log, pause)));
    if (node === undefined) return snapshots;
    const { source } = node;
    await this.#recordFault(source, async () => {
      const chain = await node.open();
      const { size } = chain;
      snapshots.push({ kind: "node", source, size, chain, origin: originOf(chain.registry) });
    });
    return snapshots;
  }

  /** The log that is audited: the node's, else the policy's, else that of the first operator. */
  #origin(snapshots: readonly Snapshot[]): string | undefined {
    const { policy } = this.#options;
    const first = snapshots.find(({ kind }) => kind === "node") ?? snapshots[0];
    const origin = first?.origin;
    if (policy === undefined || origin === undefined) return origin;
    const pinned = policy.logs.map(({ key }) => key.name).filter(isOrigin);
    if (pinned.includes(origin)) return origin;
    if (first?.kind === "log" && pinned[0] !== undefined) return pinned[0];
    throw new AppError("POLICY_NO_LOG", {
      detail: `the policy has no key of the log ${quote(origin)}`,
      at: "--policy",
    });
  }

  async #audit(
    snapshot: Snapshot,
    { origin, ...shared }: { origin: string | undefined } & Pick<ReadContext, "sizes" | "advance">,
  ): Promise<void> {
    const { source, kind, size } = snapshot;
    if (origin === undefined || snapshot.origin !== origin) {
      const values = { size, origin: quote(snapshot.origin), expected: origin ?? "" };
      this.#findings.add({ code: "checkpoint-other-log", source, values });
      return;
    }
    const lists = { findings: this.#findings, open: this.#open };
    const context: ReadContext = { ...shared, ...lists, reference: this.#reference?.log.leaves };
    await this.#recordFault(source, async () => {
      const report = await this.#read(snapshot, context, origin);
      this.#sources.push(report);
      if (report.complete) await this.#compare({ source, kind, ...report });
    });
  }

  async #read(snapshot: Snapshot, context: ReadContext, origin: string): Promise<SourceReport> {
    if (snapshot.kind === "node") {
      const report = await readNode(snapshot, context);
      this.#nodeKeys = report.keys;
      return report;
    }
    const { policy } = this.#options;
    const keys = policy === undefined ? this.#nodeKeys : keysOfPolicy(policy, origin);
    return await readLog(snapshot, context, { origin, keys, policy });
  }

  async #compare(other: ComparedLog & { snapshot: Snapshot }): Promise<void> {
    const reference = this.#reference;
    if (reference === undefined) {
      if (other.rootMatches) this.#reference = other;
      return;
    }
    const { now, grace } = this.#options;
    const comparison = compareLogs({ reference, other, now, grace });
    this.#comparisons.push(comparison);
    this.#open.add(...comparison.open);
    for (const finding of comparison.findings) {
      const index = Number(finding.values["index"]);
      const notes =
        finding.code === "split-view" ? await splitEvidence(index, [other.snapshot, reference.snapshot]) : [];
      this.#findings.add(notes.length === 0 ? finding : { ...finding, notes });
    }
    if (comparison.agree && other.log.size > reference.log.size) this.#reference = other;
  }

  /** A malformed note is a finding, not a fault. */
  async #recordFault(source: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isAppError(error)) throw error;
      if (error.code !== "NOTE_SYNTAX") {
        this.#faults.push({ source, error });
        return;
      }
      const { detail, at = "" } = error.fields;
      const values = { size: "?", detail: `${detail} (${at})` };
      this.#findings.add({ code: "checkpoint-malformed", source, values });
    }
  }
}

/** The node first, since its directory names the keys; then the longest, which the others are compared with. */
function readingOrder(snapshots: readonly Snapshot[]): Snapshot[] {
  const rank = ({ kind, size }: Snapshot): number => (kind === "node" ? Infinity : size);
  return snapshots.toSorted((a, b) => (rank(a) === rank(b) ? 0 : rank(b) - rank(a)));
}

/** What an audit of these sources cannot establish. */
function limitsOf({ node, logs }: Pick<AuditOptions, "node" | "logs">, keys: KeyOrigin): AuditLimit[] {
  const limits: Readonly<Record<AuditLimit, boolean>> = {
    "no-contract": node === undefined,
    "no-operator": logs.length === 0,
    "one-operator": logs.length === 1,
    "own-keys": logs.length > 0 && keys === "log",
    unlisted: logs.length > 0,
    newer: node === undefined,
  };
  return AUDIT_LIMITS.filter((limit) => limits[limit]);
}
