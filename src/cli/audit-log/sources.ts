import { setTimeout as sleep } from "node:timers/promises";
import { readCheckpoint } from "../../audit/log-audit/checkpoints.ts";
import type { ClaimedKey } from "../../audit/log-audit/operator-keys.ts";
import { fromHex } from "../../core/bytes.ts";
import { AppError, isAppError, quote } from "../../core/errors.ts";
import { parseStartOfDayOrTime } from "../../core/time.ts";
import type { Hash, TreeSize } from "../../core/units.ts";
import { LogClient } from "../../sdk/log-client.ts";
import type { InstitutionsResponse } from "../../wire/entries.ts";
import { localCredentials } from "../client.ts";
import type { ChainLog, Context, NodeOptions } from "../context.ts";
import type { Patience } from "../feed/patience.ts";
import { nodeOptions, type NodeFlags } from "../node.ts";

export interface SourceFlags extends NodeFlags {
  readonly log?: readonly string[];
}

/** Whom to ask. */
export interface Places {
  readonly node: NodeOptions | undefined;
  /** Base URLs of operators. */
  readonly logs: readonly string[];
}

/** What is established of a source before its entries are read, so that it stands still while they are. */
export type Opened = OpenedNode | OpenedLog;

export interface OpenedNode {
  readonly kind: "node";
  readonly source: string;
  readonly size: TreeSize;
  readonly chain: ChainLog;
  readonly origin: string;
}

export interface OpenedLog {
  readonly kind: "log";
  readonly source: string;
  /** Of the newest checkpoint: so much of the log is read. */
  readonly size: TreeSize;
  readonly client: LogClient;
  readonly origin: string;
  /** The signed note of the newest checkpoint, and the root that it says. */
  readonly newest: string;
  readonly root: Hash;
  /** Sizes that a checkpoint is kept of, up to `size`. */
  readonly kept: readonly TreeSize[];
  /** A checkpoint that the log listed or gave, and that is of more than its newest is. */
  readonly beyond: TreeSize | undefined;
  /** A checkpoint that the log gave and did not list. */
  readonly unlisted: TreeSize | undefined;
}

/**
 * The node and the logs that the options name, else those of credentials.json.
 * @throws AppError USAGE
 */
export async function placesOf(flags: SourceFlags, context: Context): Promise<Places> {
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

/** Milliseconds for which a copy on the way may be older than what the operator has. */
const MOMENT = 3_000;

/**
 * What an operator has. Where its list and its newest checkpoint do not fit, it is looked at again: either may come from a copy.
 * @throws AppError NOTE_SYNTAX: the newest checkpoint is none
 * @throws AppError SERVER_UNREACHABLE, NOT_THE_SERVICE: also while the operator has signed nothing yet
 */
export async function openLogAt(url: string, patience: Patience): Promise<OpenedLog> {
  const opened = await lookAt(url, patience);
  if (opened.beyond === undefined && opened.unlisted === undefined) return opened;
  await sleep(MOMENT);
  return await lookAt(url, patience);
}

async function lookAt(url: string, patience: Patience): Promise<OpenedLog> {
  const client = new LogClient({ server: url });
  const first = await newestOf(client, url, patience);
  let newest = first;
  let beyond: TreeSize | undefined;
  const kept: TreeSize[] = [];
  for (let after: TreeSize | undefined = 0; after !== undefined && beyond === undefined;) {
    const from: TreeSize = after;
    const { sizes, next } = await patience.ask(() => client.sizes(from));
    const last = sizes.at(-1) ?? 0;
    if (last > newest.size) newest = await newestOf(client, url, patience); // it may have grown
    for (const size of sizes) if (size <= newest.size) kept.push(size);
    if (last > newest.size) beyond = last;
    after = next;
  }
  if (first.size > newest.size) beyond = Math.max(first.size, beyond ?? 0);
  return {
    kind: "log",
    source: url,
    client,
    ...newest,
    kept,
    beyond,
    unlisted: kept.includes(first.size) || first.size > newest.size ? undefined : first.size,
  };
}

/** What does not even look like a signed note is from somebody else than a log. */
async function newestOf(
  client: LogClient,
  url: string,
  patience: Patience,
): Promise<Pick<OpenedLog, "newest" | "origin" | "size" | "root">> {
  const newest = await patience.ask(() => client.checkpoint());
  if (newest === undefined)
    throw new AppError("NOT_THE_SERVICE", { detail: `${url} has no log, or has signed nothing of it yet` });
  const read = readCheckpoint(newest);
  if (!isAppError(read)) return { newest, ...read.checkpoint };
  if (!/^— /m.test(newest))
    throw new AppError("NOT_THE_SERVICE", { detail: `${url}/log/checkpoint is no checkpoint of a log` });
  throw read;
}

/**
 * What the operator's directory says of keys.
 * @throws AppError SERVER_UNREACHABLE, NOT_THE_SERVICE
 */
export async function claimedKeys(
  { client, source: url }: OpenedLog,
  patience: Patience,
): Promise<ClaimedKey[]> {
  const directory = await patience.ask(() => client.institutions());
  try {
    return keysIn(directory);
  } catch (cause) {
    throw new AppError(
      "NOT_THE_SERVICE",
      { detail: `${url} gave keys of operators that are none` },
      { cause },
    );
  }
}

function keysIn({ operators }: InstitutionsResponse): ClaimedKey[] {
  const seconds = (time: string | null): number => (time === null ? 0 : parseStartOfDayOrTime(time, "keys"));
  return operators.flatMap(({ id, name, keys }) =>
    keys.map(({ purpose, signatureType, publicKey, from, until }) => ({
      operator: id,
      name,
      purpose,
      signatureType,
      publicKey: fromHex(publicKey),
      from: seconds(from),
      until: seconds(until),
    })),
  );
}
