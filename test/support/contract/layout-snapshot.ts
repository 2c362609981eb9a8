/** Reads the registry's storage layout, interface and code size for comparison with a snapshot. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Interface } from "ethers";
import config from "../../../hardhat.config.ts";
import type { RegistryArtifact } from "./compile.ts";

export interface LayoutSnapshot {
  /** Each variable in order: slot, offset in bytes, name, type. */
  readonly variables: readonly string[];
  /** The members of each struct that the variables are made of, in the same form. */
  readonly structs: Readonly<Record<string, readonly string[]>>;
  /** Selectors of functions and errors, topics of events, by signature. */
  readonly functions: Readonly<Record<string, string>>;
  readonly events: Readonly<Record<string, string>>;
  readonly errors: Readonly<Record<string, string>>;
  /** Size of the deployed code. */
  readonly codeBytes: number;
}

/** EIP-170. */
export const MAX_CODE_BYTES = 24_576;

interface Variable {
  readonly label: string;
  readonly slot: string;
  readonly offset: number;
  readonly type: string;
}
interface Layout {
  readonly storage: readonly Variable[];
  readonly types: Readonly<
    Record<string, { readonly label: string; readonly members?: readonly Variable[] }>
  >;
}

const ROOT = new URL("../../../", import.meta.url);
const REGISTRY = "contracts/DocumentRegistry.sol";
const require = createRequire(import.meta.url);
const solc = require("solc") as {
  compile(input: string, callbacks: { import(path: string): { contents: string } }): string;
};

/** Compiles without code generation, which is fast. */
function storageLayout(): Layout {
  const { settings } = config.solidity as { settings: object };
  const input = {
    language: "Solidity",
    sources: { [REGISTRY]: { content: readSource(REGISTRY) } },
    settings: { ...settings, outputSelection: { [REGISTRY]: { DocumentRegistry: ["storageLayout"] } } },
  };
  const output = JSON.parse(
    solc.compile(JSON.stringify(input), { import: (path) => ({ contents: readSource(path) }) }),
  ) as {
    errors?: { severity: string; formattedMessage: string }[];
    contracts: Record<string, Record<string, { storageLayout: Layout }>>;
  };
  const fault = output.errors?.find(({ severity }) => severity === "error");
  if (fault !== undefined) throw new Error(fault.formattedMessage);
  const layout = output.contracts[REGISTRY]?.["DocumentRegistry"]?.storageLayout;
  if (layout === undefined) throw new Error("the compiler gave no storage layout");
  return layout;
}

function readSource(path: string): string {
  return readFileSync(path.startsWith("@") ? require.resolve(path) : new URL(path, ROOT), "utf8");
}

export function readLayout({ abi, deployedBytecode }: RegistryArtifact): LayoutSnapshot {
  const { storage, types } = storageLayout();
  const textOf = ({ slot, offset, label, type }: Variable): string =>
    `${slot}+${offset} ${label}: ${types[type]?.label ?? type}`;
  const structs = Object.values(types).flatMap(({ label, members }) =>
    members === undefined ? [] : [[label, members.map(textOf)] as const],
  );
  const contract = new Interface(abi as never);
  const functions: Record<string, string> = {};
  const events: Record<string, string> = {};
  const errors: Record<string, string> = {};
  contract.forEachFunction((each) => void (functions[each.format()] = each.selector));
  contract.forEachEvent((each) => void (events[each.format()] = each.topicHash));
  contract.forEachError((each) => void (errors[each.format()] = each.selector));
  return {
    variables: storage.map(textOf),
    structs: Object.fromEntries(structs.sort(([a], [b]) => (a < b ? -1 : 1))),
    functions,
    events,
    errors,
    codeBytes: (deployedBytecode.length - 2) / 2,
  };
}
