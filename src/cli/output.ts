/** Writes results to stdout, and faults and progress to stderr; each line is visible, and JSON is escaped. */
import { MultiBar, Presets, type SingleBar } from "cli-progress";
import stringWidth from "string-width";
import { detailIn } from "../core/details.ts";
import { isAppError, type AppError } from "../core/errors.ts";
import { escapeJson, visible } from "../core/visible.ts";
import type { Words } from "../words/index.ts";
import type { ExitCode } from "../core/verdict.ts";

export class Output {
  readonly #json: boolean;
  readonly #words: Words;
  #exit: ExitCode = 0;

  constructor({ json, words }: { json: boolean; words: Words }) {
    this.#json = json;
    this.#words = words;
  }

  /** Whether stdout is for programs. */
  get isJson(): boolean {
    return this.#json;
  }

  get exitCode(): ExitCode {
    return this.#exit;
  }

  set exitCode(code: ExitCode) {
    this.#exit = code;
  }

  /** Lines for a person; nothing with --json. */
  print(...lines: readonly string[]): void {
    if (!this.#json) for (const line of lines) process.stdout.write(`${visible(line)}\n`);
  }

  /** The bytes of a file, for redirection; on a terminal its lines are visible. Nothing with --json. */
  file(text: string): void {
    if (!this.#json) process.stdout.write(process.stdout.isTTY ? visibleLines(text) : text);
  }

  /** The one JSON document of a command; nothing without --json. */
  json(document: unknown): void {
    if (this.#json) process.stdout.write(`${escapeJson(JSON.stringify(document, null, 2))}\n`);
  }

  /** The one JSON document of a command, with a list in it that may be longer than memory is large. */
  jsonList(name: string): { add(item: unknown): void; end(rest: object): void } {
    let before = `{\n  ${JSON.stringify(name)}: [`;
    return {
      add: (item) => {
        if (this.#json) process.stdout.write(`${before}\n    ${escapeJson(JSON.stringify(item))}`);
        before = ",";
      },
      end: (rest) => {
        if (!this.#json) return;
        const members = Object.entries(rest).map(
          ([key, value]) => `,\n  ${JSON.stringify(key)}: ${escapeJson(JSON.stringify(value))}`,
        );
        process.stdout.write(`${before === "," ? "" : before}\n  ]${members.join("")}\n}\n`);
      },
    };
  }

  /** Notices on stderr, beside the results. */
  note(...lines: readonly string[]): void {
    process.stderr.write(`hufu: ${lines.map(visible).join("\n  ")}\n`);
  }

  /** A fault with its title, code and detail. */
  fault(error: AppError): void {
    const { code } = error;
    this.note(`${this.#words.errors[code]} (${code})`, ...detailIn(error, this.#words.details).split("\n"));
  }

  /** Ends a command that could not do its work. */
  fail(error: unknown): void {
    if (!isAppError(error)) {
      this.note(...(error instanceof Error ? (error.stack ?? error.message) : String(error)).split("\n"));
      this.#exit = 3;
      return;
    }
    this.fault(error);
    this.json({ error: faultJson(error, this.#words) });
    this.#exit = error.spec.exit;
  }

  /** A growing number on stderr while `work` of unknown length runs, where stdout is a terminal. */
  async tally<T>(title: string, work: (advance: (by: number) => void) => Promise<T>): Promise<T> {
    return await this.#bar(`${title} {value}`, 1, work);
  }

  /** A bar on stderr while `work` runs, where stdout is a terminal. */
  async progress<T>(
    title: string,
    total: number,
    work: (advance: (by: number) => void) => Promise<T>,
  ): Promise<T> {
    return await this.#bar(`${title} {bar} {percentage}% {eta_formatted}`, total, work);
  }

  async #bar<T>(
    format: string,
    total: number,
    work: (advance: (by: number) => void) => Promise<T>,
  ): Promise<T> {
    if (this.#json || !process.stdout.isTTY || total === 0) return await work(() => undefined);
    const bars = new MultiBar({ format, clearOnComplete: true, hideCursor: true }, Presets.shades_classic);
    const bar: SingleBar = bars.create(total, 0);
    try {
      return await work((by) => bar.increment(by));
    } finally {
      bars.stop();
    }
  }
}

export function faultJson(error: AppError, words: Words): { code: string; title: string; detail: string } {
  return { code: error.code, title: words.errors[error.code], detail: detailIn(error, words.details) };
}

/** Each line {@link visible}. */
export function visibleLines(text: string): string {
  return text.split("\n").map(visible).join("\n");
}

/** Labels and values in two columns, beneath a heading. */
export function rows(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...pairs.map(([label]) => stringWidth(label)));
  return pairs.map(([label, value]) => `  ${label}${" ".repeat(width - stringWidth(label) + 2)}${value}`);
}
