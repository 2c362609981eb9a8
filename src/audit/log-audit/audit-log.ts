import { compareLogs, type Comparison, type ReadLog } from "./compare-logs.ts";
import { Collected, type Finding, type OpenQuestion } from "./findings.ts";
import { FINDINGS, OPEN_QUESTIONS } from "../../core/audit-codes.ts";
import { keysOfPolicy, type AuditKeys } from "./operator-keys.ts";
import type { UnixSeconds } from "../../core/units.ts";
import { AppError, isAppError, quote } from "../../core/errors.ts";
import { isOrigin, originOf } from "../../log/checkpoint.ts";
import type { Policy } from "../../log/policy.ts";
import type { ExitCode } from "../../core/verdict.ts";
import type { CliPorts } from "../../cli/context.ts";
import type { Patience } from "../../cli/feed/patience.ts";
import { readLog, readNode, type Reading, type SourceReport } from "./read-log.ts";
import { openLogAt, type Opened, type OpenedLog, type Places } from "../../cli/audit-log/sources.ts";

/** Where the keys come from that checkpoints are judged by. */
export type KeySource = "policy" | "node" | "log";

export interface AuditReport {
  /** Undefined: no source could be opened. */
  readonly origin: string | undefined;
  readonly keys: KeySource;
  readonly policy: Policy | undefined;
  /** Whom it was to ask, whether they could be read or not. */
  readonly places: Places;
  readonly sources: readonly SourceReport[];
  readonly comparisons: readonly Comparison[];
  readonly findings: Collected<Finding>;
  readonly open: Collected<OpenQuestion>;
  readonly faults: readonly { readonly source: string; readonly error: AppError }[];
}

export interface AuditOptions {
  readonly places: Places;
  readonly policy: Policy | undefined;
  readonly patience: Patience;
  readonly ports: Pick<CliPorts, "openChainLog">;
  readonly now: UnixSeconds;
  /** Seconds that an operator may be behind. */
  readonly grace: number;
  /** Shows how far it is, of so many entries. */
  readonly progress: <T>(total: number, work: (advance: (by: number) => void) => Promise<T>) => Promise<T>;
}

/**
 * Opens every source, reads each to its end, and compares them. A fault of one does not end the others.
 * @throws AppError POLICY_NO_LOG: the policy says nothing of this log
 */
export async function auditLog(options: AuditOptions): Promise<AuditReport> {
  return await new Audit(options).run();
}

/** A fault is never a finding: something found is 1, though something else could not be established (3). */
export function exitOf({ findings, open, faults }: AuditReport): ExitCode {
  if (findings.count > 0) return 1;
  return open.count > 0 || faults.length > 0 ? 3 : 0;
}

class Audit {
  readonly #options: AuditOptions;
  readonly #findings = new Collected<Finding>(FINDINGS);
  readonly #open = new Collected<OpenQuestion>(OPEN_QUESTIONS);
  readonly #faults: { source: string; error: AppError }[] = [];
  readonly #sources: SourceReport[] = [];
  readonly #comparisons: Comparison[] = [];
  #nodeKeys: AuditKeys | undefined;
  /** The longest log that agrees with those before it. */
  #reference: (ReadLog & { readonly opened: Opened }) | undefined;

  constructor(options: AuditOptions) {
    this.#options = options;
  }

  async run(): Promise<AuditReport> {
    const { policy, progress } = this.#options;
    const opened = await this.#openAll();
    const origin = this.#origin(opened);
    const total = opened.reduce((sum, { size }) => sum + size, 0);
    await progress(total, async (advance) => {
      const sizes = opened.map(({ size }) => size);
      for (const source of inOrder(opened)) await this.#audit(source, { origin, sizes, advance });
    });
    return {
      origin,
      keys: policy !== undefined ? "policy" : this.#nodeKeys !== undefined ? "node" : "log",
      policy,
      places: this.#options.places,
      sources: this.#sources,
      comparisons: this.#comparisons,
      findings: this.#findings,
      open: this.#open,
      faults: this.#faults,
    };
  }

  /** The node last: what operators have signed by then, it has as final. */
  async #openAll(): Promise<Opened[]> {
    const { places, ports, patience } = this.#options;
    const { node } = places;
    const opened: Opened[] = [];
    for (const url of places.logs)
      await this.#tolerant(url, async () => void opened.push(await openLogAt(url, patience)));
    if (node === undefined) return opened;
    const source = new URL(node.rpc).host;
    await this.#tolerant(source, async () => {
      const chain = await ports.openChainLog(node);
      const { size } = chain;
      opened.push({ kind: "node", source, size, chain, origin: originOf(chain.registry) });
    });
    return opened;
  }

  /** The log that is audited: the node's, else the policy's, else that of the first operator who was named. */
  #origin(opened: readonly Opened[]): string | undefined {
    const { policy } = this.#options;
    const [first] = opened.toSorted((a, b) => Number(b.kind === "node") - Number(a.kind === "node"));
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
    opened: Opened,
    {
      origin,
      sizes,
      advance,
    }: { origin: string | undefined; sizes: number[]; advance: (by: number) => void },
  ): Promise<void> {
    const { source, kind, origin: own } = opened;
    if (origin === undefined || own !== origin) {
      const values = { size: opened.size, origin: quote(own), expected: origin ?? "" };
      this.#findings.add({ code: "checkpoint-other-log", source, values });
      return;
    }
    const { policy, patience } = this.#options;
    const parts = { findings: this.#findings, open: this.#open, patience, sizes, advance };
    const reading: Reading = { ...parts, reference: this.#reference?.log.leaves };
    await this.#tolerant(source, async () => {
      const report = await this.#read(opened, reading, { origin, policy });
      this.#sources.push(report);
      if (report.complete) await this.#compare({ source, kind, ...report });
    });
  }

  async #read(
    opened: Opened,
    reading: Reading,
    { origin, policy }: { origin: string; policy: Policy | undefined },
  ): Promise<SourceReport> {
    if (opened.kind === "node") {
      const report = await readNode(opened, reading);
      this.#nodeKeys = report.keys;
      return report;
    }
    const keys = policy === undefined ? this.#nodeKeys : keysOfPolicy(policy, origin);
    return await readLog(opened, reading, { origin, keys, policy });
  }

  async #compare(other: ReadLog & { opened: Opened }): Promise<void> {
    const reference = this.#reference;
    if (reference === undefined) {
      if (other.sound) this.#reference = other;
      return;
    }
    const { now, grace } = this.#options;
    const comparison = compareLogs({ reference, other, now, grace });
    this.#comparisons.push(comparison);
    this.#open.add(...comparison.open);
    for (const finding of comparison.findings) {
      const index = Number(finding.values["index"]);
      const notes =
        finding.code === "split-view" ? await this.#notes(index, [other.opened, reference.opened]) : [];
      this.#findings.add(notes.length === 0 ? finding : { ...finding, notes });
    }
    if (comparison.agree && other.log.size > reference.log.size) this.#reference = other;
  }

  /** What the two signed of entry `index`: of one size where there is one that both did, since that is proof by itself. */
  async #notes(index: number, pair: readonly [Opened, Opened]): Promise<string[]> {
    const logs = pair.filter((opened) => opened.kind === "log");
    const covering = logs.map(({ kept }) => kept.filter((size) => size > index));
    const both = covering[0]?.find((size) => covering.every((sizes) => sizes.includes(size)));
    const notes = logs.map(async (log, i) => await this.#note(log, both ?? covering[i]?.[0]));
    return await Promise.all(notes);
  }

  async #note({ client, newest }: OpenedLog, size: number | undefined): Promise<string> {
    if (size === undefined) return newest;
    const asked = this.#options.patience.ask(() => client.checkpoint(size));
    return (await asked.catch(() => undefined)) ?? newest;
  }

  async #tolerant(source: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isAppError(error)) throw error;
      if (error.code !== "NOTE_SYNTAX") {
        this.#faults.push({ source, error });
        return;
      }
      const { detail, at = "" } = error.fields;
      this.#findings.add({
        code: "checkpoint-malformed",
        source,
        values: { size: "?", detail: `${detail} (${at})` },
      });
    }
  }
}

/** The node first, since its directory names the keys; then the longest, which the others are compared with. */
function inOrder(opened: readonly Opened[]): Opened[] {
  const rank = ({ kind, size }: Opened): number => (kind === "node" ? Infinity : size);
  return opened.toSorted((a, b) => (rank(a) === rank(b) ? 0 : rank(b) - rank(a)));
}
