/** Defines the content of a sample report, which content/ writes and layout/ draws. */

/** A heading, or a heading and its translation, which is set smaller beneath it. */
export type Label = string | readonly [text: string, beneath: string];

export interface Fact {
  readonly label: Label;
  readonly value: string;
}

export type Align = "left" | "center" | "right";

/** A column of a table; a right-aligned one holds figures, whose digits stand under each other. */
export interface Column {
  readonly heading: Label;
  /** Share of the table's width, relative to the other columns. */
  readonly weight: number;
  readonly align: Align;
}

export interface Table {
  readonly caption: Label;
  /** What the figures are counted in, set opposite the caption. */
  readonly unit?: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
  /** The last row, set apart by a rule. */
  readonly total?: readonly string[];
}

export type Block =
  | { readonly kind: "section" | "subsection"; readonly heading: Label }
  | { readonly kind: "paragraph"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly string[] }
  /** Each row holds one fact, or two beside each other. */
  | { readonly kind: "facts"; readonly rows: readonly (readonly Fact[])[] }
  | { readonly kind: "table"; readonly table: Table }
  /** Lines at the right margin that close the report. */
  | { readonly kind: "signature"; readonly lines: readonly string[] };

interface Cover {
  readonly heading: Label;
  readonly edition: string;
  readonly facts: readonly Fact[];
  /** Set under the facts, such as the notice of a correction. */
  readonly blocks: readonly Block[];
  /** Set at the foot of the page. */
  readonly disclaimer: string;
}

export interface Report {
  readonly fileName: string;
  readonly title: string;
  readonly language: "zh-Hans" | "en";
  readonly number: string;
  readonly issuer: Label;
  /** The date inside the file, which would otherwise be that of the run. */
  readonly made: Date;
  /** Colour of headings and rules, as #rrggbb. */
  readonly accent: string;
  readonly cover: Cover;
  readonly header: { readonly left: string; readonly right: string };
  readonly pageLabel: (place: { readonly page: number; readonly pages: number }) => string;
  readonly blocks: readonly Block[];
}

export const left = (heading: Label, weight: number): Column => ({ heading, weight, align: "left" });
export const center = (heading: Label, weight: number): Column => ({ heading, weight, align: "center" });
export const right = (heading: Label, weight: number): Column => ({ heading, weight, align: "right" });

export const fact = (label: Label, value: string): Fact => ({ label, value });
export const section = (heading: Label): Block => ({ kind: "section", heading });
export const subsection = (heading: Label): Block => ({ kind: "subsection", heading });
export const paragraph = (text: string): Block => ({ kind: "paragraph", text });
export const list = (items: readonly string[]): Block => ({ kind: "list", items });
export const facts = (rows: readonly (readonly Fact[])[]): Block => ({ kind: "facts", rows });
export const table = (content: Table): Block => ({ kind: "table", table: content });
export const signature = (lines: readonly string[]): Block => ({ kind: "signature", lines });
