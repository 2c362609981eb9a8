/** The command `hufu audit` lists entries, and proves the whole log by the contract's root. */
import type { ContractRoots } from "../../audit/ports.ts";
import { proveLog } from "../../audit/prove-log.ts";
import { toHex } from "../../core/bytes.ts";
import { fill } from "../../words/index.ts";
import type { EntriesQuery, EntryView } from "../../wire/entries.ts";
import { localCredentials } from "../client.ts";
import type { ClientFlags, Context, LogReader } from "../context.ts";
import { nodeOptions, withReader, type NodeFlags } from "../node.ts";
import { localTime } from "../../sdk/verify/answer-text.ts";

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

export async function auditCommand(flags: AuditFlags, context: Context): Promise<void> {
  const { out, words } = context;
  const filters = filtersOf(flags);
  const contract = await contractFor(flags, context);
  await withReader(flags, context, "auditor", async (reader) => {
    const entries: EntryView[] = [];
    for await (const entry of allEntries(reader, filters)) {
      entries.push(entry);
      out.print(line(entry, context));
    }
    out.print(fill(words.cli.entriesListed, { count: entries.length }));
    const { size, root: hash, proven } = await proveEntries(reader, contract);
    const root = toHex(hash);
    out.print(proven ? fill(words.cli.proven, { size, root }) : words.cli.unproven);
    out.json({ entries, proof: { treeSize: size, root, proven } });
    out.exitCode = proven ? 0 : 3;
  });
}

function filtersOf(flags: AuditFlags): Filters {
  const { issuer, scene, status, reference, from, to } = flags;
  const given = Object.entries({ issuer, scene, status, reference, from, to }).filter(
    ([, value]) => value !== undefined,
  );
  return Object.fromEntries(given);
}

/** The contract on the node that the options name, else on that of credentials.json. */
export async function contractFor(flags: NodeFlags, context: Context): Promise<ContractRoots | undefined> {
  const node = nodeOptions(flags) ?? nodeOptions((await localCredentials(context.config())) ?? {});
  return node && (await context.ports.openContract(node));
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

/** @throws AppError AUDIT_MISMATCH */
export async function proveEntries(
  reader: LogReader,
  contract: ContractRoots | undefined,
  visit: (entry: EntryView) => void = () => undefined,
): ReturnType<typeof proveLog> {
  const { asOf } = await reader.entries({ limit: "1" });
  return await proveLog({ size: asOf.treeSize, entries: allEntries(reader, {}), visit }, contract);
}

function line(entry: EntryView, { words, language }: Context): string {
  const {
    index,
    kind,
    recordedAt,
    institution,
    digest,
    commitment,
    scene,
    status,
    change,
    references = [],
  } = entry;
  const what =
    kind === "document"
      ? [
          scene ?? "",
          status === undefined ? "" : words.statuses[status],
          digest ?? commitment ?? "",
          references.join(", "),
        ]
      : change === undefined
        ? []
        : [`${words.actions[change.action as keyof typeof words.actions]} ${change.document}`, change.reason];
  const columns = [
    String(index).padStart(6),
    localTime(recordedAt),
    words.kinds[kind],
    institution.names[language],
    ...what,
  ];
  return columns.filter((text) => text !== "").join("  ");
}
