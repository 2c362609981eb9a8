import type { CheckpointAudit, Signer } from "../../audit/log-audit/checkpoints.ts";
import type { Collected, Finding, OpenQuestion } from "../../audit/log-audit/findings.ts";
import { AUDIT_LIMITS, type AuditLimit } from "../../core/audit-codes.ts";
import { toHex } from "../../core/bytes.ts";
import { formatLocalTime, formatTime } from "../../core/time.ts";
import type { UnixSeconds } from "../../core/units.ts";
import { fill } from "../../words/index.ts";
import type { Context } from "../context.ts";
import { faultJson, printable, rows } from "../output.ts";
import { exitOf, type AuditReport } from "../../audit/log-audit/audit-log.ts";
import type { SourceReport } from "../../audit/log-audit/read-log.ts";

type Words = Context["words"];
type Row = readonly [label: string, value: string];

/** An audit as a person reads it: what came of it, what was checked, what does not hold, and what cannot be known. */
export function reportLines(report: AuditReport, { words }: Pick<Context, "words">): string[] {
  const { auditLog: w } = words;
  const { origin, findings, open, faults, comparisons, sources, keys } = report;
  const titles = [
    `✓ ${w.holds}`,
    `✕ ${fill(w.found, { count: findings.count })}`,
    "",
    `⚠ ${w.notEstablished}`,
  ];
  return [
    titles[exitOf(report)] ?? "",
    ...(origin === undefined ? [] : [`  ${fill(w.log, { origin: printable(origin) })}`]),
    ...sources.flatMap((source) => sourceLines(source, report, words)),
    ...comparisons.map(({ sources: [a, b], size, agree }) =>
      fill(agree ? w.agree : w.differ, { a, b, size }),
    ),
    ...(sources.some(({ checkpoints }) => checkpoints !== undefined) ? [w.keys[keys]] : []),
    ...section(w.findingsTitle, "✕", told(findings, w.findings, words)),
    ...section(w.openTitle, "⚠", [
      ...faults.map(({ source, error }) => [
        `${source}: ${words.errors[error.code]} (${error.code})`,
        `  ${error.fields.detail}`,
      ]),
      ...told(open, w.open, words),
    ]),
    ...section(
      w.limitsTitle,
      "·",
      limitsOf(report).map((limit) => [w.limits[limit]]),
    ),
  ];
}

export function reportJson(report: AuditReport, words: Words): object {
  const { origin, keys, sources, comparisons, findings, open, faults } = report;
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
    limits: limitsOf(report),
  };
}

/** What no finding means nothing for. */
function limitsOf({ places: { node, logs }, keys }: AuditReport): AuditLimit[] {
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

function sourceLines(source: SourceReport, { policy }: AuditReport, { auditLog: w }: Words): string[] {
  const { opened, log, complete, roots, tiles, checkpoints } = source;
  const { labels } = w;
  const { period } = log;
  const facts: Row[] = [
    [labels.entries, complete ? String(log.size) : fill(w.incomplete, { read: log.size, size: opened.size })],
    ...(period === undefined ? [] : [[labels.recorded, span(period, w)] as const]),
    [labels.root, toHex(log.root())],
    ...(opened.kind === "node"
      ? [
          [labels.contractRoots, String(roots)] as const,
          [labels.finalBlock, String(opened.chain.block)] as const,
        ]
      : [[labels.tiles, String(tiles)] as const]),
    ...(checkpoints === undefined ? [] : checkpointRows(checkpoints, policy !== undefined, w)),
  ];
  const kind = opened.kind === "node" ? labels.node : labels.operator;
  return [`${kind} ${opened.source}`, ...rows(facts)];
}

function checkpointRows(checkpoints: CheckpointAudit, pinned: boolean, w: Words["auditLog"]): Row[] {
  const { labels } = w;
  const { sizes, signers, cosigners, unknown, witnessed } = checkpoints;
  const each = (label: string, people: ReadonlyMap<string, Signer>): Row[] =>
    [...people].map(([name, { count, from, to }]) => {
      const times = fill(w.times, { name: printable(name), count });
      return [label, from === undefined || to === undefined ? times : `${times} · ${span({ from, to }, w)}`];
    });
  return [
    [labels.checkpoints, sizes === undefined ? "0" : fill(w.sizes, sizes)],
    ...each(labels.signedBy, signers),
    ...each(labels.cosignedBy, cosigners),
    ...(pinned ? [[labels.quorum, String(witnessed)] as const] : []),
    ...[...unknown].map(([name, count]) => [labels.unknown, fill(w.times, { name, count })] as const),
  ];
}

function sourceJson(
  { opened, log, complete, roots, tiles, checkpoints }: SourceReport,
  { policy }: AuditReport,
): object {
  const { period } = log;
  return {
    kind: opened.kind,
    source: opened.source,
    size: opened.size,
    entries: log.size,
    complete,
    root: toHex(log.root()),
    recorded: period && { from: formatTime(period.from), to: formatTime(period.to) },
    ...(opened.kind === "node" ? { finalBlock: opened.chain.block, contractRoots: roots } : { tiles }),
    ...(checkpoints === undefined ? {} : { checkpoints: checkpointsJson(checkpoints, policy !== undefined) }),
  };
}

function checkpointsJson(checkpoints: CheckpointAudit, pinned: boolean): object {
  const { sizes, signers, cosigners, unknown, witnessed } = checkpoints;
  const people = (map: ReadonlyMap<string, Signer>): object[] =>
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
    unknownSignatures: [...unknown].map(([name, count]) => ({ name, count })),
  };
}

/** What was collected, each as a line or more. */
function told<Item extends Finding | OpenQuestion>(
  { items, more }: Collected<Item>,
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
          .map((line) => `  | ${printable(line)}`),
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
