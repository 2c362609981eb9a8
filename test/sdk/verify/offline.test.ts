import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import type { Digest } from "../../../src/core/digest.ts";
import { AppError, type ErrorCode } from "../../../src/core/errors.ts";
import { cosign, formatCheckpoint } from "../../../src/log/checkpoint.ts";
import { hashLeaf } from "../../../src/log/hash.ts";
import { signNote, type Note } from "../../../src/log/note.ts";
import { formatReceipt, parseReceipt, type Receipt } from "../../../src/log/receipt.ts";
import { formatStatementFile, parseStatementFile, type StatementFile } from "../../../src/log/statement.ts";
import { decodeText } from "../../../src/core/visible.ts";
import { HOSTILE } from "../../support/contract/raw-texts.ts";
import { verifyOffline, type OfflineAnswer } from "../../../src/sdk/verify/offline.ts";
import { TIME, TestLog } from "../../support/log/receipts.ts";

const digestsOf = (content: string): Digest[] =>
  (["sha256", "sm3"] as const).map((algorithm) => ({
    algorithm,
    bytes: Uint8Array.from(createHash(algorithm).update(content).digest()),
  }));
const MINE = digestsOf("a report");
const [SHA256, SM3] = MINE as [Digest, Digest];
const SALT = Uint8Array.from({ length: 32 }, (_, i) => i);

let log: TestLog;
let registration: { index: number; event: Uint8Array };
let index: number;
beforeEach(() => {
  log = new TestLog();
  log.fill(3);
  registration = log.registration();
  log.fill(40);
  index = log.document(SHA256);
  log.fill(17);
});

/** A checkpoint of a log by the name of a status key, signed by that key and all witnesses. */
function ofStatusKey(): Note {
  const [a, b] = log.operators;
  const text = formatCheckpoint({ origin: a.status.key.name, size: log.size, root: log.root });
  const cosignatures = [a, b].map(({ witness }) => cosign(text, witness, TIME));
  return { text, signatures: [signNote(text, a.status), ...cosignatures] };
}

/** Every test reads files as they were written. */
const written = (receipt: Receipt): Receipt => parseReceipt(new TextEncoder().encode(formatReceipt(receipt)));
const writtenStatement = (file: StatementFile): StatementFile =>
  parseStatementFile(new TextEncoder().encode(formatStatementFile(file)));

function verify(
  change: Partial<Receipt> | ((receipt: Receipt) => Partial<Receipt>) = {},
  options: { digests?: Digest[]; statement?: StatementFile } = {},
): OfflineAnswer {
  const receipt = log.receipt(index, { registration });
  const changed = { ...receipt, ...(typeof change === "function" ? change(receipt) : change) };
  const { digests = MINE, statement } = options;
  return verifyOffline({
    receipt: written(changed),
    digests,
    policy: log.policy(),
    now: TIME + 3_600,
    ...(statement && { statement: writtenStatement(statement) }),
  });
}

describe("a receipt", () => {
  it("a receipt proves the entry, its institution, its time and its cosigners", () => {
    const answer = verify();
    expect(answer).toMatchObject({ verdict: "registered", index, status: undefined });
    expect(answer.entry).toMatchObject({ institution: 1, recordedAt: TIME });
    expect(answer.institution).toMatchObject({
      institution: 1,
      jurisdiction: "CN",
      roles: ["issuer"],
      names: { en: "Shenzhen Tiger Tally Credit", "zh-Hans": "深圳虎符征信", "zh-Hant": "深圳虎符徵信" },
    });
    expect(answer.checkpoint.cosigners.map(({ witness, at }) => [witness.name, at])).toEqual([
      ["shenzhen", TIME + 5],
      ["hong-kong", TIME + 5],
    ]);
    expect(formatReceipt(log.receipt(index, { registration })).length).toBeLessThan(5_000);
  });

  it("a receipt tells since when its issuer has the name in it, whichever of its names its holder chose", () => {
    const later = log.registration(1, "Another Name", TIME + 500);
    const named = ({ index: at, event }: typeof later) =>
      verify(({ extra }) => ({ extra: { ...extra, directory: { ...log.prove(at), event } } })).institution;
    expect(named(registration)).toMatchObject({ names: { en: "Shenzhen Tiger Tally Credit" }, since: TIME });
    expect(named(later)).toMatchObject({ names: { en: "Another Name" }, since: TIME + 500 });
  });

  it.each(Object.entries(HOSTILE))("a receipt whose issuer is named by %s is read", (_, bytes) => {
    registration = log.registration(1, bytes);
    expect(verify().institution).toMatchObject({ names: { en: decodeText(bytes) } });
  });

  it("a receipt of a blinded document verifies with its salt only", () => {
    index = log.document(SM3, { salt: SALT });
    const withSalt = (salt?: Uint8Array) => (receipt: Receipt) => ({ extra: { ...receipt.extra, salt } });
    expect(verify(withSalt(SALT)).verdict).toBe("registered");
    expect(() => verify(withSalt())).toThrowCode("SALT_MISSING");
    expect(() => verify(withSalt(SALT.with(31, 0)))).toThrowCode("DOCUMENT_MISMATCH");
    expect(() => verify(withSalt(SALT), { digests: digestsOf("another") })).toThrowCode("DOCUMENT_MISMATCH");
    expect(() => verify(withSalt(SALT), { digests: [SHA256] })).toThrowCode("DOCUMENT_MISMATCH");
  });

  it("a receipt of a blinded entry does not verify a digest that equals its commitment", () => {
    index = log.document(SHA256, { salt: SALT });
    const payload = { algorithm: "sha256", bytes: log.entries[index]?.slice(28, 60) ?? SALT } as const;
    expect(() => verify({}, { digests: [payload] })).toThrowCode("SALT_MISSING");
  });

  it.each<[string, ErrorCode, (receipt: Receipt) => Partial<Receipt>]>([
    ["a proof without its last hash", "PROOF_SHAPE", ({ proof }) => ({ proof: proof.slice(0, -1) })],
    ["an extra hash", "PROOF_SHAPE", ({ proof }) => ({ proof: [...proof, SALT] })],
    [
      "two swapped hashes",
      "PROOF_INVALID",
      ({ proof: [a, b, ...rest] }) => ({ proof: [b, a, ...rest] as Uint8Array[] }),
    ],
    ["another index", "PROOF_INVALID", () => ({ index: index ^ 1 })],
    ["an index beyond the log", "PROOF_SHAPE", () => ({ index: 100 })],
    [
      "another entry",
      "PROOF_INVALID",
      ({ extra }) => ({ extra: { ...extra, entry: extra.entry.with(19, 9) } }),
    ],
    [
      "another institution in the entry",
      "PROOF_INVALID",
      ({ extra }) => ({ extra: { ...extra, entry: extra.entry.with(7, 2) } }),
    ],
    [
      "an entry of another kind",
      "RECEIPT_EXTRA",
      ({ extra }) => ({ extra: { ...extra, entry: extra.entry.with(1, 2) } }),
    ],
    [
      "an entry of a later version",
      "RECEIPT_EXTRA",
      ({ extra }) => ({ extra: { ...extra, entry: extra.entry.with(0, 2) } }),
    ],
    ["no witness", "NOT_ENOUGH_WITNESSES", () => ({ checkpoint: log.checkpoint() })],
    [
      "its own operator's witness alone",
      "NOT_ENOUGH_WITNESSES",
      () => ({ checkpoint: log.checkpoint(log.operators[0]) }),
    ],
    [
      "another log's checkpoint",
      "RECEIPT_OTHER_LOG",
      () => ({ checkpoint: new TestLog({ chainId: 1 }).checkpoint() }),
    ],
    [
      "another size in the checkpoint",
      "SIGNATURE_INVALID",
      ({ checkpoint }) => ({
        checkpoint: { ...checkpoint, text: checkpoint.text.replace(/\n\d+\n/, "\n63\n") },
      }),
    ],
    ["a checkpoint of a status key", "RECEIPT_OTHER_LOG", () => ({ checkpoint: ofStatusKey() })],
    [
      "a malformed checkpoint",
      "RECEIPT_SYNTAX",
      ({ checkpoint }) => ({ checkpoint: { ...checkpoint, text: "eip155\n" } }),
    ],
  ])("a receipt with %s is refused with %s", (_, code, change) => {
    expect(() => verify(change)).toThrowCode(code);
  });

  it("a receipt of another file is refused with DOCUMENT_MISMATCH", () => {
    expect(() => verify({}, { digests: digestsOf("a report ") })).toThrowCode("DOCUMENT_MISMATCH");
  });

  it.each<[string, (receipt: Receipt) => Receipt["extra"]["directory"]]>([
    ["is missing", () => undefined],
    ["is of another institution", () => directoryOf(log.registration(2))],
    [
      "says something else than its entry",
      ({ extra }) => extra.directory && { ...extra.directory, event: extra.directory.event.with(40, 7) },
    ],
    ["is proven at another index", ({ extra }) => extra.directory && { ...extra.directory, index: 0 }],
    ["is not a registration", () => directoryOf({ index, event: SALT })],
  ])("a receipt whose directory part %s proves the entry, but not the institution", (_, directory) => {
    const answer = verify((receipt) => ({ extra: { ...receipt.extra, directory: directory(receipt) } }));
    expect(answer.verdict).toBe("registered");
    expect(answer.institution).toMatchObject({ code: "INSTITUTION_UNPROVEN" });
  });

  function directoryOf({
    index: at,
    event,
  }: {
    index: number;
    event: Uint8Array;
  }): Receipt["extra"]["directory"] {
    return { ...log.prove(at), event };
  }
});

describe("a status statement", () => {
  it("a statement of the same log sets the verdict of the answer, as of its time", () => {
    const answer = verify({}, { statement: log.statement(index) });
    expect(answer).toMatchObject({ verdict: "valid", status: { time: TIME + 60, verdict: "valid" } });
  });

  it("a status key counts in its window alone, by the statement's time", () => {
    const statement = writtenStatement(log.statement(index));
    const answerIn = (from: number | undefined, until: number | undefined): OfflineAnswer => {
      const { statusKeys, ...rest } = log.policy();
      const policy = { ...rest, statusKeys: statusKeys.map((each) => ({ ...each, from, until })) };
      return verifyOffline({
        receipt: written(log.receipt(index, { registration })),
        digests: MINE,
        policy,
        now: TIME + 3_600,
        statement,
      });
    };
    const time = TIME + 60;
    expect(answerIn(time, time + 1)).toMatchObject({ verdict: "valid" });
    for (const [from, until] of [
      [time + 1, undefined],
      [undefined, time],
    ])
      expect(answerIn(from, until)).toMatchObject({
        verdict: "registered",
        status: { code: "STATUS_STATEMENT_INVALID" },
      });
  });

  it("a statement of a withdrawal proves it by its entry, also under a later size", () => {
    const receipt = log.receipt(index, { registration });
    const at = log.status({
      document: index,
      action: "revoke",
      reason: "content-corrected",
      successor: undefined,
    });
    log.fill(9);
    const statement = log.statement(index, { verdict: "revoked", status: log.prove(at) });
    const answer = verifyOffline({
      receipt: written(receipt),
      digests: MINE,
      policy: log.policy(),
      now: TIME + 3_600,
      statement,
    });
    expect(answer).toMatchObject({ verdict: "revoked", status: { decidedBy: at } });
  });

  it.each<[string, () => StatementFile]>([
    ["is of another entry", () => log.statement(index - 1)],
    ["is of another leaf", () => log.statement(index, { leaf: hashLeaf(SALT) })],
    ["is of another log", () => log.statement(index, { origin: new TestLog({ chainId: 1 }).origin })],
    ["is signed by the log key", () => log.statement(index, { by: log.operators[0].log })],
    ["is signed by a witness", () => log.statement(index, { by: log.operators[0].witness })],
    [
      "is signed by an unknown key",
      () => log.statement(index, { by: new TestLog({ chainId: 1 }).operators[0].status }),
    ],
    ["states another size", () => log.statement(index, { size: log.size + 1 })],
    ["is of another history", () => log.statement(index, { root: SALT })],
    ["is older than the entry", () => log.statement(index, { time: TIME - 1 })],
    ["has no status entry for a withdrawal", () => log.statement(index, { verdict: "revoked" })],
    [
      "shows a document as its status entry",
      () => log.statement(index, { verdict: "revoked", status: log.prove(index - 1) }),
    ],
  ])("a statement that %s is not used, and the answer stays registered", (_, statement) => {
    const answer = verify({}, { statement: statement() });
    expect(answer.verdict).toBe("registered");
    expect(answer.status).toBeInstanceOf(AppError);
    expect(answer.status).toMatchObject({ code: "STATUS_STATEMENT_INVALID" });
  });

  it.each<[string, (at: number) => StatementFile]>([
    ["is of another document", () => withdrawal({ document: 1 })],
    ["has another action", () => withdrawal({ action: "suspend" })],
    [
      "is not the deciding one",
      (at) => ({
        ...log.statement(index, { verdict: "revoked", decidedBy: at - 1, status: undefined }),
        status: log.prove(at),
      }),
    ],
    ["has another proof", () => changed((status) => ({ ...status, proof: [...status.proof].reverse() }))],
    ["is malformed", () => changed((status) => ({ ...status, entry: status.entry.with(0, 9) }))],
  ])("a statement whose status entry %s is not used", (_, statement) => {
    const file = statement(
      log.status({ document: index, action: "revoke", reason: "other", successor: undefined }),
    );
    expect(verify({}, { statement: file })).toMatchObject({ verdict: "registered" });
  });

  /** A statement about the receipt's document, with a withdrawal of entry `at`. */
  const ofTwin = (at: number, twin: number | undefined): StatementFile => {
    const by = log.status({ document: at, action: "revoke", reason: "other", successor: undefined });
    const proven = twin === undefined ? undefined : log.prove(twin);
    return log.statement(index, { verdict: "revoked", status: log.prove(by), twin: proven });
  };

  it("a withdrawal of another entry of the same document counts with a proof of that entry", () => {
    const twin = log.document(SHA256);
    expect(verify({}, { statement: ofTwin(twin, twin) }).verdict).toBe("revoked");
    expect(verify({}, { statement: ofTwin(twin, undefined) }).verdict).toBe("registered");
  });

  it.each<[string, () => number]>([
    ["of another institution", () => log.document(SHA256, { institution: 2 })],
    ["of another document", () => log.document({ ...SHA256, bytes: SALT })],
    ["of another algorithm", () => log.document({ ...SHA256, algorithm: "sm3" })],
    ["of a blinded document", () => log.document(SHA256, { salt: SALT })],
    ["of another kind", () => log.registration().index],
  ])("a withdrawal of an entry %s does not count", (_, append) => {
    const other = append();
    expect(verify({}, { statement: ofTwin(other, other) })).toMatchObject({
      verdict: "registered",
      status: { code: "STATUS_STATEMENT_INVALID" },
    });
  });

  it("a statement whose status entry has an unknown action is not used", () => {
    const status = log.status({ document: index, action: "revoke", reason: "other", successor: undefined });
    const bytes = Uint8Array.from(log.entries[status] ?? []);
    bytes[28 + 8] = 99; // the action
    const at = log.append(bytes);
    const file = log.statement(index, { verdict: "revoked", status: log.prove(at) });
    expect(verify({}, { statement: file })).toMatchObject({
      verdict: "registered",
      status: { code: "STATUS_STATEMENT_INVALID" },
    });
  });

  const withdrawal = (change: { document?: number; action?: "suspend" }): StatementFile => {
    const at = log.status({
      document: index,
      action: "revoke",
      reason: "other",
      successor: undefined,
      ...change,
    });
    return log.statement(index, { verdict: "revoked", status: log.prove(at) });
  };
  const changed = (
    change: (status: NonNullable<StatementFile["status"]>) => StatementFile["status"],
  ): StatementFile => {
    const file = withdrawal({});
    return { ...file, status: file.status && change(file.status) };
  };

  it("a statement with any malformed line is not used", () => {
    const file = log.statement(index);
    const { note } = file;
    const bad: [string, string][] = [
      ["a version", note.text.replace("/v1", "/v2")],
      ["a time", note.text.replace("Z\n", "+00:00\n")],
      ["a verdict", note.text.replace("\nvalid\n", "\nregistered\n")],
      ["an extra line", `${note.text}x\n`],
      ["an index beyond its size", note.text.replace(`\n${index}\n`, "\n99999\n")],
    ];
    for (const [, text] of bad) {
      expect(text).not.toBe(note.text);
      const signed: Note = { ...note, text };
      expect(verify({}, { statement: { ...file, note: signed } }).status).toMatchObject({
        code: "STATUS_STATEMENT_INVALID",
      });
    }
  });
});
