/**
 * The composition root: which part is made of which, for a service, and for a log that is read without one. It is long
 * because it is the one place that knows all of them.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Server as SecureServer } from "node:tls";
import { pino, type Logger } from "pino";
import { ageGate } from "./anchor/gate.ts";
import { Approvals } from "./anchor/approvals.ts";
import { Reception } from "./anchor/intake.ts";
import type { Gate } from "./anchor/ports.ts";
import { Sender } from "./anchor/sender.ts";
import { issueCredentials } from "./api/credentials.ts";
import { Cursors } from "./api/cursor.ts";
import { answerListing, answerVerification } from "./api/answers.ts";
import { Metrics } from "./api/metrics.ts";
import { createServer, secureContext } from "./api/server.ts";
import type { IndexState, Services } from "./api/services.ts";
import { tryOut } from "./api/status.ts";
import { readTls, type Tls, type TlsFiles } from "./api/tls.ts";
import { bootstrap } from "./chain/embedded/bootstrap.ts";
import { EmbeddedChain, MANY_BLOCKS } from "./chain/embedded/chain.ts";
import { RpcServer } from "./chain/embedded/rpc-server.ts";
import { Governance } from "./chain/governance.ts";
import { openHotKeys } from "./chain/hot-keys.ts";
import { RpcPool } from "./chain/pool.ts";
import { CHAIN_PROFILES } from "./chain/profile.ts";
import { openKeystore, sealKey } from "./chain/keystore.ts";
import { connect, type RegistryReader } from "./chain/reader.ts";
import { resume } from "./chain/resume.ts";
import { JsonRpc } from "./chain/rpc.ts";
import { payloadOf } from "./chain/registry.ts";
import { LocalSigner } from "./chain/signer.ts";
import { parseKey } from "./chain/signers.ts";
import { RegistrySubmitter } from "./chain/submitter.ts";
import type {
  ChainOptions,
  DirectLog as CliLog,
  GovernanceSession,
  IndexReport,
  IndexTask,
  KeySource,
  NodeOptions,
  RunningChain,
} from "./cli/context.ts";
import {
  readClientConfig,
  type ChainProfileName,
  type Finality,
  type Listen,
  type RegistryRef,
  type ServiceConfig,
} from "./config.ts";
import type { Directory } from "./core/act.ts";
import { noFailpoint, type Failpoint } from "./core/failpoint.ts";
import { toHex } from "./core/bytes.ts";
import { systemClock, systemTimer, type Clock } from "./core/clock.ts";
import type { IndexHead } from "./core/head.ts";
import type { Language } from "./core/directory.ts";
import { doubtError, isDoubtCode, needsRebuild } from "./core/doubt.ts";
import { AppError, isAppError } from "./core/errors.ts";
import type { OnUnsynced } from "./core/storage.ts";
import type { Address } from "./core/units.ts";
import { Loop } from "./core/loop.ts";
import { Indexer } from "./indexer/indexer.ts";
import { LinkedRegistries } from "./indexer/linked.ts";
import { rebuildIndex } from "./indexer/rebuild.ts";
import { Scrub } from "./indexer/scrub.ts";
import { openKeyRing } from "./store/access.ts";
import { SqlApprovals } from "./store/approvals.ts";
import { openDatabase, type Database } from "./store/database.ts";
import { DiskGuard } from "./store/disk.ts";
import { readDoubt, refuseDoubtful } from "./store/doubt.ts";
import { readDirectory } from "./store/directory-view.ts";
import { SqlEntrySource } from "./store/entries.ts";
import { SqlEvidenceSource } from "./store/evidence.ts";
import { SqlIdempotency } from "./store/idempotency.ts";
import { SqlIndexStore, readCursor, readHead } from "./store/index-store.ts";
import { openShared, type Place, type SharedDatabase } from "./store/leadership.ts";
import { lockFolder } from "./store/lock.ts";
import { readOrMakeSecretBytes, readSecretBytes } from "./store/secret-file.ts";
import { SqlOutbox } from "./store/outbox.ts";
import { SqlRegistryView } from "./store/registry-view.ts";
import { SqlScrubbedIndex } from "./store/scrub.ts";
import { stateHash } from "./store/state-hash.ts";
import { replaceIndex } from "./store/swap.ts";
import { ChainedEvidence } from "./verify/chained.ts";
import { Verifier } from "./verify/verifier.ts";

export const VERSION: string = (createRequire(import.meta.url)("../package.json") as { version: string })
  .version;

/** Milliseconds that a reader waits for another to be done with the same cache. */
const CACHE_WAIT = 60_000;
/** Milliseconds that a step of a loop has to end once the service stops. */
const STEP_PATIENCE = 2_000;
/** Milliseconds that whoever reads the metrics waits for the node. */
const NODE_PATIENCE = 2_000;
/** Exit code of a process that cannot go on. */
const BROKEN = 3;

export interface Service {
  /** Where the API is. */
  readonly url: string;
  /** Where the chain's RPC is; without paths, which may hold keys. */
  readonly rpc: string;
  readonly registry: RegistryRef["address"];
  /** Path of credentials.json. */
  readonly credentials: string;
  readonly embedded: boolean;
  /** Reads the TLS files again; undefined without TLS. Where they are wrong, the old ones stay. */
  readonly reload: (() => Promise<void>) | undefined;
  /** Ends what runs, and resolves once everything is closed. */
  stop(): Promise<void>;
}

/**
 * Starts a service: locks its data, opens its database, connects to its chain (or starts the embedded one), brings the
 * index up to date, and listens.
 * @throws AppError PORT_IN_USE, DATA_DIR_LOCKED, DATA_DIR_UNUSABLE, SCHEMA_NEWER, JOURNAL_DAMAGED, KEY_FILE_*, KEYSTORE_*,
 * KEY_PASSWORD, DEV_KEY_ON_REAL_CHAIN, TLS_FILES, CHAIN_ID_MISMATCH, CHAIN_IDENTITY_MISMATCH, NO_CONTRACT,
 * CONTRACT_CODE_MISMATCH, RPC_UNAVAILABLE, DATABASE_UNAVAILABLE
 */
export async function startService(
  config: ServiceConfig,
  { clock, log, failpoint = noFailpoint }: { clock: Clock; log: Logger; failpoint?: Failpoint },
): Promise<Service> {
  await using cleanup = new AsyncDisposableStack();
  let tls = config.tls === undefined ? undefined : await readTls(config.tls, clock.now());
  const onUnsynced = endProcess(log);
  const metrics = new Metrics();
  const lock = await lockFolder(config.dataDir);
  cleanup.defer(() => lock.release());
  const places = placesOf(config);
  const shared = await openShared(places(), { onUnsynced });
  cleanup.defer(() => shared.close());
  const { db, leadership } = shared;
  const node = await nodeOf({ config, clock, log, failpoint, onUnsynced, cleanup });
  const rpc = new RpcPool(node.urls, { clock, log: log.child({ part: "chain" }) });
  const reading = { finality: config.finality, profile: CHAIN_PROFILES[node.profile] };
  const known = await new SqlIndexStore(db).identity();
  const { chain, chainId } = await resume(rpc, {
    ...reading,
    ...node.registry,
    registry: node.registry.address,
    known,
    away: ({ code, fields }) => log.warn({ ...fields, code }, "started without a node"),
  });
  const signers = await openHotKeys({
    folder: join(config.dataDir, "keys"),
    place: { chainId, urls: config.chain.kind === "embedded" ? [] : config.chain.urls },
    password: config.keyPassword,
  });

  const { indexer, registries, entries, verifier } = readModel({
    shared,
    chain,
    connectTo: (other) => connect(rpc, { ...reading, registry: other, chainId }),
    places,
    clock,
    log,
    maxLag: config.maxLag,
    onUnsynced,
    cleanup,
  });
  const interval = config.pollInterval;
  let head: IndexHead | undefined;
  const follow = async (): Promise<void> => {
    await registries.sync().catch(goOnInDoubt);
    head = await readHead(db);
  };
  // what is known is served while no node can be asked; without anything known there is no service
  await follow().catch(async (error: unknown) => {
    if (known === undefined || !isAppError(error) || !error.spec.retryable) throw error;
    head = await readHead(db);
  });
  // where another process makes the index, it is waited for; where that ends, this one makes it
  while (head === undefined || head.syncedAt === 0) {
    await sleep(interval);
    await follow();
  }
  const outbox = new SqlOutbox(db, leadership);
  const registry = new SqlRegistryView(db);
  const submitter = new RegistrySubmitter(rpc, {
    registry: node.registry.address,
    chainId,
    signers,
    maxGasPrice: config.maxGasPrice,
  });
  const sender = new Sender({
    outbox,
    chain: submitter,
    registry,
    grouping: config.grouping,
    resendAfter: config.resendAfter,
    heartbeat: config.chain.kind === "embedded" ? 0 : config.heartbeat,
    failpoint,
    clock,
    log: log.child({ part: "anchor" }),
    onSent: () => indexing.poke(),
  });
  const sending = new Loop({
    interval,
    timer: systemTimer,
    work: persistent(
      log,
      () =>
        leadership.lead(async () => {
          await refuseDoubtful(db);
          return await sender.step();
        }),
      { part: "anchor", metrics },
    ),
  });
  const following = persistent(log, follow, { part: "index", metrics });
  const indexing = new Loop({
    interval,
    timer: systemTimer,
    work: async () => {
      await following();
      sending.poke();
      return undefined;
    },
  });
  const scrubbing = new Loop({
    interval: config.scrubInterval * 1000,
    timer: systemTimer,
    work: persistent(log, () => scrubStep(registries.all), { part: "scrub", metrics }),
  });
  for (const loop of [sending, indexing, scrubbing]) {
    cleanup.defer(() => within(STEP_PATIENCE, loop.stop()));
    loop.start();
  }

  const keys = await openKeyRing(db, { secret: await apiKeySecret(config), clock });
  const disk = new DiskGuard({ folder: config.dataDir, minFree: config.minDiskFree, clock });
  const gates: Gate[] = [
    () => disk.pass(),
    () => refuseDoubtful(db),
    ageGate({ outbox, clock, limit: config.maxPendingAge }),
  ];
  const onTaken = (): void => sending.poke();
  const reception = new Reception({
    outbox,
    registry,
    signers: submitter.signers,
    clock,
    gates,
    failpoint,
    onTaken,
    twoPersons: config.twoPersons,
  });
  const services: Services = {
    reception,
    outbox,
    approvals: new Approvals({ store: new SqlApprovals(db), outbox, reception, clock, onTaken }),
    verifier,
    entries,
    keys,
    idempotency: new SqlIdempotency(db),
    cursors: new Cursors(await keys.secret("cursor")),
    clock,
    index: () => (leadership.leads ? ownState(indexer) : followedState(head, { clock, ...config })),
    about: {
      version: VERSION,
      operator: config.operatorName,
      chainId,
      registry: node.registry.address,
      publicVerify: config.publicVerify,
      publicMetrics: config.publicMetrics,
      publicUrl: config.publicUrl,
    },
    status: () => tryOut(services, gates),
    metrics,
  };
  metrics.watch(async () => {
    const [status, latestBlock, diskFree] = await Promise.all([
      services.status(),
      within(
        NODE_PATIENCE,
        chain.heads().then(({ latest }) => latest.number),
      ).catch(() => undefined),
      disk.free().catch(() => undefined),
    ]);
    return { status, latestBlock, diskFree, now: clock.now(), tlsUntil: tls?.until };
  });
  const server = await createServer({
    log: log.child({ part: "api" }),
    services,
    front: { tls, trustedProxies: config.trustedProxies, limits: config.limits },
  });
  cleanup.defer(() => server.close());
  const url = await listening(config.listen, "HUFU_LISTEN", () => server.listen(config.listen));
  const signing = await registry.keysInForce(submitter.signers, clock.now());
  const credentials = await issueCredentials({
    folder: config.dataDir,
    keys,
    instance: toHex(await readOrMakeSecretBytes(join(config.dataDir, "instance"))),
    institutions: signing.map(({ institution }) => institution),
    addresses: {
      server: config.publicUrl ?? url,
      rpc: node.urls[0] ?? "",
      registry: node.registry.address,
    },
  });
  const running = cleanup.move();
  return {
    url,
    rpc: node.urls.map((each) => new URL(each).origin).join(", "),
    registry: node.registry.address,
    credentials,
    embedded: config.chain.kind === "embedded",
    reload:
      config.tls === undefined
        ? undefined
        : reloading(log, config.tls, clock, (fresh) => {
            (server.server as unknown as SecureServer).setSecureContext(secureContext(fresh));
            tls = fresh;
          }),
    stop: () => running.disposeAsync(),
  };
}

/** Reads TLS files again, and hands them on where they are right. */
function reloading(log: Logger, files: TlsFiles, clock: Clock, use: (tls: Tls) => void): () => Promise<void> {
  return async () => {
    try {
      const tls = await readTls(files, clock.now());
      use(tls);
      log.info({ until: tls.until }, "tls files read");
    } catch (error) {
      log.error({ err: error }, "tls files not read, the old ones stay");
    }
  };
}

/** Ends the process at once: after a sync that failed, what it reads back may not be what is on disk. */
function endProcess(log: Logger): OnUnsynced {
  return (fault) => {
    log.fatal({ code: fault.code, detail: fault.fields.detail }, "a sync to disk failed, the process ends");
    process.exit(BROKEN);
  };
}

/** What `work` gives, or undefined once it has taken too long. */
async function within<T>(milliseconds: number, work: Promise<T>): Promise<T | undefined> {
  return await Promise.race([work, sleep(milliseconds, undefined, { ref: false })]);
}

/** A log read straight from a node, with a copy of it kept from one time to the next. */
export interface DirectLog {
  readonly entries: SqlEntrySource;
  readonly verifier: Verifier;
  readonly clock: Clock;
  /** @throws AppError INDEX_STALE: nothing was read yet */
  directory(): Promise<Directory>;
  close(): Promise<void>;
}

/**
 * Brings a cached copy of the log up to date from a node, and proves it against the contract.
 * @param options.cacheDir the copy is kept in a folder of it
 * @throws AppError CHAIN_ID_MISMATCH, NO_CONTRACT, CONTRACT_CODE_MISMATCH, RPC_UNAVAILABLE, RPC_INCONSISTENT,
 * INDEX_MISMATCH, CHAIN_IDENTITY_MISMATCH
 */
export async function openLog(options: {
  rpc: string;
  registry: RegistryRef;
  finality: Finality;
  maxLag: number;
  profile: ChainProfileName;
  cacheDir: string;
  clock: Clock;
  log: Logger;
}): Promise<DirectLog> {
  const { registry, cacheDir, clock, log, maxLag } = options;
  await using cleanup = new AsyncDisposableStack();
  const rpc = new JsonRpc(options.rpc);
  const reading = { finality: options.finality, profile: CHAIN_PROFILES[options.profile] };
  const chain = await connect(rpc, { ...reading, ...registry, registry: registry.address });
  const { chainId } = await chain.identity();
  const folder = join(cacheDir, `eip155-${chainId}-${registry.address}`);
  const lock = await lockFolder(folder, { wait: CACHE_WAIT });
  cleanup.defer(() => lock.release());
  const places = (other?: Address): Place => ({ at: join(folder, `${other ?? "log"}.db`) });
  const shared = await openShared(places());
  cleanup.defer(() => shared.close());
  const { registries, entries, verifier } = readModel({
    shared,
    chain,
    connectTo: (other) => connect(rpc, { ...reading, registry: other, chainId }),
    places,
    clock,
    log,
    maxLag,
    onUnsynced: () => undefined,
    cleanup,
  });
  await registries.sync();
  const open = cleanup.move();
  return {
    entries,
    verifier,
    clock,
    directory: () => readDirectory(shared.db),
    close: () => open.disposeAsync(),
  };
}

/** Where the log of the own registry is kept, or that of another one it is linked to. */
type Places = (other?: Address) => Place;

function placesOf({ dataDir, databaseUrl: url }: ServiceConfig): Places {
  if (url === undefined) return (other) => ({ at: join(dataDir, `${other ?? "hufu"}.db`) });
  return (other) => (other === undefined ? { at: url } : { at: url, schema: `registry_${other}` });
}

/** A registry's log as an instance has it: followed from a node by the process that leads, kept in a database. */
function follow({
  shared: { db, leadership },
  chain,
  clock,
  log,
}: Following & { shared: SharedDatabase; chain: RegistryReader }) {
  const store = new SqlIndexStore(db, leadership);
  const parts = { store, clock, log: log.child({ part: "index" }) };
  const indexer = new Indexer({ chain, ...parts });
  return {
    registry: chain.registry,
    sync: async () => {
      const led = await leadership.lead(async () => {
        await indexer.sync().catch((error: unknown) => {
          if (isAppError(error, "RPC_INCONSISTENT")) chain.distrust(error);
          throw error;
        });
        return true;
      });
      if (led === undefined) await chain.heads(); // who follows has a node of its own, which may be away
    },
    indexer,
    scrub: new Scrub({ index: new SqlScrubbedIndex(db, payloadOf), ...parts }),
    source: new SqlEvidenceSource(db),
  };
}

interface Following {
  readonly clock: Clock;
  readonly log: Logger;
}

/** The log as an instance has it, with those of the registries before and after its own, judged. */
function readModel(
  options: Following & {
    shared: SharedDatabase;
    chain: RegistryReader;
    /** Connects to another registry on the same chain. */
    connectTo: (registry: Address) => Promise<RegistryReader>;
    places: Places;
    maxLag: number;
    onUnsynced: OnUnsynced;
    cleanup: AsyncDisposableStack;
  },
) {
  const { shared, chain, connectTo, places, clock, log, maxLag, onUnsynced, cleanup } = options;
  // until a node has said so itself: the reading that lets less pass for current
  const policy = { maxLag, emptyBlocks: true };
  const { sync, ...own } = follow({ shared, chain, clock, log });
  let asked = false;
  const first = async (): Promise<void> => {
    await sync();
    if (!asked) policy.emptyBlocks = await chain.makesEmptyBlocks();
    asked = true;
  };
  const databases = cleanup.use(new AsyncDisposableStack());
  const readers = new Map([[chain.registry, chain]]);
  const readerOf = async (registry: Address): Promise<RegistryReader> => {
    const reader = readers.get(registry) ?? (await connectTo(registry));
    readers.set(registry, reader);
    return reader;
  };
  const registries = new LinkedRegistries({
    own: { ...own, sync: first },
    log,
    linksOf: async (registry) => await (await readerOf(registry)).links(),
    open: async (registry) => {
      const other = await readerOf(registry);
      const database = await openShared(places(registry), { onUnsynced });
      databases.defer(() => database.close());
      return follow({ shared: database, chain: other, clock, log: log.child({ registry }) });
    },
  });
  const sources = (links: typeof registries.before) =>
    links.map(({ registry, log: followed }) => ({ registry, source: followed?.source }));
  const verifier = new Verifier({
    source: new ChainedEvidence(own.source, () => ({
      before: sources(registries.before),
      after: sources(registries.after),
    })),
    clock,
    policy,
  });
  return { indexer: own.indexer, registries, entries: new SqlEntrySource(shared.db), verifier };
}

type ChainNode = Extract<ServiceConfig["chain"], { kind: "node" }>;

/** The node that is set, or the embedded chain, started. */
async function nodeOf({
  config: { chain, dataDir },
  ...parts
}: Omit<EmbeddedOptions, "dataDir" | "listen"> & { config: ServiceConfig }): Promise<ChainNode> {
  return chain.kind === "node" ? chain : await startEmbedded({ dataDir, listen: chain.listen, ...parts });
}

/**
 * What API keys are hashed under: in a file that the settings name, or in one of the data directory.
 * @throws AppError API_KEY_SECRET, KEY_FILE_PERMISSIONS
 */
async function apiKeySecret({ apiKeySecretFile, dataDir }: ServiceConfig): Promise<Uint8Array> {
  if (apiKeySecretFile === undefined) return await readOrMakeSecretBytes(join(dataDir, "api-keys.secret"));
  const secret = await readSecretBytes(apiKeySecretFile);
  if (secret !== undefined) return secret;
  const at = "HUFU_API_KEY_SECRET_FILE";
  const detail = `${at}: there is no such file; make it once with: openssl rand -hex 32`;
  throw new AppError("API_KEY_SECRET", { detail, at });
}

interface EmbeddedOptions {
  readonly dataDir: string;
  readonly listen: Listen;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onUnsynced: OnUnsynced;
  readonly failpoint?: Failpoint;
  readonly cleanup: AsyncDisposableStack;
}

/** The embedded chain with its RPC port, and the sample registry on it. */
async function startEmbedded(options: EmbeddedOptions): Promise<ChainNode> {
  const url = await openEmbedded(options);
  const address = await deploySamples(url, options.dataDir);
  return { kind: "node", urls: [url], registry: { address, chainId: undefined }, profile: "ethereum" };
}

async function deploySamples(rpc: string, dataDir: string): Promise<Address> {
  const folders = { governance: join(dataDir, "chain", "keys"), hot: join(dataDir, "keys") };
  return await bootstrap(new JsonRpc(rpc), folders);
}

/** @returns where the chain's RPC is */
async function openEmbedded(options: EmbeddedOptions): Promise<string> {
  const { dataDir, listen, clock, log, failpoint = noFailpoint, onUnsynced, cleanup } = options;
  const folder = join(dataDir, "chain");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, "journal.ndjson");
  const chain = await EmbeddedChain.open({ path, clock, onUnsynced, failpoint });
  cleanup.defer(() => chain.close());
  if (chain.height > MANY_BLOCKS)
    log.warn({ blocks: chain.height, limit: MANY_BLOCKS }, "embedded chain is long");
  const server = await listening(listen, "HUFU_CHAIN_LISTEN", () => RpcServer.listen(chain, listen));
  cleanup.defer(() => server.close());
  return server.url;
}

/**
 * The embedded chain alone, for services that share it.
 * @throws AppError PORT_IN_USE, DATA_DIR_LOCKED, DATA_DIR_UNUSABLE, JOURNAL_DAMAGED
 */
export async function startChain(
  { dataDir, listen, bare }: Omit<ChainOptions, "logLevel">,
  { clock, log }: { clock: Clock; log: Logger },
): Promise<RunningChain> {
  await using cleanup = new AsyncDisposableStack();
  const lock = await lockFolder(dataDir);
  cleanup.defer(() => lock.release());
  const rpc = await openEmbedded({ dataDir, listen, clock, log, onUnsynced: endProcess(log), cleanup });
  const registry = bare ? undefined : await deploySamples(rpc, dataDir);
  const running = cleanup.move();
  return { rpc, registry, stop: () => running.disposeAsync() };
}

/** Listens, and says which setting to change where that cannot be. */
async function listening<T>({ host, port }: Listen, setting: string, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") {
      const detail = `${host}:${port} is in use by another program; stop that, or set ${setting}, for example ${setting}=127.0.0.1:0 for a free port`;
      throw new AppError("PORT_IN_USE", { detail, at: setting }, { cause });
    }
    const detail = `${setting}: cannot listen on ${host}:${port} (${code ?? "unknown"})`;
    throw new AppError("CONFIG", { detail, at: setting }, { cause });
  }
}

/** A service whose index is in doubt runs, and says so to whoever asks. */
function goOnInDoubt(error: unknown): void {
  if (!isAppError(error) || !isDoubtCode(error.code) || !needsRebuild({ code: error.code })) throw error;
}

/** The work of a loop: what fails is tried again, and told once until it is over. */
function persistent<T>(
  log: Logger,
  work: () => Promise<T>,
  { part, metrics }: { part: string; metrics: Metrics },
): () => Promise<T | undefined> {
  let told: string | undefined;
  return async () => {
    try {
      const result = await work();
      told = undefined;
      return result;
    } catch (error) {
      const what = isAppError(error) ? error.message : String(error);
      metrics.failed(part, isAppError(error) ? error.code : "INTERNAL");
      if (what !== told)
        log.warn(isAppError(error) ? { code: error.code, ...error.fields } : { err: error }, "step failed");
      told = what;
      return undefined;
    }
  };
}

/** One page of each log that is followed. @returns milliseconds until the next; undefined once all are through */
async function scrubStep(logs: readonly { scrub: Scrub }[]): Promise<number | undefined> {
  const waits: number[] = [];
  for (const { scrub } of logs) waits.push((await scrub.step()) ?? Infinity);
  const wait = Math.min(...waits);
  return Number.isFinite(wait) ? wait : undefined;
}

function ownState({ health }: Indexer): IndexState {
  const because = health.kind === "failing" ? health.because : undefined;
  return { kind: health.kind, role: "leader", because };
}

/** What the database says of an index that another process makes. */
function followedState(
  head: IndexHead | undefined,
  { clock, maxLag }: { clock: Clock; maxLag: number },
): IndexState {
  const state = { role: "follower", because: undefined } as const;
  if (head === undefined) return { ...state, kind: "starting" };
  const age = clock.now() - head.syncedAt;
  if (age <= maxLag) return { ...state, kind: "current" };
  const detail = `no process has brought the index up to date for ${age} seconds`;
  return { ...state, kind: "failing", because: new AppError("INDEX_STALE", { detail }) };
}

/** Reads a log straight from a node, and answers as a service would. */
export async function openReader(options: NodeOptions & { language: Language }): Promise<CliLog> {
  const { language, ...node } = options;
  const { cacheDir, maxLag, profile } = readClientConfig();
  const log = await openLog({
    ...node,
    cacheDir,
    maxLag,
    profile,
    clock: systemClock,
    log: pino({ level: "silent" }),
  });
  const cursors = new Cursors(randomBytes(32));
  return {
    verify: (question) => answerVerification(log.verifier, question, { language, id: randomUUID() }),
    entries: (query) => answerListing({ ...log, cursors }, query, { language, sees: undefined }),
    directory: () => log.directory(),
    close: () => log.close(),
  };
}

/**
 * Checks the stored index of a service that is stopped, or makes it anew from the chain alone.
 * @throws AppError DATA_DIR_LOCKED: the service runs
 * @throws AppError INDEX_MISMATCH, or the doubt: the check found it wrong
 */
export async function maintainIndex(
  config: ServiceConfig,
  task: IndexTask,
  { clock = systemClock, log = pino({ level: "silent" }) }: Partial<Following> = {},
): Promise<IndexReport> {
  await using cleanup = new AsyncDisposableStack();
  const { dataDir } = config;
  const lock = await lockFolder(dataDir);
  cleanup.defer(() => lock.release());
  const db = await openDatabase(join(dataDir, "hufu.db"));
  cleanup.defer(() => db.destroy());
  return task === "check" ? await checkIndex(db) : await rebuild({ config, db, clock, log, cleanup });
}

async function checkIndex(db: Database): Promise<IndexReport> {
  await new SqlScrubbedIndex(db, payloadOf).checkAll();
  const doubt = await readDoubt(db);
  if (doubt !== undefined) throw doubtError(doubt);
  const { size } = await readCursor(db);
  return { task: "check", entries: size, stateHash: await stateHash(db) };
}

async function rebuild(
  parts: Following & { config: ServiceConfig; db: Database; cleanup: AsyncDisposableStack },
): Promise<IndexReport> {
  const { config, db, clock, log, cleanup } = parts;
  const { dataDir, finality } = config;
  const node = await nodeOf({ config, clock, log, onUnsynced: endProcess(log), cleanup });
  const registry = node.registry.address;
  const rpc = new RpcPool(node.urls, { clock, log });
  const profile = CHAIN_PROFILES[node.profile];
  const chain = await connect(rpc, { ...node.registry, registry, finality, profile });
  await removeDatabases(dataDir, /^rebuild\.db/);
  const fresh = await openDatabase(join(dataDir, "rebuild.db"));
  cleanup.defer(async () => {
    await fresh.destroy();
    await removeDatabases(dataDir, /^rebuild\.db/);
  });
  const hashed = (of: Database) => ({ store: new SqlIndexStore(of), stateHash: () => stateHash(of) });
  const swap = (): Promise<void> => replaceIndex({ live: db, fresh });
  const rebuilt = await rebuildIndex({ chain, live: hashed(db), fresh: hashed(fresh), swap, clock, log });
  // logs of other registries hold nothing but what the next start reads again
  await removeDatabases(dataDir, /^0x[0-9a-f]{40}\.db/);
  return { task: "rebuild", ...rebuilt };
}

async function removeDatabases(folder: string, names: RegExp): Promise<void> {
  for (const name of await readdir(folder)) if (names.test(name)) await rm(join(folder, name));
}

/** The contract of a registry, as a node shows it. */
export async function openContract({ rpc, registry, finality }: NodeOptions): Promise<RegistryReader> {
  const profile = CHAIN_PROFILES[readClientConfig().profile];
  return await connect(new JsonRpc(rpc), { ...registry, registry: registry.address, finality, profile });
}

/** The registry on a node, as the caller's own key governs it. The key stays in this process. */
export async function openGovernance(options: NodeOptions & { key: KeySource }): Promise<GovernanceSession> {
  const { registry, finality, key } = options;
  const rpc = new JsonRpc(options.rpc);
  const chain = await connect(rpc, { ...registry, registry: registry.address, finality });
  const { chainId } = await chain.identity();
  const wallet = key.kind === "keystore" ? await openKeystore(key, key.password) : parseKey(key);
  return new Governance(rpc, { registry: registry.address, chainId, key: new LocalSigner(wallet) });
}

/** A plain key, as a keystore that opens with the password. @throws AppError KEY_FILE_FORMAT */
export async function encryptKey(plain: {
  name: string;
  text: string;
  password: string;
}): Promise<{ address: Address; keystore: string }> {
  const key = parseKey(plain);
  return { address: new LocalSigner(key).address, keystore: await sealKey(key, plain) };
}

/** The embedded chain as the command line runs it. */
export async function serveChain({ logLevel, ...options }: ChainOptions): Promise<RunningChain> {
  const log = pino({ level: logLevel }, pino.destination(2));
  return await startChain(options, { clock: systemClock, log });
}

/** A service as the command line runs it: by the system's clock, logging to stderr. */
export async function serve(config: ServiceConfig): Promise<Service> {
  const log = pino({ level: config.logLevel }, pino.destination(2));
  return await startService(config, { clock: systemClock, log });
}
