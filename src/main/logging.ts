/** Makes the log of a process, on stderr, which nothing waits for. */
import { constants, fstatSync, openSync } from "node:fs";
import { isatty } from "node:tty";
import { type Logger, pino } from "pino";
import { visibleLines } from "../cli/output.ts";

const STDERR = 2;

/** Bytes of lines that are kept while stderr takes none; lines above that are dropped. */
const MAX_KEPT = 1 << 18;

/** Milliseconds after which lines that are kept are tried again. */
const RETRY = 50;

/**
 * JSON lines; where stderr is a terminal, lines that a person reads. They are dropped and counted where stderr does not take
 * them: on a full disk, in a pipe whose reader has stopped or is gone. Once it takes lines again, one of them says how many
 * were dropped.
 * @param onDropped called for each line that is dropped
 */
export async function stderrLog(level: string, onDropped: () => void = () => undefined): Promise<Logger> {
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
  const format = isatty(STDERR) ? await readable() : undefined;
  const write = (line: string): void => void lines.write(format?.(line) ?? line);
  const log = pino({ level }, format === undefined ? lines : { write });
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
  const kind = fstatSync(STDERR);
  try {
    if (kind.isFIFO() || kind.isCharacterDevice())
      return openSync("/dev/stderr", constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    // belongs to another user, or has no reader
  }
  return process.stderr.fd; // the mode of sockets, and of pipes that cannot be opened, is set on the first use of the stream
}

/** Formats JSON lines for a terminal, which does not obey what is in them. */
export async function readable(): Promise<(line: string) => string> {
  const { prettyFactory } = await import("pino-pretty");
  const options = {
    colorize: false,
    singleLine: true,
    ignore: "pid,hostname",
    translateTime: "SYS:HH:MM:ss",
  };
  const format = prettyFactory(options);
  return (line) => visibleLines(format(line));
}
