import { parseFinality, parseRegistry } from "../config.ts";
import { AppError, quote } from "../core/errors.ts";
import type { ClientFlags, Context, LogReader, NodeOptions } from "./context.ts";

/** Options that name a node of the chain, and the registry on it. */
export interface NodeFlags {
  readonly rpc?: string;
  readonly registry?: string;
  readonly finality?: string;
}

/**
 * The node that the options name; undefined where they name none.
 * @throws AppError USAGE
 */
export function nodeOptions({ rpc, registry, finality }: NodeFlags): NodeOptions | undefined {
  if (rpc === undefined && registry === undefined) return undefined;
  if (rpc === undefined || registry === undefined) {
    throw new AppError("USAGE", { detail: "--rpc URL and --registry ADDRESS go together" });
  }
  const url = URL.parse(rpc);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new AppError("USAGE", {
      detail: "--rpc: expected an http or https URL without user name",
      at: "--rpc",
    });
  }
  const parsed = parseRegistry(registry);
  if (parsed === undefined) {
    const detail = `--registry: expected 0x and 40 hex digits, or eip155:CHAIN:ADDRESS, got ${quote(registry)}`;
    throw new AppError("USAGE", { detail, at: "--registry" });
  }
  const depth = parseFinality(finality ?? "finalized");
  if (depth === undefined) {
    const detail = `--finality: expected confirmations from 1 to 10000, or finalized, got ${quote(finality ?? "")}`;
    throw new AppError("USAGE", { detail, at: "--finality" });
  }
  return { rpc, registry: parsed, finality: depth };
}

/** Asks a node straight where the options name one, else a service with the key `role` of credentials.json. */
export async function withReader<T>(
  flags: ClientFlags & NodeFlags,
  context: Context,
  role: string,
  use: (reader: LogReader) => Promise<T>,
): Promise<T> {
  const node = nodeOptions(flags);
  if (node === undefined) return await use(await context.client(flags, role));
  const log = await context.ports.openLog({ ...node, language: context.language });
  try {
    return await use(log);
  } finally {
    await log.close();
  }
}
