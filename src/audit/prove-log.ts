/** Rehashes every entry that a reader lists, and compares the root with the one that the contract stored. */
import { equalBytes, fromHex, toHex } from "../core/bytes.ts";
import { AppError } from "../core/errors.ts";
import type { Hash, TreeSize } from "../core/units.ts";
import { hashLeaf } from "../log/hash.ts";
import { GrowingTree } from "../log/tree.ts";
import type { ContractRoots, ListedEntry } from "./ports.ts";

export interface ProvenLog {
  readonly size: TreeSize;
  readonly root: Hash;
  /** False without a contract. */
  readonly proven: boolean;
}

/**
 * @param log.size that the reader promised before it listed `entries`; those beyond it are for the next audit
 * @param log.visit called with each entry up to `size`
 * @throws AppError AUDIT_MISMATCH: an entry is missing, or the contract stored another root or none
 */
export async function proveLog<Listed extends ListedEntry>(log: {
  size: TreeSize;
  entries: AsyncIterable<Listed>;
  contract: ContractRoots | undefined;
  visit?: ((entry: Listed) => void) | undefined;
}): Promise<ProvenLog> {
  const { size, contract } = log;
  const root = await rehash(log);
  if (contract !== undefined) await compareRoot({ size, root }, contract);
  return { size, root, proven: contract !== undefined };
}

async function rehash<Listed extends ListedEntry>({
  size,
  entries,
  visit,
}: {
  size: TreeSize;
  entries: AsyncIterable<Listed>;
  visit?: ((entry: Listed) => void) | undefined;
}): Promise<Hash> {
  const tree = new GrowingTree();
  for await (const listed of entries) {
    if (tree.size === size) break;
    if (listed.index !== tree.size)
      throw mismatch(`entry ${tree.size} is missing; the next one given is ${listed.index}`);
    tree.append(hashLeaf(fromHex(listed.entry)));
    visit?.(listed);
  }
  if (tree.size === size) return tree.root();
  throw mismatch(`${size} entries were promised, and ${tree.size} given`);
}

async function compareRoot(
  { size, root }: Omit<ProvenLog, "proven">,
  contract: ContractRoots,
): Promise<void> {
  const stored = await contract.rootAt(size);
  if (stored !== undefined && equalBytes(stored, root)) return;
  const theirs = stored === undefined ? "no root" : `the root ${toHex(stored)}`;
  throw mismatch(
    `the ${size} entries have the root ${toHex(root)}; the contract has ${theirs} for that size`,
  );
}

function mismatch(detail: string): AppError {
  return new AppError("AUDIT_MISMATCH", { detail });
}
