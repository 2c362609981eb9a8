/** Sends the documents of a feed in batches, and waits until they are final. */
import { AppError, isAppError } from "../../core/errors.ts";
import type { Words } from "../../words/index.ts";
import type { HufuClient } from "../../sdk/http/client.ts";
import type { AnchorResult, DocumentRequest } from "../../wire/anchors.ts";
import type { Blinding } from "../../sdk/issue/blinding.ts";
import { faultJson } from "../output.ts";
import { inBatches } from "./batches.ts";
import type { RetryPolicy } from "../../sdk/issue/retry.ts";
import type { Prepared } from "./prepare.ts";
import type { Origin } from "./manifest.ts";
import type { Outcome } from "./spool.ts";

/** Polls of a batch before its documents are left as accepted; the service waits up to 30 s in each. */
const MAX_POLLS = 20;

export interface Sending {
  readonly client: HufuClient;
  readonly patience: RetryPolicy;
  readonly blinding: Blinding;
  readonly words: Words;
  /** Documents in one request. */
  readonly size: number;
}

/** Submits all lines, batch by batch, without waiting until they are recorded. */
export async function* accept(lines: AsyncIterable<Prepared>, sending: Sending): AsyncGenerator<Outcome[]> {
  for await (const batch of inBatches(lines, sending.size)) {
    // from here on a line holds only what is sent of it, so that no digest of a blinded document is written to disk
    const blinded = await sending.blinding.blind(
      batch.flatMap((line) => ("document" in line ? [line.document] : [])),
    );
    const documents = blinded.flatMap((item) => (isAppError(item) ? [] : [item]));
    const results = (documents.length === 0 ? [] : await anchor(documents, sending, false)).values();
    const sent = blinded.values();
    yield batch.map((line) => {
      const document = "fault" in line ? line.fault : sent.next().value;
      if (isAppError(document)) return { ...originOf(line), result: refused(document, sending.words) };
      const { value: result } = results.next();
      if (document === undefined || result === undefined)
        throw new RangeError("fewer results than documents");
      return { ...originOf(line), document, result };
    });
  }
}

/** Waits until accepted documents are final. Those that are not in time keep their state. */
export async function* settle(outcomes: AsyncIterable<Outcome>, sending: Sending): AsyncGenerator<Outcome[]> {
  for await (const batch of inBatches(outcomes, sending.size)) {
    let settled: readonly Outcome[] = batch;
    for (let polls = 0; polls < MAX_POLLS && !settled.every(isSettledOutcome); polls++)
      settled = await poll(settled, sending);
    yield [...settled];
  }
}

export function isSettledOutcome({ result: { state } }: Outcome): boolean {
  return state === "final" || state === "failed" || state === "refused";
}

/** Polls by sending open documents again: the service records no document twice. */
async function poll(outcomes: readonly Outcome[], sending: Sending): Promise<Outcome[]> {
  const open = outcomes.filter((outcome) => !isSettledOutcome(outcome));
  const documents = open.flatMap(({ document }) => document ?? []);
  const results = (await anchor(documents, sending, true)).values();
  const now: Outcome[] = [];
  for (const outcome of outcomes) {
    if (isSettledOutcome(outcome)) now.push(outcome);
    else now.push({ ...outcome, result: await newestResult(outcome, results.next().value, sending) });
  }
  return now;
}

/**
 * The newest state of an accepted document, with the duplicate mark and the warnings of its first answer. A document that
 * would be refused now, since it was withdrawn or has expired meanwhile, is asked for by its id.
 */
async function newestResult(
  { document, result: { id, duplicate, warnings } }: Outcome,
  again: AnchorResult | undefined,
  sending: Sending,
): Promise<AnchorResult> {
  const { client, patience } = sending;
  if (again === undefined) throw new RangeError("fewer results than documents");
  const { duplicate: _, ...now } =
    again.state === "refused" && id !== undefined
      ? believed(document, await patience.ask(() => client.anchorById(id)), sending)
      : again;
  return {
    ...now,
    ...(duplicate === true ? { duplicate } : {}),
    ...(warnings === undefined ? {} : { warnings }),
  };
}

/** A result as it is believed: one that shows an entry of another institution is none of the document. */
function believed(
  document: DocumentRequest | undefined,
  result: AnchorResult | undefined,
  { blinding, words }: Sending,
): AnchorResult {
  if (document === undefined || result === undefined) throw new RangeError("fewer results than documents");
  const fault = blinding.faultOf(document, result);
  return fault === undefined ? result : { state: "failed", error: faultJson(fault, words) };
}

async function anchor(
  documents: readonly DocumentRequest[],
  sending: Sending,
  wait: boolean,
): Promise<readonly AnchorResult[]> {
  const { client, patience } = sending;
  const { anchors } = await patience.ask(() => client.anchor(documents, { wait }));
  if (anchors.length === documents.length)
    return documents.map((document, i) => believed(document, anchors[i], sending));
  throw new AppError("NOT_THE_SERVICE", {
    detail: `${documents.length} documents were sent, and ${anchors.length} results came back`,
  });
}

function originOf({ line, path, file, name, reference }: Prepared): Origin {
  return { line, path, ...(file === undefined ? {} : { file }), name, reference };
}

function refused(fault: AppError, words: Words): AnchorResult {
  return { state: "refused", error: faultJson(fault, words) };
}
