/** Runs `hufu serve` with members of its configuration overridden by the JSON in its argument. */
import { ports } from "../../../src/bin/run.ts";
import { runCli } from "../../../src/cli/program.ts";
import type { ServiceConfig } from "../../../src/config.ts";

const replaced = JSON.parse(process.argv[2] ?? "{}") as Partial<ServiceConfig>;
process.exitCode = await runCli(["serve"], {
  ...ports,
  startService: (config) => ports.startService({ ...config, ...replaced }),
});
