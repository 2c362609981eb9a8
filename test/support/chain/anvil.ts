/** Starts an anvil node with the sample directory. */
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

/** Balance of each sample key: 1,000 ether. */
const FUNDS = 1_000n * 10n ** 18n;

export interface AnvilOptions {
  /** When blocks are mined after the setup: for each transaction, on `mine` only, or every so many seconds. */
  readonly mining?: "auto" | "manual" | { readonly every: number };
  /** Without fees: no base fee, and a gas price of 0 is accepted. */
  readonly free?: boolean;
  readonly chainId?: number;
  /** Blocks in an epoch: `finalized` is two epochs behind the newest block. */
  readonly epoch?: number;
}

/** A node of another implementation than the embedded chain. */
export interface Anvil extends AsyncDisposable {
  readonly url: string;
  readonly rpc: JsonRpc;
  readonly chainId: number;
  readonly registry: Address;
  readonly folder: string;
  /** Folder of the hot keys of the sample institutions. */
  readonly hotFolder: string;
  /** Folder of the keys of the deployer and of the institutions' admins. */
  readonly governanceFolder: string;
  /** Hot keys of the sample institutions 1 and 2, in this order. */
  readonly hotKeys: readonly [Wallet, Wallet];
  /** Any method, also those of anvil: `anvil_reorg`, `anvil_dropTransaction`, `evm_setAutomine` … */
  request(method: string, params?: readonly unknown[]): Promise<unknown>;
  mine(blocks?: number): Promise<void>;
  setBalance(address: string, wei: bigint): Promise<void>;
  /** Stops the process by `SIGSTOP`: connections stay open without answers. */
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

/** The binary itself, not its launcher, which would leave a child process. */
function binary(): string {
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  const name = process.platform === "win32" ? "anvil.exe" : "anvil";
  return createRequire(import.meta.url).resolve(`@foundry-rs/anvil-${process.platform}-${arch}/bin/${name}`);
}

/** The keys that `bootstrap` would make: on a chain with fees they need a balance. */
function keyFiles({ governance, hot }: { governance: string; hot: string }): string[] {
  const ids = SAMPLE_INSTITUTIONS.map((_, i) => i + 1);
  return [
    join(governance, "deployer.key"),
    ...ids.map((id) => join(governance, `institution-${id}-admin.key`)),
    ...ids.map((id) => join(hot, `institution-${id}.key`)),
  ];
}

/** Reads the output to its end, so that the pipe never fills. */
async function listening(child: ChildProcess): Promise<string> {
  let output = "";
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`anvil ended with ${code ?? "a signal"}: ${output}`)));
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-4_000);
      const [, address] = /Listening on (\S+)/.exec(output) ?? [];
      if (address !== undefined) resolve(`http://${address}`);
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
