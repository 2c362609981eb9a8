/** Opens what the command line uses without a service: a log, a contract, or the caller's own key. */
import { randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import { type Logger, pino } from "pino";
import { answerListing } from "../api/answers.ts";
import { presentDirectory } from "../api/present.ts";
import { originOf } from "../log/checkpoint.ts";
import { Cursors } from "../api/cursor.ts";
import { Governance } from "../chain/registry/governance.ts";
import { openKeystore, sealKey } from "../chain/keys/keystore.ts";
import { CHAIN_PROFILES } from "../chain/rpc/profile.ts";
import { type RegistryReader, connect } from "../chain/registry/reader.ts";
import { JsonRpc } from "../chain/rpc/rpc.ts";
import { LocalSigner } from "../chain/keys/signer.ts";
import { parseKey } from "../chain/keys/signers.ts";
import type { DirectLog, GovernanceSession, KeySource, NodeOptions } from "../cli/context.ts";
import { type ChainProfileName, type RegistryRef, readClientConfig } from "../config.ts";
import type { Directory } from "../core/act.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import type { Language } from "../core/directory.ts";
import type { Address, Finality } from "../core/units.ts";
import { readDirectory } from "../store/index/directory-view.ts";
import type { SqlEntrySource } from "../store/index/entries.ts";
import { type Place, openShared } from "../store/sql/leadership.ts";
import { lockFolder } from "../files/lock.ts";
import { answerVerification } from "../verify/answer.ts";
import type { Verifier } from "../verify/verifier.ts";
import { readModel } from "./read-model.ts";

/** Milliseconds that a reader waits for another one to release the same cache. */
const CACHE_WAIT = 60_000;

/** A log read straight from a node, with a copy of it cached between runs. */
export interface CachedLog {
  readonly entries: SqlEntrySource;
  readonly verifier: Verifier;
  readonly clock: Clock;
  readonly chainId: number;
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
  judging: Parameters<typeof readModel>[0]["judging"];
  profile: ChainProfileName;
  cacheDir: string;
  clock: Clock;
  log: Logger;
}): Promise<CachedLog> {
  const { registry, cacheDir, clock, log, judging } = options;
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
    judging,
    onUnsynced: () => undefined,
    cleanup,
  });
  await registries.sync();
  const open = cleanup.move();
  return {
    entries,
    verifier,
    clock,
    chainId,
    directory: () => readDirectory(shared.db),
    close: () => open.disposeAsync(),
  };
}

/** Reads a log straight from a node, and answers as a service would. */
export async function openReader(options: NodeOptions & { language: Language }): Promise<DirectLog> {
  const { language, ...node } = options;
  const { cacheDir, profile, ...judging } = readClientConfig();
  const log = await openLog({
    ...node,
    cacheDir,
    judging,
    profile,
    clock: systemClock,
    log: pino({ level: "silent" }),
  });
  const cursors = new Cursors(randomBytes(32));
  return {
    verify: (question) =>
      answerVerification({ verifier: log.verifier, proofs: undefined }, question, {
        language,
        id: randomUUID(),
      }),
    entries: (query) => answerListing({ ...log, cursors }, query, { language, visible: undefined }),
    registry: { chainId: log.chainId, registry: node.registry.address },
    directory: async () => {
      const directory = await log.directory();
      const origin = originOf({ chainId: log.chainId, registry: node.registry.address });
      return { ...directory, answer: presentDirectory(directory, { origin, language }) };
    },
    close: () => log.close(),
  };
}

/** The contract of a registry, read from a node. */
export async function openContract({ rpc, registry, finality }: NodeOptions): Promise<RegistryReader> {
  const profile = CHAIN_PROFILES[readClientConfig().profile];
  return await connect(new JsonRpc(rpc), { ...registry, registry: registry.address, finality, profile });
}

/** Governs the registry on a node with the caller's own key, which stays in this process. */
export async function openGovernance(options: NodeOptions & { key: KeySource }): Promise<GovernanceSession> {
  const { rpc, registry, key } = options;
  const { chainId } = await (await openContract(options)).identity();
  const wallet = key.kind === "keystore" ? await openKeystore(key, key.password) : parseKey(key);
  return new Governance(new JsonRpc(rpc), {
    registry: registry.address,
    chainId,
    key: new LocalSigner(wallet),
  });
}

/** Encrypts a plain key to a keystore under the password. @throws AppError KEY_FILE_FORMAT */
export async function encryptKey(plain: {
  name: string;
  text: string;
  password: string;
}): Promise<{ address: Address; keystore: string }> {
  const key = parseKey(plain);
  return { address: new LocalSigner(key).address, keystore: await sealKey(key, plain) };
}
