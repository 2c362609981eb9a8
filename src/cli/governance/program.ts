/** Adds the commands of governance to the command line. */
import { Option, type Command } from "commander";
import { LANGUAGES } from "../../core/directory.ts";
import type { GovernanceCommand } from "../../words/index.ts";
import type { Context } from "../context.ts";
import type { NodeFlags } from "../node.ts";
import { ACT_COMMANDS, type ArgumentName, type OptionName } from "./acts.ts";
import type { OptionValues } from "./inputs.ts";
import { LIST_COMMANDS, listCommand } from "./lists.ts";
import { actCommand, type KeyFlags } from "./perform.ts";

/** The syntax of each argument and option. */
const ARGUMENTS: Readonly<Record<ArgumentName, string>> = {
  institution: "<institution>",
  operator: "<operator>",
  address: "<address>",
  admin: "<admin>",
  keyId: "<key-id>",
  slug: "<slug>",
  successor: "<registry>",
};
const OPTIONS: Readonly<Record<OptionName, string>> = {
  rpc: "--rpc <url>",
  registry: "--registry <address>",
  keystore: "--keystore <file>",
  passwordFile: "--password-file <file>",
  keyFile: "--key-file <file>",
  dryRun: "--dry-run",
  admin: "--admin <address>",
  nameEn: "--name-en <text>",
  nameZhHans: "--name-zh-hans <text>",
  nameZhHant: "--name-zh-hant <text>",
  jurisdiction: "--jurisdiction <code>",
  officialNumber: "--official-number <text>",
  roles: "--roles <roles>",
  scenes: "--scenes <slugs>",
  from: "--from <date>",
  until: "--until <date>",
  retireAt: "--until <date>",
  since: "--since <date>",
  correctedSince: "--since <date>",
  name: "--name <text>",
  institution: "--institution <id>",
  purpose: "--purpose <purpose>",
  type: "--type <number>",
  publicKey: "--public-key <text>",
  possession: "--possession <text>",
  blinded: "--blinded",
  personal: "--personal",
};

const NODE = ["rpc", "registry"] as const;
const KEY = ["keystore", "passwordFile", "keyFile", "dryRun"] as const;

interface CommandSpec {
  readonly name: GovernanceCommand;
  readonly alias?: string;
  readonly takes?: readonly ArgumentName[];
  readonly needs?: readonly OptionName[];
  readonly options?: readonly OptionName[];
}

type Flags = OptionValues & KeyFlags & NodeFlags;

export function addGovernance(root: Command, context: Context): void {
  const groups = new Map<string, Command>([["", root]]);
  for (const command of ACT_COMMANDS) {
    const spec = { ...command, options: [...(command.options ?? []), ...KEY] };
    const added = add(groups, spec, context);
    added.action(() => actCommand(command, givenTo(added, spec), added.opts<Flags>(), context));
  }
  for (const command of LIST_COMMANDS) {
    const added = add(groups, command, context);
    added.action(() => listCommand(command, givenTo(added, command), added.opts<Flags>(), context));
  }
}

/** A command within its groups, which are made when first needed. */
function add(groups: Map<string, Command>, spec: CommandSpec, context: Context): Command {
  const { governance, help } = context.words;
  const parent = groupOf(groups, spec.name, context);
  const command = parent
    .command(spec.name.split(" ").at(-1) ?? "")
    .description(governance.commands[spec.name])
    .allowExcessArguments(false);
  if (spec.alias !== undefined) command.alias(spec.alias);
  for (const name of spec.takes ?? []) command.argument(ARGUMENTS[name], governance.arguments[name]);
  for (const name of spec.needs ?? []) command.requiredOption(OPTIONS[name], governance.options[name]);
  for (const name of [...(spec.options ?? []), ...NODE])
    command.option(OPTIONS[name], governance.options[name]);
  return command
    .addOption(new Option("--lang <tag>", help.options.lang).choices(LANGUAGES))
    .option("--json", help.options.json);
}

function groupOf(groups: Map<string, Command>, name: GovernanceCommand, context: Context): Command {
  const path = name.split(" ").slice(0, -1).join(" ") as GovernanceCommand;
  const known = groups.get(path);
  if (known !== undefined) return known;
  const group = groupOf(groups, path, context)
    .command(path.split(" ").at(-1) ?? "")
    .description(context.words.governance.commands[path]);
  groups.set(path, group);
  return group;
}

/** Arguments and options by their names in the tables. */
function givenTo(command: Command, { takes = [], needs = [], options = [] }: CommandSpec): OptionValues {
  const flags = command.opts<Record<string, unknown>>();
  const flagOf = (name: OptionName): string => new Option(OPTIONS[name]).attributeName();
  return Object.fromEntries([
    ...[...needs, ...options].map((name) => [name, flags[flagOf(name)]]),
    ...takes.map((name, i) => [name, command.args[i]]),
  ]) as OptionValues;
}
