/** Declares the commands with their options, and runs one of them. */
import { setGlobalProxyFromEnv } from "node:http";
import { resolve } from "node:path";
import { Argument, Command, CommanderError, Option } from "commander";
import { CHAIN_DEFAULTS, readClientConfig, readLanguage, readProxies, type ClientConfig } from "../config.ts";
import { ALGORITHMS, type Binding } from "../core/digest.ts";
import { LANGUAGES, type Language } from "../core/directory.ts";
import { isFinalAction } from "../core/document-status.ts";
import { REASONS } from "../core/entry.ts";
import { AppError, quote } from "../core/errors.ts";
import { parseOfficialId, type ExpectedIssuer } from "../core/official-id.ts";
import { fill, wordsIn, type Words } from "../words/index.ts";
import { MAX_INSTITUTION } from "../core/units.ts";
import { isOrigin, parseSize } from "../log/checkpoint.ts";
import { MAX_DOCUMENTS } from "../wire/anchors.ts";
import { connectionFor } from "./client.ts";
import { anchorCommand, type AnchorFlags } from "./commands/anchor.ts";
import { auditLogCommand, type AuditLogFlags } from "./commands/audit-log.ts";
import { auditMineCommand, type AuditMineFlags } from "./commands/audit-mine.ts";
import { auditCommand, type AuditFlags } from "./commands/audit.ts";
import { backupCommand, restoreCommand } from "./commands/backup.ts";
import { chainCommand, type ChainFlags } from "./commands/chain.ts";
import { adoptCommand, moveCommand } from "./commands/database.ts";
import { mirrorCommand, type MirrorFlags } from "./commands/mirror.ts";
import { hashCommand } from "./commands/hash.ts";
import { indexCommand } from "./commands/index-upkeep.ts";
import { pageCheckCommand } from "./commands/page.ts";
import { statusCommand, type StatusFlags } from "./commands/status.ts";
import { policyCommand, type PolicyFlags } from "./commands/policy.ts";
import { receiptCommand, statementCommand, type ReceiptFlags } from "./commands/receipt.ts";
import { serveCommand } from "./commands/serve.ts";
import { verifyCommand, type VerifyFlags } from "./commands/verify.ts";
import { DATABASE_KINDS, type CliPorts, type Context, type DatabaseKind } from "./context.ts";
import { addGovernance } from "./governance/program.ts";
import { addKeyCommands } from "./keys.ts";
import { Output, visibleLines } from "./output.ts";
import { initSaltsCommand } from "./salts.ts";

/** Runs one command line. @returns the exit code */
export async function runCli(args: readonly string[], ports: CliPorts): Promise<number> {
  const asked = args[args.indexOf("--lang") + 1];
  let out = new Output({ json: args.includes("--json"), words: wordsIn("en") });
  try {
    const language = args.includes("--lang") ? parseLanguage(asked) : readLanguage();
    const words = wordsIn(language);
    out = new Output({ json: args.includes("--json"), words });
    refuseSecrets(args);
    const proxies = readProxies();
    if (proxies !== undefined) setGlobalProxyFromEnv({ ...proxies });
    const connect: Context["connect"] = (flags, role) =>
      connectionFor({ flags, role, config: readClientConfig(), language });
    const named: { salts?: string } = {};
    const context: Context = {
      config: () => withSalts(readClientConfig(), named),
      ports,
      language,
      words,
      out,
      connect,
      client: async (flags, role) => (await connect(flags, role)).client,
    };
    const root = program(context);
    root.hook(
      "preAction",
      (_, command) => void Object.assign(named, { salts: command.opts()["salts"] as unknown }),
    );
    await root.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has printed the fault
    out.fail(error);
  }
  return out.exitCode;
}

function withSalts(config: ClientConfig, { salts }: { salts?: string }): ClientConfig {
  return salts === undefined ? config : { ...config, saltDir: resolve(salts) };
}

function parseLanguage(text: string | undefined): Language {
  const language = LANGUAGES.find((known) => known === text);
  if (language !== undefined) return language;
  throw new AppError("USAGE", {
    detail: `--lang: expected ${LANGUAGES.join(", ")}, got ${quote(text ?? "")}`,
    at: "--lang",
  });
}

/** Arguments are visible to every user of the machine, and are kept in shell histories. */
function refuseSecrets(args: readonly string[]): void {
  if (!args.some((arg) => /^--((api-|private-)?key|password)(=|$)/.test(arg))) return;
  const detail =
    "put the secret into a file that only you can read, and name that with --api-key-file, --key-file or --password-file; an API key may also be in HUFU_API_KEY";
  throw new AppError("SECRET_IN_ARGV", { detail });
}

function program(context: Context): Command {
  const root = new Command("hufu")
    .description(context.words.help.description)
    .version(context.ports.version)
    .showHelpAfterError(false)
    .configureOutput({ writeErr: (text) => void process.stderr.write(visibleLines(text)) })
    .enablePositionalOptions() // the options of a command and of one beneath it have the same names
    .exitOverride();
  addService(root, context);
  addDocuments(root, context);
  addEvidence(root, context);
  addStatuses(root, context);
  addAudit(root, context);
  addMirror(root, context);
  addUpkeep(root, context);
  addGovernance(root, context);
  addKeyCommands(root, context);
  return root;
}

function addService(root: Command, context: Context): void {
  const { options } = context.words.help;
  add(root, "serve", context).action(() => serveCommand(context));
  add(root, "chain", context)
    .option("--listen <host:port>", fill(options.listen, CHAIN_DEFAULTS))
    .option("--bare", options.bare)
    .action((flags: ChainFlags) => chainCommand(flags, context));
}

function addDocuments(root: Command, context: Context): void {
  const { help } = context.words;
  add(root, "hash", context)
    .argument("<file...>", help.files)
    .addOption(algorithm(context.words))
    .option("--allow-empty", help.options.allowEmpty)
    .action((files: string[], flags: Parameters<typeof hashCommand>[1]) =>
      hashCommand(files, flags, context),
    );
  salts(service(add(root, "anchor", context), context), context)
    .argument("[file...]", help.files)
    .option("--scene <slug>", help.options.scene)
    .option("--valid-until <date>", help.options.validUntil)
    .option("--reference <text>", help.options.reference)
    .option("--manifest <csv|folder|->", help.options.manifest)
    .option("--results <csv>", help.options.results)
    .option("--receipts <folder>", help.options.receipts)
    .option("--bundle", help.options.bundle)
    .addOption(repeatable("--include <glob>", help.options.include))
    .addOption(
      new Option("--settle <seconds>", help.options.settle).argParser(wholeNumber("--settle", 0, 86_400)),
    )
    .addOption(new Option("--bind-to <origin/id>", help.options.bindTo).argParser(parseBinding))
    .addOption(
      new Option("--batch <count>", help.options.batch).argParser(wholeNumber("--batch", 1, MAX_DOCUMENTS)),
    )
    .addOption(
      new Option("--patience <seconds>", help.options.patience).argParser(
        wholeNumber("--patience", 0, 86_400),
      ),
    )
    .addOption(algorithm(context.words))
    .option("--allow-empty", help.options.allowEmpty)
    .option("--no-wait", help.options.noWait)
    .action((files: string[], flags: AnchorFlags) => anchorCommand(files, flags, context));
  salts(node(add(root, "verify", context), context), context)
    .argument("<file...>", help.files)
    .addOption(repeatable("--server <url>", help.options.servers))
    .addOption(repeatable("--api-key-file <file>", help.options.apiKeyFiles))
    .option("--as <name>", help.options.as)
    .option("--notes <folder>", help.options.notes)
    .addOption(algorithm(context.words))
    .addOption(
      new Option("--expected-issuer <issuer>", help.options.expectedIssuer).argParser(parseExpectedIssuer),
    )
    .option("--allow-empty", help.options.allowEmpty)
    .addOption(repeatable("--receipt <file>", help.options.receipt))
    .addOption(repeatable("--status <file>", help.options.statement))
    .option("--policy <file>", help.options.policy)
    .option("--mirror <folder>", help.options.mirror)
    .action((files: string[], flags: VerifyFlags) => verifyCommand(files, flags, context));
}

function addEvidence(root: Command, context: Context): void {
  const { help } = context.words;
  salts(service(add(root, "receipt", context), context), context)
    .argument("[index]", help.index, parseIndex)
    .option("--reference <text>", help.options.ofReference)
    .option("--out <file>", help.options.out)
    .option("--status <file>", help.options.statusOut)
    .action((index: number | undefined, flags: ReceiptFlags) => receiptCommand(index, flags, context));
  service(add(root, "statement", context), context)
    .argument("<index>", help.index, parseIndex)
    .option("--out <file>", help.options.out)
    .action((index: number, flags: ReceiptFlags) => statementCommand(index, flags, context));
  salts(node(add(root, "policy", context), context), context)
    .addOption(new Option("--log <operator>", help.options.policyLog).argParser(parseId("--log")))
    .option("--one-operator", help.options.policyOneOperator)
    .addOption(repeatable("--url <operator=url>", help.options.policyUrl))
    .action((flags: PolicyFlags) => policyCommand(flags, context));
}

function addStatuses(root: Command, context: Context): void {
  const { help } = context.words;
  for (const action of ["revoke", "suspend", "reinstate", "supersede"] as const) {
    const command = salts(service(add(root, action, context), context), context)
      .argument("[index|file]", help.target)
      .option("--reference <text>", help.options.ofReference)
      .requiredOption(
        "--reason <reason>",
        fill(help.options.reason, { reasons: Object.keys(REASONS).join(", ") }),
      )
      .option("--dry-run", help.options.dryRun)
      .option("--no-wait", help.options.noWait)
      .action(() => statusCommand(action, command.args, command.opts<StatusFlags>(), context));
    if (isFinalAction(action)) command.option("--yes", help.options.yes);
    if (action === "supersede")
      command
        .argument("[new-file]", help.newFile)
        .option("--by <index|file>", help.options.by)
        .option("--valid-until <date>", help.options.validUntilOfNew);
  }
}

function addAudit(root: Command, context: Context): void {
  const { help } = context.words;
  const audit = node(service(add(root, "audit", context), context), context)
    .configureOutput({ writeErr: (text) => void process.stderr.write(visibleLines(text)) })
    .enablePositionalOptions()
    .option("--issuer <id>", help.options.issuer)
    .option("--scene <slug>", help.options.scene)
    .option("--status <status>", help.options.status)
    .option("--reference <text>", help.options.reference)
    .option("--from <date>", help.options.from)
    .option("--to <date>", help.options.to)
    .action((flags: AuditFlags) => auditCommand(flags, context));
  salts(node(service(add(audit, "mine", context), context), context), context)
    .requiredOption("--register <csv>", help.options.register)
    .addOption(new Option("--issuer <id>", help.options.ofIssuer).argParser(parseId("--issuer")))
    .action((flags: AuditMineFlags) => auditMineCommand(flags, context));
  node(add(audit, "log", context), context)
    .addOption(repeatable("--log <url>", help.options.log))
    .option("--policy <file>", help.options.logPolicy)
    .addOption(
      new Option("--patience <seconds>", help.options.logPatience).argParser(
        wholeNumber("--patience", 0, 86_400),
      ),
    )
    .action((flags: AuditLogFlags) => auditLogCommand(flags, context));
}

function addMirror(root: Command, context: Context): void {
  const { options } = context.words.help;
  salts(node(add(root, "mirror", context), context), context)
    .option("--server <url>", options.server)
    .option("--dir <folder>", options.mirrorDir)
    .option("--policy <file>", options.mirrorPolicy)
    .addOption(
      new Option("--patience <seconds>", options.logPatience).argParser(wholeNumber("--patience", 0, 86_400)),
    )
    .action((flags: MirrorFlags) => mirrorCommand(flags, context));
}

function addUpkeep(root: Command, context: Context): void {
  const { help } = context.words;
  const index = root.command("index").description(help.commands.index).exitOverride();
  for (const task of ["check", "rebuild"] as const)
    add(index, task, context).action(() => indexCommand(task, context));
  add(root, "backup", context)
    .argument("<folder>", help.backupFolder)
    .action((folder: string) => backupCommand(folder, context));
  add(root, "restore", context)
    .argument("<folder>", help.restoreFolder)
    .action((folder: string) => restoreCommand(folder, context));
  const database = root.command("database").description(help.commands.database).exitOverride();
  add(database, "database move", context)
    .addArgument(new Argument("<kind>", help.databaseKind).choices(DATABASE_KINDS))
    .action((kind: DatabaseKind) => moveCommand(kind, context));
  add(database, "database adopt", context).action(() => adoptCommand(context));
  const kept = root.command("salts").description(help.commands.salts).exitOverride();
  add(kept, "salts init", context)
    .argument("[folder]", help.saltsFolder)
    .action((folder: string | undefined) => initSaltsCommand(folder, context));
  const page = root.command("page").description(help.commands.page).exitOverride();
  add(page, "page check", context)
    .argument("<url>", help.url)
    .action((url: string) => pageCheckCommand(url, context));
}

function add(root: Command, name: keyof Words["help"]["commands"], { words }: Context): Command {
  const { options, commands } = words.help;
  return root
    .command(name.split(" ").at(-1) ?? "")
    .description(commands[name])
    .allowExcessArguments(false)
    .addOption(new Option("--lang <tag>", options.lang).choices(LANGUAGES))
    .option("--json", options.json);
}

/** Options of commands that call a service. */
function service(command: Command, { words }: Context): Command {
  const { options } = words.help;
  return command
    .option("--server <url>", options.server)
    .option("--api-key-file <file>", options.apiKeyFile)
    .option("--as <name>", options.as);
}

/** The option of commands that use what this machine keeps of documents and services. */
function salts(command: Command, { words }: Context): Command {
  return command.option("--salts <folder>", words.help.options.salts);
}

/** Options of commands that can read from a node. */
function node(command: Command, { words }: Context): Command {
  const { options } = words.help;
  return command
    .option("--rpc <url>", options.rpc)
    .option("--registry <address>", options.registry)
    .option("--finality <depth>", options.finality);
}

/** An option that may be given again. */
function repeatable(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, before: readonly string[] | undefined) => [
    ...(before ?? []),
    value,
  ]);
}

function algorithm({ help }: Words): Option {
  return new Option("--algorithm <name>", help.options.algorithm).choices(Object.keys(ALGORITHMS));
}

function wholeNumber(option: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (number >= min && number <= max) return number;
    throw new AppError("USAGE", {
      detail: `${option}: expected a number from ${min} to ${max}, got ${quote(text)}`,
      at: option,
    });
  };
}

function parseIndex(text: string): number {
  const index = parseSize(text);
  if (index !== undefined) return index;
  throw new AppError("USAGE", { detail: `expected the index of an entry, got ${quote(text)}` });
}

function parseExpectedIssuer(text: string): ExpectedIssuer {
  const official = parseOfficialId(text);
  if (official !== undefined) return official;
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new AppError("USAGE", {
    detail: `--expected-issuer: expected the id of an institution, or JURISDICTION:NUMBER, got ${quote(text)}`,
    at: "--expected-issuer",
  });
}

function parseId(option: string): (text: string) => number {
  return (text) => {
    if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
    throw new AppError("USAGE", {
      detail: `${option}: expected the id of an institution, got ${quote(text)}`,
      at: option,
    });
  };
}

function parseBinding(text: string): Binding {
  const [, origin = "", id = ""] = /^(.*)\/([1-9]\d{0,9})$/.exec(text) ?? [];
  if (isOrigin(origin) && Number(id) <= MAX_INSTITUTION) return { origin, institution: Number(id) };
  const detail = `--bind-to: expected eip155:CHAIN:ADDRESS/INSTITUTION, got ${quote(text)}`;
  throw new AppError("USAGE", { detail, at: "--bind-to" });
}
