/** Connects to a service by its address, for {@link checkFile}. */
import { systemClock, systemTimer, type Clock } from "../../core/clock.ts";
import { HufuClient, type ClientOptions } from "../http/client.ts";
import { LogClient } from "../http/log-client.ts";
import type { ServiceConnection } from "./check.ts";
import { trustIn, type TrustStore } from "./trust.ts";

/** A service, and where it is kept whom to trust in its log. */
export interface ServiceOptions extends ClientOptions {
  /** A durable one, unless the program is at its first contact each time that it runs. */
  readonly trust: TrustStore;
  readonly clock?: Clock;
}

/** Nothing is sent before a file is checked. One connection serves many files. */
export function connectTo(options: ServiceOptions): ServiceConnection & { readonly log: LogClient } {
  const { server: name, trust: store, clock = systemClock } = options;
  const log = new LogClient(options);
  return {
    client: new HufuClient(options),
    log,
    trust: trustIn({ name, log, store, now: () => clock.now() }),
    wait: (seconds) => new Promise((wake) => void systemTimer(seconds * 1_000, () => wake())),
  };
}
