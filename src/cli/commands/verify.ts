/** The command `hufu verify` verifies files by a service, a node or receipts; it sends digests only, and none of blinded documents. */
import { setTimeout as sleep } from "node:timers/promises";
import { formatDigest, type Algorithm, type Digest } from "../../core/digest.ts";
import { AppError, isAppError } from "../../core/errors.ts";
import { formatExpectedIssuer, type ExpectedIssuer } from "../../core/official-id.ts";
import type { UnixSeconds } from "../../core/units.ts";
import { exitCodeOf, gravest, type ExitCode } from "../../core/verdict.ts";
import { formatAnswerFile } from "../../log/answer.ts";
import type { Receipt } from "../../log/receipt.ts";
import { SERVER_HINT } from "../../sdk/http/faults.ts";
import { LogClient } from "../../sdk/http/log-client.ts";
import { checkFile, type ServiceConnection } from "../../sdk/verify/check.ts";
import { EMPTY_EVIDENCE, type GivenEvidence } from "../../sdk/verify/classify.ts";
import { questionFor, questionOf, requireReceipt } from "../../sdk/verify/question.ts";
import type { Established } from "../../sdk/verify/shown.ts";
import { trustIn, type FirstContact, type LogTrust } from "../../sdk/verify/trust.ts";
import type { VerificationResponse } from "../../wire/verifications.ts";
import { fill } from "../../words/index.ts";
import type { ClientFlags, Context, DirectLog, LogReader, NodeOptions } from "../context.ts";
import { algorithmsOf, hashFiles, type Hashed } from "../files.ts";
import { nodeOptions, type NodeFlags } from "../node.ts";
import { offlineJson, offlineLines, readEvidence, readReceipts } from "../offline.ts";
import { faultJson } from "../output.ts";
import { verdictLines, type IndeterminateView } from "../verdict-text.ts";

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
}

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
  const { out, ports } = context;
  checkFlags(flags);
  const { allowEmpty } = algorithmsOf(flags);
  const evidence = await readGiven(flags, ports.clock.now());
  const hashed = await hashFiles(files, { ...algorithmsOf({}), allowEmpty }, context);
  const { results, firstContact } = await checkAll(hashed, evidence, flags, context);
  if (firstContact !== undefined) out.note(fill(context.words.notes.firstContact, { ...firstContact }));
  for (const result of results) result.print();
  const exit = gravest(results.map((result) => result.exit));
  const verdict = results.find((result) => result.exit === exit)?.verdict ?? null;
  out.json({ verdict, ...(firstContact && { firstContact }), results: results.map(({ json }) => json) });
  out.exitCode = exit;
}

async function readGiven(flags: VerifyFlags, now: UnixSeconds): Promise<GivenEvidence> {
  const { receipt: receipts = [], status: statements = [], policy } = flags;
  if (policy === undefined) return { ...EMPTY_EVIDENCE, receipts: await readReceipts(receipts) };
  return { ...EMPTY_EVIDENCE, ...(await readEvidence({ receipts, statements, policy, now })) };
}

/** With receipts and a policy no service is asked: options for one would have no effect, and are refused. */
function checkFlags(flags: VerifyFlags): void {
  const { receipt, status, policy, server, rpc, registry } = flags;
  const wrong = (at: string, detail: string): AppError => new AppError("USAGE", { detail, at });
  if (status !== undefined && (receipt === undefined || policy === undefined))
    throw wrong(
      "--status",
      "--status goes with --receipt and --policy; without them the status is asked for",
    );
  if (policy === undefined) return;
  const node = { "--rpc": rpc, "--registry": registry };
  const online = receipt === undefined ? node : { "--server": server, ...node };
  const [at] = Object.entries(online).find(([, value]) => value !== undefined) ?? [];
  if (at === undefined) return;
  const nothing = receipt === undefined ? "a node is believed without a policy" : "nothing is asked";
  throw wrong(at, `with --policy ${nothing}, so leave out ${at}`);
}

interface AllResults {
  readonly results: readonly Result[];
  readonly firstContact?: FirstContact | undefined;
}

/** By receipts and policy, from a node, or by a service; opens none where there is no readable file to ask about. */
async function checkAll(
  hashed: readonly Hashed[],
  evidence: GivenEvidence,
  flags: VerifyFlags,
  context: Context,
): Promise<AllResults> {
  const { receipts, policy } = evidence;
  if (!hashed.some((item) => "hashed" in item))
    return { results: await each(hashed, context, () => Promise.reject(new RangeError("nothing was read"))) };
  if (policy !== undefined && receipts.length > 0)
    return {
      results: await each(hashed, context, (item) =>
        byService(item, evidence, flags, { context, service: undefined }),
      ),
    };
  const node = nodeOptions(flags);
  if (node !== undefined) {
    await using log = await openedLog(node, context);
    return {
      results: await each(hashed, context, (item) => byNode(item, receipts, flags, { log, context })),
    };
  }
  let firstContact: FirstContact | undefined;
  const service = await serviceFor(flags, context, (trust) => (firstContact ??= trust.firstContact));
  const results = await each(hashed, context, (item) =>
    byService(item, evidence, flags, { context, service }),
  );
  return { results, firstContact };
}

async function openedLog(
  node: NodeOptions,
  { ports, language }: Context,
): Promise<DirectLog & AsyncDisposable> {
  const log = await ports.openLog({ ...node, language });
  return Object.assign(log, { [Symbol.asyncDispose]: () => log.close() });
}

/** @param onTrust called with the trust in its log, once that is opened */
async function serviceFor(
  flags: VerifyFlags,
  context: Context,
  onTrust: (trust: LogTrust) => void,
): Promise<ServiceConnection> {
  const { client, server, trustedAs: name } = await context.connect(flags, "verifier");
  const { ports, config } = context;
  const log = new LogClient({ server, hint: SERVER_HINT });
  const store = await ports.openTrust(config().saltDir);
  const open = trustIn({ name, log, store, now: () => ports.clock.now() });
  const trust: ServiceConnection["trust"] = async (policy) => {
    const opened = await open(policy);
    onTrust(opened);
    return opened;
  };
  return { client, log, trust, wait: (seconds) => sleep(seconds * 1_000) };
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

/** By a service, or offline. Nothing is reported that was not checked. */
async function byService(
  { file, hashed }: HashedInput,
  evidence: GivenEvidence,
  flags: VerifyFlags,
  { service, context }: { service: ServiceConnection | undefined; context: Context },
): Promise<Result> {
  const { digests } = hashed;
  if (evidence.receipts.length > 0) requireReceipt(digests, evidence.receipts);
  const { saltDir, maxLag, acceptedIssuers } = context.config();
  using salts = service && (await context.ports.findSalts(saltDir));
  const asked = askedFor(digests, flags);
  const checked = await checkFile({
    digests,
    asked,
    evidence,
    salts,
    expectedIssuer: flags.expectedIssuer ?? "any",
    service,
    now: context.ports.clock.now(),
    maxLag,
    acceptedIssuers,
  });
  const shown = (answer: Established | IndeterminateView, more: object = {}): Result =>
    resultOf(file, { bytes: hashed.bytes, asked }, { answer, more }, context);
  switch (checked.kind) {
    case "online":
      return shown(checked.answer, { notes: checked.notes.map(formatAnswerFile) });
    case "undetermined":
      return shown(checked.answer, checked.answer);
    case "unproven":
      return shown({ verdict: "indeterminate", ...faultJson(checked.fault, context.words) });
    case "offline":
      return {
        exit: exitCodeOf(checked.answer.verdict),
        verdict: checked.answer.verdict,
        json: { file, ...offlineJson(hashed, checked.answer, context) },
        print: () => context.out.print(...offlineLines(file, checked.answer, context)),
      };
    case "fault":
      throw checked.fault;
  }
}

/** A receipt shows which entry to ask about where the file alone does not: that of a blinded document. */
async function byNode(
  { file, hashed }: HashedInput,
  receipts: readonly Receipt[],
  flags: VerifyFlags,
  { log, context }: { log: LogReader; context: Context },
): Promise<Result> {
  const { expectedIssuer } = flags;
  const asked = askedFor(hashed.digests, flags);
  const receipt = receipts.length === 0 ? undefined : requireReceipt(hashed.digests, receipts);
  const byReceipt = receipt && questionFor(hashed.digests, receipt).request;
  using salts = await context.ports.findSalts(context.config().saltDir);
  const answer = await log.verify({
    ...(byReceipt?.commitment === undefined
      ? (await questionOf(hashed.digests, { salts, asked })).request
      : byReceipt),
    ...(expectedIssuer === undefined ? {} : { expectedIssuer: formatExpectedIssuer(expectedIssuer) }),
  });
  const shown = answer.verdict === "indeterminate" ? answer : ownNode(answer);
  return resultOf(file, { bytes: hashed.bytes, asked }, { answer: shown, more: {} }, context);
}

/** The index of a node of one's own is compared with the contract: nobody's word is in its answers. */
function ownNode(answer: VerificationResponse): Established {
  return { ...answer, restsOn: "proof", statedBy: [] };
}

function resultOf(
  file: string,
  { bytes, asked }: { bytes: number; asked: readonly Digest[] },
  { answer, more }: { answer: Established | IndeterminateView; more: object },
  context: Context,
): Result {
  return {
    exit: exitCodeOf(answer.verdict),
    verdict: answer.verdict,
    json: { file, bytes, digests: asked.map(formatDigest), ...answer, ...more },
    print: () => context.out.print(...verdictLines(file, answer, context)),
  };
}

function askedFor(digests: readonly Digest[], flags: VerifyFlags): Digest[] {
  const { algorithms } = algorithmsOf(flags);
  return digests.filter(({ algorithm }) => algorithms.includes(algorithm));
}
