/** Reads, parses and compiles the contracts with solc. */
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import config from "../../hardhat.config.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { compile } = createRequire(import.meta.url)("solc") as {
  compile: (input: string, callbacks: { import: (path: string) => { contents: string } }) => string;
};

/** A node of solc's syntax tree; `src` is "start:length:file" in bytes. */
export interface Node {
  readonly nodeType: string;
  readonly src: string;
  readonly [member: string]: unknown;
}

interface Output {
  readonly errors?: readonly { severity: string; formattedMessage: string }[];
  readonly sources: Readonly<Record<string, { ast: Node }>>;
  readonly contracts?: Readonly<Record<string, Record<string, Contract>>>;
}

interface Contract {
  readonly abi: unknown[];
  readonly evm: { readonly bytecode: { readonly object: string } };
}

/** The contracts by file name, in the order of the names. */
export function contractSources(): Map<string, string> {
  const names = readdirSync(join(root, "contracts"))
    .filter((name) => name.endsWith(".sol"))
    .sort();
  return new Map(names.map((name) => [name, readFileSync(join(root, "contracts", name), "utf8")]));
}

/** The syntax tree of each file, with types. No code is generated, which takes a second. */
export function parse(sources: ReadonlyMap<string, string>): Map<string, Node> {
  const output = run(sources, { "": ["ast"] });
  return new Map(
    [...sources.keys()].flatMap((name) => {
      const tree = output.sources[`contracts/${name}`]?.ast;
      return tree === undefined ? [] : [[name, tree] as const];
    }),
  );
}

/** The registry's interface and creation code. */
export function compileSources(sources: ReadonlyMap<string, string>): { abi: unknown[]; bytecode: string } {
  const output = run(sources, { DocumentRegistry: ["abi", "evm.bytecode.object"] });
  const found = output.contracts?.["contracts/DocumentRegistry.sol"]?.["DocumentRegistry"];
  if (found === undefined) throw new Error("no contract came out");
  return { abi: found.abi, bytecode: `0x${found.evm.bytecode.object}` };
}

function run(sources: ReadonlyMap<string, string>, selection: Record<string, string[]>): Output {
  const { compilers } = config.solidity as { compilers: readonly { settings: object }[] };
  const { settings } = compilers[0] ?? {};
  const input = {
    language: "Solidity",
    sources: Object.fromEntries([...sources].map(([name, content]) => [`contracts/${name}`, { content }])),
    settings: { ...settings, outputSelection: { "*": selection } },
  };
  const library = (path: string): { contents: string } => ({
    contents: readFileSync(join(root, "node_modules", path), "utf8"),
  });
  const output = JSON.parse(compile(JSON.stringify(input), { import: library })) as Output;
  const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join("\n"));
  return output;
}
