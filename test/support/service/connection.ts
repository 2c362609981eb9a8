/** Connects a checker of files to a service, as the page and the command line do. */
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock, type Clock } from "../../../src/core/clock.ts";
import { HufuClient } from "../../../src/sdk/http/client.ts";
import { LogClient } from "../../../src/sdk/http/log-client.ts";
import type { ServiceConnection } from "../../../src/sdk/verify/check.ts";
import { MemoryTrust, trustIn, type TrustStore } from "../../../src/sdk/verify/trust.ts";

/** @param options.store of what is pinned; a new one unless given */
export function connectionTo(
  server: string,
  options: {
    fetch?: typeof fetch;
    apiKey?: string;
    store?: TrustStore;
    clock?: Pick<Clock, "now">;
    name?: string;
  } = {},
): ServiceConnection {
  const { store = new MemoryTrust(), clock = systemClock, name = server, ...rest } = options;
  const log = new LogClient({ server, ...(rest.fetch && { fetch: rest.fetch }) });
  return {
    client: new HufuClient({ server, ...rest }),
    log,
    trust: trustIn({ name, log, store, now: () => clock.now() }),
    wait: (seconds) => sleep(seconds * 200),
  };
}
