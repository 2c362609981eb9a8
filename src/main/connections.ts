/** Opens what a service works on: its data directory, database, node, registry and keys. */
import { join } from "node:path";
import type { Logger } from "pino";
import type { Metrics } from "../api/metrics.ts";
import { newKeysOf } from "../attest/identity.ts";
import type { OperatorSeeds } from "../attest/ports.ts";
import { openHotKeys } from "../chain/keys/hot-keys.ts";
import { type RegistryReader, connect } from "../chain/registry/reader.ts";
import { resume } from "../chain/registry/resume.ts";
import { RegistrySubmitter } from "../chain/registry/submitter.ts";
import { RpcPool } from "../chain/rpc/pool.ts";
import type { SampleOperator } from "../chain/embedded/bootstrap.ts";
import { CHAIN_PROFILES } from "../chain/rpc/profile.ts";
import type { ServiceConfig } from "../config.ts";
import type { Clock } from "../core/clock.ts";
import type { Failpoint } from "../core/failpoint.ts";
import type { OnUnsynced } from "../core/storage.ts";
import type { Address } from "../core/units.ts";
import { lockFolder } from "../files/lock.ts";
import { SqlIndexStore } from "../store/index/index-store.ts";
import { nodeOf } from "./node.ts";
import { type OwnStore, openOwnStore } from "./own-store.ts";
import { operatorSeeds } from "./secrets.ts";

/** Dependencies that every part of a service shares. */
export interface ServiceContext {
  readonly config: ServiceConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly failpoint: Failpoint;
  readonly metrics: Metrics;
  readonly onUnsynced: OnUnsynced;
  /** Resources to close once the service stops, in the reverse order. */
  readonly cleanup: AsyncDisposableStack;
}

export interface Connections {
  readonly shared: OwnStore;
  readonly seeds: OperatorSeeds;
  /** URLs of the nodes, in the order of preference. */
  readonly nodes: readonly string[];
  readonly registry: { readonly chainId: number; readonly registry: Address };
  readonly chain: RegistryReader;
  readonly submitter: RegistrySubmitter;
  /** Whether the registry was followed before this start. */
  readonly followedBefore: boolean;
  /** Connects to another registry on the same chain. */
  readonly connectTo: (registry: Address) => Promise<RegistryReader>;
}

/** @throws AppError as `startService` */
export async function openConnections(context: ServiceContext): Promise<Connections> {
  const { config, clock, log, onUnsynced, cleanup } = context;
  const lock = await lockFolder(config.dataDir);
  cleanup.defer(() => lock.release());
  const shared = await openOwnStore(config, { onUnsynced });
  cleanup.defer(() => shared.close());
  const seeds = await operatorSeeds(config);
  const operator: SampleOperator = {
    name: config.operatorName,
    keysFor: (place) => newKeysOf(seeds, place),
  };
  const node = await nodeOf({ ...context, operator });
  const registry = node.registry.address;
  const rpc = new RpcPool(node.urls, { clock, log: log.child({ part: "chain" }) });
  const reading = { finality: config.finality, profile: CHAIN_PROFILES[node.profile] };
  const known = await new SqlIndexStore(shared.db).identity();
  const { chain, chainId } = await resume(rpc, {
    ...reading,
    ...node.registry,
    registry,
    known,
    onUnreachable: ({ code, fields }) => log.warn({ ...fields, code }, "started without a node"),
  });
  const signers = await openHotKeys({
    folder: join(config.dataDir, "keys"),
    place: { chainId, urls: config.chain.kind === "embedded" ? [] : config.chain.urls },
    passwordFile: config.keyPasswordFile,
  });
  const { maxGasPrice } = config;
  return {
    shared,
    seeds,
    nodes: node.urls,
    registry: { chainId, registry },
    chain,
    submitter: new RegistrySubmitter(rpc, { registry, chainId, signers, maxGasPrice }),
    followedBefore: known !== undefined,
    connectTo: (other) => connect(rpc, { ...reading, registry: other, chainId }),
  };
}
