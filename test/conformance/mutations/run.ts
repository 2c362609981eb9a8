/** Runs single mutations of the samples, and counts their outcomes. */
import { equalBytes, toHex } from "../../../src/core/bytes.ts";
import { isAppError } from "../../../src/core/errors.ts";
import { Draw } from "./draw.ts";
import { same, type Sample } from "./sample.ts";
import { SAMPLES } from "./samples.ts";

type Counts = Record<string, number>;

export interface Report {
  readonly mutations: number;
  readonly of: Counts;
  readonly kinds: Counts;
  /** By code. */
  readonly refused: Counts;
  /** By cause: they still verify, with the same claims. */
  readonly harmless: Counts;
  /** They verify with other claims. */
  readonly wrong: string[];
  /** They throw another error than a refusal. */
  readonly crashed: string[];
}

/** Shares in percent: where signatures are verified each mutation takes some milliseconds. */
const SHARES: Readonly<Record<string, number>> = {
  receipts: 25,
  checkpoints: 15,
  statements: 15,
  proofs: 25,
  entries: 20,
};
const DRAWN = Object.entries(SHARES).flatMap(([name, share]) => new Array<string>(share).fill(name));

/** Runs `count` mutations from the number `from` on: each is one change of one sample. */
export function run({ seed, from, count }: { seed: number; from: number; count: number }): Report {
  const report = { mutations: 0, of: {}, kinds: {}, refused: {}, harmless: {}, wrong: [], crashed: [] };
  const original = new Map(
    Object.values(SAMPLES)
      .flat()
      .map((sample) => [sample, sample.verify(sample.original).claims]),
  );
  for (let number = from; number < from + count; number++) {
    const draw = new Draw(seed, number);
    const what = draw.of(DRAWN);
    const sample = draw.of(SAMPLES[what] ?? []);
    tryOne(sample, draw, { report, what, number, claims: original.get(sample) });
  }
  return report;
}

function tryOne(
  sample: Sample,
  draw: Draw,
  { report, what, number, claims }: { report: Report; what: string; number: number; claims: unknown },
): void {
  let [kind, mutate] = draw.of(sample.mutations);
  let mutated = mutate(draw);
  while (equalBytes(mutated, sample.original)) {
    [kind, mutate] = draw.of(sample.mutations);
    mutated = mutate(draw);
  }
  (report as { mutations: number }).mutations += 1;
  add(report.of, what);
  add(report.kinds, kind);
  try {
    const held = sample.verify(mutated);
    if (same(held.claims, claims) && held.cause !== "nothing") add(report.harmless, held.cause);
    else report.wrong.push(`${number}: ${sample.name}, ${kind}: ${toHex(mutated)}`);
  } catch (error) {
    if (isAppError(error)) add(report.refused, error.code);
    else report.crashed.push(`${number}: ${sample.name}, ${kind}: ${String(error)}: ${toHex(mutated)}`);
  }
}

function add(counts: Counts, name: string, by = 1): void {
  counts[name] = (counts[name] ?? 0) + by;
}

/** The sum of several runs. */
export function joined(reports: readonly Report[]): Report {
  const sum = { mutations: 0, of: {}, kinds: {}, refused: {}, harmless: {} };
  for (const report of reports) {
    sum.mutations += report.mutations;
    for (const part of ["of", "kinds", "refused", "harmless"] as const)
      for (const [name, count] of Object.entries(report[part])) add(sum[part], name, count);
  }
  return {
    ...sum,
    wrong: reports.flatMap(({ wrong }) => wrong),
    crashed: reports.flatMap(({ crashed }) => crashed),
  };
}
