/** Performs acts of governance with the caller's own key: simulates, describes and sends them, and waits for their entries. */
import type { Act, ActOutcome } from "../../core/act.ts";
import { toHex } from "../../core/bytes.ts";
import { AppError, quote } from "../../core/errors.ts";
import { formatLocalTime, formatTime } from "../../core/time.ts";
import { originOf } from "../../log/checkpoint.ts";
import { isKnownType } from "../../log/note.ts";
import { verifyPossession } from "../../log/operator-key.ts";
import { fill } from "../../words/index.ts";
import { CREDENTIALS_FILE } from "../../files/credentials.ts";
import { localCredentials } from "../client.ts";
import type { Context, DirectLog, KeySource, NodeOptions } from "../context.ts";
import { nodeOptions, type NodeFlags } from "../node.ts";
import { rows } from "../output.ts";
import { askSecret, readSecret } from "../secrets.ts";
import type { ActCommand } from "./acts.ts";
import { describe, toJson } from "./describe.ts";
import type { OptionValues } from "./inputs.ts";

/** Options that name the key, and whether the act is sent. */
export interface KeyFlags {
  readonly keystore?: string;
  readonly passwordFile?: string;
  readonly keyFile?: string;
  readonly dryRun?: boolean;
}

export async function actCommand(
  command: ActCommand,
  given: OptionValues,
  flags: KeyFlags & NodeFlags,
  context: Context,
): Promise<void> {
  const { out, words } = context;
  const node = await registryNode(flags, context);
  const act = await command.act(given, () => fetchDirectory(node, context));
  const key = await keySource(flags, context);
  const session = await context.ports.openGovernance({ ...node, key });
  const prepared = await session.prepare(act);
  requirePossession(act, session);
  const { signer, registry, chainId } = session;
  const described = { ...toJson(act), as: signer, registry, chainId };
  out.print(describe(act, words), `  ${fill(words.governance.as, { signer, registry, chain: chainId })}`);
  if (flags.dryRun === true) {
    out.print(words.governance.dryRun);
    out.json({ ...described, sent: false });
    return;
  }
  const outcome = await prepared.send();
  out.print(...outcomeLines(outcome, context));
  const { transaction, block, index, recordedAt, given: result } = outcome;
  const recorded = {
    transaction: `0x${toHex(transaction)}`,
    block,
    index,
    recordedAt: formatTime(recordedAt),
  };
  out.json({ ...described, sent: true, ...recorded, ...toJson(result) });
}

/**
 * The contract takes any possession, and the key's id with it: the key could not be entered again with a valid one.
 * @throws AppError USAGE: readers would pass over the key
 */
function requirePossession(act: Act, place: Parameters<typeof originOf>[0]): void {
  if (act.act !== "add-operator-key" || !isKnownType(act.signatureType)) return;
  const origin = originOf(place);
  if (verifyPossession(act, origin)) return;
  const detail = `the possession is not the key's signature over its entry for operator ${act.operator} of ${origin}; hufu operator keys makes it`;
  throw new AppError("USAGE", { detail, at: "--possession" });
}

function outcomeLines({ transaction, index, recordedAt, given }: ActOutcome, { words }: Context): string[] {
  const { recorded, labels } = words.governance;
  const ids = Object.entries(toJson(given)).map(([name, value]): [string, string] => {
    const time = name === "from" || name === "until" ? given[name] : undefined;
    const shown = time === undefined ? String(value) : formatLocalTime(time);
    return [labels[name as keyof typeof given], shown];
  });
  const entry = { entry: index, time: formatLocalTime(recordedAt), transaction: `0x${toHex(transaction)}` };
  return [`✓ ${fill(recorded, entry)}`, ...(ids.length === 0 ? [] : rows(ids))];
}

/**
 * The node that the options name, else that of credentials.json.
 * @throws AppError USAGE
 */
export async function registryNode(flags: NodeFlags, context: Context): Promise<NodeOptions> {
  const named = nodeOptions(flags);
  if (named !== undefined) return named;
  const config = context.config();
  const local = await localCredentials(config);
  const found = local === undefined ? undefined : nodeOptions({ rpc: local.rpc, registry: local.registry });
  if (found !== undefined) return found;
  const detail = `name the chain with --rpc URL and --registry ADDRESS; there is no ${CREDENTIALS_FILE} in ${quote(config.dataDir)}`;
  throw new AppError("USAGE", { detail });
}

/** The directory of the log on the node, proven against the contract. */
export async function fetchDirectory(
  node: NodeOptions,
  { ports, language }: Context,
): ReturnType<DirectLog["directory"]> {
  const log = await ports.openLog({ ...node, language });
  try {
    return await log.directory();
  } finally {
    await log.close();
  }
}

async function keySource(flags: KeyFlags, { words }: Context): Promise<KeySource> {
  const { keystore, passwordFile, keyFile } = flags;
  if ((keystore === undefined) === (keyFile === undefined)) {
    throw new AppError("USAGE", {
      detail: "name your key: --keystore FILE (with --password-file FILE, or asked for), or --key-file FILE",
    });
  }
  if (keystore === undefined) {
    if (passwordFile !== undefined)
      throw new AppError("USAGE", { detail: "--password-file goes with --keystore" });
    const name = keyFile ?? "";
    return { kind: "key-file", name, text: await readSecret(name, "--key-file") };
  }
  const text = await readSecret(keystore, "--keystore");
  const prompt = fill(words.governance.password, { file: keystore });
  const typed = (): Promise<string> => askSecret(prompt);
  const read = async (file: string): Promise<string> =>
    (await readSecret(file, "--password-file")).replace(/\r?\n$/, "");
  const password = passwordFile === undefined ? typed : (): Promise<string> => read(passwordFile);
  return { kind: "keystore", name: keystore, text, password };
}
