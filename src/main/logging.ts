/** Makes the log of a process, on stderr. */
import { isatty } from "node:tty";
import { pino, type Logger } from "pino";
import { visibleLines } from "../cli/output.ts";

const STDERR = 2;

/** JSON lines; where stderr is a terminal, lines that a person reads. */
export async function stderrLog(level: string): Promise<Logger> {
  const isTerminal = isatty(STDERR);
  // on a terminal what is printed to stdout follows the lines before it
  const stderr = pino.destination({ dest: STDERR, sync: isTerminal });
  if (!isTerminal) return pino({ level }, stderr);
  const format = await readable();
  return pino({ level }, { write: (line) => stderr.write(format(line)) });
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
