/** Compiles all mutants into the contracts, where the balance of an account selects the active one. */
import type { Mutant } from "./mutants.ts";
import { parse, type Node } from "./solidity.ts";
import { Source, child, childrenOf, list, rangeOf, type Range } from "./tree.ts";

/** The balance of this account is the id of the active mutant. */
export const MUTANT_SWITCH = "0x00000000000000000000000000000000004d7574";

const SWITCH_FILE = `// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

function mutated(uint256 id) view returns (bool) {
    return address(uint160(${Number(MUTANT_SWITCH)})).balance == id;
}
`;
/** onlyRole, which one mutant disables. */
const ROLE_MODIFIER = `
    modifier onlyRoleUnless(uint256 id, bytes32 role) {
        if (!mutated(id)) _checkRole(role);
        _;
    }
`;

/** Replaces a range; `inner` is its text after the edits within it. */
interface Edit extends Range {
  readonly write: (inner: string) => string;
}

export function instrument(
  sources: ReadonlyMap<string, string>,
  mutants: readonly Mutant[],
): Map<string, string> {
  const trees = parse(sources);
  const out = new Map([["Mutant.sol", SWITCH_FILE]]);
  for (const [file, text] of sources) {
    const tree = trees.get(file);
    const edits = tree === undefined ? [] : [...switchEdits(tree, new Source(file, text))];
    edits.push(
      ...editsOf(
        mutants.filter((mutant) => mutant.file === file),
        new Source(file, text),
      ),
    );
    const written = write(new Source(file, text), edits);
    out.set(file, `${written}\nimport {mutated} from "./Mutant.sol";\n`);
  }
  return out;
}

/** Makes pure functions view, since they read the switch, and adds the modifier to Directory. */
function* switchEdits(node: Node, source: Source): Generator<Edit> {
  if (node.nodeType === "FunctionDefinition" && node["stateMutability"] === "pure") {
    const { start, end } = rangeOf(node);
    const header = source.text(start, rangeOf(child(node, "body") ?? node).start || end);
    const at = start + Buffer.byteLength(header.slice(0, header.lastIndexOf(" pure") + 1));
    yield { start: at, end: at + 4, write: () => "view" };
  }
  if (node.nodeType === "ContractDefinition" && node["name"] === "Directory") {
    const { end } = rangeOf(node);
    yield { start: end - 1, end, write: (brace) => ROLE_MODIFIER + brace };
  }
  for (const below of childrenOf(node)) yield* switchEdits(below, source);
}

/** One edit for each mutated place. */
function editsOf(mutants: readonly Mutant[], source: Source): Edit[] {
  const places = Map.groupBy(mutants, ({ change }) => `${change.node.src}/${change.as}`);
  return [...places.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [editOf(first.change.as, first.change.node, group, source)];
  });
}

function editOf(as: Mutant["change"]["as"], node: Node, group: readonly Mutant[], source: Source): Edit {
  const { start, end } = rangeOf(node);
  switch (as) {
    case "expression": {
      const write = (inner: string): string =>
        `(${group.map(({ id, change }) => `mutated(${id}) ? (${change.text}) : `).join("")}(${inner}))`;
      return { start, end, write };
    }
    case "statement": {
      const until = end + source.text(end, source.length).indexOf(";") + 1;
      const write = (inner: string): string =>
        `{ ${group.map(({ id, change }) => `if (mutated(${id})) { ${change.text} } else `).join("")}{ ${inner} } }`;
      return { start, end: until, write };
    }
    case "modifier": {
      const argument = rangeOf(list(node, "arguments")[0] ?? node);
      const write = (): string => `onlyRoleUnless(${group[0]?.id ?? 0}, `;
      return { start, end: argument.start, write };
    }
    case "yul-condition":
    case "yul-number":
      return {
        start,
        end,
        write: (inner) => group.reduce((text, mutant) => inAssembly(mutant, text), inner),
      };
  }
}

/** `isOn` is 1 where the mutant is active, else 0. */
function inAssembly({ id, change }: Mutant, inner: string): string {
  const isOn = `eq(balance(${Number(MUTANT_SWITCH)}), ${id})`;
  if (change.as === "yul-number") return `${change.text.slice(0, 3)}(${inner}, ${isOn})`;
  return change.text === "1" ? `or(${inner}, ${isOn})` : `and(${inner}, iszero(${isOn}))`;
}

/** Applies all edits to a range; edits are nested or disjoint. */
function write(
  source: Source,
  edits: readonly Edit[],
  range: Range = { start: 0, end: source.length },
): string {
  const within = edits
    .filter(({ start, end }) => start >= range.start && end <= range.end)
    .sort((a, b) => a.start - b.start || b.end - a.end);
  let text = "";
  let at = range.start;
  for (const edit of within) {
    if (edit.start < at) continue;
    const inner = edits.filter(
      (other) => other !== edit && other.start >= edit.start && other.end <= edit.end,
    );
    text += source.text(at, edit.start) + edit.write(write(source, inner, edit));
    at = edit.end;
  }
  return text + source.text(at, range.end);
}
