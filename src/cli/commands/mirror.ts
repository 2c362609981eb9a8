/** The command `hufu mirror` copies a log to this machine, from an operator or a node, and proves the copy. */
import { toHex } from "../../core/bytes.ts";
import { AppError } from "../../core/errors.ts";
import { formatLocalTime, formatTime } from "../../core/time.ts";
import { LogClient } from "../../sdk/http/log-client.ts";
import { follow } from "../../sdk/mirror/follow.ts";
import { timeOf } from "../../sdk/mirror/mirror.ts";
import { operatorSource } from "../../sdk/mirror/operator-source.ts";
import type { Believed, MirrorSource, MirrorState } from "../../sdk/mirror/ports.ts";
import { LogTrust } from "../../sdk/verify/trust.ts";
import { parsePolicy, type Policy } from "../../log/policy.ts";
import { fill } from "../../words/index.ts";
import type { Context } from "../context.ts";
import { nodeOptions, type NodeFlags } from "../node.ts";
import { readPolicy } from "../offline.ts";
import { patienceOf } from "../patience.ts";

export interface MirrorFlags extends NodeFlags {
  readonly server?: string;
  readonly dir?: string;
  readonly policy?: string;
  readonly patience?: number;
}

export async function mirrorCommand(flags: MirrorFlags, context: Context): Promise<void> {
  const { out, words, ports } = context;
  using mirror = await ports.writeMirror(flags.dir ?? "mirror");
  const { store } = mirror;
  const source = await sourceOf(flags, store.state(), context);
  const { state, added } = await out.progress(words.auditLog.reading, source.target.size, (advance) => {
    let before = 0;
    const progress = (held: number): void => {
      advance(held - before);
      before = held;
    };
    return follow({ store, source, progress });
  });
  const tree = { origin: state.origin, size: state.size, added, root: toHex(state.root) };
  const time = timeOf(state);
  out.print(fill(words.cli.mirrored, { ...tree, time: formatLocalTime(time) }));
  out.json({ ...tree, by: state.believed.by, time: formatTime(time) });
}

async function sourceOf(
  flags: MirrorFlags,
  held: MirrorState | undefined,
  context: Context,
): Promise<MirrorSource> {
  const { server, rpc, policy } = flags;
  if (rpc === undefined) return await operatorOf(flags, held?.believed, context);
  const wrong = server === undefined ? policy && "--policy" : "--server";
  const node = nodeOptions(flags);
  if (wrong === undefined && node !== undefined) return await context.ports.openNodeSource(node);
  throw new AppError("USAGE", {
    detail: `with --rpc the contract vouches for the log; leave out ${wrong ?? ""}`,
  });
}

/** By the policy that is given, or that of the mirror, or what is kept of the operator, or pinned now. */
async function operatorOf(
  flags: MirrorFlags,
  held: Believed | undefined,
  context: Context,
): Promise<MirrorSource> {
  const { out, words, ports, config } = context;
  const { server, trustedAs: name } = await context.connect(flags, "verifier");
  const log = patientLog(server, flags, context);
  const now = (): number => ports.clock.now();
  const trust = await LogTrust.open({
    name,
    log,
    store: await ports.openTrust(config().saltDir),
    policy: await policyFor(flags, held),
    now,
  });
  requireRegistry(flags.registry, trust.origin);
  if (held?.by === "node" && trust.kind === "pin")
    throw new AppError("USAGE", {
      detail: "the mirror was made from a node; name it with --rpc, or a policy with --policy",
    });
  if (trust.firstContact !== undefined) out.note(fill(words.notes.firstContact, { ...trust.firstContact }));
  return await operatorSource({ log, trust, now });
}

/** What a policy has proven is not continued by a pin. */
async function policyFor({ policy }: MirrorFlags, held: Believed | undefined): Promise<Policy | undefined> {
  if (policy !== undefined) return await readPolicy(policy);
  return held?.by === "policy" ? parsePolicy(held.policy) : undefined;
}

/** @throws AppError LOG_CHANGED: the operator serves the log of another registry than the one that is named */
function requireRegistry(registry: string | undefined, origin: string): void {
  const named = registry?.toLowerCase();
  if (named === undefined || origin === named || origin.endsWith(`:${named}`)) return;
  throw new AppError("LOG_CHANGED", { detail: `the operator serves ${origin}`, at: "--registry" });
}

function patientLog(server: string, { patience }: MirrorFlags, context: Context) {
  const client = new LogClient({ server });
  const retry = patienceOf(patience, context);
  return {
    tile: (tile: Parameters<LogClient["tile"]>[0]) => retry.ask(() => client.tile(tile)),
    checkpoint: (size?: number) => retry.ask(() => client.checkpoint(size)),
    directory: (file: number) => retry.ask(() => client.directory(file)),
    sizes: (after: number) => retry.ask(() => client.sizes(after)),
    institutions: () => retry.ask(() => client.institutions()),
  };
}
