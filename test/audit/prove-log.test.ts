/** Tests that a listed log is proven by the contract's root alone, and that what is missing is found. */
import { describe, expect, it } from "vitest";
import { proveLog } from "../../src/audit/prove-log.ts";
import { toHex } from "../../src/core/bytes.ts";
import { TestLog } from "../support/log/receipts.ts";
import { leafByDefinition, rootByDefinition } from "../support/log/tree.ts";

interface ListedEntry {
  readonly index: number;
  readonly entry: string;
}

const log = new TestLog();
log.fill(5);
const listed = log.entries.map((bytes, index): ListedEntry => ({ index, entry: toHex(bytes) }));
const root = rootByDefinition(log.entries.map(leafByDefinition));

async function* list(entries: readonly ListedEntry[]): AsyncGenerator<ListedEntry> {
  for (const entry of entries) yield await Promise.resolve(entry);
}

const contractWith = (stored: Uint8Array | undefined) => ({ rootAt: () => Promise.resolve(stored) });
const prove = (
  entries = listed,
  contract: ReturnType<typeof contractWith> | undefined = contractWith(root),
) => proveLog({ size: 5, entries: list(entries) }, contract);

describe("a listed log", () => {
  it("a listed log is proven by the contract's root, and not without a contract", async () => {
    expect(await prove()).toEqual({ size: 5, root, proven: true });
    expect(await proveLog({ size: 5, entries: list(listed) }, undefined)).toMatchObject({
      root,
      proven: false,
    });
  });

  it("a listed log is read up to the reported size", async () => {
    const visited: number[] = [];
    const later = { index: 5, entry: "00" };
    const visit = ({ index }: ListedEntry): void => void visited.push(index);
    const entries = list([...listed, later]);
    expect(await proveLog({ size: 5, entries, visit }, contractWith(root))).toMatchObject({
      proven: true,
    });
    expect(visited).toEqual([0, 1, 2, 3, 4]);
  });

  it.each([
    ["of which an entry is missing", listed.filter(({ index }) => index !== 2), root],
    ["that ends too early", listed.slice(0, 4), root],
    ["of which one entry has a bit changed", listed.map(flipLast), root],
    ["whose root the contract has otherwise", listed, new Uint8Array(32)],
    ["whose size the contract has no root for", listed, undefined],
  ])("a listed log %s is refused with AUDIT_MISMATCH", async (_, entries, stored) => {
    const proof = prove([...entries], contractWith(stored));
    await expect(proof).rejects.toMatchObject({ code: "AUDIT_MISMATCH" });
  });
});

function flipLast({ index, entry }: ListedEntry): ListedEntry {
  const last = parseInt(entry.slice(-1), 16) ^ 1;
  return { index, entry: index === 4 ? `${entry.slice(0, -1)}${last.toString(16)}` : entry };
}
