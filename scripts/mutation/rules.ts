/** Defines the mutation rules: each lists the changes of one syntax node. */
import type { Node } from "./solidity.ts";
import { child, list, typeOf, type Source } from "./tree.ts";

/** The replacement of a node: an expression, or statements (empty: the node is dropped). */
export interface Change {
  readonly node: Node;
  readonly as: "expression" | "statement" | "modifier" | "yul-condition" | "yul-number";
  readonly text: string;
}

/** The surroundings of a node. */
export interface Place {
  readonly source: Source;
  readonly parent: Node | undefined;
  /** Constants by their id in the syntax trees. */
  readonly constants: ReadonlyMap<number, Node>;
}

export type Rule = (node: Node, place: Place) => Change[];

const NEIGHBOURS: Readonly<Record<string, string>> = {
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "==": "!=",
  "!=": "==",
};
const ROLES = ["ACCREDITOR_ROLE", "SCENE_ROLE", "PAUSER_ROLE", "DEFAULT_ADMIN_ROLE"];
/** Constants that are names of alternatives, by the beginning of their names. */
const ENUMERATIONS = /^(KIND|STATE|ACTION|ALGORITHM|ROLE)_/v;
/** Position of the institution in the arguments of a call. */
const INSTITUTION_AT: Readonly<Record<string, number>> = {
  _appendChange: 0,
  _record: 0,
  _appendOne: 2,
  _appendGroup: 3,
};

/** A member of a node that is a text; "" where there is none. */
const member = (node: Node | undefined, name: string): string => {
  const value = node?.[name];
  return typeof value === "string" ? value : "";
};
const expression = (node: Node, text: string): Change => ({ node, as: "expression", text });
const drop = (node: Node): Change => ({ node, as: "statement", text: "" });

/** Conditions, and what && and || join: true, and false. */
const forceConditions: Rule = (node, { parent }) => {
  if (typeOf(node) !== "bool" || parent === undefined) return [];
  const operator = member(node, "operator");
  const isCondition =
    child(parent, "condition") === node || ["&&", "||", "!"].includes(member(parent, "operator"));
  if (operator === "!" || !(isCondition || operator in NEIGHBOURS)) return [];
  return [expression(node, "true"), expression(node, "false")];
};

/** Comparisons: off by one, or inverted. */
const shiftComparisons: Rule = (node, { source }) => {
  const neighbour = NEIGHBOURS[member(node, "operator")];
  const [left, right] = [child(node, "leftExpression"), child(node, "rightExpression")];
  if (neighbour === undefined || left === undefined || right === undefined) return [];
  const shifted = expression(node, `${source.textOf(left)} ${neighbour} ${source.textOf(right)}`);
  return [shifted, ...shiftCharacter(node, left, right, source)];
};

/** A character that is compared with: the one before it, and the one after. */
function shiftCharacter(node: Node, left: Node, right: Node, source: Source): Change[] {
  if (right.nodeType !== "Literal" || right["kind"] !== "string") return [];
  const code = String(right["value"]).charCodeAt(0);
  const texts = [code - 1, code + 1].map((other) => {
    const hex = other.toString(16).padStart(2, "0");
    return `${source.textOf(left)} ${String(node["operator"])} bytes1(0x${hex})`;
  });
  return texts.map((text) => expression(node, text));
}

/** Numbers: one less, and one more. A zero of bytes or an address is not changed. */
const shiftNumbers: Rule = (node, { source, parent }) => {
  if (node.nodeType !== "Literal" || node["kind"] !== "number" || parent === undefined) return [];
  if (!isNumber(parent, node)) return [];
  const value = BigInt(source.textOf(node).replaceAll("_", ""));
  return [value - 1n, value + 1n]
    .filter((other) => other >= 0n)
    .map((other) => expression(node, String(other)));
};

function isNumber(parent: Node, node: Node): boolean {
  const target = parent.nodeType === "FunctionCall" ? typeOf(parent) : "";
  if (/^(address|bytes)/v.test(target)) return false;
  const others = ["leftExpression", "rightExpression"].map((side) => child(parent, side));
  return !others.some(
    (other) => other !== undefined && other !== node && /^(bytes|address)/v.test(typeOf(other)),
  );
}

/** Zeros of a width that are part of what is hashed. */
const changeZeros: Rule = (node, { source }) => {
  const zero = /^bytes(\d+)\(0\)$/v.exec(source.textOf(node));
  if (node.nodeType !== "FunctionCall" || zero?.[1] === undefined) return [];
  return [expression(node, `bytes${zero[1]}(uint${Number(zero[1]) * 8}(1))`)];
};

const flipBooleans: Rule = (node) => {
  if (node.nodeType !== "Literal" || node["kind"] !== "bool") return [];
  return [expression(node, node["value"] === "true" ? "false" : "true")];
};

/** Constants: the others of their enumeration, and one less and one more. Roles: the other roles. */
const swapConstants: Rule = (node, { constants }) => {
  const declaration = constants.get(Number(node["referencedDeclaration"]));
  if (node.nodeType !== "Identifier" || declaration === undefined) return [];
  const name = String(declaration["name"]);
  if (ROLES.includes(name))
    return ROLES.filter((role) => role !== name).map((role) => expression(node, role));
  const value = valueOf(declaration);
  const near = [value - 1n, value + 1n].filter((other) => other >= 0n);
  const others = [...new Set([...near, ...enumeration(name, constants)])].filter((other) => other !== value);
  return others.map((other) => expression(node, `${typeOf(declaration)}(${other})`));
};

/** The values of all constants of the enumeration that `name` is of. */
function enumeration(name: string, constants: ReadonlyMap<number, Node>): bigint[] {
  const prefix = ENUMERATIONS.exec(name)?.[0];
  if (prefix === undefined) return [];
  return [...constants.values()]
    .filter((constant) => String(constant["name"]).startsWith(prefix))
    .map((constant) => valueOf(constant));
}

function valueOf(declaration: Node): bigint {
  const text = String(child(declaration, "value")?.["value"]).replaceAll("_", "");
  return text.startsWith("0x") ? BigInt(text) : BigInt(Number(text));
}

/** Statements that change something or call something: dropped. */
const dropStatements: Rule = (node, { parent }) => {
  if (node.nodeType === "EmitStatement") return [drop(node)];
  if (node.nodeType !== "ExpressionStatement" || parent?.nodeType === "ForStatement") return [];
  return [drop(node)];
};

/** ++ and -- within an expression: dropped. */
const dropSteps: Rule = (node, { source, parent }) => {
  const isStep = node.nodeType === "UnaryOperation" && ["++", "--"].includes(String(node["operator"]));
  const operand = child(node, "subExpression");
  if (!isStep || operand === undefined || parent?.nodeType === "ExpressionStatement") return [];
  return [expression(node, source.textOf(operand))];
};

/** The institution of an entry: that of governance, or that of the entry acted on. */
const swapInstitutions: Rule = (node, { source }) => {
  const at = INSTITUTION_AT[member(child(node, "expression"), "name")];
  const given = at === undefined ? undefined : list(node, "arguments")[at];
  if (given === undefined || source.textOf(given) === "GOVERNANCE") return [];
  const others = source.textOf(given) === "actor" ? ["uint32(0)", "owner"] : ["uint32(0)"];
  return others.map((other) => expression(given, other));
};

/** Neighbouring arguments of one type of a hash or an event: swapped. */
const swapArguments: Rule = (node, { source, parent }) => {
  const call = node.nodeType === "EmitStatement" ? child(node, "eventCall") : node;
  const isEncoding = node.nodeType === "FunctionCall" && /^abi\.encode(Packed)?\(/v.test(source.textOf(node));
  if (call === undefined || !(isEncoding || node.nodeType === "EmitStatement")) return [];
  if (parent?.nodeType === "EmitStatement") return [];
  const values = list(call, "arguments").map((argument) => ({
    text: source.textOf(argument),
    type: typeOf(argument),
  }));
  const callee = source.textOf(child(call, "expression") ?? call);
  return values.slice(1).flatMap((second, i) => {
    const first = values[i];
    if (first?.type !== second.type || first.text === second.text) return [];
    const texts = values.map(({ text }) => text);
    const text = `${callee}(${texts
      .with(i, second.text)
      .with(i + 1, first.text)
      .join(", ")})`;
    return [{ node, as: isEncoding ? "expression" : "statement", text: isEncoding ? text : `emit ${text};` }];
  });
};

/** Role checks: removed; {@link swapConstants} swaps the role. */
const dropModifiers: Rule = (node) => {
  const isRole =
    node.nodeType === "ModifierInvocation" && child(node, "modifierName")?.["name"] === "onlyRole";
  return isRole ? [{ node, as: "modifier", text: "" }] : [];
};

/** Numbers and conditions of assembly. */
const shiftAssembly: Rule = (node, { source, parent }) => {
  const condition = child(node, "condition");
  if (condition !== undefined && node.nodeType.startsWith("Yul")) {
    return ["1", "0"].map((text) => ({ node: condition, as: "yul-condition", text }));
  }
  const isConstant = node.nodeType === "YulIdentifier" && source.textOf(node) === "LEAF_BYTES";
  if (node.nodeType !== "YulLiteral" && !isConstant) return [];
  if (source.textOf(parent ?? node) === "revert(0, 0)") return [];
  return ["add", "sub"].map((text) => ({
    node,
    as: "yul-number",
    text: `${text}(${source.textOf(node)}, 1)`,
  }));
};

export const RULES: readonly Rule[] = [
  forceConditions,
  shiftComparisons,
  shiftNumbers,
  changeZeros,
  flipBooleans,
  swapConstants,
  dropStatements,
  dropSteps,
  swapInstitutions,
  swapArguments,
  dropModifiers,
  shiftAssembly,
];
