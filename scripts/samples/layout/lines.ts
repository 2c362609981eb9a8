/** Breaks a paragraph into lines. */

/**
 * Matches a unit that is not broken across lines: a word, or one Chinese character, with the marks that may not end a line
 * before it and those that may not begin one after it (GB/T 15834-2011, 5.1).
 */
const UNIT = /[（《“‘【〔(]*(?:[!-~−–]+|.)[，。、；：！？）》”’】〕),.;:]*\s*/gsu;

export interface Paragraph {
  readonly text: string;
  /** In the unit that `measure` returns. */
  readonly width: number;
  readonly measure: (text: string) => number;
}

/**
 * The lines of a paragraph, each as long as the width allows; a newline always ends one.
 * @throws Error when a single word is wider than the line
 */
export function breakLines({ text, width, measure }: Paragraph): string[] {
  return text.split("\n").flatMap((part) => fill({ text: part, width, measure }));
}

function fill({ text, width, measure }: Paragraph): string[] {
  const lines: string[] = [];
  let line = "";
  for (const [unit] of text.matchAll(UNIT)) {
    if (measure(unit.trimEnd()) > width) throw new Error(`wider than its line: ${unit}`);
    if (line !== "" && measure((line + unit).trimEnd()) > width) {
      lines.push(line.trimEnd());
      line = unit;
    } else line += unit;
  }
  return [...lines, line.trimEnd()];
}
