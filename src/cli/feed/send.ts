/** Sends the documents of a feed in batches, and waits until they are final. */
import type { AppError } from "../../core/errors.ts";
import type { Words } from "../../words/index.ts";
import { inBatches } from "../../sdk/issue/batches.ts";
import type { Issued, Issuer } from "../../sdk/issue/issuer.ts";
import { faultJson } from "../output.ts";
import type { Prepared } from "./prepare.ts";
import type { Origin } from "./manifest.ts";
import type { Outcome } from "./spool.ts";

export interface Sending {
  readonly issuer: Issuer;
  readonly words: Words;
  /** Documents in one request. */
  readonly size: number;
}

/** Submits all lines, batch by batch, without waiting until they are recorded. */
export async function* accept(
  lines: AsyncIterable<Prepared>,
  { issuer, words, size }: Sending,
): AsyncGenerator<Outcome[]> {
  for await (const batch of inBatches(lines, size)) {
    // from here on a line holds only what is sent of it, so that no digest of a blinded document is written to disk
    const documents = batch.flatMap((line) => ("document" in line ? [line.document] : []));
    const issued = (await issuer.submit(documents)).values();
    yield batch.map((line) => ({
      ...originOf(line),
      ...outcomeOf("fault" in line ? { kind: "not-sent", fault: line.fault } : issued.next().value, words),
    }));
  }
}

/** Waits until accepted documents are final. Those that are not in time keep their state. */
export async function* settle(
  outcomes: AsyncIterable<Outcome>,
  { issuer, words, size }: Sending,
): AsyncGenerator<Outcome[]> {
  for await (const batch of inBatches(outcomes, size)) {
    const settled = (await issuer.settle(batch.flatMap(openOf))).values();
    yield batch.map((outcome) =>
      openOf(outcome).length === 0 ? outcome : { ...outcome, ...outcomeOf(settled.next().value, words) },
    );
  }
}

export function isSettledOutcome({ result: { state } }: Outcome): boolean {
  return state === "final" || state === "failed" || state === "refused";
}

/** The open document of an outcome, in a list; empty where it is settled. */
function openOf(outcome: Outcome): Issued[] {
  const { document, result } = outcome;
  return document === undefined || isSettledOutcome(outcome) ? [] : [{ kind: "open", document, result }];
}

/** The part of an outcome that follows from what became of the document. */
function outcomeOf(issued: Issued | undefined, words: Words): Pick<Outcome, "document" | "result"> {
  const failed = (state: "refused" | "failed", fault: AppError): Pick<Outcome, "result"> => ({
    result: { state, error: faultJson(fault, words) },
  });
  if (issued === undefined) throw new RangeError("fewer results than documents");
  if (issued.kind === "not-sent") return failed("refused", issued.fault);
  const { document } = issued;
  if (issued.kind === "not-believed") return { document, ...failed("failed", issued.fault) };
  return { document, result: issued.result };
}

function originOf({ line, path, file, name, reference, doubt }: Prepared): Origin {
  const rest = { ...(file === undefined ? {} : { file }), ...(doubt === undefined ? {} : { doubt }) };
  return { line, path, name, reference, ...rest };
}
