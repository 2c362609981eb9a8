/** Provides the node of a chain: the configured one, or the embedded chain started in this process. */
import { join } from "node:path";
import { type Logger, pino } from "pino";
import { type SampleOperator, bootstrap } from "../chain/embedded/bootstrap.ts";
import { EmbeddedChain, MANY_BLOCKS } from "../chain/embedded/chain.ts";
import { RpcServer } from "../chain/embedded/rpc-server.ts";
import { JsonRpc } from "../chain/rpc/rpc.ts";
import type { ChainOptions, RunningChain } from "../cli/context.ts";
import type { Listen, ServiceConfig } from "../config.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { type Failpoint, noFailpoint } from "../core/failpoint.ts";
import type { OnUnsynced } from "../core/storage.ts";
import type { Address } from "../core/units.ts";
import { makeFolder } from "../files/durable.ts";
import { lockFolder } from "../files/lock.ts";
import { endProcess, listening } from "./running.ts";

type ChainNode = Extract<ServiceConfig["chain"], { kind: "node" }>;

/** The configured node, or the embedded chain once it is started. */
export async function nodeOf({
  config: { chain, dataDir },
  ...parts
}: Omit<EmbeddedOptions, "dataDir" | "listen"> & {
  config: ServiceConfig;
  operator?: SampleOperator;
}): Promise<ChainNode> {
  return chain.kind === "node" ? chain : await startEmbedded({ dataDir, listen: chain.listen, ...parts });
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
async function startEmbedded(options: EmbeddedOptions & { operator?: SampleOperator }): Promise<ChainNode> {
  const url = await openEmbedded(options);
  const address = await deploySamples(url, options);
  return { kind: "node", urls: [url], registry: { address, chainId: undefined }, profile: "ethereum" };
}

async function deploySamples(
  rpc: string,
  { dataDir, operator }: { dataDir: string; operator?: SampleOperator },
): Promise<Address> {
  const folders = { governance: join(dataDir, "chain", "keys"), hot: join(dataDir, "keys") };
  return await bootstrap(new JsonRpc(rpc), folders, operator);
}

/** @returns where the chain's RPC is */
async function openEmbedded(options: EmbeddedOptions): Promise<string> {
  const { dataDir, listen, clock, log, failpoint = noFailpoint, onUnsynced, cleanup } = options;
  const folder = join(dataDir, "chain");
  await makeFolder(folder);
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
  const registry = bare ? undefined : await deploySamples(rpc, { dataDir });
  const running = cleanup.move();
  return { rpc, registry, stop: () => running.disposeAsync() };
}

/** The embedded chain as the command line runs it. */
export async function serveChain({ logLevel, ...options }: ChainOptions): Promise<RunningChain> {
  const log = pino({ level: logLevel }, pino.destination(2));
  return await startChain(options, { clock: systemClock, log });
}
