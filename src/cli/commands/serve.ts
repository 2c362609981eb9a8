/** The command `hufu serve` runs a service until a signal stops it; SIGHUP reloads its TLS files. */
import { readServiceConfig } from "../../config.ts";
import { fill } from "../../words/index.ts";
import { readCredentials } from "../../files/credentials.ts";
import type { Context, RunningService } from "../context.ts";
import { rows } from "../output.ts";
import { runUntilStopped } from "../stop.ts";

export async function serveCommand(context: Context): Promise<void> {
  process.umask(0o077);
  await runUntilStopped(async () => {
    const service = await context.ports.startService(readServiceConfig());
    await announce(service, context);
    return service;
  });
}

async function announce(service: RunningService, { out, words }: Context): Promise<void> {
  const { url, rpc, registry, credentials, embedded } = service;
  // the operator's key makes others: it stays in its file, and out of terminals and logs
  const { operator: _, ...keys } = (await readCredentials(credentials))?.keys ?? {};
  out.print(fill(words.cli.serving, { url }));
  out.print(
    ...rows([
      ["rpc", rpc],
      ["registry", registry],
    ]),
  );
  out.print(fill(words.cli.credentials, { path: credentials }));
  if (embedded) out.print(...rows(Object.entries(keys)), words.cli.samples);
  out.json({ url, rpc, registry, credentials });
}
