/** The command `hufu anchor` anchors files or the documents of a manifest, and reports the outcome of each. */
import type { Binding } from "../../core/digest.ts";
import { ERRORS, quote, type ErrorSpec } from "../../core/errors.ts";
import { gravest, type ExitCode } from "../../core/verdict.ts";
import { fill } from "../../words/index.ts";
import { MAX_DOCUMENTS, type AnchorResult } from "../../wire/anchors.ts";
import { Issuer } from "../../sdk/issue/issuer.ts";
import type { ClientFlags, Context, LocalSalts } from "../context.ts";
import { checkDocumentFlags, fromFiles, fromManifest, type DocumentFlags } from "../documents.ts";
import { RetryPolicy } from "../../sdk/http/retry.ts";
import { keepReceipts } from "../feed/keep.ts";
import type { Prepared } from "../feed/prepare.ts";
import { RESULTS_HEADER } from "../feed/results-header.ts";
import { resultsLine } from "../feed/results.ts";
import { accept, isSettledOutcome, settle, type Sending } from "../feed/send.ts";
import { LineFaults } from "../csv/line-faults.ts";
import { Spool, type Outcome } from "../feed/spool.ts";
import { TextWriter, Workspace, moveInto, unwritable } from "../feed/workspace.ts";
import { saltsToIssueWith } from "../salts.ts";
import { localTime } from "../../sdk/verify/answer-text.ts";

export interface AnchorFlags extends ClientFlags, DocumentFlags {
  readonly batch?: number;
  readonly patience?: number;
  /** The log and institution that commitments are bound to. */
  readonly bindTo?: Binding;
}

/** Seconds that a feed waits for an unreachable service. */
const PATIENCE = 600;

/** `hufu anchor FILE… --scene S`, or `hufu anchor --manifest CSV|FOLDER|- --results CSV` */
export async function anchorCommand(
  files: readonly string[],
  flags: AnchorFlags,
  context: Context,
): Promise<void> {
  checkDocumentFlags(files, flags);
  const { manifest, batch, patience: seconds = manifest === undefined ? 0 : PATIENCE } = flags;
  const { client, peer, server } = await context.connect(flags, "issuer");
  const patience = new RetryPolicy({
    seconds,
    waiting: (fault, pause) => reportWaiting(fault.fields.detail, pause, context),
  });
  const salts = (): Promise<LocalSalts> => saltsToIssueWith(context);
  const issuer = new Issuer({ client, peer, patience, salts, bindTo: flags.bindTo });
  const sending = { issuer, words: context.words, size: batch ?? MAX_DOCUMENTS };
  const documents =
    manifest === undefined
      ? fromFiles(files, flags, context)
      : fromManifest(manifest, flags, { issuer, context });
  await inWorkspace(flags.results, (workspace) =>
    feed(documents, { sending, workspace, server, flags, context }),
  );
}

/** Runs `work` with a workspace that is removed however it ends, except by SIGKILL. */
async function inWorkspace(
  results: string | undefined,
  work: (workspace: Workspace) => Promise<void>,
): Promise<void> {
  const workspace = new Workspace(results);
  const end = (code: number) => (): never => {
    workspace.remove();
    process.exit(code);
  };
  const [interrupted, terminated] = [end(130), end(143)];
  process.once("SIGINT", interrupted).once("SIGTERM", terminated);
  try {
    await work(workspace);
  } finally {
    process.off("SIGINT", interrupted).off("SIGTERM", terminated);
    workspace.remove();
  }
}

interface Feed {
  readonly sending: Sending;
  readonly workspace: Workspace;
  /** The URL of the service. */
  readonly server: string;
  readonly flags: AnchorFlags;
  readonly context: Context;
}

/** Submits all documents before it waits for any, so that they wait together. */
async function feed(
  documents: AsyncIterable<Prepared>,
  { sending, workspace, server, flags, context }: Feed,
): Promise<void> {
  const { out, words } = context;
  const reporter = new Reporter(flags.manifest, context);
  const accepted = await out.tally(words.cli.anchoring, (advance) =>
    Spool.fill(
      workspace.file("accepted"),
      each(accept(documents, sending), advance, (o) => reporter.accepted(o)),
    ),
  );
  reporter.flush();
  const settled = !flags.wait
    ? accepted
    : await out.tally(words.cli.waiting, (advance) =>
        Spool.fill(
          workspace.file("settled"),
          each(settle(accepted.outcomes(), sending), advance, (o) => reporter.settled(o)),
        ),
      );
  reporter.flush();
  const { receipts: folder, bundle = false } = flags;
  const address = bundle ? await sending.issuer.address(server) : server;
  const kept =
    folder === undefined
      ? settled
      : await out.tally(words.cli.keeping, (advance) =>
          Spool.fill(
            workspace.file("kept"),
            each(
              keepReceipts(settled.outcomes(), { ...sending, folder, bundle, address, context }),
              advance,
              (o) => reporter.kept(o),
            ),
          ),
        );
  await report(kept, { workspace, flags, context });
}

/** Passes every batch on, and visits each of its outcomes. */
async function* each(
  batches: AsyncIterable<Outcome[]>,
  advance: (by: number) => void,
  visit: (outcome: Outcome) => void,
): AsyncGenerator<Outcome[]> {
  for await (const batch of batches) {
    batch.forEach(visit);
    advance(batch.length);
    yield batch;
  }
}

/** Reports warnings on stderr as they occur, and faults of lines at the end. */
class Reporter {
  readonly #manifest: string | undefined;
  readonly #context: Context;
  readonly #faults = new LineFaults();
  readonly #doubts = new LineFaults();

  constructor(manifest: string | undefined, context: Context) {
    this.#manifest = manifest;
    this.#context = context;
  }

  accepted(outcome: Outcome): void {
    const { out, words } = this.#context;
    const titles: Readonly<Record<string, string>> = words.errors;
    for (const { code, detail } of outcome.result.warnings ?? [])
      out.note(`⚠ ${outcome.name}  ${titles[code] ?? ""} (${code})`, detail);
    const { line, doubt } = outcome;
    if (doubt !== undefined) this.#doubts.add(line, doubt.detail);
    if (outcome.result.state === "refused" || outcome.result.state === "failed") this.#addFault(outcome);
  }

  settled(outcome: Outcome): void {
    if (outcome.result.state === "failed") this.#addFault(outcome);
  }

  /** Reports what was added since; equal faults of lines once, with their count. */
  flush(): void {
    const { out, words } = this.#context;
    for (const text of this.#doubts.take(words.cli)) out.note(`⚠ ${text}`);
    const texts = this.#faults.take(words.cli);
    const path = quote(this.#manifest ?? "");
    if (texts.length > 0)
      out.note(`${words.errors.BATCH_LINE} (BATCH_LINE)`, fill(words.cli.badLines, { path }));
    for (const text of texts) out.note(text);
  }

  kept({ name, kept }: Outcome): void {
    const { out } = this.#context;
    if (kept === undefined || !("error" in kept)) return;
    out.note(`⚠ ${name}  ${kept.error.title} (${kept.error.code})`, kept.error.detail);
  }

  /** Of a manifest only: faults of named files are printed with the results. */
  #addFault({ line, name, result: { error } }: Outcome): void {
    if (this.#manifest === undefined || error === undefined) return;
    const { code, title, detail } = error;
    if (name === this.#manifest) this.#context.out.note(`${title} (${code})`, detail);
    else this.#faults.add(line, code === "BATCH_LINE" ? detail : `${title} (${code}): ${detail}`);
  }
}

function reportWaiting(detail: string, pause: number, { out, words }: Context): void {
  out.note(fill(words.cli.away, { detail, seconds: Math.ceil(pause / 1_000) }));
}

async function report(
  spool: Spool,
  { workspace, flags, context }: Omit<Feed, "sending" | "server">,
): Promise<void> {
  const { out } = context;
  const list = out.jsonList("anchors");
  const results =
    flags.results === undefined ? undefined : await ResultsFile.create(workspace, flags.results);
  const count = { lines: 0, final: 0, open: 0, refused: 0, receipts: 0 };
  let exit: ExitCode = 0;
  for await (const outcome of spool.outcomes()) {
    const { line, name, result, kept } = outcome;
    if (results === undefined) print(outcome, flags, context);
    else await results.add(outcome);
    list.add({ file: name, ...(flags.manifest === undefined ? {} : { line }), ...result, ...keptJson(kept) });
    count.lines += 1;
    if (kept !== undefined && "receipt" in kept) count.receipts += 1;
    count[result.state === "final" ? "final" : isSettledOutcome(outcome) ? "refused" : "open"] += 1;
    exit = gravest([
      exit,
      exitOf(result, flags.wait),
      ...(kept && "error" in kept ? [exitOfCode(kept.error.code)] : []),
    ]);
  }
  await results?.finish();
  if (flags.manifest !== undefined) summarise(count, flags.results, context);
  if (flags.receipts !== undefined)
    out.print(fill(context.words.cli.receiptsKept, { count: count.receipts, path: flags.receipts }));
  list.end({});
  out.exitCode = exit;
}

function summarise(
  count: Readonly<Record<"lines" | "final" | "open" | "refused", number>>,
  results: string | undefined,
  { out, words }: Context,
): void {
  out.print(fill(words.cli.feed, count));
  if (results !== undefined) out.print(fill(words.cli.feedResults, { path: results }));
}

/** Writes the results of a run, and moves them to their path once they are complete. */
class ResultsFile {
  readonly #file: TextWriter;
  readonly #path: string;
  readonly #place: string;

  private constructor(file: TextWriter, path: string, place: string) {
    this.#file = file;
    this.#path = path;
    this.#place = place;
  }

  static async create(workspace: Workspace, place: string): Promise<ResultsFile> {
    const path = workspace.file("results.csv");
    const results = new ResultsFile(await TextWriter.create(path), path, place);
    await results.#write(RESULTS_HEADER);
    return results;
  }

  async add(outcome: Outcome): Promise<void> {
    await this.#write(resultsLine(outcome));
  }

  async finish(): Promise<void> {
    await this.#file.close();
    await moveInto(this.#path, this.#place);
  }

  async #write(text: string): Promise<void> {
    await this.#file.write(text).catch((error: unknown) => {
      throw unwritable(this.#place, error);
    });
  }
}

function print({ name, result }: Outcome, { manifest }: AnchorFlags, { out, words }: Context): void {
  const { error, index, recordedAt, duplicate } = result;
  if (error !== undefined) {
    if (manifest === undefined) out.print(`✕ ${name}  ${error.title} (${error.code})`, `  ${error.detail}`);
    return;
  }
  if (index === undefined || recordedAt === undefined) {
    out.print(`… ${name}  ${words.cli.accepted}`);
    return;
  }
  const text = duplicate === true ? words.cli.anchoredBefore : words.cli.anchored;
  out.print(`✓ ${name}  ${fill(text, { entry: index, time: localTime(recordedAt) })}`);
}

/** The kept receipt as JSON, or why there is none. */
function keptJson(kept: Outcome["kept"]): object {
  if (kept === undefined) return {};
  return "error" in kept ? { receiptError: kept.error } : kept;
}

function exitOf({ state, error }: AnchorResult, wait: boolean): ExitCode {
  if (error !== undefined) return exitOfCode(error.code);
  return state === "final" || !wait ? 0 : 3;
}

function exitOfCode(code: string): ExitCode {
  const known: Readonly<Record<string, ErrorSpec>> = ERRORS;
  return known[code]?.exit ?? 2;
}
