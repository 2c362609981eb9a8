/** Prints the results of parsing and judging dates, which must not depend on the time zone of the machine. */
import { isAppError } from "../../src/core/errors.ts";
import {
  formatLocalTime,
  formatTime,
  parseEndOfDayOrTime,
  parseStartOfDayOrTime,
} from "../../src/core/time.ts";
import { judge } from "../../src/verify/judge.ts";
import type { DocumentEvidence, Evidence } from "../../src/verify/ports.ts";

/** Leap days and seconds, hours that daylight saving skips or repeats, a day that Samoa never had. */
const TEXTS = [
  "2028-02-29",
  "2027-02-29",
  "2100-02-29",
  "2016-12-31T23:59:60Z",
  "2016-12-31T23:59:59Z",
  "2026-03-08",
  "2026-03-08T02:30:00-05:00",
  "2026-11-01T01:30:00-04:00",
  "2026-11-01T01:30:00-05:00",
  "2026-10-04T02:15:00+10:30",
  "2011-12-30",
  "1991-04-14T00:30:00+08:00",
  "1979-05-13T03:30:00+08:00",
  "2026-12-31",
  "2027-01-01T00:00:00+14:00",
];

function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return isAppError(error) ? error.code : String(error);
  }
}

function verdictAt(validUntil: number, now: number): string {
  const document = {
    entry: { institution: 1, validUntil, recordedAt: 1 },
    index: 0,
    statuses: [],
    final: true,
  };
  const institution = { id: 1, state: "active" };
  const known = { ...document, registry: undefined, institution, key: { compromise: undefined } };
  const head = { size: 1, block: { time: now }, final: { time: now }, syncedAt: now };
  const evidence = {
    documents: [known as unknown as DocumentEvidence],
    head,
    others: [],
    expected: undefined,
  };
  const policy = { maxLag: 600, emptyBlocks: true, acceptedIssuers: [] };
  return judge({ question: {}, evidence: evidence as unknown as Evidence, policy, now }).verdict.kind;
}

const results = TEXTS.map((text) => [
  text,
  outcome(() => formatTime(parseStartOfDayOrTime(text, ""))),
  outcome(() => {
    const end = parseEndOfDayOrTime(text, "");
    return [end, formatTime(end), formatLocalTime(end), verdictAt(end, end - 1), verdictAt(end, end)];
  }),
]);
/** A local time that some time zones skip. */
const local = new Date(2026, 2, 8, 2, 30).getTime();
process.stdout.write(JSON.stringify({ local, results }));
