import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Wallet } from "ethers";
import { z } from "zod";
import { bootstrap } from "../../../src/chain/embedded/bootstrap.ts";
import { SAMPLE_INSTITUTIONS } from "../../../src/chain/embedded/samples.ts";
import { JsonRpc } from "../../../src/chain/rpc/rpc.ts";
import { readKeys, readOrMakeKey } from "../../../src/chain/keys/signers.ts";
import type { Address } from "../../../src/core/units.ts";

/** What each key of the samples is given: 1,000 ether. */
const FUNDS = 1_000n * 10n ** 18n;

export interface AnvilOptions {
  /** When blocks are made once the samples are there: for each transaction, on `mine` only, or every so many seconds. */
  readonly mining?: "auto" | "manual" | { readonly every: number };
  /** Without fees: no base fee, and a gas price of 0 is taken. */
  readonly free?: boolean;
  readonly chainId?: number;
  /** Blocks in an epoch: `finalized` is two epochs behind the newest block. */
  readonly epoch?: number;
}

/** An anvil node with the sample directory, from a folder of its own. It is of another make than the embedded chain. */
export interface Anvil extends AsyncDisposable {
  readonly url: string;
  readonly rpc: JsonRpc;
  readonly chainId: number;
  readonly registry: Address;
  readonly folder: string;
  /** Where the hot keys of the sample institutions are. */
  readonly hotFolder: string;
  /** Where the keys of the deployer and of the institutions' admins are. */
  readonly governanceFolder: string;
  /** Hot keys of the sample institutions 1 and 2, in this order. */
  readonly hotKeys: readonly [Wallet, Wallet];
  /** Any method, those of the test node among them: `anvil_reorg`, `anvil_dropTransaction`, `evm_setAutomine` … */
  request(method: string, params?: readonly unknown[]): Promise<unknown>;
  mine(blocks?: number): Promise<void>;
  setBalance(address: string, wei: bigint): Promise<void>;
  /** Stops the process for a while, as `SIGSTOP` does: connections stay open and nothing answers. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

export async function startAnvil(options: AnvilOptions = {}): Promise<Anvil> {
  const { mining = "auto", free = false, chainId = 31_337, epoch = 1 } = options;
  await using cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "hufu-anvil-"));
  cleanup.defer(() => rm(folder, { recursive: true }));
  const fees = free ? ["--base-fee", "0", "--gas-price", "0", "--disable-min-priority-fee"] : [];
  const child = spawn(
    binary(),
    [
      "--port",
      "0",
      "--accounts",
      "0",
      "--chain-id",
      `${chainId}`,
      "--slots-in-an-epoch",
      `${epoch}`,
      ...fees,
    ],
    { stdio: ["ignore", "pipe", "inherit"], env: { HOME: folder, TMPDIR: folder } },
  );
  cleanup.defer(() => end(child));
  const url = await listening(child);
  const rpc = new JsonRpc(url);
  const request = (method: string, params: readonly unknown[] = []): Promise<unknown> =>
    rpc.request(method, params, z.unknown());
  const setBalance = async (address: string, wei: bigint): Promise<void> => {
    await request("anvil_setBalance", [address, `0x${wei.toString(16)}`]);
  };

  const folders = { governance: join(folder, "governance"), hot: join(folder, "hot") };
  for (const path of keyFiles(folders)) await setBalance((await readOrMakeKey(path)).address, FUNDS);
  const registry = await bootstrap(rpc, folders);
  if (mining !== "auto") await request("evm_setAutomine", [false]);
  if (typeof mining === "object") await request("evm_setIntervalMining", [mining.every]);

  const [first, second] = await readKeys(folders.hot);
  if (first === undefined || second === undefined) throw new RangeError("the samples have two institutions");
  const started = cleanup.move();
  const close = (): Promise<void> => started.disposeAsync();
  return {
    url,
    rpc,
    chainId,
    registry,
    folder,
    hotFolder: folders.hot,
    governanceFolder: folders.governance,
    hotKeys: [first, second],
    request,
    mine: async (blocks = 1) => {
      await request("anvil_mine", [`0x${blocks.toString(16)}`]);
    },
    setBalance,
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The program itself, which npm brings for each platform: ending it ends all there is. */
function binary(): string {
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  const name = process.platform === "win32" ? "anvil.exe" : "anvil";
  return createRequire(import.meta.url).resolve(`@foundry-rs/anvil-${process.platform}-${arch}/bin/${name}`);
}

/** The keys that `bootstrap` would make: on a chain with fees they need something to pay with. */
function keyFiles({ governance, hot }: { governance: string; hot: string }): string[] {
  const ids = SAMPLE_INSTITUTIONS.map((_, i) => i + 1);
  return [
    join(governance, "deployer.key"),
    ...ids.map((id) => join(governance, `institution-${id}-admin.key`)),
    ...ids.map((id) => join(hot, `institution-${id}.key`)),
  ];
}

/** Its output is read on to the end, so that the pipe never fills. */
async function listening(child: ChildProcess): Promise<string> {
  let said = "";
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`anvil ended with ${code ?? "a signal"}: ${said}`)));
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-4_000);
      const [, address] = /Listening on (\S+)/.exec(said) ?? [];
      if (address !== undefined) resolve(`http://${address}`);
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
