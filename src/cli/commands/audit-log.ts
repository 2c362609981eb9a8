import { fill } from "../../words/index.ts";
import { auditLog, exitOf } from "../../audit/log-audit/audit-log.ts";
import { reportJson, reportLines } from "../audit-log/report.ts";
import { placesOf, type SourceFlags } from "../audit-log/sources.ts";
import type { Context } from "../context.ts";
import { Patience } from "../feed/patience.ts";
import { readPolicy } from "../offline.ts";

export interface AuditLogFlags extends SourceFlags {
  readonly policy?: string;
  readonly patience?: number;
}

/** Seconds in pauses for one request. */
const PATIENCE = 60;

/**
 * `hufu audit log`: the log from a node, from what operators serve, or both, checked to the last byte and compared. Exit
 * codes: 0 all of it holds, 1 something does not, 3 something could not be established.
 */
export async function auditLogCommand(flags: AuditLogFlags, context: Context): Promise<void> {
  const { out, words, ports } = context;
  const places = await placesOf(flags, context);
  const policy = flags.policy === undefined ? undefined : await readPolicy(flags.policy);
  const report = await auditLog({
    places,
    policy,
    patience: patienceOf(flags, context),
    ports,
    now: ports.clock.now(),
    grace: context.config().maxLag,
    progress: (total, work) => out.progress(words.auditLog.reading, total, work),
  });
  out.print(...reportLines(report, context));
  out.json(reportJson(report, words));
  out.exitCode = exitOf(report);
}

/** Several questions wait at a time for the same reason: it is told once a second. */
function patienceOf({ patience = PATIENCE }: AuditLogFlags, { out, words, ports }: Context): Patience {
  let told = -Infinity;
  return new Patience({
    seconds: patience,
    waiting: ({ fields: { detail } }, pause) => {
      const now = ports.clock.millis();
      if (now - told < 1_000) return;
      told = now;
      out.note(fill(words.cli.away, { detail, seconds: Math.ceil(pause / 1000) }));
    },
  });
}
