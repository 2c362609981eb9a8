/** The service: long, because it is the one place that knows which part is made of which. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Server as SecureServer } from "node:tls";
import { type Logger, pino } from "pino";
import { Approvals } from "../anchor/approvals.ts";
import { ageGate } from "../anchor/gate.ts";
import { Reception } from "../anchor/intake.ts";
import type { Gate } from "../anchor/ports.ts";
import { Sender } from "../anchor/sender.ts";
import { issueCredentials } from "../api/credentials.ts";
import { Cursors } from "../api/cursor.ts";
import { Metrics } from "../api/metrics.ts";
import { createServer, secureContext } from "../api/server.ts";
import type { Services } from "../api/services.ts";
import { tryOut } from "../api/status.ts";
import { readTls } from "../api/tls.ts";
import { publicKeysOf } from "../attest/identity.ts";
import { Publisher } from "../attest/publisher.ts";
import { Proofs } from "../attest/proofs.ts";
import { Receipts } from "../attest/receipts.ts";
import { Statements } from "../attest/statements.ts";
import { openHotKeys } from "../chain/keys/hot-keys.ts";
import { RpcPool } from "../chain/rpc/pool.ts";
import { CHAIN_PROFILES } from "../chain/rpc/profile.ts";
import { connect } from "../chain/registry/reader.ts";
import { eventOf } from "../chain/registry/registry.ts";
import { resume } from "../chain/registry/resume.ts";
import { RegistrySubmitter } from "../chain/registry/submitter.ts";
import type { RegistryRef, ServiceConfig } from "../config.ts";
import { toHex } from "../core/bytes.ts";
import { type Clock, systemClock, systemTimer } from "../core/clock.ts";
import { AppError, isAppError } from "../core/errors.ts";
import { type Failpoint, noFailpoint } from "../core/failpoint.ts";
import type { IndexHead } from "../core/head.ts";
import { Loop } from "../core/loop.ts";
import { originOf } from "../log/checkpoint.ts";
import { openKeyRing } from "../store/access/key-ring.ts";
import { SqlApprovals } from "../store/outbox/approvals.ts";
import { SqlCheckpoints } from "../store/attest/checkpoints.ts";
import { DiskGuard } from "../files/disk.ts";
import { refuseDoubtful } from "../store/index/doubt.ts";
import { SqlFinalLog } from "../store/attest/final-log.ts";
import { SqlIdempotency } from "../store/access/idempotency.ts";
import { SqlIndexStore, readHead } from "../store/index/index-store.ts";
import { openShared } from "../store/sql/leadership.ts";
import { lockFolder } from "../files/lock.ts";
import { SqlOutbox } from "../store/outbox/outbox.ts";
import { SqlRegistryView } from "../store/index/registry-view.ts";
import { readOrMakeSecretBytes, readSecretBytes } from "../files/secret-file.ts";
import { SqlSplits } from "../store/attest/splits.ts";
import { SqlWitnessedLogs } from "../store/attest/witnessed-logs.ts";
import { nodeOf } from "./node.ts";
import { operatorSeeds, witnessingOf } from "./operator.ts";
import { openPage } from "./page.ts";
import { followedState, goOnInDoubt, ownState, placesOf, readModel, scrubStep } from "./read-model.ts";
import { endProcess, listening, persistent, reloading, within } from "./running.ts";

export const VERSION: string = (createRequire(import.meta.url)("../../package.json") as { version: string })
  .version;

/** Milliseconds that a step of a loop has to end once the service stops. */
const STEP_PATIENCE = 2_000;

/** Milliseconds that whoever reads the metrics waits for the node. */
const NODE_PATIENCE = 2_000;

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
 * @throws AppError PAGE_NOT_BUILT, PORT_IN_USE, DATA_DIR_LOCKED, DATA_DIR_UNUSABLE, SCHEMA_NEWER, JOURNAL_DAMAGED, KEY_FILE_*, KEYSTORE_*,
 * KEY_PASSWORD, DEV_KEY_ON_REAL_CHAIN, TLS_FILES, CHAIN_ID_MISMATCH, CHAIN_IDENTITY_MISMATCH, NO_CONTRACT,
 * CONTRACT_CODE_MISMATCH, RPC_UNAVAILABLE, DATABASE_UNAVAILABLE
 */
export async function startService(
  config: ServiceConfig,
  { clock, log, failpoint = noFailpoint }: { clock: Clock; log: Logger; failpoint?: Failpoint },
): Promise<Service> {
  await using cleanup = new AsyncDisposableStack();
  let tls = config.tls === undefined ? undefined : await readTls(config.tls, clock.now());
  const page = await openPage();
  const onUnsynced = endProcess(log);
  const metrics = new Metrics();
  const lock = await lockFolder(config.dataDir);
  cleanup.defer(() => lock.release());
  const places = placesOf(config);
  const shared = await openShared(places(), { onUnsynced });
  cleanup.defer(() => shared.close());
  const { db, leadership } = shared;
  const seeds = await operatorSeeds(config);
  const operator = { name: config.operatorName, keys: publicKeysOf(seeds) };
  const node = await nodeOf({ config, clock, log, failpoint, onUnsynced, cleanup, operator });
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
    passwordFile: config.keyPasswordFile,
  });

  const { indexer, registries, entries, tiles, verifier } = readModel({
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
  const checkpoints = new SqlCheckpoints(db, leadership);
  const finalLog = new SqlFinalLog(db, eventOf);
  const publisher = new Publisher({
    seeds,
    registry: { chainId, registry: node.registry.address },
    store: checkpoints,
    log: finalLog,
    chain,
    clock,
    logger: log.child({ part: "checkpoints" }),
  });
  const splits = new SqlSplits(db, leadership);
  const witnessing = witnessingOf({
    config,
    seeds,
    origin: originOf({ chainId, registry: node.registry.address }),
    own: { log: finalLog, chain },
    stores: { checkpoints, witnessed: new SqlWitnessedLogs(db, leadership), splits },
    leadership,
    clock,
    log,
    metrics,
  });
  const publishing = new Loop({
    interval,
    timer: systemTimer,
    work: persistent(
      log,
      async () => {
        const signed = await leadership.lead(() => publisher.step());
        if (signed !== undefined) for (const loop of witnessing.collecting) loop.poke();
        return undefined;
      },
      { part: "checkpoints", metrics },
    ),
  });
  for (const loop of [sending, indexing, scrubbing, publishing, ...witnessing.collecting]) {
    cleanup.defer(() => within(STEP_PATIENCE, loop.stop()));
    loop.start();
  }
  cleanup.defer(() => witnessing.close());

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
    tiles,
    checkpoints,
    receipts: new Receipts({ checkpoints, log: finalLog }),
    proofs: new Proofs({ checkpoints, log: finalLog }),
    statements: new Statements({
      seeds,
      registry: { chainId, registry: node.registry.address },
      checkpoints,
      log: finalLog,
      judge: verifier,
      clock,
    }),
    witness: witnessing.witness,
    splits,
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
      maxPendingAge: config.maxPendingAge,
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
    page,
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

/** A service as the command line runs it: by the system's clock, logging to stderr. */
export async function serve(config: ServiceConfig): Promise<Service> {
  const log = pino({ level: config.logLevel }, pino.destination(2));
  return await startService(config, { clock: systemClock, log });
}
