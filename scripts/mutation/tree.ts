/** Reads the syntax trees of solc. */
import type { Node } from "./solidity.ts";

/** A source file; offsets in syntax trees count bytes. */
export class Source {
  readonly file: string;
  readonly #bytes: Buffer;

  constructor(file: string, text: string) {
    this.file = file;
    this.#bytes = Buffer.from(text);
  }

  get length(): number {
    return this.#bytes.length;
  }

  text(start: number, end: number): string {
    return this.#bytes.subarray(start, end).toString();
  }

  textOf(node: Node): string {
    const { start, end } = rangeOf(node);
    return this.text(start, end);
  }

  /** Of the byte at `offset`, from 1. */
  lineAt(offset: number): number {
    return this.text(0, offset).split("\n").length;
  }
}

export interface Range {
  readonly start: number;
  readonly end: number;
}

export function rangeOf(node: Node): Range {
  const [start = 0, length = 0] = node.src.split(":").map(Number);
  return { start, end: start + length };
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "nodeType" in value && "src" in value;
}

/** The nodes directly below a node. */
export function childrenOf(node: Node): Node[] {
  return Object.values(node).flatMap((value) => (Array.isArray(value) ? value : [value]).filter(isNode));
}

/** The child in a member of a node. */
export function child(node: Node, member: string): Node | undefined {
  const value = node[member];
  return isNode(value) ? value : undefined;
}

/** The children in a member of a node. */
export function list(node: Node, member: string): Node[] {
  const value = node[member];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** The type of an expression as solc names it. */
export function typeOf(node: Node): string {
  return (node["typeDescriptions"] as { typeString?: string } | undefined)?.typeString ?? "";
}

export function isConstantDeclaration(node: Node | undefined): node is Node {
  return node?.nodeType === "VariableDeclaration" && node["constant"] === true;
}
