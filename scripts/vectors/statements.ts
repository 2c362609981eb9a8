/** Lists the cases of status statements. */
import { concat, toHex } from "../../src/core/bytes.ts";
import type { Digest } from "../../src/core/digest.ts";
import { encodeStatus } from "../../src/core/entry.ts";
import { formatTime } from "../../src/core/time.ts";
import { cosign, formatCheckpoint } from "../../src/log/checkpoint.ts";
import { formatVerifierKey, formatNote, signNote } from "../../src/log/note.ts";
import type { ProvenEntry } from "../../src/log/proven-entry.ts";
import { formatStatementFile, type StatementFile } from "../../src/log/statement.ts";
import type { Input } from "../../test/conformance/judge.ts";
import { TIME, type TestLog } from "../../test/support/log/receipts.ts";
import { ascii, bytesOf, edit, type Case } from "./case.ts";
import { END, OPEN, POLICY, SALT, logOf, offline, sampleLog, stated } from "./sample.ts";

type Status = Parameters<TestLog["status"]>[0];
type Change = Parameters<TestLog["statement"]>[1];

/** The statement on the open document after a change of its status, by an institution at a time. */
function withdrawal(
  action: Status["action"],
  change: Change = {},
  status: Partial<Status> & { institution?: number; recordedAt?: number } = {},
): StatementFile {
  const { log, open } = sampleLog();
  const { institution, recordedAt, ...rest } = status;
  const successor = action === "supersede" ? open + 1 : undefined;
  const made = { document: open, action, reason: "content-corrected", successor, ...rest } as const;
  const at = log.status(made, institution, recordedAt);
  log.fill(5);
  const verdict = (
    { revoke: "revoked", suspend: "suspended", supersede: "superseded", reinstate: "valid" } as const
  )[action];
  return log.statement(open, { verdict, status: log.prove(at), ...change });
}

/** The statement after a second entry of the open document, altered by `twin`, was withdrawn. */
function ofTwin(
  twin: {
    digest?: Digest;
    institution?: number;
    byte?: [at: number, value: number];
    withdrawn?: number;
  } = {},
  change: (twin: ProvenEntry) => ProvenEntry | undefined = (proven) => proven,
): StatementFile {
  const { log, open } = sampleLog();
  const { digest = OPEN[0], byte, withdrawn: other, ...options } = twin;
  let at = log.document(digest, options);
  if (byte !== undefined) at = log.append((log.entries[at] ?? SALT).with(...byte));
  const by = log.status({ document: other ?? at, action: "revoke", reason: "other", successor: undefined });
  return log.statement(open, { verdict: "revoked", status: log.prove(by), twin: change(log.prove(at)) });
}

const { log, open } = sampleLog();
const says = (change: Change = {}): StatementFile => log.statement(open, change);
const [SHENZHEN, HONG_KONG] = log.operators;
const foreign = sampleLog({ chainId: 31_338 }).log;
/** Another text, signed by the status key. */
function rewritten(change: (text: string) => string): StatementFile {
  const text = change(says().note.text);
  return { ...says(), note: { text, signatures: [signNote(text, SHENZHEN.status)] } };
}
const proof = (
  file: StatementFile,
  change: Partial<NonNullable<StatementFile["status"]>>,
): StatementFile => ({
  ...file,
  status: file.status && { ...file.status, ...change },
});
const refused = (cases: Readonly<Record<string, StatementFile | string>>): Case[] =>
  Object.entries(cases).map(([description, file]) => [description, stated(file), "STATUS_STATEMENT_INVALID"]);
/** The log's checkpoint with cosignatures of these times after that of the statement, one of each operator. */
const cosigned = (...after: readonly number[]): Change => ({
  checkpoint: log.cosigned(
    log,
    log.operators.flatMap((by, i) =>
      after.slice(i, i + 1).map((seconds) => ({ by, at: TIME + 60 + seconds })),
    ),
  ),
});

/** What one operator alone can make: a revocation in a tree of its own, with these members of the file. */
function forged(change: (own: TestLog) => Change): StatementFile {
  const own = logOf(log.entries);
  const at = own.status({ document: open, action: "revoke", reason: "other", successor: undefined });
  return own.statement(open, { verdict: "revoked", status: own.prove(at), ...change(own) });
}

/** The same with the checkpoint of the log at that size, and the document's proof under it. */
function forgedBeside(): StatementFile {
  const real = logOf(log.entries);
  real.fill(1);
  return forged(() => ({ checkpoint: real.checkpoint(...real.operators), proof: real.prove(open).proof }));
}

/** A revocation of the document, or of another entry of it, that was recorded before. */
function early(which: "own" | "twin"): StatementFile {
  const document = which === "own" ? open : 20;
  const before = logOf(log.entries.slice(0, 10));
  const at = before.status({ document, action: "revoke", reason: "other", successor: undefined });
  const entries = [...before.entries, ...log.entries.slice(before.size)];
  const made = logOf(entries.with(document, log.entries[open] ?? SALT));
  made.fill(1);
  const twin = which === "own" ? undefined : made.prove(document);
  return made.statement(open, { verdict: "revoked", status: made.prove(at), twin });
}

/** With the checkpoint of the same entries under another origin, which the policy believes. */
function ofCopy(change: Change = {}): Input {
  const text = formatCheckpoint({ origin: foreign.origin, size: log.size, root: log.root });
  const cosignatures = log.operators.map(({ witness }) => cosign(text, witness, TIME + 5));
  const signatures = [signNote(text, foreign.operators[0].log), ...cosignatures];
  const policy = `log ${formatVerifierKey(foreign.operators[0].log.key)}\n${POLICY}`;
  return { ...stated(says({ checkpoint: { text, signatures }, ...change })), policy };
}

/** With the first operator's status key in a window, given in seconds after `TIME`. */
function inWindow(statement: StatementFile, from: number, until: number): Input {
  const id = toHex(SHENZHEN.status.key.id);
  const ends = `${formatTime(TIME + from)} ${formatTime(TIME + until)}`;
  return { ...stated(statement), policy: `# hufu key ${id} ${ends}\n${POLICY}` };
}

/** A document shown as the status entry. */
function ofDocument(): StatementFile {
  return log.statement(open, { verdict: "revoked", status: log.prove(0) });
}

/** A document whose digest equals the bytes of a revocation. */
function disguised(): StatementFile {
  const { log: other, open: document } = sampleLog();
  const bytes = encodeStatus({ document, action: "revoke", reason: "other", successor: undefined });
  const at = other.document({ algorithm: "sha256", bytes });
  return other.statement(document, { verdict: "revoked", status: other.prove(at) });
}

const lying = withdrawal("revoke");
/** A statement file as JSON, changed. */
const json = (change: (file: Record<string, unknown>) => unknown, file = says()): string =>
  JSON.stringify(change(JSON.parse(formatStatementFile(file)) as Record<string, unknown>));

export const STATEMENTS: readonly Case[] = [
  ["valid, by the word of the operator", stated(says())],
  ["valid until its end", stated(says({ time: END - 1 }))],
  ["expired from its end on", stated(says({ verdict: "expired", time: END }))],
  ["revoked, which its entry proves", stated(lying)],
  ["suspended", stated(withdrawal("suspend"))],
  ["superseded", stated(withdrawal("supersede"))],
  ["revoked as another entry of the same document", stated(ofTwin())],
  ["suspended by governance", stated(withdrawal("suspend", {}, { institution: 0 }))],
  ["revoked at the time of the statement", stated(withdrawal("revoke", {}, { recordedAt: TIME + 60 }))],
  [
    "reinstated, which is valid by the word of the operator",
    stated(withdrawal("reinstate", { status: undefined })),
  ],
  ["600 s after the time of its checkpoint", stated(says(cosigned(-600, 0)))],
  ["600 s before the time of its checkpoint", stated(says(cosigned(600, 900)))],
  ["five minutes ahead of the reader's clock", stated(says(), TIME - 240)],
  ["the issuer is not in good standing", stated(says({ verdict: "issuer-not-in-good-standing" }))],
  ["signed by the other operator", stated(says({ by: HONG_KONG.status }))],
  ["signed in the first second of its key's window", inWindow(says(), 60, 61)],
  ["signed by a key before its window", inWindow(says(), 61, 62), "STATUS_STATEMENT_INVALID"],
  ["signed by a key at the end of its window", inWindow(says(), 59, 60), "STATUS_STATEMENT_INVALID"],
  [
    "signed by a status key of another log, which the policy has too",
    {
      ...stated(says({ by: foreign.operators[0].status })),
      policy: `# hufu status ${formatVerifierKey(foreign.operators[0].status.key)}\n${POLICY}`,
    },
    "STATUS_STATEMENT_INVALID",
  ],
  ["unknown members of the file", stated(json((file) => ({ ...file, more: 1 })))],
  ...refused({
    "another entry": log.statement(open - 1),
    "another leaf": says({ leaf: SALT }),
    "another index with the same leaf": says({ index: open - 1 }),
    "another chain": says({ origin: foreign.origin }),
    "another history at the same size": logOf(log.entries.with(-1, log.entries[0] ?? SALT)).statement(open),
    "another root than that of its checkpoint": says({ root: bytesOf("another root") }),
    "another size than that of its checkpoint": says({ size: log.size + 1 }),
    "a log that is older than the receipt": logOf(log.entries.slice(0, -1)).statement(open),
    "a time before the entry": says({ time: TIME - 1 }),
    "valid after its end": says({ time: END }),
    "expired before its end": says({ verdict: "expired", time: END - 1 }),
    "signed by the log key": says({ by: SHENZHEN.log }),
    "signed by a witness": says({ by: SHENZHEN.witness }),
    "signed by a stranger": says({ by: foreign.operators[0].status }),
    "signed by nobody": {
      ...says(),
      note: { ...says().note, signatures: [signNote("a\n", SHENZHEN.witness)] },
    },
    "changed after it was signed": {
      ...says(),
      note: { ...says().note, text: edit(says().note.text, "\nvalid\n", "\nexpired\n") },
    },
    "a withdrawal without its entry": { ...lying, status: undefined },
    "a revocation in a tree that one operator alone signed": forged((own) => ({
      checkpoint: own.checkpoint(SHENZHEN),
    })),
    "a revocation in a tree that nobody cosigned": forged((own) => ({ checkpoint: own.checkpoint() })),
    "a revocation in another tree than that of its checkpoint": forged(() => ({
      checkpoint: log.checkpoint(...log.operators),
    })),
    "a revocation in another tree of the size of its checkpoint": forgedBeside(),
    "a checkpoint of another log": says({ checkpoint: foreign.checkpoint(...foreign.operators) }),
    "a checkpoint of one of two cosignatures": says(cosigned(0)),
    "601 s after the time of its checkpoint": says(cosigned(-601, 0)),
    "601 s before the time of its checkpoint": says(cosigned(601, 900)),
    "no proof of the document": says({ proof: [] }),
    "the proof of another document": says({ proof: log.prove(open - 1).proof }),
    "a withdrawal by another institution": withdrawal("revoke", {}, { institution: 2 }),
    "a withdrawal that is older than the document": early("own"),
    "a withdrawal that is older than another entry of the same document": early("twin"),
    "a withdrawal that is newer than the statement": withdrawal("revoke", {}, { recordedAt: TIME + 61 }),
    "a status entry beside a verdict that is no withdrawal": { ...says(), status: lying.status },
    "an entry of the document beside a verdict that is no withdrawal": { ...says(), twin: log.prove(open) },
    "an entry of the document that the withdrawal does not need": { ...lying, twin: ofTwin().twin },
    "a withdrawal with the entry of a document": ofDocument(),
    "a withdrawal with a document whose digest reads like one": disguised(),
    "a withdrawal of another document": withdrawal("revoke", {}, { document: open - 1 }),
    "a withdrawal of another kind": withdrawal("suspend", { verdict: "revoked" }),
    "a withdrawal by another entry than is named": withdrawal("revoke", { decidedBy: 3 }),
    "a withdrawal that names no entry": withdrawal("revoke", { decidedBy: undefined }),
    "a withdrawal with another proof": proof(lying, { proof: [...(lying.status?.proof ?? [])].reverse() }),
    "a withdrawal whose entry is changed": proof(lying, { entry: lying.status?.entry.with(37, 1) ?? SALT }),
    "a withdrawal whose entry is no entry": proof(lying, { entry: lying.status?.entry.with(0, 9) ?? SALT }),
    "a withdrawal of another entry, which is not shown": ofTwin({}, () => undefined),
    "a withdrawal of another entry, whose proof is wrong": ofTwin({}, (twin) => ({
      ...twin,
      proof: [...twin.proof].reverse(),
    })),
    "a withdrawal of another entry than the one shown": ofTwin({ withdrawn: open - 1 }),
    "a withdrawal of another institution's entry": ofTwin({ institution: 2 }),
    "a withdrawal of an entry of another algorithm": ofTwin({ digest: { ...OPEN[0], algorithm: "sm3" } }),
    "a withdrawal of a blinded entry": ofTwin({ byte: [3, 1] }),
    "a withdrawal of what is no document": ofTwin({ byte: [1, 3] }),
    "a withdrawal of another document's entry": ofTwin({
      digest: { algorithm: "sha256", bytes: bytesOf("another") },
    }),
    "a file that is no JSON": "hufu/status/v1",
    "two members of one name": edit(formatStatementFile(says()), "{", '{"v":1,'),
    "two members of one name, one of them escaped": edit(formatStatementFile(says()), "{", '{"\\u0076":1,'),
    "two byte order marks": `\uFEFF\uFEFF${formatStatementFile(says())}`,
    "a file without checkpoint": json(({ checkpoint: _, ...rest }) => rest),
    "a checkpoint that is no note": json((file) => ({ ...file, checkpoint: log.checkpoint().text })),
    "a file without the proof of the document": json(({ proof: _, ...rest }) => rest),
    "a proof that is no list": json((file) => ({ ...file, proof: "proof" })),
    "a file of version 2": json((file) => ({ ...file, v: 2 })),
    "a file without statement": json(({ statement: _, ...rest }) => rest),
    "a statement that is no note": json((file) => ({ ...file, statement: says().note.text })),
    "a status entry of 79 bytes": json((file) => ({
      ...file,
      status: { entry: "00".repeat(79), index: 1, proof: [] },
    })),
    "a status entry that is null": json((file) => ({ ...file, status: null })),
    "a file of more than 64 KiB": `${formatStatementFile(says())}${" ".repeat(65_536)}`,
  }),
  ["a checkpoint of a copy of the log that the policy has too", ofCopy(), "STATUS_STATEMENT_INVALID"],
  [
    "a copy of the log that the policy has too",
    ofCopy({ origin: foreign.origin }),
    "STATUS_STATEMENT_INVALID",
  ],
  ["from the future by the reader's clock", stated(says(), TIME - 241), "STATUS_STATEMENT_INVALID"],
  [
    "no UTF-8",
    { ...offline(), statementHex: toHex(concat(ascii(formatStatementFile(says())), Uint8Array.of(255))) },
    "STATUS_STATEMENT_INVALID",
  ],
];

const file = (
  statement: StatementFile | string,
  keys = [SHENZHEN.status],
): { statement: string; vkeys: string[] } => ({
  statement: typeof statement === "string" ? statement : formatStatementFile(statement),
  vkeys: keys.map(({ key }) => formatVerifierKey(key)),
});
const line = (from: string | RegExp, to: string): { statement: string; vkeys: string[] } =>
  file(rewritten((text) => edit(text, from, to)));

export const SIGNED_STATEMENTS: readonly Case[] = [
  ["a statement", file(says())],
  ["a withdrawal with its entry", file(lying)],
  ["any of several keys", file(says(), [HONG_KONG.status, SHENZHEN.status])],
  ...Object.entries({
    "no key": file(says(), []),
    "another key": file(says(), [HONG_KONG.status]),
    "another version": line("hufu/status/v1", "hufu/status/v2"),
    "no origin": line(log.origin, ""),
    "a size that is none": line(/\n64\n/, "\n064\n"),
    "a root of 31 bytes": line(/\n64\n[^\n]*/, `\n64\n${btoa("x".repeat(31))}`),
    "a time of another zone": line("Z\n", "+00:00\n"),
    "a time with fractions": line("Z\n", ".5Z\n"),
    "a date alone": line(/T[^\n]*Z/, ""),
    "an index beyond its size": line(`\n${open}\n`, "\n64\n"),
    "a leaf that is no hash": line(/\n[^\n]*\nvalid/, "\nleaf\nvalid"),
    "a verdict that is none of a statement": line("\nvalid\n", "\nregistered\n"),
    "a deciding entry beyond its size": line(/valid\n-\n$/, "revoked\n64\n"),
    "a deciding entry of what is no withdrawal": line(/-\n$/, "3\n"),
    "a withdrawal without its deciding entry": line("\nvalid\n", "\nrevoked\n"),
    "no deciding entry, and no dash": line(/-\n$/, "\n"),
    "a line more": line(/$/, "more\n"),
    "a line less": line(/-\n$/, ""),
    "a cosignature": file({
      ...says(),
      note: {
        ...says().note,
        signatures: [{ ...signNote(says().note.text, SHENZHEN.status), keyId: SHENZHEN.witness.key.id }],
      },
    }),
    "a note without its file": file(formatNote(says().note)),
  }).map(([description, input]): Case => [description, input, "STATUS_STATEMENT_INVALID"]),
];
