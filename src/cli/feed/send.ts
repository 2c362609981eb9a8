import { AppError, isAppError } from "../../core/errors.ts";
import type { Words } from "../../words/index.ts";
import type { HufuClient } from "../../sdk/client.ts";
import type { AnchorResult, DocumentRequest } from "../../wire/anchors.ts";
import type { Blinding } from "../blinding.ts";
import { faultJson } from "../output.ts";
import { inBatches } from "./batches.ts";
import type { RetryPolicy } from "./retry.ts";
import type { Prepared } from "./prepare.ts";
import type { Origin } from "./manifest.ts";
import type { Outcome } from "./spool.ts";

/** How often a batch is asked about again before "accepted" has to do; the service waits 30 s each time. */
const ROUNDS = 20;

export interface Sending {
  readonly client: HufuClient;
  readonly patience: RetryPolicy;
  readonly blinding: Blinding;
  readonly words: Words;
  /** Documents in one request. */
  readonly size: number;
}

/** Has the service take all lines, batch by batch, and waits for none of them to be recorded. */
export async function* accept(lines: AsyncIterable<Prepared>, sending: Sending): AsyncGenerator<Outcome[]> {
  for await (const batch of inBatches(lines, sending.size)) {
    // what is kept of a line from here on is what is sent of it, so that no digest of a blinded one is written anywhere
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

/** Waits for accepted documents to be final. Those that will not be yet keep the state that they are in. */
export async function* settle(outcomes: AsyncIterable<Outcome>, sending: Sending): AsyncGenerator<Outcome[]> {
  for await (const batch of inBatches(outcomes, sending.size)) {
    let settled: readonly Outcome[] = batch;
    for (let round = 0; round < ROUNDS && !settled.every(isSettledOutcome); round++)
      settled = await lookAgain(settled, sending);
    yield [...settled];
  }
}

export function isSettledOutcome({ result: { state } }: Outcome): boolean {
  return state === "final" || state === "failed" || state === "refused";
}

/** Sending a document again is how one waits for it: what was taken before is not taken twice. */
async function lookAgain(outcomes: readonly Outcome[], sending: Sending): Promise<Outcome[]> {
  const open = outcomes.filter((outcome) => !isSettledOutcome(outcome));
  const documents = open.flatMap(({ document }) => document ?? []);
  const results = (await anchor(documents, sending, true)).values();
  const now: Outcome[] = [];
  for (const outcome of outcomes) {
    if (isSettledOutcome(outcome)) now.push(outcome);
    else now.push({ ...outcome, result: await asAccepted(outcome.result, results.next().value, sending) });
  }
  return now;
}

/**
 * The newest state of an accepted document. Whether it was there before, and what is worth a look, is what the first answer
 * says. What would not be taken again, because it was withdrawn or its date passed meanwhile, is asked for by its id.
 */
async function asAccepted(
  first: AnchorResult,
  again: AnchorResult | undefined,
  { client, patience }: Sending,
): Promise<AnchorResult> {
  const { id, duplicate, warnings } = first;
  if (again === undefined) throw new RangeError("fewer results than documents");
  const { duplicate: _, ...now } =
    again.state === "refused" && id !== undefined ? await patience.ask(() => client.anchorById(id)) : again;
  return {
    ...now,
    ...(duplicate === true ? { duplicate } : {}),
    ...(warnings === undefined ? {} : { warnings }),
  };
}

async function anchor(
  documents: readonly DocumentRequest[],
  { client, patience }: Sending,
  wait: boolean,
): Promise<readonly AnchorResult[]> {
  const { anchors } = await patience.ask(() => client.anchor(documents, { wait }));
  if (anchors.length === documents.length) return anchors;
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
