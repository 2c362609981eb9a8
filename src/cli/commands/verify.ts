/** The command `hufu verify` verifies files by a service, a node, a mirror or receipts; it sends digests only, and none of blinded documents. */
import { setTimeout as sleep } from "node:timers/promises";
import { formatDigest, type Algorithm, type Digest } from "../../core/digest.ts";
import { AppError, isAppError } from "../../core/errors.ts";
import type { ExpectedIssuer } from "../../core/official-id.ts";
import type { UnixSeconds } from "../../core/units.ts";
import { exitCodeOf, gravest, type ExitCode } from "../../core/verdict.ts";
import { Mirror } from "../../sdk/mirror/mirror.ts";
import { MirrorReader } from "../../sdk/mirror/reader.ts";
import { formatAnswerFile } from "../../log/answer.ts";
import { SERVER_HINT } from "../../sdk/http/faults.ts";
import { LogClient } from "../../sdk/http/log-client.ts";
import { checkFile, type FileCheck, type ServiceConnection } from "../../sdk/verify/check.ts";
import { EMPTY_EVIDENCE, type GivenEvidence } from "../../sdk/verify/classify.ts";
import { checkOwnLog, type OwnLog } from "../../sdk/verify/own-log.ts";
import { requireReceipt } from "../../sdk/verify/question.ts";
import type { Established } from "../../sdk/verify/shown.ts";
import { TwoOperators } from "../../sdk/verify/two-operators.ts";
import { trustIn, type FirstContact, type LogTrust } from "../../sdk/verify/trust.ts";
import { fill } from "../../words/index.ts";
import type { ClientFlags, Context, DirectLog, NodeOptions } from "../context.ts";
import { algorithmsOf, hashFiles, type Hashed } from "../files.ts";
import { keepNotes, keptAmong, keptResults } from "../kept-answers.ts";
import { nodeOptions, type NodeFlags } from "../node.ts";
import { offlineJson, offlineLines, readEvidence, readReceipts } from "../offline.ts";
import { faultJson } from "../output.ts";
import { verdictLines, type IndeterminateView } from "../verdict-text.ts";
import { trustOfMachine } from "../trust.ts";

export interface VerifyFlags extends Pick<ClientFlags, "as">, NodeFlags {
  /** Two: operators of different institutions, asked side by side. */
  readonly server?: readonly string[];
  /** One for each service, in their order. */
  readonly apiKeyFile?: readonly string[];
  /** A folder for the signed notes of the answers. */
  readonly notes?: string;
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
  const { kept, others } = await keptAmong(files);
  const hashed = await hashFiles(others, { ...algorithmsOf({}), allowEmpty }, context);
  const { results: ofFiles, firstContact } = await checkAll(hashed, evidence, flags, context);
  const { server: _, apiKeyFile: _keys, ...rest } = flags;
  const where = { ...rest, ...servicesOf(flags)[0] };
  const ofNotes = await keptResults(kept, { flags: where, policy: evidence.policy, context });
  const results = [...ofFiles, ...ofNotes];
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
  const { receipt, status, policy, mirror, rpc, registry, apiKeyFile = [] } = flags;
  const [server, second, ...more] = flags.server ?? [];
  const wrong = (at: string, detail: string): AppError => new AppError("USAGE", { detail, at });
  if (more.length > 0 || apiKeyFile.length > Math.max(1, flags.server?.length ?? 0))
    throw wrong("--server", "one service, or two; and --api-key-file once for each of them");
  const node = { "--rpc": rpc, "--registry": registry };
  const alone = firstSet({ ...node, "--receipt": receipt && policy });
  if (second !== undefined && alone !== undefined)
    throw wrong(alone, `two services are asked, so leave out ${alone}`);
  const at = firstSet({ "--server": server, ...node, "--policy": policy });
  if (mirror !== undefined && at !== undefined)
    throw wrong(
      at,
      `a mirror answers without a request, by the policy that it was made by, so leave out ${at}`,
    );
  if (status !== undefined && (receipt === undefined || policy === undefined))
    throw wrong(
      "--status",
      "--status goes with --receipt and --policy; without them the status is asked for",
    );
  if (policy === undefined) return;
  const unused = firstSet(receipt === undefined ? node : { "--server": server, ...node });
  if (unused === undefined) return;
  const nothing = receipt === undefined ? "a node is believed without a policy" : "nothing is asked";
  throw wrong(unused, `with --policy ${nothing}, so leave out ${unused}`);
}

/** The first of these options that is given. */
function firstSet(options: Readonly<Record<string, unknown>>): string | undefined {
  return Object.keys(options).find((name) => options[name] !== undefined);
}

interface AllResults {
  readonly results: readonly Result[];
  readonly firstContact?: FirstContact | undefined;
}

/** By receipts and policy, from a mirror or a node, or by a service; opens none where there is no readable file to ask about. */
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
  if (flags.mirror !== undefined) {
    const reader = await mirrorReader(flags.mirror, context);
    return {
      results: await each(hashed, context, (item) => byOwnLog(item, evidence, flags, { reader, context })),
    };
  }
  const node = nodeOptions(flags);
  if (node !== undefined) {
    await using log = await openedLog(node, context);
    return {
      results: await each(hashed, context, (item) =>
        byOwnLog(item, evidence, flags, { reader: log, context }),
      ),
    };
  }
  let firstContact: FirstContact | undefined;
  const open = (asked: ClientFlags): Promise<ServiceConnection> =>
    serviceFor(asked, context, (trust) => (firstContact ??= trust.firstContact));
  const [first = {}, second] = servicesOf(flags);
  const service = await open(first);
  const both = second && new TwoOperators([service, await open(second)]);
  const results = await each(hashed, context, (item) =>
    byService(item, evidence, flags, { context, service, both }),
  );
  return { results, firstContact };
}

/** The options of each service that is named; none where none is. */
function servicesOf({ server = [], apiKeyFile = [], as }: VerifyFlags): ClientFlags[] {
  const [first, second] = server;
  return [
    { server: first, apiKeyFile: apiKeyFile[0], ...(as === undefined ? {} : { as }) },
    ...(second === undefined ? [] : [{ server: second, apiKeyFile: apiKeyFile[1], isSecond: true }]),
  ];
}

/** Nothing is requested: all that is asked stays in this process. */
async function mirrorReader(folder: string, { ports, config, language }: Context): Promise<MirrorReader> {
  using store = await ports.findMirror(folder);
  return new MirrorReader({ mirror: Mirror.open(store), clock: ports.clock, judging: config(), language });
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
  flags: ClientFlags,
  context: Context,
  onTrust: (trust: LogTrust) => void,
): Promise<ServiceConnection> {
  const { client, server, trustedAs: name } = await context.connect(flags, "verifier");
  const { ports } = context;
  const log = new LogClient({ server, hint: SERVER_HINT });
  const store = await trustOfMachine(context);
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
  {
    service,
    both,
    context,
  }: { service: ServiceConnection | undefined; both?: TwoOperators | undefined; context: Context },
): Promise<Result> {
  const { digests } = hashed;
  if (evidence.receipts.length > 0) requireReceipt(digests, evidence.receipts);
  const { saltDir, maxLag, acceptedIssuers } = context.config();
  using salts = service && (await context.ports.findSalts(saltDir));
  const asked = askedFor(digests, flags);
  const check: Omit<FileCheck, "service"> = {
    digests,
    asked,
    evidence,
    salts,
    expectedIssuer: flags.expectedIssuer ?? "any",
    now: context.ports.clock.now(),
    maxLag,
    acceptedIssuers,
  };
  const checked = both === undefined ? await checkFile({ ...check, service }) : await both.check(check);
  await keepNotes(checked, flags, context);
  const shown = (answer: Established | IndeterminateView, more: object = {}): Result =>
    resultOf(file, { bytes: hashed.bytes, asked }, { answer, more }, context);
  switch (checked.kind) {
    case "online":
      return shown(checked.answer, { notes: checked.notes.map(formatAnswerFile) });
    case "disagreement":
      return shown(
        { verdict: "indeterminate", ...faultJson(checked.fault, context.words) },
        { answers: checked.answers.map(({ answer }) => answer), notes: checked.notes.map(formatAnswerFile) },
      );
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
async function byOwnLog(
  { file, hashed }: HashedInput,
  evidence: GivenEvidence,
  flags: VerifyFlags,
  { reader, context }: { reader: OwnLog; context: Context },
): Promise<Result> {
  const { digests, bytes } = hashed;
  const asked = askedFor(digests, flags);
  using salts = await context.ports.findSalts(context.config().saltDir);
  const expectedIssuer = flags.expectedIssuer ?? "any";
  const { answer } = await checkOwnLog(reader, { digests, asked, evidence, salts, expectedIssuer });
  return resultOf(file, { bytes, asked }, { answer, more: {} }, context);
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
