/** Starts a service, from its settings to the port that it listens on. */
import type { Server as SecureServer } from "node:tls";
import type { Logger } from "pino";
import { issueCredentials } from "../api/credentials.ts";
import { Cursors } from "../api/cursor.ts";
import { Metrics } from "../api/metrics.ts";
import { createServer, secureContext } from "../api/server.ts";
import type { About, Services } from "../api/services.ts";
import { tryService } from "../api/status.ts";
import { readTls, type Tls } from "../api/tls.ts";
import type { RegistryRef, ServiceConfig } from "../config.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { type Failpoint, noFailpoint } from "../core/failpoint.ts";
import { isLoopback } from "../core/loopback.ts";
import { SqlIdempotency } from "../store/access/idempotency.ts";
import { openKeyRing } from "../store/access/key-ring.ts";
import { openAnchoring } from "./anchoring.ts";
import { openAttesting } from "./attesting.ts";
import { type Connections, type ServiceContext, openConnections } from "./connections.ts";
import { IndexFollower } from "./following.ts";
import { stderrLog } from "./logging.ts";
import { Loops } from "./loops.ts";
import { bindStore } from "./own-store.ts";
import { openPage } from "./page.ts";
import { endProcess, listening, reloading, within } from "./running.ts";
import { apiKeySecret, instanceId } from "./secrets.ts";
import { VERSION } from "./version.ts";

/** Milliseconds that a reader of the metrics waits for the node. */
const NODE_PATIENCE = 2_000;

export interface Service {
  /** Where the API is. */
  readonly url: string;
  /** Where the chain's RPC is; without paths, which may hold keys. */
  readonly rpc: string;
  readonly chainId: number;
  readonly registry: RegistryRef["address"];
  /** Path of credentials.json. */
  readonly credentials: string;
  readonly embedded: boolean;
  /** Reads the TLS files again. Where they are wrong, the old ones stay; without TLS nothing is read. */
  reload(): Promise<void>;
  /** Stops the service, and resolves once everything is closed. @param signal what asked for it, for the log */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * Starts a service: locks its data, opens its database, connects to its chain (or starts the embedded one), brings the
 * index up to date, and listens.
 * @throws AppError PORT_IN_USE, DATA_DIR_LOCKED, DATA_DIR_UNUSABLE, SCHEMA_NEWER, DATA_OF_OLDER_VERSION, STORE_CHANGED, JOURNAL_DAMAGED, KEY_FILE_*, KEYSTORE_*,
 * KEY_PASSWORD, DEV_KEY_ON_REAL_CHAIN, TLS_FILES, CHAIN_ID_MISMATCH, CHAIN_IDENTITY_MISMATCH, NO_CONTRACT,
 * CONTRACT_CODE_MISMATCH, RPC_UNAVAILABLE, DATABASE_UNAVAILABLE
 */
export async function startService(
  config: ServiceConfig,
  {
    clock,
    log,
    failpoint = noFailpoint,
    metrics = new Metrics(),
  }: { clock: Clock; log: Logger; failpoint?: Failpoint; metrics?: Metrics },
): Promise<Service> {
  await using cleanup = new AsyncDisposableStack();
  if (config.injected.length > 0) log.info({ names: config.injected }, "names of others passed over");
  const context = { config, clock, log, failpoint, metrics, onUnsynced: endProcess(log), cleanup };
  let tls = config.tls === undefined ? undefined : await readTls(config.tls, clock.now());
  const page = await openPage().catch((error: unknown) => {
    log.error({ err: error }, "no page, the API alone is served");
    return [];
  });

  // connect
  const connections = await openConnections(context);
  const { db } = connections.shared;

  // index
  const follower = await IndexFollower.start(context, connections);
  const { entries, tiles, verifier } = follower.model;
  await bindStore(config, connections.shared, connections.submitter.signers);

  // loops
  const loops = new Loops(context);
  const {
    gates,
    disk,
    institutions,
    loop: sending,
    ...anchoring
  } = openAnchoring(context, connections, loops);
  const attesting = openAttesting(context, connections, { judge: verifier, loops });
  loops.start([sending, ...follower.loops(loops), ...attesting.loops], cleanup);

  // services
  const keys = await openKeyRing(db, { secret: await apiKeySecret(config), clock });
  const services: Services = {
    ...anchoring,
    ...attesting,
    verifier,
    entries,
    tiles,
    keys,
    idempotency: new SqlIdempotency(db),
    cursors: new Cursors(await keys.secret("cursor")),
    clock,
    index: () => follower.state(),
    about: aboutService(context, connections),
    status: () => tryService({ ...services, gates }),
    metrics,
  };
  metrics.watch(async () => {
    const newest = connections.chain.heads().then(({ latest }) => latest.number);
    const [status, latestBlock, diskFree] = await Promise.all([
      services.status(),
      within(NODE_PATIENCE, newest).catch(() => undefined),
      disk.free().catch(() => undefined),
    ]);
    return { status, latestBlock, diskFree, now: clock.now(), tlsUntil: tls?.until };
  });

  // listen
  const { trustedProxies, limits } = config;
  const onLoopback = isLoopback(config.listen.host);
  const server = await createServer({
    page,
    log: log.child({ part: "api" }),
    services,
    front: { tls, trustedProxies, onLoopback, limits },
  });
  cleanup.defer(() => server.close());
  const url = await listening(config.listen, "HUFU_LISTEN", () => server.listen(config.listen));
  const { nodes, registry } = connections;
  const credentials = await issueCredentials({
    folder: config.dataDir,
    keys,
    instance: await instanceId(config),
    institutions: await institutions(),
    addresses: { server: config.publicUrl ?? url, rpc: nodes[0] ?? "", registry: registry.registry },
  });
  const use = (fresh: Tls): void => {
    (server.server as unknown as SecureServer).setSecureContext(secureContext(fresh));
    tls = fresh;
  };
  const reload = reloading(log, config.tls && { files: config.tls, clock, use });
  log.info({ version: VERSION, url }, "service started");

  // stop
  const running = cleanup.move();
  return {
    url,
    rpc: nodes.map((each) => new URL(each).origin).join(", "),
    ...registry,
    credentials,
    embedded: config.chain.kind === "embedded",
    reload,
    stop: async (signal) => {
      await running.disposeAsync();
      log.info({ signal }, "service stopped");
    },
  };
}

function aboutService({ config }: ServiceContext, { registry }: Connections): About {
  const { operatorName: operator, publicVerify, publicMetrics, publicUrl, maxPendingAge } = config;
  return { version: VERSION, operator, ...registry, publicVerify, publicMetrics, publicUrl, maxPendingAge };
}

/** Starts a service for the command line: with the system's clock, logging to stderr. */
export async function serve(config: ServiceConfig): Promise<Service> {
  const metrics = new Metrics();
  const log = await stderrLog(config.logLevel, () => metrics.lineDropped());
  return await startService(config, { clock: systemClock, log, metrics });
}
