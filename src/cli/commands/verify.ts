import { formatDigest, type Algorithm, type Digest } from "../../core/digest.ts";
import { isAppError, type AppError } from "../../core/errors.ts";
import { exitCodeOf, gravest, type ExitCode } from "../../core/verdict.ts";
import type { HashedFile } from "../../hash/file.ts";
import type { Indeterminate, VerificationRequest, VerificationResponse } from "../../wire/verifications.ts";
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
  readonly policy?: string;
}

type Result =
  | {
      readonly file: string;
      readonly hashed: HashedFile;
      readonly answer: VerificationResponse | Indeterminate;
    }
  | { readonly file: string; readonly fault: AppError };

/** `hufu verify FILE…`: nothing but digests leaves this program, and not those of documents that it has blinded. */
export async function verifyCommand(
  files: readonly string[],
  flags: VerifyFlags,
  context: Context,
): Promise<void> {
  const { out } = context;
  const { allowEmpty } = algorithmsOf(flags);
  const evidence = flags.receipt === undefined ? undefined : await readEvidence(flags.receipt, flags.policy);
  const hashed = await hashFiles(files, { ...algorithmsOf({}), allowEmpty }, context);
  if (evidence !== undefined) {
    reportOffline(hashed, evidence, context);
    return;
  }
  const readable = hashed.some((item) => "hashed" in item);
  const ask = async (reader: LogReader): Promise<Result[]> => {
    const answered: Result[] = [];
    for (const item of hashed)
      answered.push("fault" in item ? item : await verifyOne(item, flags, { reader, context }));
    return answered;
  };
  const results = readable
    ? await withReader(flags, context, "verifier", ask)
    : hashed.filter((item) => "fault" in item);
  for (const result of results) {
    if ("fault" in result) out.fault(result.fault);
    else out.print(...verdictLines(result.file, result.answer, context));
  }
  const exit = gravest(results.map(exitOf));
  const decisive = results.find((result) => exitOf(result) === exit);
  const verdict = decisive !== undefined && "answer" in decisive ? decisive.answer.verdict : null;
  out.json({ verdict, results: results.map((result) => toJson(result, flags, context)) });
  out.exitCode = exit;
}

/** Nothing is asked, and nothing is said of what only somebody who was asked could know. */
function reportOffline(hashed: readonly Hashed[], evidence: OfflineEvidence, context: Context): void {
  const { out, words } = context;
  const results = hashed.map((item): { file: string; exit: ExitCode; json: object } => {
    const { file } = item;
    try {
      if ("fault" in item) throw item.fault;
      const answer = verifyByReceipt(item.hashed, evidence);
      out.print(...offlineLines(file, answer, context));
      return { file, exit: exitCodeOf(answer.verdict), json: offlineJson(item.hashed, answer, context) };
    } catch (error) {
      if (!isAppError(error)) throw error;
      out.fault(error);
      return { file, exit: error.spec.exit, json: { error: faultJson(error, words) } };
    }
  });
  out.json({ offline: true, results: results.map(({ file, json }) => ({ file, ...json })) });
  out.exitCode = gravest(results.map(({ exit }) => exit));
}

async function verifyOne(
  { file, hashed }: { file: string; hashed: HashedFile },
  flags: VerifyFlags,
  { reader, context }: { reader: LogReader; context: Context },
): Promise<Result> {
  const { expectedIssuer } = flags;
  try {
    const question: VerificationRequest = {
      ...(await questionOf(hashed.digests, context, askedFor(hashed.digests, flags))),
      ...(expectedIssuer === undefined ? {} : { expectedIssuer }),
    };
    return { file, hashed, answer: await reader.verify(question) };
  } catch (error) {
    if (isAppError(error)) return { file, fault: error };
    throw error;
  }
}

function askedFor(digests: readonly Digest[], flags: VerifyFlags): Digest[] {
  const { algorithms } = algorithmsOf(flags);
  return digests.filter(({ algorithm }) => algorithms.includes(algorithm));
}

function toJson(result: Result, flags: VerifyFlags, { words }: Context): object {
  if ("fault" in result) return { file: result.file, error: faultJson(result.fault, words) };
  const { bytes, digests } = result.hashed;
  return { file: result.file, bytes, digests: askedFor(digests, flags).map(formatDigest), ...result.answer };
}

function exitOf(result: Result): ExitCode {
  return "fault" in result ? result.fault.spec.exit : exitCodeOf(result.answer.verdict);
}
