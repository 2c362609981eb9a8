/** Rehashes every entry that a reader lists, and compares the root with the one that the contract stored. */
import { equalBytes, fromHex, toHex } from "../core/bytes.ts";
import { AppError } from "../core/errors.ts";
import type { EntryIndex, Hash, TreeSize } from "../core/units.ts";
import { hashLeaf } from "../log/hash.ts";
import { GrowingTree } from "../log/tree.ts";
import type { ContractRoots } from "./ports.ts";

export interface ListedLog<Listed> {
  /** The size that the reader reported before it listed `entries`; later entries are for the next audit. */
  readonly size: TreeSize;
  readonly entries: AsyncIterable<Listed>;
  /** Called with each entry up to `size`. */
  readonly visit?: (entry: Listed) => void;
}

/**
 * @param log.entries with their bytes as `entry`, in hexadecimal
 * @returns not `proven` without a contract
 * @throws AppError AUDIT_MISMATCH: an entry is missing, or the contract stored another root or none
 */
export async function proveLog<Listed extends { readonly index: EntryIndex; readonly entry: string }>(
  { size, entries, visit }: ListedLog<Listed>,
  contract: ContractRoots | undefined,
): Promise<{ size: TreeSize; root: Hash; proven: boolean }> {
  const tree = new GrowingTree();
  for await (const listed of entries) {
    if (tree.size === size) break;
    const { index, entry } = listed;
    if (index !== tree.size) throw mismatch(`entry ${tree.size} is missing; the next one given is ${index}`);
    tree.append(hashLeaf(fromHex(entry)));
    visit?.(listed);
  }
  if (tree.size !== size) throw mismatch(`${size} entries were promised, and ${tree.size} given`);
  const root = tree.root();
  const stored = await contract?.rootAt(size);
  const proven = stored !== undefined && equalBytes(stored, root);
  if (proven || contract === undefined) return { size, root, proven };
  const contractRoot = stored === undefined ? "no root" : `the root ${toHex(stored)}`;
  throw mismatch(
    `the ${size} entries have the root ${toHex(root)}; the contract has ${contractRoot} for that size`,
  );
}

function mismatch(detail: string): AppError {
  return new AppError("AUDIT_MISMATCH", { detail });
}
