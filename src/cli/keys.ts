/** Adds the commands about keys, and about the approvals that their holders give. */
import { Option, type Command } from "commander";
import { LANGUAGES } from "../core/directory.ts";
import type { KeyCommand } from "../words/index.ts";
import {
  addApiKeyCommand,
  listApiKeysCommand,
  revokeApiKeyCommand,
  type NewApiKeyFlags,
} from "./commands/api-keys.ts";
import { approvalsCommand, decideCommand, type DecisionFlags } from "./commands/approvals.ts";
import { operatorKeysCommand } from "./commands/operator-keys.ts";
import { encryptCommand, type EncryptFlags } from "./commands/encrypt.ts";
import type { ClientFlags, Context } from "./context.ts";

export function addKeyCommands(root: Command, context: Context): void {
  const { keys, help } = context.words;
  const add = (to: Command, name: KeyCommand): Command =>
    to
      .command(name.split(" ").at(-1) ?? "")
      .description(keys.commands[name])
      .allowExcessArguments(false)
      .addOption(new Option("--lang <tag>", help.options.lang).choices(LANGUAGES))
      .option("--json", help.options.json);
  const addOnline = (to: Command, name: KeyCommand): Command =>
    add(to, name)
      .option("--server <url>", help.options.server)
      .option("--api-key-file <file>", help.options.apiKeyFile)
      .option("--as <name>", help.options.as);

  const key = root.commands.find((command) => command.name() === "key") ?? root;
  add(key, "key encrypt")
    .argument("<key-file>", keys.arguments.keyFile)
    .requiredOption("--out <file>", keys.options.out)
    .option("--password-file <file>", keys.options.passwordFile)
    .action((file: string, flags: EncryptFlags) => encryptCommand(file, flags, context));

  const operator = root.commands.find((command) => command.name() === "operator") ?? root;
  add(operator, "operator keys")
    .argument("<operator>", keys.arguments.operator)
    .argument("<origin>", keys.arguments.origin)
    .action((id: string, origin: string) => operatorKeysCommand(id, origin, context));

  const apikey = root.command("apikey").description(keys.commands.apikey);
  addOnline(apikey, "apikey add")
    .requiredOption("--name <text>", keys.options.name)
    .requiredOption("--role <role>", keys.options.role)
    .option("--institution <id>", keys.options.institution)
    .option("--expires <date>", keys.options.expires)
    .action((flags: NewApiKeyFlags) => addApiKeyCommand(flags, context));
  addOnline(apikey, "apikey list").action((flags: ClientFlags) => listApiKeysCommand(flags, context));
  addOnline(apikey, "apikey revoke")
    .argument("<id>", keys.arguments.apiKey)
    .action((id: string, flags: ClientFlags) => revokeApiKeyCommand(id, flags, context));

  addOnline(root, "approvals").action((flags: ClientFlags) => approvalsCommand(flags, context));
  for (const decision of ["approve", "reject"] as const)
    addOnline(root, decision)
      .argument("<request>", keys.arguments.request)
      .option("--no-wait", help.options.noWait)
      .action((id: string, flags: DecisionFlags) => decideCommand(id, decision, { flags, context }));
  root.commands
    .find((command) => command.name() === "approve")
    ?.option("--dry-run", help.options.dryRun)
    .option("--yes", help.options.yes);
}
