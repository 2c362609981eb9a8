import { setTimeout as sleep } from "node:timers/promises";
import { readServiceConfig } from "../../config.ts";
import { fill } from "../../core/words/index.ts";
import { readCredentials } from "../../wire/credentials.ts";
import type { Context, RunningService } from "../context.ts";
import { printable, rows } from "../output.ts";

/** Milliseconds that a stop may take before the process ends anyway; what is lost then, a start makes good. */
const PATIENCE = 10_000;

/** `hufu serve`: runs until it is told to stop. */
export async function serveCommand(context: Context): Promise<void> {
  process.umask(0o077);
  const service = await context.ports.startService(readServiceConfig());
  await announce(service, context);
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => resolve(name));
  });
  const stopped = service.stop().then(() => true);
  const inTime = await Promise.race([stopped, sleep(PATIENCE, false, { ref: false })]);
  process.exit(signal === "SIGINT" ? 130 : inTime ? 0 : 3);
}

async function announce(service: RunningService, { out, words }: Context): Promise<void> {
  const { url, rpc, registry, credentials, embedded } = service;
  const keys = (await readCredentials(credentials))?.keys ?? {};
  out.print(fill(words.cli.serving, { url }));
  out.print(
    ...rows([
      ["rpc", rpc],
      ["registry", registry],
    ]),
  );
  out.print(fill(words.cli.credentials, { path: printable(credentials) }));
  if (embedded) out.print(...rows(Object.entries(keys)), words.cli.samples);
  out.json({ url, rpc, registry, credentials });
}
