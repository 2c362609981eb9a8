/** Provides the node of a chain: the configured one, or the embedded chain started in this process. */
import { join } from "node:path";
import type { Logger } from "pino";
import { type SampleOperator, bootstrap, deployerIn } from "../chain/embedded/bootstrap.ts";
import { EmbeddedChain, MANY_BLOCKS } from "../chain/embedded/chain.ts";
import { GuardedChain } from "../chain/embedded/guarded-chain.ts";
import { RpcServer } from "../chain/embedded/rpc-server.ts";
import { JsonRpc } from "../chain/rpc/rpc.ts";
import type { ChainOptions, RunningChain } from "../cli/context.ts";
import type { Listen, ServiceConfig } from "../config.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { type Failpoint, noFailpoint } from "../core/failpoint.ts";
import type { OnUnsynced } from "../core/storage.ts";
import type { Address } from "../core/units.ts";
import { DiskGuard } from "../files/disk.ts";
import { makeFolder } from "../files/durable.ts";
import { lockFolder } from "../files/lock.ts";
import { stderrLog } from "./logging.ts";
import { endProcess, listening, reloading } from "./running.ts";

type ChainNode = Extract<ServiceConfig["chain"], { kind: "node" }>;

/** The configured node, or the embedded chain once it is started. */
export async function nodeOf({
  config: { chain, dataDir, minDiskFree },
  ...parts
}: Omit<EmbeddedOptions, "dataDir" | "listen" | "minDiskFree"> & {
  config: ServiceConfig;
  operator?: SampleOperator;
}): Promise<ChainNode> {
  return chain.kind === "node"
    ? chain
    : await startEmbedded({ dataDir, listen: chain.listen, minDiskFree, ...parts });
}

interface EmbeddedOptions {
  readonly dataDir: string;
  readonly listen: Listen;
  /** Free bytes below which a service accepts nothing; the chain goes on to half of them, for what was accepted. */
  readonly minDiskFree: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onUnsynced: OnUnsynced;
  readonly failpoint?: Failpoint;
  readonly cleanup: AsyncDisposableStack;
}

/** The embedded chain with its RPC port, and the sample registry on it. */
async function startEmbedded(options: EmbeddedOptions & { operator?: SampleOperator }): Promise<ChainNode> {
  const { governance } = keyFolders(options);
  const url = await openEmbedded({ ...options, deployer: await deployerIn(governance) });
  const address = await deploySamples(url, options);
  return { kind: "node", urls: [url], registry: { address, chainId: undefined }, profile: "ethereum" };
}

function keyFolders({ dataDir }: { dataDir: string }): { governance: string; hot: string } {
  return { governance: join(dataDir, "chain", "keys"), hot: join(dataDir, "keys") };
}

async function deploySamples(
  rpc: string,
  options: { dataDir: string; operator?: SampleOperator },
): Promise<Address> {
  return await bootstrap(new JsonRpc(rpc), keyFolders(options), options.operator);
}

/** @returns where the chain's RPC is */
async function openEmbedded(options: EmbeddedOptions & { deployer?: Address | undefined }): Promise<string> {
  const { dataDir, listen, clock, log, failpoint = noFailpoint, onUnsynced, cleanup } = options;
  const folder = join(dataDir, "chain");
  await makeFolder(folder);
  const path = join(folder, "journal.ndjson");
  const chain = await EmbeddedChain.open({ path, clock, onUnsynced, failpoint });
  cleanup.defer(() => chain.close());
  if (chain.height > MANY_BLOCKS)
    log.warn({ blocks: chain.height, limit: MANY_BLOCKS }, "embedded chain is long");
  const disk = new DiskGuard({ folder, minFree: options.minDiskFree / 2, clock });
  const guarded = new GuardedChain(chain, { deployer: options.deployer, gate: () => disk.pass() });
  const server = await listening(listen, "HUFU_CHAIN_LISTEN", () => RpcServer.listen(guarded, listen));
  cleanup.defer(() => server.close());
  return server.url;
}

/**
 * The embedded chain alone, for services that share it.
 * @throws AppError PORT_IN_USE, DATA_DIR_LOCKED, DATA_DIR_UNUSABLE, DATA_OF_OLDER_VERSION, JOURNAL_DAMAGED
 */
export async function startChain(
  { dataDir, listen, minDiskFree, bare }: Omit<ChainOptions, "logLevel">,
  { clock, log }: { clock: Clock; log: Logger },
): Promise<RunningChain> {
  await using cleanup = new AsyncDisposableStack();
  const lock = await lockFolder(dataDir);
  cleanup.defer(() => lock.release());
  const deployer = bare ? undefined : await deployerIn(keyFolders({ dataDir }).governance);
  const parts = { dataDir, listen, minDiskFree, clock, log, onUnsynced: endProcess(log), cleanup };
  const rpc = await openEmbedded({ ...parts, deployer });
  const registry = bare ? undefined : await deploySamples(rpc, { dataDir });
  const running = cleanup.move();
  return { rpc, registry, reload: reloading(log, undefined), stop: () => running.disposeAsync() };
}

/** The embedded chain as the command line runs it. */
export async function serveChain({ logLevel, ...options }: ChainOptions): Promise<RunningChain> {
  return await startChain(options, { clock: systemClock, log: await stderrLog(logLevel) });
}
