/** Makes the samples to mutate: receipts, checkpoints, statements, proofs and entries. */
import { concat, toHex } from "../../../src/core/bytes.ts";
import { formatDigest, parseDigest, type Digest } from "../../../src/core/digest.ts";
import { AppError } from "../../../src/core/errors.ts";
import { sampleLog, OPEN, PERSONAL, SALT } from "../../../scripts/vectors/sample.ts";
import { formatNote, formatVerifierKey, parseNote } from "../../../src/log/note.ts";
import { parsePolicy, type Policy } from "../../../src/log/policy.ts";
import { verifyConsistency } from "../../../src/log/proof.ts";
import { formatProven, verifyEntry, JsonReader, type ProvenEntry } from "../../../src/log/proven-entry.ts";
import { formatReceipt, parseReceipt, type Receipt } from "../../../src/log/receipt.ts";
import {
  formatStatementFile,
  openStatement,
  parseStatementFile,
  type StatementFile,
} from "../../../src/log/statement.ts";
import { trustCheckpoint, type TrustedCheckpoint } from "../../../src/log/trusted-checkpoint.ts";
import { verifyOffline, type OfflineAnswer } from "../../../src/sdk/verify/offline.ts";
import {
  bytesOf,
  mutateNote,
  mutateProven,
  mutateWithin,
  oneOf,
  same,
  textMutations,
  textOf,
  type Sample,
} from "./sample.ts";
import { mutateByte, mutateField, mutateLength, mutateNumber, mutateOrder } from "./text.ts";
import { TIME } from "../../support/log/receipts.ts";
import type { Draw } from "./draw.ts";

type SampleLog = ReturnType<typeof sampleLog>;
const OWN = sampleLog();
const CHAIN = sampleLog({ chainId: 31_338 });
const REGISTRY = sampleLog({ registry: `0x${"0b".repeat(20)}` });
const POLICY = OWN.log.policy();
/** By the reader's clock. */
const NOW = TIME + 3_600;

/** The claims of a checkpoint: the log, the size, the root, and the cosigners. */
function claimsOf({ signers: _, cosigners, ...checkpoint }: TrustedCheckpoint): object {
  return {
    ...checkpoint,
    cosigners: cosigners.map(({ witness, at }) => `${witness.name} ${at}`),
  };
}

// ---- receipts

function receiptSample(
  name: string,
  of: (log: SampleLog) => Receipt,
  digests: readonly [Digest, Digest],
): Sample[] {
  const receipt = of(OWN);
  const text = formatReceipt(receipt);
  const { institution: named, entry } = verifyOffline({ receipt, digests, policy: POLICY, now: NOW });
  const own = digests.find(({ algorithm }) => algorithm === entry.algorithm) ?? digests[0];
  const held = (answer: OfflineAnswer, bytes: Uint8Array, by: readonly Digest[]) => ({
    verdict: answer.verdict,
    index: answer.index,
    entry: bytes,
    digest: by.filter(({ algorithm }) => algorithm === answer.entry.algorithm).map(formatDigest),
    checkpoint: claimsOf(answer.checkpoint),
    institution: answer.institution instanceof AppError ? named : answer.institution,
  });
  return [
    {
      name: `receipts: ${name}`,
      original: bytesOf(text),
      mutations: [
        ...textMutations(text, { chain: formatReceipt(of(CHAIN)), registry: formatReceipt(of(REGISTRY)) }),
        ["byte", (draw) => bytesOf(mutateWithin(text, /^(extra )(.*)$/m, draw))],
        ["field", (draw) => bytesOf(formatReceipt(mutateReceipt(receipt, draw)))],
        ["field", (draw) => bytesOf(formatReceipt(mutateReceipt(receipt, draw)))],
        ["order", (draw) => bytesOf(formatReceipt({ ...receipt, proof: mutateOrder(receipt.proof, draw) }))],
      ],
      verify(bytes) {
        const read = parseReceipt(bytes);
        const answer = verifyOffline({ receipt: read, digests, policy: POLICY, now: NOW });
        return { claims: held(answer, read.extra.entry, digests), cause: causeOf(read, receipt, answer) };
      },
    },
    {
      name: "digests",
      original: own.bytes,
      mutations: [
        ["byte", (draw) => mutateByte(own.bytes, draw)],
        ["field", (draw) => mutateField(own.bytes, draw)],
      ],
      verify(bytes) {
        const digest = parseDigest(`${own.algorithm}:${toHex(bytes)}`);
        const answer = verifyOffline({ receipt, digests: [digest], policy: POLICY, now: NOW });
        return { claims: held(answer, receipt.extra.entry, [digest]), cause: "nothing" };
      },
    },
  ];
}

function mutateReceipt(receipt: Receipt, draw: Draw): Receipt {
  const { extra, index, proof, checkpoint } = receipt;
  const { entry, salt, directory, file } = extra;
  return draw.of([
    () => ({ ...receipt, index: mutateNumber(index, draw) }),
    () => ({ ...receipt, proof: oneOf(proof, draw, mutateField) }),
    () => ({ ...receipt, checkpoint: mutateNote(checkpoint, draw) }),
    () => ({ ...receipt, checkpoint: mutateNote(checkpoint, draw) }),
    () => ({ ...receipt, extra: { ...extra, entry: mutateField(entry, draw) } }),
    () => ({ ...receipt, extra: { ...extra, salt: mutateField(salt ?? SALT, draw) } }),
    () => ({ ...receipt, extra: { ...extra, file: { name: "a.pdf", bytes: (file?.bytes ?? 0) + 1 } } }),
    () => ({
      ...receipt,
      extra: {
        ...extra,
        directory: directory && {
          ...draw.of([directory, mutateProven(directory, draw)]),
          event: mutateField(directory.event, draw),
        },
      },
    }),
  ])();
}

function causeOf(read: Receipt, original: Receipt, answer: OfflineAnswer): string {
  if (!same(read.checkpoint, original.checkpoint)) return "ignored signature lines";
  if (answer.institution instanceof AppError) return "a directory part that proves nothing";
  if (!same(read.extra.directory, original.extra.directory)) return "a directory part that proves the same";
  if (!same(read.extra.file, original.extra.file)) return "what the client says of the file";
  if (!same(read.extra.salt, original.extra.salt)) return "the salt of an open document";
  return "another writing of the same";
}

// ---- checkpoints

function checkpointSample(
  name: string,
  by: (log: SampleLog["log"]) => Parameters<typeof formatNote>[0],
): Sample {
  const note = by(OWN.log);
  const text = formatNote(note);
  const signers = trustCheckpoint(note, { policy: POLICY, now: NOW }).signers.length;
  return {
    name: `checkpoints: ${name}`,
    original: bytesOf(text),
    mutations: [
      ...textMutations(text, { chain: formatNote(by(CHAIN.log)), registry: formatNote(by(REGISTRY.log)) }),
      ["field", (draw) => bytesOf(formatNote(mutateNote(note, draw)))],
      ["order", (draw) => bytesOf(formatNote({ ...note, signatures: mutateOrder(note.signatures, draw) }))],
    ],
    verify(bytes) {
      const trusted = trustCheckpoint(parseNote(textOf(bytes)), { policy: POLICY, now: NOW });
      const left = trusted.signers.length < signers;
      const cause = left ? "one of two signatures of the log" : "ignored signature lines";
      return { claims: claimsOf(trusted), cause };
    },
  };
}

// ---- statements

/** One witness suffices: the verdict of a statement does not depend on their number. */
const ONE_WITNESS: Policy = parsePolicy(
  [
    `log ${formatVerifierKey(OWN.log.operators[0].log.key)}`,
    `# hufu status ${formatVerifierKey(OWN.log.operators[0].status.key)}`,
    `witness hong-kong ${formatVerifierKey(OWN.log.operators[1].witness.key)}`,
    "quorum hong-kong\n",
  ].join("\n"),
);
const RECEIPT = OWN.log.receipt(OWN.open, { checkpoint: OWN.log.checkpoint(OWN.log.operators[1]) });
const STATUS_KEYS = [OWN.log.operators[0].status.key];

function statementSample(name: string, of: (log: SampleLog) => StatementFile): Sample {
  const file = of(sampleLog());
  const text = formatStatementFile(file);
  const [chain, registry] = [{ chainId: 31_338 }, { registry: `0x${"0b".repeat(20)}` } as const].map(
    (options) => formatStatementFile(of(sampleLog(options))),
  );
  const { note, checkpoint, proof, status, twin } = file;
  return {
    name: `statements: ${name}`,
    original: bytesOf(text),
    mutations: [
      ...textMutations(text, { chain: chain ?? "", registry: registry ?? "" }),
      ["field", (draw) => bytesOf(formatStatementFile({ ...file, note: mutateNote(note, draw) }))],
      [
        "field",
        (draw) => bytesOf(formatStatementFile({ ...file, status: status && mutateProven(status, draw) })),
      ],
      ["field", (draw) => bytesOf(formatStatementFile({ ...file, twin: twin && mutateProven(twin, draw) }))],
      [
        "field",
        (draw) => bytesOf(formatStatementFile({ ...file, checkpoint: mutateNote(checkpoint, draw) })),
      ],
      ["field", (draw) => bytesOf(formatStatementFile({ ...file, proof: oneOf(proof, draw, mutateField) }))],
      ["order", (draw) => bytesOf(formatStatementFile({ ...file, proof: mutateOrder(proof, draw) }))],
      ["order", (draw) => bytesOf(formatStatementFile({ ...file, note: mutateNote(note, draw) }))],
    ],
    verify(bytes) {
      const statement = parseStatementFile(bytes);
      openStatement(statement.note, STATUS_KEYS); // fails early, without its receipt
      const answer = verifyOffline({
        receipt: RECEIPT,
        digests: OPEN,
        policy: ONE_WITNESS,
        now: NOW,
        statement,
      });
      if (answer.status === undefined || answer.status instanceof AppError)
        throw answer.status ?? new RangeError();
      const { signers, ...stated } = answer.status;
      const claims = { verdict: answer.verdict, stated, signers: signers.map(formatVerifierKey) };
      const isSame = same([statement.note, statement.checkpoint], [note, checkpoint]);
      return { claims, cause: isSame ? "another writing of the same" : "ignored signature lines" };
    },
  };
}

function revoked({ log, open }: SampleLog): StatementFile {
  const at = log.status({ document: open, action: "revoke", reason: "other", successor: undefined });
  log.fill(5);
  return log.statement(open, { verdict: "revoked", status: log.prove(at) });
}

function revokedTwin({ log, open }: SampleLog): StatementFile {
  const twin = log.append(log.entries[open] ?? new Uint8Array());
  const at = log.status({ document: twin, action: "revoke", reason: "other", successor: undefined });
  log.fill(5);
  return log.statement(open, { verdict: "revoked", status: log.prove(at), twin: log.prove(twin) });
}

// ---- proofs and entries

const GROWN = sampleLog();
GROWN.log.fill(7);
const ROOT = { size: GROWN.log.size, root: GROWN.log.root };
const members = new JsonReader((detail, at) => new AppError("RECEIPT_EXTRA", { detail, at }));

function provenSample(index: number): Sample {
  const proven = GROWN.log.prove(index);
  const text = JSON.stringify(formatProven(proven));
  return {
    name: `proofs: entry ${index}`,
    original: bytesOf(text),
    mutations: [
      ["byte", (draw) => mutateByte(bytesOf(text), draw)],
      ["length", (draw) => mutateLength(bytesOf(text), draw)],
      ["field", (draw) => bytesOf(JSON.stringify(formatProven(mutateProven(proven, draw))))],
      ["field", (draw) => bytesOf(JSON.stringify(formatProven(mutateProven(proven, draw))))],
      [
        "order",
        (draw) =>
          bytesOf(JSON.stringify(formatProven({ ...proven, proof: mutateOrder(proven.proof, draw) }))),
      ],
    ],
    verify(bytes) {
      const read: ProvenEntry = members.proven(members.parse(bytes, "proof"), "proof");
      return {
        claims: { entry: verifyEntry(read, ROOT), index: read.index },
        cause: "another writing of the same",
      };
    },
  };
}

function consistencySample(): Sample {
  const later = sampleLog().log;
  later.fill(20);
  const proof = later.consistency(ROOT.size);
  return {
    name: "proofs: consistency",
    original: concat(...proof),
    mutations: [
      ["byte", (draw) => mutateByte(concat(...proof), draw)],
      ["length", (draw) => mutateLength(concat(...proof), draw)],
      ["order", (draw) => concat(...mutateOrder(proof, draw))],
      ["field", (draw) => concat(...oneOf(proof, draw, mutateField))],
    ],
    verify(bytes) {
      const hashes = Array.from({ length: Math.ceil(bytes.length / 32) }, (_, i) =>
        bytes.slice(32 * i, 32 * i + 32),
      );
      const sizes = { first: ROOT.size, second: later.size };
      verifyConsistency({ ...sizes, proof: hashes, firstRoot: ROOT.root, secondRoot: later.root });
      return { claims: hashes, cause: "nothing" };
    },
  };
}

function entrySample(index: number): Sample {
  const { entry, proof } = GROWN.log.prove(index);
  return {
    name: `entries: entry ${index}`,
    original: entry,
    mutations: [
      ["byte", (draw) => mutateByte(entry, draw)],
      ["length", (draw) => mutateLength(entry, draw)],
      ["order", (draw) => Uint8Array.from(mutateOrder([...entry], draw))],
      ["field", (draw) => mutateEntry(entry, draw)],
    ],
    verify: (bytes) => ({ claims: verifyEntry({ entry: bytes, index, proof }, ROOT), cause: "nothing" }),
  };
}

/** Offsets of the fields of an entry, and its end. */
const FIELDS = [0, 1, 2, 3, 4, 8, 12, 20, 28, 60, 80];

function mutateEntry(entry: Uint8Array, draw: Draw): Uint8Array {
  const at = draw.below(FIELDS.length - 1);
  const [start = 0, end = 80] = FIELDS.slice(at, at + 2);
  const field = draw.of([draw.bytes(end - start), new Uint8Array(end - start).with(-1, draw.below(8))]);
  return concat(entry.slice(0, start), field, entry.slice(end));
}

/** By the kind of file. */
export const SAMPLES: Readonly<Record<string, readonly Sample[]>> = {
  receipts: [
    ...receiptSample("open", ({ log, open, registration }) => log.receipt(open, { registration }), OPEN),
    ...receiptSample(
      "blinded",
      ({ log, blinded, registration }) => log.receipt(blinded, { registration, salt: SALT }),
      PERSONAL,
    ),
  ],
  checkpoints: [
    checkpointSample("of one operator", (log) => log.checkpoint(...log.operators)),
    checkpointSample("of both", (log) => {
      const note = log.checkpoint(...log.operators);
      const second = log.operators[1].log;
      const signature = {
        name: second.key.name,
        keyId: second.key.id,
        signature: second.sign(bytesOf(note.text)),
      };
      return { ...note, signatures: [...note.signatures, signature] };
    }),
  ],
  statements: [
    statementSample("valid", ({ log, open }) => log.statement(open)),
    statementSample("revoked", revoked),
    statementSample("revoked by a twin", revokedTwin),
  ],
  proofs: [provenSample(34), provenSample(70), provenSample(3), consistencySample()],
  entries: [entrySample(GROWN.open), entrySample(GROWN.blinded), entrySample(3), entrySample(70)],
};
