/** Writes the report of a log's audit as text and as JSON, and gives its exit code. */
import type { AuditReport } from "../../audit/log-audit/audit-log.ts";
import type { CheckpointAudit, SignerStats } from "../../audit/log-audit/checkpoints.ts";
import type { Finding, Observations, OpenQuestion } from "../../audit/log-audit/findings.ts";
import type { SourceReport } from "../../audit/log-audit/read-log.ts";
import { toHex } from "../../core/bytes.ts";
import { formatLocalTime, formatTime } from "../../core/time.ts";
import type { UnixSeconds } from "../../core/units.ts";
import type { ExitCode } from "../../core/verdict.ts";
import { fill } from "../../words/index.ts";
import type { Context } from "../context.ts";
import { faultJson, rows } from "../output.ts";

type Words = Context["words"];
type Row = readonly [label: string, value: string];

/** A finding is 1, even where something else could not be established (3); a fault is never a finding. */
export function exitOf({ findings, open, faults }: AuditReport): ExitCode {
  if (findings.count > 0) return 1;
  return open.count > 0 || faults.length > 0 ? 3 : 0;
}

export function reportLines(report: AuditReport, { words }: Pick<Context, "words">): string[] {
  const { auditLog: w } = words;
  const { origin, findings, open, faults, comparisons, sources, keys, limits } = report;
  const titles = [
    `✓ ${w.holds}`,
    `✕ ${fill(w.found, { count: findings.count })}`,
    "",
    `⚠ ${w.notEstablished}`,
  ];
  return [
    titles[exitOf(report)] ?? "",
    ...(origin === undefined ? [] : [`  ${fill(w.log, { origin })}`]),
    ...sources.flatMap((source) => sourceLines(source, report, words)),
    ...comparisons.map(({ sources: [a, b], size, agree }) =>
      fill(agree ? w.agree : w.differ, { a, b, size }),
    ),
    ...(sources.some(({ checkpoints }) => checkpoints !== undefined) ? [w.keys[keys]] : []),
    ...section(w.findingsTitle, "✕", observationLines(findings, w.findings, words)),
    ...section(w.openTitle, "⚠", [
      ...faults.map(({ source, error }) => [
        `${source}: ${words.errors[error.code]} (${error.code})`,
        `  ${error.fields.detail}`,
      ]),
      ...observationLines(open, w.open, words),
    ]),
    ...section(
      w.limitsTitle,
      "·",
      limits.map((limit) => [w.limits[limit]]),
    ),
  ];
}

export function reportJson(report: AuditReport, words: Words): object {
  const { origin, keys, sources, comparisons, findings, open, faults, limits } = report;
  const plain = ({ code, source, values, notes }: Finding | OpenQuestion): object => {
    return { code, source, ...values, ...(notes === undefined ? {} : { notes }) };
  };
  return {
    origin: origin ?? null,
    keys,
    sources: sources.map((source) => sourceJson(source, report)),
    comparisons: comparisons.map(({ sources: between, size, agree }) => ({ sources: between, size, agree })),
    findings: findings.items.map(plain),
    moreFindings: findings.more,
    open: open.items.map(plain),
    moreOpen: open.more,
    faults: faults.map(({ source, error }) => ({ source, error: faultJson(error, words) })),
    limits,
  };
}

function sourceLines(source: SourceReport, { keys }: AuditReport, { auditLog: w }: Words): string[] {
  const { snapshot, log, complete, roots, tiles, checkpoints } = source;
  const { labels } = w;
  const { period } = log;
  const facts: Row[] = [
    [
      labels.entries,
      complete ? String(log.size) : fill(w.incomplete, { read: log.size, size: snapshot.size }),
    ],
    ...(period === undefined ? [] : [[labels.recorded, span(period, w)] as const]),
    [labels.root, toHex(log.root())],
    ...(snapshot.kind === "node"
      ? [
          [labels.contractRoots, String(roots)] as const,
          [labels.finalBlock, String(snapshot.chain.block)] as const,
        ]
      : [[labels.tiles, String(tiles)] as const]),
    ...(checkpoints === undefined ? [] : checkpointRows(checkpoints, keys === "policy", w)),
  ];
  const kind = snapshot.kind === "node" ? labels.node : labels.operator;
  return [`${kind} ${snapshot.source}`, ...rows(facts)];
}

function checkpointRows(checkpoints: CheckpointAudit, pinned: boolean, w: Words["auditLog"]): Row[] {
  const { labels } = w;
  const { sizes, signers, cosigners, unknownSigners, witnessed } = checkpoints;
  const each = (label: string, people: ReadonlyMap<string, SignerStats>): Row[] =>
    [...people].map(([name, { count, from, to }]) => {
      const times = fill(w.times, { name, count });
      return [label, from === undefined || to === undefined ? times : `${times} · ${span({ from, to }, w)}`];
    });
  return [
    [labels.checkpoints, sizes === undefined ? "0" : fill(w.sizes, sizes)],
    ...each(labels.signedBy, signers),
    ...each(labels.cosignedBy, cosigners),
    ...(pinned ? [[labels.quorum, String(witnessed)] as const] : []),
    ...[...unknownSigners].map(([name, count]) => [labels.unknown, fill(w.times, { name, count })] as const),
  ];
}

function sourceJson(
  { snapshot, log, complete, roots, tiles, checkpoints }: SourceReport,
  { keys }: AuditReport,
): object {
  const { period } = log;
  return {
    kind: snapshot.kind,
    source: snapshot.source,
    size: snapshot.size,
    entries: log.size,
    complete,
    root: toHex(log.root()),
    recorded: period && { from: formatTime(period.from), to: formatTime(period.to) },
    ...(snapshot.kind === "node" ? { finalBlock: snapshot.chain.block, contractRoots: roots } : { tiles }),
    ...(checkpoints === undefined ? {} : { checkpoints: checkpointsJson(checkpoints, keys === "policy") }),
  };
}

function checkpointsJson(checkpoints: CheckpointAudit, pinned: boolean): object {
  const { sizes, signers, cosigners, unknownSigners, witnessed } = checkpoints;
  const people = (map: ReadonlyMap<string, SignerStats>): object[] =>
    [...map].map(([name, { count, from, to }]) => ({
      name,
      count,
      ...(from === undefined || to === undefined ? {} : { from: formatTime(from), to: formatTime(to) }),
    }));
  return {
    ...(sizes ?? { count: 0 }),
    signers: people(signers),
    cosigners: people(cosigners),
    ...(pinned ? { withQuorum: witnessed } : {}),
    unknownSignatures: [...unknownSigners].map(([name, count]) => ({ name, count })),
  };
}

function observationLines<Item extends Finding | OpenQuestion>(
  { items, more }: Observations<Item>,
  texts: Readonly<Record<Item["code"], string>>,
  { auditLog: w }: Words,
): string[][] {
  return [
    ...items.map(({ code, source, values, notes = [] }) => [
      `${source}: ${fill(texts[code as Item["code"]], values)} (${code})`,
      ...notes.flatMap((note) =>
        note
          .trimEnd()
          .split("\n")
          .map((line) => `  | ${line}`),
      ),
    ]),
    ...more.map(({ code, source, count }) => [`${fill(w.more, { count, source })} (${code})`]),
  ];
}

function section(title: string, sign: string, items: readonly (readonly string[])[]): string[] {
  if (items.length === 0) return [];
  return [
    title,
    ...items.flatMap(([first = "", ...rest]) => [`  ${sign} ${first}`, ...rest.map((line) => `    ${line}`)]),
  ];
}

function span({ from, to }: { from: UnixSeconds; to: UnixSeconds }, w: Words["auditLog"]): string {
  return fill(w.period, { from: formatLocalTime(from), to: formatLocalTime(to) });
}
