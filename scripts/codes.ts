/** Writes src/CODES.md, the table of every verdict and every code of an error: `npm run codes`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ERRORS, type ErrorCode, type ErrorSpec } from "../src/core/errors.ts";
import { VERDICTS, exitCodeOf } from "../src/core/verdict.ts";
import { en } from "../src/words/en.ts";

export const CODES_FILE = join(import.meta.dirname, "../src/CODES.md");

/** The page, as it is to be. */
export function codesPage(): string {
  const verdicts = VERDICTS.map((verdict) => [
    `\`${verdict}\``,
    String(exitCodeOf(verdict)),
    en.verdicts[verdict].title,
  ]);
  const errors = (Object.entries(ERRORS) as [ErrorCode, ErrorSpec][]).map(
    ([code, { exit, status, retryable }]) => [
      `\`${code}\``,
      String(exit),
      String(status),
      retryable ? "yes" : "",
      en.errors[code],
    ],
  );
  return `# Codes

Written by \`npm run codes\` from [core/verdict.ts](core/verdict.ts), [core/errors.ts](core/errors.ts) and
[words/en.ts](words/en.ts). No code changes its meaning or is used again for another.

Exit codes of the command line: 0 valid; 1 checked and not valid; 2 wrong use or unreadable input; 3 not established. For several
files the gravest: 2, else 1, else 3, else 0.

## Verdicts

${table(["verdict", "exit", "meaning"], verdicts)}

## Errors

None is a verdict. Status: of the HTTP answer, a problem (RFC 9457) with \`code\`. Again: the same request may succeed later, unchanged.

${table(["code", "exit", "status", "again", "meaning"], errors)}
`;
}

/** A table of Markdown, its columns aligned as the formatter has them. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

if (import.meta.main) writeFileSync(CODES_FILE, codesPage());
