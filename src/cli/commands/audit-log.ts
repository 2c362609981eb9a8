/** The command `hufu audit log` audits the log of a node, of operators, or of both, and compares them. */
import { setTimeout as sleep } from "node:timers/promises";
import { auditLog } from "../../audit/log-audit/audit-log.ts";
import { exitOf, reportJson, reportLines } from "../audit-log/report.ts";
import { openNode, operatorLog, sourcesOf, type SourceFlags } from "../audit-log/sources.ts";
import { requireCurrent } from "../../log/trusted-checkpoint.ts";
import type { Context } from "../context.ts";
import { readPolicy } from "../offline.ts";
import { patienceOf } from "../patience.ts";

export interface AuditLogFlags extends SourceFlags {
  readonly policy?: string;
  readonly patience?: number;
}

/** Exit codes: 0 the log holds, 1 a finding, 3 something could not be established. */
export async function auditLogCommand(flags: AuditLogFlags, context: Context): Promise<void> {
  const { out, words, ports } = context;
  const { node, logs } = await sourcesOf(flags, context);
  const now = ports.clock.now();
  const policy = flags.policy === undefined ? undefined : await readPolicy(flags.policy);
  if (policy !== undefined) requireCurrent({ policy, now });
  const patience = patienceOf(flags.patience, context);
  const report = await auditLog({
    node: node && { source: new URL(node.rpc).host, open: () => openNode(node, ports, patience) },
    logs: logs.map((url) => operatorLog(url, patience)),
    policy,
    pause: (milliseconds) => sleep(milliseconds),
    now,
    grace: context.config().maxLag,
    progress: (total, work) => out.progress(words.auditLog.reading, total, work),
  });
  out.print(...reportLines(report, context));
  out.json(reportJson(report, words));
  out.exitCode = exitOf(report);
}
