import { sha256 } from "@noble/hashes/sha2.js";
import { beforeEach, describe, expect, it } from "vitest";
import type { FinalLog, SignedCheckpoint } from "../../src/attest/ports.ts";
import { Statements, type Judge, type Judged } from "../../src/attest/statements.ts";
import type { ErrorCode } from "../../src/core/errors.ts";
import type { KeyPurpose, Operator } from "../../src/core/directory.ts";
import { cosign, formatCheckpoint, parseCheckpoint } from "../../src/log/checkpoint.ts";
import { formatNote, parseNote, signNote, type NoteSigner } from "../../src/log/note.ts";
import { policyOf } from "../../src/log/policy-of.ts";
import { parseStatement } from "../../src/log/statement.ts";
import { verifyOffline } from "../../src/sdk/verify/offline.ts";
import { TestClock } from "../support/clock.ts";
import { operatorOf, seedsOf, signerFrom } from "../support/log/operators.ts";
import { TIME, TestLog } from "../support/log/receipts.ts";

const REGISTRY = { chainId: 31_337, registry: `0x${"0a".repeat(20)}` } as const;
const DIGEST = { algorithm: "sha256", bytes: sha256(new Uint8Array(1)) } as const;
const SEEDS = { 7: seedsOf("ours"), 8: seedsOf("theirs") } as const;
const OURS: Operator = { ...operatorOf(SEEDS[7], 7), institution: 1 };
const THEIRS: Operator = { ...operatorOf(SEEDS[8], 8), institution: 2 };

let log: TestLog;
let index: number;
let checkpoint: SignedCheckpoint | undefined;
let covered: number[];
let operators: Operator[];
let asked: Parameters<Judge["verify"]>[0][];
let judged: Judged["verdict"];
let deciding: Judged["deciding"];

beforeEach(() => {
  log = new TestLog();
  log.fill(5);
  index = log.document(DIGEST, { institution: 3 });
  log.fill(5);
  checkpoint = sign();
  operators = [OURS, THEIRS];
  covered = [];
  asked = [];
  judged = { kind: "valid", document: { index, registry: undefined } };
  deciding = [grounds()];
});

/** What decides about the document: its own entry alone, changed as said. */
const grounds = (change: Partial<Judged["deciding"][number]> = {}): Judged["deciding"][number] => ({
  index,
  registry: undefined,
  statuses: [],
  institution: { stateEntry: 0 },
  key: { compromise: undefined },
  ...change,
});

/** The present checkpoint, signed here and cosigned by these operators, each at its time after that of the log. */
function sign(cosigners: readonly (readonly [7 | 8, number])[] = BOTH): SignedCheckpoint {
  const { origin, size, root } = log;
  const signer = (id: 7 | 8, purpose: KeyPurpose): NoteSigner =>
    signerFrom(SEEDS[id], purpose, { origin, id });
  const text = formatCheckpoint({ origin, size, root });
  const cosignatures = cosigners.map(([id, after]) => cosign(text, signer(id, "witness"), TIME + after));
  return {
    size,
    root,
    note: formatNote({ text, signatures: [signNote(text, signer(7, "log")), ...cosignatures] }),
  };
}
const BOTH = [
  [7, 0],
  [8, 5],
] as const;

const issue = (at = index): ReturnType<Statements["issue"]> => {
  const final: FinalLog = {
    size: () => Promise.resolve(log.size),
    commonSize: () => Promise.resolve(log.size),
    nodes: () => Promise.resolve(log.hashOf),
    operators: () => Promise.resolve(operators),
    entry: (of) => Promise.resolve(log.entries[of]),
    directoryEvents: () => Promise.resolve([]),
  };
  const judge: Judge = {
    verify: (question) => {
      asked.push(question);
      return Promise.resolve({ verdict: judged, deciding, asOf: { time: TIME + 9 } });
    },
  };
  const statements = new Statements({
    seeds: SEEDS[7],
    registry: REGISTRY,
    checkpoints: {
      covering: (of) => {
        covered.push(of);
        return Promise.resolve(checkpoint !== undefined && checkpoint.size > of ? checkpoint : undefined);
      },
    },
    log: final,
    judge,
    clock: new TestClock(TIME),
  });
  return statements.issue(at);
};

const here = (at: number): { index: number; registry: undefined } => ({ index: at, registry: undefined });

describe("a statement", () => {
  it("a statement is believed by a reader with the policy of the directory", async () => {
    const by = log.status({ document: index, action: "revoke", reason: "other", successor: undefined }, 3);
    judged = { kind: "revoked", document: here(index), status: { index: by } };
    checkpoint = sign([
      [7, 9 + 600],
      [8, 9 - 600],
    ]);
    const statement = await issue();
    const receipt = { ...log.receipt(index), checkpoint: parseNote(checkpoint.note) };
    const head = parseCheckpoint(receipt.checkpoint.text);
    const policy = policyOf(
      { operators, institutions: [] },
      { log: head, issued: TIME, urls: new Map(), only: undefined },
    );
    expect(verifyOffline({ receipt, digests: [DIGEST], policy, statement, now: TIME + 9 })).toMatchObject({
      verdict: "revoked",
      status: { proven: true },
    });
  });

  it("a statement has the verdict on the document's own issuer, under the newest checkpoint that covers it", async () => {
    const file = await issue();
    expect(covered).toEqual([index]);
    expect(file).toMatchObject({
      checkpoint: parseNote(checkpoint?.note ?? ""),
      proof: log.prove(index).proof,
    });
    expect(parseStatement(file?.note.text ?? "")).toMatchObject({
      origin: log.origin,
      size: log.size,
      root: log.root,
      index,
      verdict: "valid",
      time: TIME + 9,
      decidedBy: undefined,
    });
    expect(file).toMatchObject({ status: undefined, twin: undefined });
    expect(asked).toEqual([{ payloads: [{ ...DIGEST, blinded: false }], expectedIssuer: 3 }]);
  });

  it("a statement does not wait for entries of another registry's log", async () => {
    deciding = [grounds({ index: log.size, registry: `0x${"0b".repeat(20)}` }), grounds()];
    expect(await issue()).toBeDefined();
  });

  it.each(["expired", "issuer-not-in-good-standing"] as const)(
    "a statement has the verdict %s",
    async (kind) => {
      judged = { kind, document: here(index) };
      expect(parseStatement((await issue())?.note.text ?? "").verdict).toBe(kind);
    },
  );

  it("a statement of a withdrawal carries its entry, and that of a twin", async () => {
    const twin = log.document(DIGEST, { institution: 3 });
    const by = log.status({ document: twin, action: "revoke", reason: "other", successor: undefined });
    judged = { kind: "revoked", document: here(twin), status: { index: by } };
    deciding = [grounds(), grounds({ index: twin, statuses: [{ index: by }] })];
    expect(await issue()).toBeUndefined(); // the checkpoint is from before
    checkpoint = sign();
    const file = await issue();
    expect(file).toMatchObject({ status: log.prove(by), twin: log.prove(twin) });
    expect(parseStatement(file?.note.text ?? "")).toMatchObject({ verdict: "revoked", decidedBy: by });
    expect(await issue(twin)).toMatchObject({ status: log.prove(by), twin: undefined });
  });

  it.each<[string, () => void]>([
    ["no checkpoint is signed", () => (checkpoint = undefined)],
    ["no other operator has cosigned one", () => (checkpoint = sign([[7, 0]]))],
    [
      "the newest checkpoint is more than 600 s old",
      () =>
        (checkpoint = sign([
          [7, 0],
          [8, 9 - 601],
        ])),
    ],
    [
      "the newest checkpoint is of a later time",
      () =>
        (checkpoint = sign([
          [7, 9 + 601],
          [8, 9 + 601],
        ])),
    ],
    ["the newest checkpoint is from before", () => (index = log.document(DIGEST))],
    ["a newer entry of the document is not final", () => (judged = { kind: "pending" })],
    ["a reorg took it from the index", () => (judged = { kind: "not-found" })],
    ["its reinstatement is not final", () => (deciding = [grounds({ statuses: [{ index: log.size }] })])],
    ["another entry of it is not final", () => (deciding = [grounds(), grounds({ index: log.size })])],
    [
      "its institution's state is not final",
      () => (deciding = [grounds({ institution: { stateEntry: log.size } })]),
    ],
    [
      "a report of its key is not final",
      () => (deciding = [grounds({ key: { compromise: { entry: log.size } } })]),
    ],
  ])("no statement is issued while %s", async (_, change) => {
    change();
    expect(await issue()).toBeUndefined();
  });

  it.each<[string, () => void, ErrorCode]>([
    [
      "the index is stale",
      () => (judged = { kind: "indeterminate", because: "INDEX_STALE", detail: "old" }),
      "INDEX_STALE",
    ],
    [
      "another registry decides",
      () => (judged = { kind: "valid", document: { index, registry: `0x${"0b".repeat(20)}` } }),
      "STATUS_ELSEWHERE",
    ],
    [
      "no operator has the keys",
      () => {
        const expired = OURS.keys.map((key) => (key.purpose === "status" ? { ...key, until: 1 } : key));
        operators = [{ ...OURS, keys: expired }, THEIRS];
      },
      "SIGNER_UNAVAILABLE",
    ],
    ["the directory has no other operator", () => (operators = [OURS]), "NOT_ENOUGH_WITNESSES"],
    ["the entry is not a document", () => (index = log.registration().index), "NOT_A_DOCUMENT"],
    ["the entry does not exist", () => (index = log.size), "ENTRY_NOT_FOUND"],
  ])("a statement is refused where %s", async (_, change, code) => {
    change();
    await expect(issue()).rejects.toThrowCode(code);
  });
});
