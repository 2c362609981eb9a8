/** Lists the mutants of the contracts. */
import { RULES, type Change, type Place } from "./rules.ts";
import { contractSources, parse, type Node } from "./solidity.ts";
import { Source, child, childrenOf, isConstantDeclaration, list, rangeOf } from "./tree.ts";

export interface Mutant {
  /** From 1, in the order of the sources. */
  readonly id: number;
  readonly file: string;
  readonly line: number;
  /** Name of the function. */
  readonly in: string;
  /** The statement or condition before and after the change. */
  readonly original: string;
  readonly mutated: string;
  readonly change: Change;
}

/** Nodes without executable code below them. */
const SKIPPED = [
  "StructuredDocumentation",
  "ParameterList",
  "ElementaryTypeName",
  "ArrayTypeName",
  "OverrideSpecifier",
];
/** Nodes that are printed as the context of a change. */
const CONTEXT =
  /(Statement|^Return|^ModifierInvocation|^YulExpressionStatement|^YulVariableDeclaration|^YulAssignment)$/v;

interface PlacedChange {
  readonly change: Change;
  readonly context: Node;
}

export function listMutants(sources: ReadonlyMap<string, string> = contractSources()): Mutant[] {
  const trees = parse(sources);
  const constants = new Map([...trees.values()].flatMap(constantsOf));
  const all = [...trees].flatMap(([file, tree]) => {
    const source = new Source(file, sources.get(file) ?? "");
    return functionsOf(tree).flatMap((node) => mutantsOf(node, source, constants));
  });
  const distinct = new Map(all.map((mutant) => [keyOf(mutant) + String(mutant.line), mutant]));
  return [...distinct.values()].map((mutant, i) => ({ ...mutant, id: i + 1 }));
}

/** Identifies a mutant independently of its line. */
export function keyOf(mutant: Pick<Mutant, "file" | "in" | "original" | "mutated">): string {
  return [mutant.file, mutant.in, mutant.original, mutant.mutated].join("\n");
}

function constantsOf(node: Node): [number, Node][] {
  const own: [number, Node][] = isConstantDeclaration(node) ? [[Number(node["id"]), node]] : [];
  return [...own, ...childrenOf(node).flatMap(constantsOf)];
}

/** The functions that have a body. */
function functionsOf(node: Node): Node[] {
  if (node.nodeType === "FunctionDefinition") return child(node, "body") === undefined ? [] : [node];
  return childrenOf(node).flatMap(functionsOf);
}

function mutantsOf(fn: Node, source: Source, constants: ReadonlyMap<number, Node>): Mutant[] {
  const found: PlacedChange[] = [];
  const visit = (node: Node, parent: Node | undefined, context: Node): void => {
    if (SKIPPED.includes(node.nodeType)) return;
    const isCondition = parent !== undefined && child(parent, "condition") === node;
    const inner = CONTEXT.test(node.nodeType) || isCondition ? node : context;
    const place: Place = { source, parent, constants };
    for (const rule of RULES) for (const change of rule(node, place)) found.push({ change, context: inner });
    for (const below of childrenOf(node)) visit(below, node, inner);
  };
  for (const modifier of list(fn, "modifiers")) visit(modifier, fn, modifier);
  const body = child(fn, "body");
  if (body !== undefined) visit(body, undefined, body);
  const name = String(fn["name"]) === "" ? String(fn["kind"]) : String(fn["name"]);
  return found.map(({ change, context }) => toMutant(change, context, source, name));
}

function toMutant(change: Change, context: Node, source: Source, name: string): Mutant {
  const { start, end } = rangeOf(change.node);
  const around = rangeOf(change.as === "yul-condition" ? change.node : context);
  const frame = start < around.start || end > around.end ? { start, end } : around;
  const text = change.text === "" ? "(nothing)" : change.text;
  const mutated = source.text(frame.start, start) + text + source.text(end, frame.end);
  return {
    id: 0,
    file: source.file,
    line: source.lineAt(start),
    in: name,
    original: oneLine(source.text(frame.start, frame.end)),
    mutated: oneLine(mutated),
    change,
  };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/gv, " ");
}
