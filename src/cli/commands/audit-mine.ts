import {
  reconcile,
  type LoggedDocument,
  type Reconciliation,
  type RegisterLine,
} from "../../audit/reconcile.ts";
import { fromHex, toHex } from "../../core/bytes.ts";
import { formatDigest } from "../../core/digest.ts";
import { decodeEntry } from "../../core/entry.ts";
import { AppError } from "../../core/errors.ts";
import { formatTime } from "../../core/time.ts";
import { fill } from "../../words/index.ts";
import type { ExitCode } from "../../core/verdict.ts";
import type { EntryView } from "../../wire/entries.ts";
import type { ClientFlags, Context, SaltStore } from "../context.ts";
import { nodeOptions, withReader, type NodeFlags } from "../node.ts";
import { faultJson } from "../output.ts";
import { readRegister, type BadLine } from "../register.ts";
import { local } from "../../sdk/told.ts";
import { compare, openContract, recompute } from "./audit.ts";

export interface AuditMineFlags extends ClientFlags, NodeFlags {
  readonly register: string;
  readonly issuer?: number;
}

/** A document of the log, as its bytes have it; scene, status and reference are as the reader says. */
interface Logged extends LoggedDocument {
  readonly recordedAt: string;
  readonly recordedBy: string;
  readonly status: EntryView["status"];
}

type Result = Reconciliation<RegisterLine, Logged>;

/**
 * `hufu audit mine --register CSV`: compares an issuer's own register with what the whole log, hashed anew and compared
 * with the contract's root, has under its id.
 */
export async function auditMineCommand(flags: AuditMineFlags, context: Context): Promise<void> {
  const { out, words } = context;
  const { lines, bad } = await readRegister(flags.register);
  const issuer = await issuerOf(flags, context);
  const contract = await openContract(flags, context);
  await withReader(flags, context, "issuer", async (reader) => {
    const documents: Logged[] = [];
    using salts = await context.ports.findSalts(context.config().saltDir);
    const log = await recompute(reader, (view) => documents.push(...documentOf(view, issuer, salts)));
    const proven = contract !== undefined && (await compare(log, contract));
    const result = reconcile(lines, documents);
    tell(result, bad, context);
    const root = toHex(log.root);
    out.print(proven ? fill(words.cli.proven, { size: log.size, root }) : words.cli.unproven);
    out.json({ issuer, ...toJson(result, bad, context), proof: { treeSize: log.size, root, proven } });
    out.exitCode = exitOf(result, { bad, proven });
  });
}

/** The institution that is asked about: the one named, else the one that the API key acts for. */
async function issuerOf(flags: AuditMineFlags, context: Context): Promise<number> {
  if (flags.issuer !== undefined) return flags.issuer;
  const detail = "name the institution with --issuer ID";
  if (nodeOptions(flags) !== undefined) throw new AppError("USAGE", { detail, at: "--issuer" });
  const { institution } = await (await context.client(flags, "issuer")).me();
  if (institution !== null) return institution;
  throw new AppError("USAGE", { detail: `this key acts for no institution; ${detail}`, at: "--issuer" });
}

/** A blinded document is found in a register by its digest too, where it was blinded on this machine. */
function documentOf(view: EntryView, issuer: number, salts: SaltStore | undefined): Logged[] {
  const entry = decodeEntry(fromHex(view.entry));
  if (entry.kind !== "document" || entry.institution !== issuer) return [];
  const { algorithm, blinded, payload: bytes, recordedAt, recordedBy } = entry;
  if (algorithm === undefined) return [];
  const text = formatDigest({ algorithm, bytes });
  const [kept] = blinded ? (salts?.ofCommitment({ algorithm, bytes, blinded }) ?? []) : [];
  const own = kept === undefined ? undefined : formatDigest(kept.digest);
  return [
    {
      index: view.index,
      digest: blinded ? own : text,
      commitment: blinded ? text : undefined,
      scene: view.scene ?? "",
      reference: view.reference,
      recordedAt: formatTime(recordedAt),
      recordedBy,
      status: view.status,
    },
  ];
}

function tell(result: Result, bad: readonly BadLine[], { out, words: { cli, labels } }: Context): void {
  for (const { line, fault } of bad)
    out.note(fill(cli.badLine, { line, detail: `${fault.fields.detail} (${fault.code})` }));
  for (const { line, first } of result.duplicates)
    out.print(fill(cli.mineDuplicate, { line: line.line, first }));
  for (const { index, digest = "", commitment, recordedAt, recordedBy } of result.notInRegister)
    out.print(
      `! ${fill(cli.mineNotInRegister, { entry: index, time: local(recordedAt), key: recordedBy, digest: commitment ?? digest })}`,
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

/** What a line cannot say, no comparison makes good; and what is not proven may leave something out. */
function exitOf(result: Result, { bad, proven }: { bad: readonly BadLine[]; proven: boolean }): ExitCode {
  if (bad.length > 0) return 2;
  const differences = [result.notInRegister, result.notInLog, result.different];
  if (differences.some((list) => list.length > 0)) return 1;
  return proven ? 0 : 3;
}
