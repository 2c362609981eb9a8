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
import type { Carried } from "../../sdk/verify/carried.ts";
import { EMPTY_EVIDENCE, type GivenEvidence } from "../../sdk/verify/classify.ts";
import { checkOwnLog, type OwnLog } from "../../sdk/verify/own-log.ts";
import { requireReceipt } from "../../sdk/verify/question.ts";
import type { Established } from "../../sdk/verify/shown.ts";
import { TwoOperators } from "../../sdk/verify/two-operators.ts";
import { trustIn, type FirstContact, type LogTrust } from "../../sdk/verify/trust.ts";
import { fill } from "../../words/index.ts";
import type { ClientFlags, Context, DirectLog, NodeOptions } from "../context.ts";
import { evidenceInside, hashInside, openZips, type OpenedZips } from "../carried.ts";
import { algorithmsOf, hashFiles, type Hashed } from "../files.ts";
import { keptIn, pathsOf, sortGiven, whatIs, type GivenThing } from "../given.ts";
import { keepNotes, keptResults } from "../kept-answers.ts";
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
  given: VerifyFlags,
  context: Context,
): Promise<void> {
  const { out, ports } = context;
  const things = await sortGiven(files);
  const { flags, unused } = withGiven(given, things);
  checkFlags(flags);
  const { allowEmpty } = algorithmsOf(flags);
  const evidence = await readGiven(flags, ports.clock.now());
  const paths = pathsOf(things, "file");
  const hashed = await hashFiles(paths, { ...algorithmsOf({}), allowEmpty }, context);
  const opened = await openZips(hashed);
  const { results: ofFiles, firstContact } = await checkAll(hashed, evidence, flags, {
    context,
    opened,
  });
  const { server: _, apiKeyFile: _keys, ...rest } = flags;
  const where = { ...rest, ...servicesOf(flags)[0] };
  const ofNotes = await keptResults(keptIn(things), { flags: where, policy: evidence.policy, context });
  const checked = [...ofFiles, ...ofNotes];
  const told = unused.flatMap((thing) => toldResult(thing, context));
  if (checked.length > 0 && told.length > 0) out.note(...told.map(({ line }) => line));
  const results = checked.length > 0 ? checked : told;
  if (firstContact !== undefined) out.note(fill(context.words.notes.firstContact, { ...firstContact }));
  for (const result of results) result.print();
  const exit = gravest(results.map((result) => result.exit));
  const verdict = results.find((result) => result.exit === exit)?.verdict ?? null;
  out.json({ verdict, ...(firstContact && { firstContact }), results: results.map(({ json }) => json) });
  out.exitCode = exit;
}

/**
 * Receipts and statements among the files are evidence as if they were named by their options, and the others are no files to
 * check. A policy is taken from its option alone: whom to trust is the choice of the reader, not of who handed out the files.
 */
function withGiven(
  flags: VerifyFlags,
  things: readonly GivenThing[],
): { readonly flags: VerifyFlags; readonly unused: readonly GivenThing[] } {
  const receipt = [...(flags.receipt ?? []), ...pathsOf(things, "receipt")];
  const isOffline = receipt.length > 0 && flags.policy !== undefined;
  const status = [...(flags.status ?? []), ...(isOffline ? pathsOf(things, "statement") : [])];
  const all = { ...flags, ...(receipt.length > 0 && { receipt }), ...(status.length > 0 && { status }) };
  const isAlone = pathsOf(things, "file").length === 0;
  const unused = things.filter(
    ({ is: { kind } }) =>
      kind === "policy" || (isAlone ? kind !== "answer" : kind === "statement" && !isOffline),
  );
  return { flags: all, unused };
}

/** What was given beside files to check: no verdict, and nothing established. */
function toldResult(thing: GivenThing, context: Context): (Result & { readonly line: string })[] {
  const what = whatIs(thing, context);
  if (what === undefined) return [];
  const line = `? ${thing.file}  ${what}`;
  const json = { file: thing.file, given: thing.is.kind };
  return [{ exit: 3, verdict: null, json, print: () => context.out.print(line), line }];
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
  how: CheckOptions,
): Promise<AllResults> {
  const { context, opened } = how;
  const all = async (verify: Verify): Promise<Result[]> => await each(hashed, evidence, { ...how, verify });
  if (!hashed.some((item) => "hashed" in item))
    return { results: await all(() => Promise.reject(new RangeError("nothing was read"))) };
  if (isOffline(hashed, evidence, flags, opened))
    return { results: await all((item, by) => byService(item, by, flags, { context, service: undefined })) };
  if (flags.mirror !== undefined) {
    const reader = await mirrorReader(flags.mirror, context);
    return { results: await all((item, by) => byOwnLog(item, by, flags, { reader, context })) };
  }
  const node = nodeOptions(flags);
  if (node !== undefined) {
    await using log = await openedLog(node, context);
    return { results: await all((item, by) => byOwnLog(item, by, flags, { reader: log, context })) };
  }
  let firstContact: FirstContact | undefined;
  const open = (asked: ClientFlags): Promise<ServiceConnection> =>
    serviceFor(asked, context, (trust) => (firstContact ??= trust.firstContact));
  const [first = {}, second] = servicesOf(flags);
  const service = await open(first);
  const both = second && new TwoOperators([service, await open(second)]);
  const results = await all((item, by) => byService(item, by, flags, { context, service, both }));
  return { results, firstContact };
}

/** With a policy and receipts nothing is asked; ZIPs have theirs within them. */
function isOffline(
  hashed: readonly Hashed[],
  { policy, receipts }: GivenEvidence,
  { server, mirror }: VerifyFlags,
  opened: OpenedZips,
): boolean {
  if (policy === undefined) return false;
  if (receipts.length > 0) return true;
  return server === undefined && mirror === undefined && hashed.every(({ file }) => opened.has(file));
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

/** Checks one file by what is known of it. */
type Verify = (item: HashedInput, evidence: GivenEvidence) => Result | Promise<Result>;

interface CheckOptions {
  readonly context: Context;
  readonly opened: OpenedZips;
}

/**
 * One result for each file, in order, and for each document in a ZIP; a fault is a result too. What is found by the digest of the
 * ZIP itself is the answer, since a ZIP may be the document.
 */
async function each(
  hashed: readonly Hashed[],
  evidence: GivenEvidence,
  how: CheckOptions & { readonly verify: Verify },
): Promise<Result[]> {
  const { context, opened, verify } = how;
  const results: Result[] = [];
  for (const item of hashed) {
    const own = await attempt(item, context, (read) => verify(read, evidence));
    const carried = opened.get(item.file);
    if (carried === undefined || isFound(own)) results.push(own);
    else if (isAppError(carried)) results.push(faultResult(item.file, carried, context));
    else
      for (const inside of await hashInside(carried)) {
        const named = { ...inside, file: `${item.file}: ${inside.file}` };
        const by = (read: HashedInput): ReturnType<Verify> => verify(read, evidenceInside(carried, evidence));
        results.push(
          insideResult(await attempt(named, context, by), { zip: item.file, inside, carried, context }),
        );
      }
  }
  return results;
}

async function attempt(
  item: Hashed,
  context: Context,
  verify: (item: HashedInput) => Result | Promise<Result>,
): Promise<Result> {
  try {
    if ("fault" in item) throw item.fault;
    return await verify(item);
  } catch (error) {
    if (!isAppError(error)) throw error;
    return faultResult(item.file, error, context);
  }
}

function faultResult(file: string, error: AppError, { out, words }: Context): Result {
  const json = { file, error: faultJson(error, words) };
  return { exit: error.spec.exit, verdict: null, json, print: () => out.fault(error) };
}

/** Whether a file has an entry of its own. */
function isFound({ verdict }: Result): boolean {
  return verdict !== null && verdict !== "not-found" && verdict !== "indeterminate";
}

/** The result of a document in a ZIP, with the names of what was not looked at. */
function insideResult(
  result: Result,
  {
    zip,
    inside,
    carried: { ignored },
    context,
  }: { zip: string; inside: Hashed; carried: Carried; context: Context },
): Result {
  const { out, words } = context;
  const json = { ...result.json, file: zip, member: inside.file, ignored };
  const print = (): void => {
    result.print();
    if (ignored.length > 0) out.print(`  ${fill(words.cli.ignored, { names: ignored.join(", ") })}`);
  };
  return { ...result, json, print };
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
        exit: exitCodeOf(checked.answer.verdict, checked.answer.checkpoint),
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
    exit: exitCodeOf(answer.verdict, "oneOperator" in answer ? answer : {}),
    verdict: answer.verdict,
    json: { file, bytes, digests: asked.map(formatDigest), ...answer, ...more },
    print: () => context.out.print(...verdictLines(file, answer, context)),
  };
}

function askedFor(digests: readonly Digest[], flags: VerifyFlags): Digest[] {
  const { algorithms } = algorithmsOf(flags);
  return digests.filter(({ algorithm }) => algorithms.includes(algorithm));
}
