/** The command `hufu verify` verifies files by a service, a node, a mirror or receipts; it sends digests only, and none of blinded documents. */
import { formatDigest, type Algorithm, type Digest } from "../../core/digest.ts";
import { AppError, isAppError } from "../../core/errors.ts";
import { formatExpectedIssuer, type ExpectedIssuer } from "../../core/official-id.ts";
import { exitCodeOf, gravest, type ExitCode } from "../../core/verdict.ts";
import type { Receipt } from "../../log/receipt.ts";
import type { VerificationRequest } from "../../wire/verifications.ts";
import type { ClientFlags, Context, LogReader } from "../context.ts";
import { algorithmsOf, hashFiles, type Hashed } from "../files.ts";
import { verifyByReceipt, type OfflineEvidence } from "../../sdk/verify/evidence.ts";
import { questionFor, questionOf, requireReceipt } from "../../sdk/verify/question.ts";
import { offlineJson, offlineLines, readEvidence, readReceipts } from "../offline.ts";
import { withReader, type NodeFlags } from "../node.ts";
import { faultJson } from "../output.ts";
import { verdictLines } from "../verdict-text.ts";

export interface VerifyFlags extends ClientFlags, NodeFlags {
  readonly algorithm?: Algorithm;
  readonly allowEmpty?: boolean;
  /** The institution that the document names. */
  readonly expectedIssuer?: ExpectedIssuer;
  /** Receipts to verify by. */
  readonly receipt?: readonly string[];
  /** Files of status statements. */
  readonly status?: readonly string[];
  readonly policy?: string;
  /** The folder of a mirror. */
  readonly mirror?: string;
}

type Answerer = Pick<LogReader, "verify" | "restsOn">;
type HashedInput = Extract<Hashed, { hashed: unknown }>;

/** The result for a file. */
interface Result {
  readonly exit: ExitCode;
  readonly verdict: string | null;
  readonly json: object;
  readonly print: () => void;
}

export async function verifyCommand(
  files: readonly string[],
  flags: VerifyFlags,
  context: Context,
): Promise<void> {
  const { out } = context;
  checkFlags(flags);
  const { allowEmpty } = algorithmsOf(flags);
  const { receipt: receipts = [], status: statements = [], policy } = flags;
  const evidence =
    policy === undefined
      ? { receipts: await readReceipts(receipts) }
      : {
          ...(await readEvidence({ receipts, statements, policy, now: context.ports.clock.now() })),
          expectedIssuer: flags.expectedIssuer,
        };
  const hashed = await hashFiles(files, { ...algorithmsOf({}), allowEmpty }, context);
  const results =
    "policy" in evidence
      ? await each(hashed, context, (item) => byReceipt(item, evidence, context))
      : await askAll(hashed, evidence.receipts, flags, context);
  for (const result of results) result.print();
  const exit = gravest(results.map((result) => result.exit));
  const verdict = results.find((result) => result.exit === exit)?.verdict ?? null;
  out.json({ verdict, results: results.map(({ json }) => json) });
  out.exitCode = exit;
}

/** With a policy no service is asked: options for one would have no effect, and are refused. */
function checkFlags(flags: VerifyFlags): void {
  const { receipt, status, policy, mirror, server, rpc, registry } = flags;
  const wrong = (at: string, detail: string): AppError => new AppError("USAGE", { detail, at });
  const online = { "--server": server, "--rpc": rpc, "--registry": registry };
  const [asked] = Object.entries(online).find(([, value]) => value !== undefined) ?? [];
  if (mirror !== undefined && policy !== undefined)
    throw wrong("--policy", "a mirror has the policy that it was made by, so leave out --policy");
  if (mirror !== undefined && asked !== undefined)
    throw wrong(asked, `with --mirror nothing is requested, so leave out ${asked}`);
  if (policy === undefined) {
    if (status === undefined) return;
    throw wrong(
      "--status",
      "--status goes with --receipt and --policy; without them the status is asked for",
    );
  }
  if (receipt === undefined) throw wrong("--policy", "--policy goes with --receipt");
  if (asked !== undefined) throw wrong(asked, `with --policy nothing is asked, so leave out ${asked}`);
}

/** Opens no reader where there is no readable file to ask about. */
async function askAll(
  hashed: readonly Hashed[],
  receipts: readonly Receipt[],
  flags: VerifyFlags,
  context: Context,
): Promise<Result[]> {
  const ask = (reader: Answerer): Promise<Result[]> =>
    each(hashed, context, (item) => verifyOne(item, receipts, flags, { reader, context }));
  const { mirror } = flags;
  if (hashed.some((item) => "hashed" in item))
    return mirror === undefined
      ? await withReader(flags, context, "verifier", ask)
      : await ask(await context.ports.openMirror({ folder: mirror, language: context.language }));
  return await each(hashed, context, () => Promise.reject(new RangeError("nothing could be read")));
}

/** One result for each file, in order; a fault is a result too. */
async function each(
  hashed: readonly Hashed[],
  { out, words }: Context,
  verify: (item: HashedInput) => Result | Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const item of hashed) {
    try {
      if ("fault" in item) throw item.fault;
      results.push(await verify(item));
    } catch (error) {
      if (!isAppError(error)) throw error;
      const json = { file: item.file, error: faultJson(error, words) };
      results.push({ exit: error.spec.exit, verdict: null, json, print: () => out.fault(error) });
    }
  }
  return results;
}

/** Reports nothing that only a service could know. */
function byReceipt({ file, hashed }: HashedInput, evidence: OfflineEvidence, context: Context): Result {
  const answer = verifyByReceipt(hashed.digests, { ...evidence, now: context.ports.clock.now() });
  return {
    exit: exitCodeOf(answer.verdict),
    verdict: answer.verdict,
    json: { file, ...offlineJson(hashed, answer, context) },
    print: () => context.out.print(...offlineLines(file, answer, context)),
  };
}

/** A receipt shows which entry to ask about where the file alone does not: that of a blinded document. */
async function verifyOne(
  { file, hashed }: HashedInput,
  receipts: readonly Receipt[],
  flags: VerifyFlags,
  { reader, context }: { reader: Answerer; context: Context },
): Promise<Result> {
  const { expectedIssuer } = flags;
  const asked = askedFor(hashed.digests, flags);
  const receipt = receipts.length === 0 ? undefined : requireReceipt(hashed.digests, receipts);
  const byReceipt = receipt && questionFor(hashed.digests, receipt).request;
  const question: VerificationRequest = {
    ...(byReceipt?.commitment === undefined ? await questionHere(hashed.digests, asked, context) : byReceipt),
    ...(expectedIssuer === undefined ? {} : { expectedIssuer: formatExpectedIssuer(expectedIssuer) }),
  };
  const answer = await reader.verify(question);
  const rests = reader.restsOn === undefined ? {} : { restsOn: reader.restsOn };
  return {
    exit: exitCodeOf(answer.verdict),
    verdict: answer.verdict,
    json: { file, bytes: hashed.bytes, digests: asked.map(formatDigest), ...answer, ...rests },
    print: () => context.out.print(...verdictLines(file, answer, context)),
  };
}

async function questionHere(
  digests: readonly Digest[],
  asked: readonly Digest[],
  { ports, config }: Context,
): Promise<VerificationRequest> {
  using salts = await ports.findSalts(config().saltDir);
  return (await questionOf(digests, { salts, asked })).request;
}

function askedFor(digests: readonly Digest[], flags: VerifyFlags): Digest[] {
  const { algorithms } = algorithmsOf(flags);
  return digests.filter(({ algorithm }) => algorithms.includes(algorithm));
}
