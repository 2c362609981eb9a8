import { formatDigest, type Algorithm, type Digest } from "../../core/digest.ts";
import { AppError, isAppError } from "../../core/errors.ts";
import { exitCodeOf, gravest, type ExitCode } from "../../core/verdict.ts";
import type { VerificationRequest } from "../../wire/verifications.ts";
import { questionOf } from "../blinding.ts";
import type { ClientFlags, Context, LogReader } from "../context.ts";
import { algorithmsOf, hashFiles, type Hashed } from "../files.ts";
import {
  offlineJson,
  offlineLines,
  readEvidence,
  verifyByReceipt,
  type OfflineEvidence,
} from "../offline.ts";
import { withReader, type NodeFlags } from "../node.ts";
import { faultJson } from "../output.ts";
import { verdictLines } from "../verdict-text.ts";

export interface VerifyFlags extends ClientFlags, NodeFlags {
  readonly algorithm?: Algorithm;
  readonly allowEmpty?: boolean;
  readonly expectedIssuer?: number;
  /** Files to verify by, without a network. */
  readonly receipt?: readonly string[];
  /** Files of status statements. */
  readonly status?: readonly string[];
  readonly policy?: string;
}

type Readable = Extract<Hashed, { hashed: unknown }>;

/** What became of a file, as it is told. */
interface Result {
  readonly exit: ExitCode;
  readonly verdict: string | null;
  readonly json: object;
  readonly tell: () => void;
}

/** `hufu verify FILE…`: nothing but digests leaves this program, and not those of documents that it has blinded. */
export async function verifyCommand(
  files: readonly string[],
  flags: VerifyFlags,
  context: Context,
): Promise<void> {
  const { out } = context;
  checkFlags(flags);
  const { allowEmpty } = algorithmsOf(flags);
  const { receipt: receipts, status: statements = [], policy } = flags;
  const evidence = receipts && (await readEvidence({ receipts, statements, policy }));
  const hashed = await hashFiles(files, { ...algorithmsOf({}), allowEmpty }, context);
  const results =
    evidence === undefined
      ? await askAll(hashed, flags, context)
      : await each(hashed, context, (item) => byReceipt(item, evidence, context));
  for (const result of results) result.tell();
  const exit = gravest(results.map((result) => result.exit));
  const verdict = results.find((result) => result.exit === exit)?.verdict ?? null;
  out.json({ verdict, results: results.map(({ json }) => json) });
  out.exitCode = exit;
}

/** With receipts nobody is asked: what says whom to ask, and what about, would be left out of the answer. */
function checkFlags(flags: VerifyFlags): void {
  const { receipt, status, policy, server, rpc, registry, expectedIssuer } = flags;
  if (receipt === undefined) {
    if (policy === undefined && status === undefined) return;
    const at = policy === undefined ? "--status" : "--policy";
    throw new AppError("USAGE", { detail: `${at} goes with --receipt`, at });
  }
  const online = {
    "--server": server,
    "--rpc": rpc,
    "--registry": registry,
    "--expected-issuer": expectedIssuer,
  };
  const [at] = Object.entries(online).find(([, value]) => value !== undefined) ?? [];
  if (at === undefined) return;
  throw new AppError("USAGE", { detail: `with --receipt nothing is asked, so leave out ${at}`, at });
}

/** No service is looked for where there is nothing to ask it. */
async function askAll(hashed: readonly Hashed[], flags: VerifyFlags, context: Context): Promise<Result[]> {
  const ask = (reader: LogReader): Promise<Result[]> =>
    each(hashed, context, (item) => verifyOne(item, flags, { reader, context }));
  if (hashed.some((item) => "hashed" in item)) return await withReader(flags, context, "verifier", ask);
  return await each(hashed, context, () => Promise.reject(new RangeError("nothing could be read")));
}

/** One result for each file, in their order; a fault is one too. */
async function each(
  hashed: readonly Hashed[],
  { out, words }: Context,
  verify: (item: Readable) => Result | Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const item of hashed) {
    try {
      if ("fault" in item) throw item.fault;
      results.push(await verify(item));
    } catch (error) {
      if (!isAppError(error)) throw error;
      const json = { file: item.file, error: faultJson(error, words) };
      results.push({ exit: error.spec.exit, verdict: null, json, tell: () => out.fault(error) });
    }
  }
  return results;
}

/** Nothing is said of what only somebody who was asked could know. */
function byReceipt({ file, hashed }: Readable, evidence: OfflineEvidence, context: Context): Result {
  const answer = verifyByReceipt(hashed, evidence);
  return {
    exit: exitCodeOf(answer.verdict),
    verdict: answer.verdict,
    json: { file, ...offlineJson(hashed, answer, context) },
    tell: () => context.out.print(...offlineLines(file, answer, context)),
  };
}

async function verifyOne(
  { file, hashed }: Readable,
  flags: VerifyFlags,
  { reader, context }: { reader: LogReader; context: Context },
): Promise<Result> {
  const { expectedIssuer } = flags;
  const asked = askedFor(hashed.digests, flags);
  const question: VerificationRequest = {
    ...(await questionOf(hashed.digests, context, asked)),
    ...(expectedIssuer === undefined ? {} : { expectedIssuer }),
  };
  const answer = await reader.verify(question);
  return {
    exit: exitCodeOf(answer.verdict),
    verdict: answer.verdict,
    json: { file, bytes: hashed.bytes, digests: asked.map(formatDigest), ...answer },
    tell: () => context.out.print(...verdictLines(file, answer, context)),
  };
}

function askedFor(digests: readonly Digest[], flags: VerifyFlags): Digest[] {
  const { algorithms } = algorithmsOf(flags);
  return digests.filter(({ algorithm }) => algorithms.includes(algorithm));
}
