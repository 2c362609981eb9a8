/** Runs the command line in this process, with ports that the composition root implements. */
import { systemClock } from "../core/clock.ts";
import type { CliPorts } from "../cli/context.ts";
import { runCli } from "../cli/program.ts";
import { terminalOf } from "../cli/terminal.ts";
import { VERSION } from "../main/version.ts";

/** Each part of the composition root is loaded on first use, since most commands need only the HTTP client. */
export const ports: CliPorts = {
  version: VERSION,
  clock: systemClock,
  terminal: terminalOf(process),
  startService: async (config) => await (await import("../main/service.ts")).serve(config),
  maintainIndex: async (config, task) =>
    await (await import("../main/upkeep.ts")).maintainIndex(config, task),
  backup: async (config, folder) => await (await import("../main/backup.ts")).backup(config, folder),
  restore: async (config, folder) => await (await import("../main/backup.ts")).restore(config, folder),
  moveDatabase: async (config, to) => await (await import("../main/move.ts")).moveStore(config, to),
  adoptDatabase: async (config) => await (await import("../main/move.ts")).adoptStore(config),
  openPage: async () => await (await import("../main/page.ts")).openPage(),
  startChain: async (options) => await (await import("../main/node.ts")).serveChain(options),
  openLog: async (options) => await (await import("../main/readers.ts")).openReader(options),
  findMirror: async (folder) => await (await import("../main/mirror.ts")).findMirror(folder),
  writeMirror: async (folder) => await (await import("../main/mirror.ts")).writeMirror(folder),
  openNodeSource: async (options) => await (await import("../main/mirror-node.ts")).openNodeSource(options),
  openContract: async (options) => await (await import("../main/readers.ts")).openContract(options),
  openChainLog: async (options) => await (await import("../main/chain-log.ts")).openChainLog(options),
  encryptKey: async (plain) => await (await import("../main/readers.ts")).encryptKey(plain),
  operatorKeys: async (dataDir, place) =>
    await (await import("../main/secrets.ts")).operatorKeys(dataDir, place),
  openSalts: async (folder) => await (await import("../main/salts.ts")).openSalts(folder),
  findSalts: async (folder) => await (await import("../main/salts.ts")).findSalts(folder),
  initSalts: async (folder) => await (await import("../main/salts.ts")).initSalts(folder),
  openTrust: async (folder) => (await import("../main/trust.ts")).openTrust(folder),
  openGovernance: async (options) => await (await import("../main/readers.ts")).openGovernance(options),
};

/** Runs the command line of this process. */
export async function main(args: readonly string[]): Promise<void> {
  tolerateClosedPipe({ service: args[0] === "serve" || args[0] === "chain" });
  endWithLauncher();
  process.exitCode = await runCli(args, ports);
}

/** The launcher of an older Node holds the other end of the channel, and cannot pass on SIGKILL. */
function endWithLauncher(): void {
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  process.channel?.unref();
}

/**
 * A closed pipe, as after `| head`, is not a fault: a command ends then. A service continues wherever its output cannot be
 * written, on a full disk too.
 */
function tolerateClosedPipe({ service }: { service: boolean }): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (service) return;
      if (error.code !== "EPIPE") throw error;
      process.exit(process.exitCode ?? 0);
    });
  }
}
