/** Reads the options that name a node and its registry, and opens the log that they or a service give. */
import { SETTINGS, finalitySchema, registrySchema, urlSchema } from "../config.ts";
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
  if (!urlSchema.safeParse(rpc).success) {
    throw new AppError("USAGE", {
      detail: "--rpc: expected an http or https URL without user name",
      at: "--rpc",
    });
  }
  const parsed = registrySchema.safeParse(registry).data;
  if (parsed === undefined) {
    const detail = `--registry: expected 0x and 40 hex digits, or eip155:CHAIN:ADDRESS, got ${quote(registry)}`;
    throw new AppError("USAGE", { detail, at: "--registry" });
  }
  const depth = finalitySchema.safeParse(finality ?? "finalized").data;
  if (depth === undefined) {
    const detail = `--finality: expected ${SETTINGS["HUFU_FINALITY"]?.expected ?? ""}, got ${quote(finality ?? "")}`;
    throw new AppError("USAGE", { detail, at: "--finality" });
  }
  return { rpc, registry: parsed, finality: depth };
}

/** Reads from a node where the options name one, else from a service with the key `role` of credentials.json. */
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
