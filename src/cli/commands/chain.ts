/** The command `hufu chain` runs the embedded chain alone, for services that share it on one machine. */
import { CHAIN_DEFAULTS, listenSchema, readChainConfig } from "../../config.ts";
import { AppError, quote } from "../../core/errors.ts";
import { fill } from "../../words/index.ts";
import type { Context, RunningChain } from "../context.ts";
import { rows } from "../output.ts";
import { runUntilStopped } from "../stop.ts";

export interface ChainFlags {
  readonly listen?: string;
  readonly bare?: true;
}

export async function chainCommand({ listen, bare }: ChainFlags, context: Context): Promise<void> {
  process.umask(0o077);
  const config = readChainConfig();
  const given = listen === undefined ? config.listen : listenSchema.safeParse(listen).data;
  if (given === undefined) {
    const detail = `--listen: expected HOST:PORT, such as ${CHAIN_DEFAULTS.listen}; got ${quote(listen ?? "")}`;
    throw new AppError("USAGE", { detail, at: "--listen" });
  }
  await runUntilStopped(async () => {
    const chain = await context.ports.startChain({ ...config, listen: given, bare: bare === true });
    announce(chain, context);
    return chain;
  });
}

function announce(chain: RunningChain, { out, words }: Context): void {
  out.print(fill(words.cli.chainServing, { url: chain.rpc }));
  const lines = chain.registry === undefined ? [] : [["HUFU_REGISTRY_ADDRESS", chain.registry] as const];
  out.print(...rows([["HUFU_CHAIN_RPC_URL", chain.rpc], ...lines]));
  out.json({ rpc: chain.rpc, registry: chain.registry ?? null });
}
