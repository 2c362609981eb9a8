import { ERRORS, type ErrorSpec } from "../../core/errors.ts";
import { gravest, type ExitCode } from "../../core/verdict.ts";
import { fill } from "../../core/words/index.ts";
import type { HufuClient } from "../../sdk/client.ts";
import { MAX_DOCUMENTS, type AnchorResult, type DocumentRequest } from "../../wire/anchors.ts";
import type { ClientFlags, Context } from "../context.ts";
import { readDocuments, type DocumentFlags } from "../documents.ts";
import { printable } from "../output.ts";
import { local } from "../verdict-text.ts";

export interface AnchorFlags extends ClientFlags, DocumentFlags {
  readonly wait: boolean;
}

/** How often a batch is asked about again before "accepted" has to do; the service waits 30 s each time. */
const ROUNDS = 20;

/** `hufu anchor FILE… --scene S`, or `hufu anchor --manifest CSV` */
export async function anchorCommand(
  files: readonly string[],
  flags: AnchorFlags,
  context: Context,
): Promise<void> {
  const { out, words } = context;
  const client = await context.client(flags, "issuer");
  const documents = await readDocuments(files, flags, { client, context });
  const results = await out.progress(words.cli.anchoring, documents.length, async (advance) => {
    const all: AnchorResult[] = [];
    for (let i = 0; i < documents.length; i += MAX_DOCUMENTS) {
      const batch = documents.slice(i, i + MAX_DOCUMENTS).map(({ document }) => document);
      all.push(...(await anchorBatch(client, batch, flags.wait)));
      advance(batch.length);
    }
    return all;
  });
  const named = results.map((result, i) => ({ file: documents[i]?.name ?? "", ...result }));
  for (const result of named) report(result, context);
  out.json({ anchors: named });
  out.exitCode = gravest(named.map((result) => exitOf(result, flags.wait)));
}

/** Sending the same batch again is how one waits longer: what was taken before is not taken twice. */
async function anchorBatch(
  client: HufuClient,
  batch: readonly DocumentRequest[],
  wait: boolean,
): Promise<AnchorResult[]> {
  const { anchors: first } = await client.anchor(batch, { wait });
  let results = first;
  for (let round = 1; wait && round < ROUNDS && !results.every(isSettled); round++) {
    const { anchors: again } = await client.anchor(batch, { wait });
    results = again.map((result, i) => asFirst(result, first[i]));
  }
  return results;
}

/** Whether a document was there before is what the first answer says; every later one would say so. */
function asFirst({ duplicate, ...result }: AnchorResult, first: AnchorResult | undefined): AnchorResult {
  return first?.duplicate === true ? { ...result, duplicate: true } : result;
}

function isSettled({ state }: AnchorResult): boolean {
  return state === "final" || state === "failed" || state === "refused";
}

function report({ file, ...result }: AnchorResult & { file: string }, { out, words }: Context): void {
  const name = printable(file);
  const { error, index, recordedAt, duplicate } = result;
  if (error !== undefined) {
    out.print(`✕ ${name}  ${error.title} (${error.code})`, `  ${error.detail}`);
    return;
  }
  if (index === undefined || recordedAt === undefined) {
    out.print(`… ${name}  ${words.cli.accepted}`);
    return;
  }
  const text = duplicate === true ? words.cli.anchoredBefore : words.cli.anchored;
  out.print(`✓ ${name}  ${fill(text, { entry: index, time: local(recordedAt) })}`);
}

function exitOf({ state, error }: AnchorResult, wait: boolean): ExitCode {
  const known: Readonly<Record<string, ErrorSpec>> = ERRORS;
  if (error !== undefined) return known[error.code]?.exit ?? 2;
  return state === "final" || !wait ? 0 : 3;
}
