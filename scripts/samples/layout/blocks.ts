/** Draws the blocks of a report one below the other. */
import type { Block } from "../report.ts";
import {
  prepareList,
  prepareParagraph,
  prepareSection,
  prepareSignature,
  prepareSubsection,
} from "./prose.ts";
import { type Piece, reserve, type Sheet } from "./sheet.ts";
import { prepareFacts, prepareTable } from "./table.ts";

/** A heading is kept on one page with the block after it. */
export function drawBlocks(sheet: Sheet, blocks: readonly Block[]): void {
  const pieces = blocks.map((block) => prepare(sheet, block));
  pieces.forEach((piece, index) => {
    reserve(sheet, keepWithNext(blocks, pieces, index));
    piece.draw();
  });
}

function keepWithNext(blocks: readonly Block[], pieces: readonly Piece[], index: number): number {
  const kind = blocks[index]?.kind;
  const own = pieces[index]?.keep ?? 0;
  const heads = kind === "section" || kind === "subsection";
  return heads ? own + keepWithNext(blocks, pieces, index + 1) : own;
}

function prepare(sheet: Sheet, block: Block): Piece {
  switch (block.kind) {
    case "section":
      return prepareSection(sheet, block.heading);
    case "subsection":
      return prepareSubsection(sheet, block.heading);
    case "paragraph":
      return prepareParagraph(sheet, block.text);
    case "list":
      return prepareList(sheet, block.items);
    case "facts":
      return prepareFacts(sheet, block.rows);
    case "table":
      return prepareTable(sheet, block.table);
    case "signature":
      return prepareSignature(sheet, block.lines);
  }
}
