/** Decodes the texts of others, and shows what in a text would not be seen. */

/** Control, format, unassigned and private characters, lone surrogates, line ends, spaces other than U+0020. */
export const INVISIBLE = /[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;
const ALL = new RegExp(INVISIBLE, "gu");
/** JSON escapes line feeds itself, and has others between its members only. */
const ALL_OF_JSON = new RegExp(`(?!\\n)(?:${INVISIBLE.source})`, "gu");

/**
 * The text for a person: each invisible or bidirectional character as `\u{202E}`. The one rule of every surface: command
 * line, page, CSV, details of errors; JSON has {@link escapeJson}.
 */
export function visible(text: string): string {
  return text.replace(ALL, (c) => `\\u{${hexOf(c.codePointAt(0))}}`);
}

/** Writes the same characters of a JSON text as JSON's own escapes, so that the value stays as it is. */
export function escapeJson(json: string): string {
  return json.replace(ALL_OF_JSON, (c) =>
    Array.from({ length: c.length }, (_, i) => `\\u${hexOf(c.charCodeAt(i)).padStart(4, "0")}`).join(""),
  );
}

/** A text of the registry, whose bytes ought to be UTF-8: what is not, and U+0000, which no database takes, as U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes).replaceAll("\0", "\uFFFD");
}

function hexOf(code: number | undefined): string {
  return (code ?? 0).toString(16).toUpperCase();
}
