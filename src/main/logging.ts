/** Makes the log of a process: lines of JSON on stderr, which nothing waits for. */
import { constants, fstatSync, openSync } from "node:fs";
import { type Logger, pino } from "pino";

/** Bytes of lines that are kept while stderr takes none; lines above that are dropped. */
const MAX_KEPT = 1 << 18;

/** Milliseconds after which lines that are kept are tried again. */
const RETRY = 50;

/**
 * A log whose lines are dropped and counted where stderr does not take them: on a full disk, in a pipe whose reader has
 * stopped or is gone. Once it takes lines again, one of them says how many were dropped.
 * @param onDropped called for each line that is dropped
 */
export function openLogger(level: string, onDropped: () => void = () => undefined): Logger {
  let dropped = 0;
  let again: NodeJS.Timeout | undefined;
  const lines = pino.destination({
    fd: stderrWithoutWaiting(),
    sync: true, // no line is lost when the process ends
    retryEAGAIN: () => false, // would wait
    maxLength: MAX_KEPT,
    minLength: 1, // else flush() does nothing
  });
  lines.flushSync = (): void => undefined; // called after a fatal line, and would wait for room on a full disk
  lines.removeAllListeners("error"); // pino's own ends the log for ever, or the process
  lines.on("error", () => {
    again ??= setTimeout(() => {
      again = undefined;
      lines.flush();
    }, RETRY).unref();
  });
  lines.on("drop", () => {
    dropped += 1;
    onDropped();
  });
  const log = pino({ level }, lines);
  lines.on("drain", () => {
    const count = dropped;
    dropped = 0;
    if (count > 0) log.warn({ dropped: count }, "log lines dropped");
  });
  return log;
}

/**
 * A file descriptor of stderr from which a write returns with EAGAIN where it would wait. Pipes and terminals are opened
 * again, since other processes share the mode of the descriptor; a file has no such mode.
 */
function stderrWithoutWaiting(): number {
  const kind = fstatSync(2);
  try {
    if (kind.isFIFO() || kind.isCharacterDevice())
      return openSync("/dev/stderr", constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    // belongs to another user, or has no reader
  }
  return process.stderr.fd; // the mode of sockets, and of pipes that cannot be opened, is set on the first use of the stream
}
