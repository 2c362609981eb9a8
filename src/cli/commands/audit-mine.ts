/** The command `hufu audit mine` compares an issuer's own register with the proven log's entries under its id. */
import {
  registeredDocument,
  reconcile,
  type LoggedDocument,
  type Reconciliation,
  type RegisterLine,
} from "../../audit/reconcile.ts";
import { fromHex, toHex } from "../../core/bytes.ts";
import { detailIn } from "../../core/details.ts";
import { AppError } from "../../core/errors.ts";
import { formatTime } from "../../core/time.ts";
import { fill } from "../../words/index.ts";
import type { ExitCode } from "../../core/verdict.ts";
import type { EntryView } from "../../wire/entries.ts";
import type { ClientFlags, Context, LocalSalts } from "../context.ts";
import { nodeOptions, withReader, type NodeFlags } from "../node.ts";
import { faultJson } from "../output.ts";
import { LineFaults } from "../csv/line-faults.ts";
import { readRegister, type BadLine } from "../register.ts";
import { localTime } from "../../sdk/verify/answer-text.ts";
import { contractFor, proveEntries } from "./audit.ts";

export interface AuditMineFlags extends ClientFlags, NodeFlags {
  readonly register: string;
  readonly issuer?: number;
}

/** A document of the log: scene, status and reference come from the reader, the rest from the proven entry. */
interface ListedDocument extends LoggedDocument {
  readonly recordedAt: string;
  readonly recordedBy: string;
  readonly status: EntryView["status"];
}

type Result = Reconciliation<RegisterLine, ListedDocument>;

export async function auditMineCommand(flags: AuditMineFlags, context: Context): Promise<void> {
  const { out, words } = context;
  const { lines, bad, unrecorded } = await readRegister(flags.register, context);
  if (unrecorded > 0) out.note(fill(words.cli.unrecorded, { count: unrecorded }));
  const issuer = await issuerOf(flags, context);
  const contract = await contractFor(flags, context);
  await withReader(flags, context, "issuer", async (reader) => {
    const documents: ListedDocument[] = [];
    using salts = await context.ports.findSalts(context.config().saltDir);
    const visit = (view: EntryView): void => void documents.push(...loggedDocument(view, issuer, salts));
    const { size, root: hash, proven } = await proveEntries(reader, contract, visit);
    const result = reconcile(lines, documents);
    printResult(result, bad, context);
    const root = toHex(hash);
    out.print(proven ? fill(words.cli.proven, { size, root }) : words.cli.unproven);
    out.json({ issuer, ...toJson(result, bad, context), proof: { treeSize: size, root, proven } });
    out.exitCode = exitOf(result, { bad, proven });
  });
}

/** The institution named by the options, else the one that the API key acts for. */
async function issuerOf(flags: AuditMineFlags, context: Context): Promise<number> {
  if (flags.issuer !== undefined) return flags.issuer;
  const detail = "name the institution with --issuer ID";
  if (nodeOptions(flags) !== undefined) throw new AppError("USAGE", { detail, at: "--issuer" });
  const { institution } = await (await context.client(flags, "issuer")).me();
  if (institution !== null) return institution;
  throw new AppError("USAGE", { detail: `this key acts for no institution; ${detail}`, at: "--issuer" });
}

function loggedDocument(view: EntryView, issuer: number, salts: LocalSalts | undefined): ListedDocument[] {
  const document = registeredDocument(fromHex(view.entry), {
    issuer,
    digestOf: (commitment) =>
      salts?.ofCommitment(commitment).find(({ institution }) => institution === issuer)?.digest,
  });
  if (document === undefined) return [];
  const { digest, commitment, recordedBy } = document;
  const { index, scene = "", references = [], status } = view;
  const recordedAt = formatTime(document.recordedAt);
  return [{ index, digest, commitment, scene, references, recordedAt, recordedBy, status }];
}

function printResult(
  result: Result,
  bad: readonly BadLine[],
  { out, words: { cli, labels, details } }: Context,
): void {
  const faults = new LineFaults();
  for (const { line, fault } of bad) faults.add(line, `${detailIn(fault, details)} (${fault.code})`);
  for (const text of faults.take(cli)) out.note(text);
  for (const { line, first } of result.duplicates)
    out.print(fill(cli.mineDuplicate, { line: line.line, first }));
  for (const { index, digest = "", commitment, recordedAt, recordedBy } of result.notInRegister)
    out.print(
      `! ${fill(cli.mineNotInRegister, { entry: index, time: localTime(recordedAt), key: recordedBy, digest: commitment ?? digest })}`,
    );
  for (const { line, digest = "", commitment } of result.notInLog)
    out.print(`! ${fill(cli.mineNotInLog, { line, digest: commitment ?? digest })}`);
  for (const { line, entry, what } of result.different)
    out.print(
      `! ${fill(cli.mineDifferent, { line: line.line, entry: entry.index, what: what === "scene" ? labels.documentType : labels.reference })}`,
    );
  const { matched, notInRegister, notInLog } = result;
  out.print(fill(cli.mine, { matched, log: notInRegister.length, register: notInLog.length }));
}

function toJson(result: Result, bad: readonly BadLine[], { words }: Context): object {
  const { matched, notInRegister, notInLog, different, duplicates } = result;
  return {
    matched,
    notInRegister: notInRegister.map(({ digest, commitment, ...rest }) =>
      commitment === undefined ? { ...rest, digest } : { ...rest, commitment },
    ),
    notInLog,
    different: different.map(({ line, entry, what }) => ({ line: line.line, index: entry.index, what })),
    duplicates: duplicates.map(({ line, first }) => ({ line: line.line, first })),
    badLines: bad.map(({ line, fault }) => ({ line, error: faultJson(fault, words) })),
  };
}

/** A bad line (2) is unknown to the comparison; entries that are not proven may be incomplete (3). */
function exitOf(result: Result, { bad, proven }: { bad: readonly BadLine[]; proven: boolean }): ExitCode {
  if (bad.length > 0) return 2;
  if (!result.agree) return 1;
  return proven ? 0 : 3;
}
