import { equalBytes, fromHex, toHex } from "../../core/bytes.ts";
import { AppError } from "../../core/errors.ts";
import { fill } from "../../words/index.ts";
import { hashLeaf } from "../../log/hash.ts";
import { GrowingTree } from "../../log/tree.ts";
import type { EntriesQuery, EntryView } from "../../wire/entries.ts";
import { localCredentials } from "../client.ts";
import type { ContractRoots } from "../../audit/ports.ts";
import type { ClientFlags, Context, LogReader } from "../context.ts";
import { nodeOptions, withReader, type NodeFlags } from "../node.ts";
import { local } from "../../sdk/told.ts";

export interface AuditFlags extends ClientFlags, NodeFlags {
  readonly issuer?: string;
  readonly scene?: string;
  readonly status?: string;
  readonly reference?: string;
  readonly from?: string;
  readonly to?: string;
}

const PAGE = "1000";

type Filters = Omit<EntriesQuery, "cursor" | "limit">;

/** `hufu audit`: lists entries, hashes the whole log anew, and compares its root with the contract's. */
export async function auditCommand(flags: AuditFlags, context: Context): Promise<void> {
  const { out, words } = context;
  const filters = filtersOf(flags);
  const contract = await openContract(flags, context);
  await withReader(flags, context, "auditor", async (reader) => {
    const entries: EntryView[] = [];
    for await (const entry of allEntries(reader, filters)) {
      entries.push(entry);
      out.print(line(entry, context));
    }
    out.print(fill(words.cli.entriesListed, { count: entries.length }));
    const log = await recompute(reader);
    const proven = contract === undefined ? undefined : await compare(log, contract);
    out.print(
      proven === undefined
        ? words.cli.unproven
        : fill(words.cli.proven, { size: log.size, root: toHex(log.root) }),
    );
    out.json({ entries, proof: { treeSize: log.size, root: toHex(log.root), proven: proven === true } });
    out.exitCode = proven === true ? 0 : 3;
  });
}

function filtersOf(flags: AuditFlags): Filters {
  const { issuer, scene, status, reference, from, to } = flags;
  const given = Object.entries({ issuer, scene, status, reference, from, to }).filter(
    ([, value]) => value !== undefined,
  );
  return Object.fromEntries(given);
}

/** The contract on the node that the options name, else on that of credentials.json, whoever gives the entries. */
export async function openContract(flags: NodeFlags, context: Context): Promise<ContractRoots | undefined> {
  const named = nodeOptions(flags);
  const local = named === undefined ? await localCredentials(context.config()) : undefined;
  const node =
    named ?? (local === undefined ? undefined : nodeOptions({ rpc: local.rpc, registry: local.registry }));
  return node === undefined ? undefined : await context.ports.openContract(node);
}

async function* allEntries(reader: LogReader, filters: Filters): AsyncGenerator<EntryView> {
  for (let cursor: string | undefined; ;) {
    const page = await reader.entries({
      ...filters,
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    yield* page.entries;
    if (page.next === undefined) return;
    cursor = page.next;
  }
}

/**
 * The root of every entry that the reader has, from their bytes alone.
 * @param visit called with each of them
 * @throws AppError AUDIT_MISMATCH: entries are missing
 */
export async function recompute(
  reader: LogReader,
  visit: (entry: EntryView) => void = () => undefined,
): Promise<{ size: number; root: Uint8Array }> {
  const { asOf } = await reader.entries({ limit: "1" });
  const tree = new GrowingTree();
  for await (const view of allEntries(reader, {})) {
    const { index, entry } = view;
    if (tree.size === asOf.treeSize) break; // entries that came since are for the next audit
    if (index !== tree.size) {
      throw new AppError("AUDIT_MISMATCH", {
        detail: `entry ${tree.size} is missing; the next one given is ${index}`,
      });
    }
    tree.append(hashLeaf(fromHex(entry)));
    visit(view);
  }
  if (tree.size === asOf.treeSize) return { size: tree.size, root: tree.root() };
  throw new AppError("AUDIT_MISMATCH", {
    detail: `${asOf.treeSize} entries were promised, and ${tree.size} given`,
  });
}

/** @throws AppError AUDIT_MISMATCH */
export async function compare(
  log: { size: number; root: Uint8Array },
  contract: ContractRoots,
): Promise<true> {
  const root = await contract.rootAt(log.size);
  if (root !== undefined && equalBytes(root, log.root)) return true;
  const theirs = root === undefined ? "no root" : `the root ${toHex(root)}`;
  const detail = `the ${log.size} entries have the root ${toHex(log.root)}; the contract has ${theirs} for that size`;
  throw new AppError("AUDIT_MISMATCH", { detail });
}

function line(entry: EntryView, { words, language }: Context): string {
  const { index, kind, recordedAt, institution, digest, commitment, scene, status, change, reference } =
    entry;
  const what =
    kind === "document"
      ? [
          scene ?? "",
          status === undefined ? "" : words.statuses[status],
          digest ?? commitment ?? "",
          reference ?? "",
        ]
      : change === undefined
        ? []
        : [`${words.actions[change.action as keyof typeof words.actions]} ${change.document}`, change.reason];
  const columns = [
    String(index).padStart(6),
    local(recordedAt),
    words.kinds[kind],
    institution.names[language],
    ...what,
  ];
  return columns.filter((text) => text !== "").join("  ");
}
