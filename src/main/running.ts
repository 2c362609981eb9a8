/** Handles events of the process: failed syncs, timeouts, ports in use and new TLS files. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { type Tls, type TlsFiles, readTls } from "../api/tls.ts";
import type { Listen } from "../config.ts";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { OnUnsynced } from "../core/storage.ts";

/** Exit code of a process that cannot go on. */
const BROKEN = 3;

/** Ends the process immediately: after a failed sync, what it reads back may not be what is on disk. */
export function endProcess(log: Logger): OnUnsynced {
  return (fault) => {
    log.fatal({ code: fault.code, detail: fault.fields.detail }, "a sync to disk failed, the process ends");
    process.exit(BROKEN); // guard: F43 exit
  };
}

/** The result of `work`, or undefined once it has taken too long. */
export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T | undefined> {
  return await Promise.race([work, sleep(milliseconds, undefined, { ref: false })]);
}

/** Listens; where the port cannot be bound, the fault names the setting to change. */
export async function listening<T>(
  { host, port }: Listen,
  setting: string,
  listen: () => Promise<T>,
): Promise<T> {
  try {
    return await listen();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") {
      const detail = `${host}:${port} is in use by another program; stop that, or set ${setting}, for example ${setting}=127.0.0.1:0 for a free port`;
      throw new AppError("PORT_IN_USE", { detail, at: setting }, { cause });
    }
    const detail = `${setting}: cannot listen on ${host}:${port} (${code ?? "unknown"})`;
    throw new AppError("CONFIG", { detail, at: setting }, { cause });
  }
}

/** Reads TLS files again, and passes them to `use` where they are valid. @param tls undefined: there are none to read */
export function reloading(
  log: Logger,
  tls: { files: TlsFiles; clock: Clock; use: (tls: Tls) => void } | undefined,
): () => Promise<void> {
  return async () => {
    if (tls === undefined) {
      log.warn("no tls files to read, hang-up ignored");
      return;
    }
    try {
      const fresh = await readTls(tls.files, tls.clock.now());
      tls.use(fresh);
      log.info({ until: fresh.until }, "tls files read");
    } catch (error) {
      log.error({ err: error }, "tls files not read, the old ones stay");
    }
  };
}
