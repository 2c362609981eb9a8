import { RULES, type Change, type Place } from "./rules.ts";
import { contractSources, parse, type Node } from "./solidity.ts";
import { Source, child, childrenOf, isConstantDeclaration, list, rangeOf } from "./tree.ts";

/** One change of the contracts. */
export interface Mutant {
  /** From 1, in the order of the sources. */
  readonly id: number;
  readonly file: string;
  readonly line: number;
  /** The function in which it is. */
  readonly in: string;
  /** The statement or condition as it is, and as the mutant has it. */
  readonly original: string;
  readonly mutated: string;
  readonly change: Change;
}

/** Of what lies below these, nothing is code that runs. */
const SKIPPED = [
  "StructuredDocumentation",
  "ParameterList",
  "ElementaryTypeName",
  "ArrayTypeName",
  "OverrideSpecifier",
];
/** What a change is shown within. */
const SHOWN =
  /(Statement|^Return|^ModifierInvocation|^YulExpressionStatement|^YulVariableDeclaration|^YulAssignment)$/v;

interface Found {
  readonly change: Change;
  /** The node that is shown. */
  readonly shown: Node;
}

/** Every mutant of the contracts as they are. */
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

/** What tells a mutant from others, wherever in its function it stands. */
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
  const found: Found[] = [];
  const visit = (node: Node, parent: Node | undefined, shown: Node): void => {
    if (SKIPPED.includes(node.nodeType)) return;
    const isCondition = parent !== undefined && child(parent, "condition") === node;
    const inner = SHOWN.test(node.nodeType) || isCondition ? node : shown;
    const place: Place = { source, parent, constants };
    for (const rule of RULES) for (const change of rule(node, place)) found.push({ change, shown: inner });
    for (const below of childrenOf(node)) visit(below, node, inner);
  };
  for (const modifier of list(fn, "modifiers")) visit(modifier, fn, modifier);
  const body = child(fn, "body");
  if (body !== undefined) visit(body, undefined, body);
  const name = String(fn["name"]) === "" ? String(fn["kind"]) : String(fn["name"]);
  return found.map(({ change, shown }) => toMutant(change, shown, source, name));
}

function toMutant(change: Change, shown: Node, source: Source, name: string): Mutant {
  const { start, end } = rangeOf(change.node);
  const whole = rangeOf(change.as === "yul-condition" ? change.node : shown);
  const frame = start < whole.start || end > whole.end ? { start, end } : whole;
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
