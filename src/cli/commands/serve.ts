/** The command `hufu serve` runs a service until a signal stops it; SIGHUP reloads its TLS files. */
import { readServiceConfig } from "../../config.ts";
import { fill } from "../../words/index.ts";
import type { Context, RunningService } from "../context.ts";
import { rows } from "../output.ts";
import { runUntilStopped } from "../stop.ts";

export async function serveCommand(context: Context): Promise<void> {
  process.umask(0o077);
  await runUntilStopped(async () => {
    const service = await context.ports.startService(readServiceConfig());
    announce(service, context);
    return service;
  });
}

/** No key is printed: terminals and logs keep what they are shown. */
function announce(service: RunningService, { out, words }: Context): void {
  const { url, rpc, registry, credentials, embedded } = service;
  out.print(fill(words.cli.serving, { url }));
  out.print(
    ...rows([
      ["rpc", rpc],
      ["registry", registry],
    ]),
  );
  out.print(fill(words.cli.credentials, { path: credentials }));
  if (embedded) out.print(words.cli.samples);
  out.print(fill(words.cli.open, { url }));
  if (embedded) out.print(words.cli.next);
  out.json({ url, rpc, registry, credentials });
}
