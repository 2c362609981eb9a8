/** Opens the sources of an audit that flags or credentials.json name: a node, and operators' logs over HTTP. */
import type { ChainLog, ClaimedKey, OperatorLog } from "../../audit/ports.ts";
import { fromHex } from "../../core/bytes.ts";
import { AppError, quote } from "../../core/errors.ts";
import { parseStartOfDayOrTime } from "../../core/time.ts";
import { LogClient } from "../../sdk/http/log-client.ts";
import type { InstitutionsResponse } from "../../wire/entries.ts";
import { localCredentials } from "../client.ts";
import type { CliPorts, Context, NodeOptions } from "../context.ts";
import type { RetryPolicy } from "../../sdk/http/retry.ts";
import { nodeOptions, type NodeFlags } from "../node.ts";

export interface SourceFlags extends NodeFlags {
  readonly log?: readonly string[];
}

export interface Sources {
  readonly node: NodeOptions | undefined;
  /** Base URLs of operators. */
  readonly logs: readonly string[];
}

/**
 * The node and the logs that the options name, else those of credentials.json.
 * @throws AppError USAGE
 */
export async function sourcesOf(flags: SourceFlags, context: Context): Promise<Sources> {
  const node = nodeOptions(flags);
  const logs = (flags.log ?? []).map(baseUrl);
  const twice = logs.find((url, i) => logs.indexOf(url) !== i);
  if (twice !== undefined)
    throw new AppError("USAGE", { detail: `--log: ${quote(twice)} is named twice`, at: "--log" });
  if (node !== undefined || logs.length > 0) return { node, logs };
  const local = await localCredentials(context.config());
  if (local === undefined)
    throw new AppError("USAGE", {
      detail: "name a node with --rpc URL --registry ADDRESS, or operators with --log URL, or both",
    });
  const { rpc, registry, server } = local;
  return { node: nodeOptions({ ...flags, rpc, registry }), logs: [baseUrl(server)] };
}

function baseUrl(text: string): string {
  const url = URL.parse(text);
  if (
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.username === "" &&
    url.password === "" &&
    url.search === ""
  )
    return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
  const detail = "--log: expected the http or https URL of an operator, without user name and query"; // which may be secret
  throw new AppError("USAGE", { detail, at: "--log" });
}

export async function openNode(
  node: NodeOptions,
  ports: Pick<CliPorts, "openChainLog">,
  patience: RetryPolicy,
): Promise<ChainLog> {
  const chain = await ports.openChainLog(node);
  return { ...chain, rootAt: (size) => patience.ask(() => chain.rootAt(size)) };
}

export function operatorLog(source: string, patience: RetryPolicy): OperatorLog {
  const client = new LogClient({ server: source });
  return {
    source,
    tile: (tile) => patience.ask(() => client.tile(tile)),
    checkpoint: (size) => patience.ask(() => client.checkpoint(size)),
    sizes: (after) => patience.ask(() => client.sizes(after)),
    directory: (file) => patience.ask(() => client.directory(file)),
    keys: async () => keysIn(await patience.ask(() => client.institutions()), source),
  };
}

/** @throws AppError NOT_THE_SERVICE */
function keysIn({ operators }: InstitutionsResponse, source: string): ClaimedKey[] {
  const seconds = (time: string | null): number => (time === null ? 0 : parseStartOfDayOrTime(time, "keys"));
  try {
    return operators.flatMap(({ id: operator, name, keys }) =>
      keys.map(({ purpose, signatureType, publicKey, possession, entry, from, until }) => ({
        operator,
        name,
        purpose,
        signatureType,
        publicKey: fromHex(publicKey),
        possession: fromHex(possession),
        entry,
        from: seconds(from),
        until: seconds(until),
      })),
    );
  } catch (cause) {
    const detail = `${source} gave keys of operators that are none`;
    throw new AppError("NOT_THE_SERVICE", { detail }, { cause });
  }
}
