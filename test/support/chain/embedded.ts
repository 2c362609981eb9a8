/** Starts an embedded chain with the sample directory, served over HTTP. */
import { rmSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { id, type TransactionLike, type Wallet } from "ethers";
import { bootstrap } from "../../../src/chain/embedded/bootstrap.ts";
import { EmbeddedChain } from "../../../src/chain/embedded/chain.ts";
import { GuardedChain } from "../../../src/chain/embedded/guarded-chain.ts";
import { SAMPLE_INSTITUTIONS, SAMPLE_SCENES } from "../../../src/chain/embedded/samples.ts";
import { RpcServer } from "../../../src/chain/embedded/rpc-server.ts";
import { registry } from "../../../src/chain/registry/registry.ts";
import { JsonRpc, hash32, quantity } from "../../../src/chain/rpc/rpc.ts";
import { readKey, readKeys } from "../../../src/chain/keys/signers.ts";
import type { Clock } from "../../../src/core/clock.ts";
import type { Address } from "../../../src/core/units.ts";
import { TestClock } from "../clock.ts";
import { CHAIN_ID } from "./submit.ts";

/** Roles granted to the governor of a new registry: admin, accreditor, scenes and pause. */
export const ROLES_AT_START = 4;

/** Entries of each sample institution: its own, then its key's proposal and acceptance. */
const ENTRIES_EACH = 3;

/** Entries of the sample directory: the first document is at this index. */
export const SAMPLE_ENTRIES: number =
  ROLES_AT_START + SAMPLE_SCENES.length + ENTRIES_EACH * SAMPLE_INSTITUTIONS.length;

/** Indexes of the sample directory's entries of an institution. */
export const sampleEntriesOf = (institution: number): number[] =>
  Array.from(
    { length: ENTRIES_EACH },
    (_, i) => ROLES_AT_START + SAMPLE_SCENES.length + ENTRIES_EACH * (institution - 1) + i,
  );

/** Folders of initial chains, by the time of their clock; kept until this worker exits. */
const beginnings = new Map<number, string>();
process.once("exit", () => beginnings.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** The same for a service that runs its own chain: its operator and the operator's three keys are in the directory. */
export const EMBEDDED_ENTRIES: number = SAMPLE_ENTRIES + 4;

export interface TestChain extends AsyncDisposable {
  readonly url: string;
  readonly rpc: JsonRpc;
  readonly registry: Address;
  readonly folder: string;
  readonly chain: EmbeddedChain;
  /** Hot keys of the sample institutions 1 and 2, in this order. */
  readonly hotKeys: readonly [Wallet, Wallet];
  close(): Promise<void>;
}

export async function startTestChain({
  clock = new TestClock(),
}: { clock?: Clock } = {}): Promise<TestChain> {
  await using cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "hufu-chain-"));
  cleanup.defer(() => rm(folder, { recursive: true }));
  // deploying takes five times as long as replaying it
  const beginning = clock instanceof TestClock ? beginnings.get(clock.now()) : undefined;
  if (beginning !== undefined) await cp(beginning, folder, { recursive: true });
  const path = join(folder, "journal.ndjson");
  const chain = await EmbeddedChain.open({ path, clock, chainId: CHAIN_ID });
  cleanup.defer(() => chain.close());
  const server = await RpcServer.listen(new GuardedChain(chain), { host: "127.0.0.1", port: 0 });
  cleanup.defer(() => server.close());
  const rpc = new JsonRpc(server.url);
  const folders = { governance: join(folder, "governance"), hot: join(folder, "hot") };
  const address = await bootstrap(rpc, folders);
  if (clock instanceof TestClock && !beginnings.has(clock.now())) {
    const kept = await mkdtemp(join(tmpdir(), "hufu-beginning-"));
    await cp(folder, kept, { recursive: true });
    beginnings.set(clock.now(), kept);
  }
  const [first, second] = await readKeys(folders.hot);
  if (first === undefined || second === undefined) throw new RangeError("the samples have two institutions");
  const started = cleanup.move();
  const close = (): Promise<void> => started.disposeAsync();
  return {
    url: server.url,
    rpc,
    registry: address,
    folder,
    chain,
    hotKeys: [first, second],
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Has the governor grant a role, which needs an address that the port takes. */
export async function grantRole(chain: TestChain, role: string, to: string): Promise<void> {
  const governor = await readKey(join(chain.folder, "governance", "deployer.key"));
  const nonce = await chain.rpc.request("eth_getTransactionCount", [governor.address, "latest"], quantity);
  const data = registry.encodeFunctionData("grantRole", [id(role), to]);
  const raw = await signed(governor, { nonce, to: chain.registry, data });
  await chain.rpc.request("eth_sendRawTransaction", [raw], hash32);
}

/** Mines blocks that change nothing in the registry. */
export async function mine({ chain, hotKeys: [, wallet] }: TestChain, blocks: number): Promise<void> {
  const first = Number(await chain.request("eth_getTransactionCount", [wallet.address, "latest"]));
  for (let nonce = first; nonce < first + blocks; nonce++)
    await chain.request("eth_sendRawTransaction", [await signed(wallet, { nonce, to: wallet.address })]);
}

/** A signed type-0 transaction for the embedded chain, without fees. */
export async function signed(
  wallet: Wallet,
  transaction: Omit<TransactionLike, "nonce"> & { nonce: number },
): Promise<string> {
  return await wallet.signTransaction({
    type: 0,
    chainId: CHAIN_ID,
    gasLimit: 200_000,
    gasPrice: 0,
    ...transaction,
  });
}
