/** Keeps the signed notes of answers, and holds kept ones against the log. */
import { join } from "node:path";
import { sha256 } from "@noble/hashes/sha2.js";
import { toHex } from "../core/bytes.ts";
import { AppError, isAppError } from "../core/errors.ts";
import { storageFault } from "../core/storage.ts";
import type { UnixSeconds } from "../core/units.ts";
import { makeFolder, replaceFile } from "../files/durable.ts";
import { formatAnswerFile, type AnswerFile } from "../log/answer.ts";
import type { Policy } from "../log/policy.ts";
import { SERVER_HINT } from "../sdk/http/faults.ts";
import { LogClient } from "../sdk/http/log-client.ts";
import { answerLogOf, mirroredAnswerLog } from "../sdk/mirror/answer-log.ts";
import { operatorSource } from "../sdk/mirror/operator-source.ts";
import type { CheckedByTwo } from "../sdk/verify/agreement.ts";
import { judgeKeptAnswer, type AnswerLog, type JudgedAnswer } from "../sdk/verify/kept-answer.ts";
import { LogTrust } from "../sdk/verify/trust.ts";
import { fill } from "../words/index.ts";
import type { ClientFlags, Context } from "./context.ts";
import { keptResult, type KeptResult } from "./kept-answer-text.ts";
import { nodeOptions, type NodeFlags } from "./node.ts";
import { trustOfMachine } from "./trust.ts";

/** A kept note, among the files of a command. */
export interface KeptFile {
  readonly file: string;
  /** An AppError says why it cannot be read. */
  readonly answer: AnswerFile | AppError;
}

/**
 * Keeps the signed notes of an answer in the folder that was named for them; those of operators that disagree always.
 * @throws AppError STORAGE_*
 */
export async function keepNotes(
  checked: CheckedByTwo,
  { notes: named }: { readonly notes?: string },
  context: Context,
): Promise<void> {
  const { words, out } = context;
  if (checked.kind !== "online" && checked.kind !== "disagreement") return;
  const folder = checked.kind === "online" ? named : (named ?? join(context.config().saltDir, "answers"));
  if (folder === undefined) return;
  await writeNotes(folder, checked.notes);
  if (checked.kind === "disagreement") out.note(fill(words.keptAnswer.kept, { folder }));
}

/** Each is named by its content; durable when it resolves. */
async function writeNotes(folder: string, notes: readonly AnswerFile[]): Promise<void> {
  try {
    await makeFolder(folder);
    for (const text of notes.map(formatAnswerFile)) {
      const name = toHex(sha256(new TextEncoder().encode(text)).subarray(0, 8));
      await replaceFile(join(folder, `${name}.answer.json`), text);
    }
  } catch (error) {
    throw storageFault(error, "the notes could not be kept") ?? error;
  }
}

/** Where the log is: a mirror, a node, or a service. */
interface LogFlags extends ClientFlags, NodeFlags {
  readonly mirror?: string | undefined;
}

/** One result for each note, in order. @throws AppError USAGE, and why the log cannot be read */
export async function keptResults(
  kept: readonly KeptFile[],
  { flags, policy, context }: { flags: LogFlags; policy: Policy | undefined; context: Context },
): Promise<KeptResult[]> {
  if (kept.length === 0) return [];
  const now = context.ports.clock.now();
  using opened = new DisposableStack();
  const log = await openLog(flags, policy, { context, opened }).catch((fault: unknown) => {
    if (isAppError(fault) && fault.spec.exit === 3) return fault;
    throw fault;
  });
  return await Promise.all(
    kept.map(async ({ file, answer }) => {
      return keptResult(file, await judged(answer, log, now), context);
    }),
  );
}

async function judged(
  answer: AnswerFile | AppError,
  log: AnswerLog | AppError,
  now: UnixSeconds,
): Promise<JudgedAnswer> {
  if (answer instanceof AppError) return { kind: "not-established", fault: answer };
  if (log instanceof AppError) return { kind: "not-established", fault: log };
  return await judgeKeptAnswer(answer, { now, log });
}

async function openLog(
  flags: LogFlags,
  policy: Policy | undefined,
  { context, opened }: { context: Context; opened: DisposableStack },
): Promise<AnswerLog> {
  const { ports, out, words } = context;
  if (flags.mirror !== undefined) return mirroredAnswerLog(opened.use(await ports.findMirror(flags.mirror)));
  const node = nodeOptions(flags);
  if (node !== undefined) return answerLogOf(await ports.openNodeSource(node));
  const { server, trustedAs: name } = await context.connect(flags, "verifier");
  const log = new LogClient({ server, hint: SERVER_HINT });
  const now = (): number => ports.clock.now();
  const store = await trustOfMachine(context);
  const trust = await LogTrust.open({ name, log, store, policy, now });
  if (trust.firstContact !== undefined) out.note(fill(words.notes.firstContact, { ...trust.firstContact }));
  return answerLogOf(await operatorSource({ log, trust, now }));
}
