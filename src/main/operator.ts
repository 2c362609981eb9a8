/** The operator as it signs: its keys, what it cosigns for others, and whom it asks to cosign. */
import { join } from "node:path";
import type { Logger } from "pino";
import type { Metrics } from "../api/metrics.ts";
import type { Services } from "../api/services.ts";
import { Collector } from "../attest/collector.ts";
import { HttpWitness } from "../attest/http-witness.ts";
import { publicKeysOf } from "../attest/identity.ts";
import type { CheckpointStore, OperatorSeeds, SplitStore, WitnessStore } from "../attest/ports.ts";
import { SplitWatch } from "../attest/splits.ts";
import type { OwnView } from "../attest/tree.ts";
import { Witness } from "../attest/witness.ts";
import type { ServiceConfig } from "../config.ts";
import { systemTimer, type Clock } from "../core/clock.ts";
import type { KeyPurpose } from "../core/directory.ts";
import { AppError } from "../core/errors.ts";
import type { Leadership } from "../core/leadership.ts";
import { Loop } from "../core/loop.ts";
import { readOrMakeSecretBytes, readSecretBytes } from "../files/secret-file.ts";
import { persistent } from "./running.ts";

/** The secrets with which this operator signs what it says of the log; made at the first start. */
export async function operatorSeeds({ dataDir }: { readonly dataDir: string }): Promise<OperatorSeeds> {
  return await seedsFrom(dataDir, (path) => readOrMakeSecretBytes(path, "KEY_FILE_FORMAT"));
}

/**
 * The public keys of the operator whose data these are, as the directory takes them.
 * @throws AppError FILE_NOT_FOUND: no service has made any here yet
 * @throws AppError KEY_FILE_FORMAT, KEY_FILE_PERMISSIONS
 */
export async function operatorKeys(dataDir: string): Promise<ReturnType<typeof publicKeysOf>> {
  const seeds = await seedsFrom(dataDir, async (path) => {
    const known = await readSecretBytes(path, "KEY_FILE_FORMAT");
    if (known !== undefined) return known;
    const detail = `there is no ${path}: hufu serve makes the keys at its first start; HUFU_DATA_DIR says where`;
    throw new AppError("FILE_NOT_FOUND", { detail, at: "HUFU_DATA_DIR" });
  });
  return publicKeysOf(seeds);
}

async function seedsFrom(
  dataDir: string,
  read: (path: string) => Promise<Uint8Array>,
): Promise<OperatorSeeds> {
  const seed = (purpose: KeyPurpose): Promise<Uint8Array> =>
    read(join(dataDir, "operator", `${purpose}.key`));
  return { log: await seed("log"), witness: await seed("witness"), status: await seed("status") };
}

/** The two sides of witnessing. */
interface Witnessing {
  readonly witness: Services["witness"];
  /** One for each witness that is asked: one that is away holds up no other. Not started yet. */
  readonly collecting: readonly Loop[];
  /** Ends requests that are under way. To be called before the loops are stopped. */
  close(): void;
}

export function witnessingOf(options: {
  config: ServiceConfig;
  seeds: OperatorSeeds;
  origin: string;
  own: OwnView;
  stores: { checkpoints: CheckpointStore; witnessed: WitnessStore; splits: SplitStore };
  leadership: Leadership;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
}): Witnessing {
  const { config, seeds, origin, own, stores, leadership, clock, log, metrics } = options;
  const logger = log.child({ part: "witness" });
  const splits = new SplitWatch({
    store: stores.splits,
    origin,
    clock,
    logger,
    onSplit: () => metrics.splitSeen(),
  });
  const shared = { ...own, seeds, origin, splits, clock };
  const { checkpoints } = stores;
  const witness = new Witness({ ...shared, store: stores.witnessed, checkpoints });
  const closing = new AbortController();
  const collecting = config.witnesses.map((url) => {
    const remote = new HttpWitness(url, { closing: closing.signal });
    const collector = new Collector({ ...shared, witness: remote, store: checkpoints, logger });
    const step = persistent(logger, () => collector.step(), { part: "witness", metrics });
    const work = async (): Promise<number | undefined> => {
      if (!leadership.leads) return undefined; // what is written goes through the fence anyway
      if (collector.wait === 0) await step();
      return collector.wait === 0 ? undefined : collector.wait;
    };
    return new Loop({ interval: config.pollInterval, timer: systemTimer, work });
  });
  return {
    witness: {
      cosign: async (text) => {
        const lines = await leadership.lead(() => witness.cosign(text));
        if (lines !== undefined) return lines;
        throw new AppError("LEADERSHIP_LOST", { detail: "another process of this operator cosigns" });
      },
    },
    collecting,
    close: () => closing.abort(),
  };
}
