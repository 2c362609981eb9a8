import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ACTIONS, decodeEntry, decodeStatus, type Action } from "../../src/core/entry.ts";
import {
  verifyAnswer,
  type AnsweredVerdict,
  type AskedQuestion,
  type ClaimedEntry,
  type SignedAnswer,
} from "../../src/log/answer.ts";
import { convict, isOtherRoot } from "../../src/log/conviction.ts";
import { hashLeaf } from "../../src/log/hash.ts";
import { judge, type JudgingPolicy } from "../../src/verify/judge.ts";
import type { DocumentEvidence, Evidence } from "../../src/verify/ports.ts";
import { ANSWERED, answered, claimed, entriesAbout, evidenceOf, questionOf } from "../support/log/answers.ts";
import { TIME, TestLog } from "../support/log/receipts.ts";

const DIGEST = { algorithm: "sha256", bytes: sha256(new Uint8Array(1)) } as const;
const OTHER = { algorithm: "sha256", bytes: sha256(new Uint8Array(2)) } as const;

/** The note of an operator, as any reader has verified it. */
function signed(
  log: TestLog,
  question: AskedQuestion,
  claim: { verdict: AnsweredVerdict; entries: readonly ClaimedEntry[] },
): SignedAnswer {
  const file = answered(log, { questions: [question], answers: [claim] });
  const keys = log.operators.map(({ status: { key } }) => ({ key }));
  return verifyAnswer({ ...file, keys, origin: log.origin, now: TIME + ANSWERED, maxLag: 0 });
}

/** What the whole log convicts of. */
const faults = (log: TestLog, note: SignedAnswer): unknown[] => convict(note, evidenceOf(log, note));

const log = new TestLog();
log.fill(3);
const older = log.document(DIGEST);
const own = log.document(DIGEST);
const foreign = log.document(DIGEST, { institution: 2 });
const revoked = log.status({ document: own, action: "revoke", reason: "other", successor: undefined });
const other = log.document(OTHER);
const unrelated = log.status({ document: other, action: "revoke", reason: "other", successor: undefined });
log.fill(4);

const question = questionOf(DIGEST, 1);
const list = claimed(log, question);
const lies = (verdict: AnsweredVerdict, entries: readonly ClaimedEntry[]): unknown[] =>
  faults(log, signed(log, question, { verdict, entries }));
const without = (index: number): ClaimedEntry[] => list.filter((entry) => entry.index !== index);
const changed = (index: number, change: Partial<ClaimedEntry>): ClaimedEntry[] =>
  list.map((entry) => (entry.index === index ? { ...entry, ...change } : entry));

describe("what the log convicts of", () => {
  it("nothing, where the note is honest: older entries of an institution may be left out", () => {
    expect(list.map(({ index, status }) => [index, status])).toEqual([
      [own, revoked],
      [foreign, undefined],
    ]);
    expect(lies("revoked", list)).toEqual([]);
    expect(older).toBeLessThan(own);
  });

  it("a revocation that the note does not name", () => {
    expect(lies("valid", changed(own, { status: undefined }))).toContainEqual({
      kind: "hidden-status",
      question: 0,
      entry: revoked,
    });
  });

  it("an entry of the expected issuer, hidden with all that changed its status", () => {
    const found = lies("not-found", without(own));
    expect(found).toContainEqual({ kind: "hidden-entry", question: 0, entry: own });
    expect(found).toContainEqual({ kind: "hidden-status", question: 0, entry: revoked });
  });

  it("an entry of another institution, hidden", () => {
    expect(lies("revoked", without(foreign))).toEqual([
      { kind: "hidden-entry", question: 0, entry: foreign },
    ]);
  });

  it("an entry that the log has not in its place", () => {
    expect(lies("revoked", changed(foreign, { leaf: new Uint8Array(32) }))).toEqual([
      { kind: "false-entry", question: 0, entry: foreign },
    ]);
  });

  it("an entry under another institution's name, and with it the institution's own that it hides", () => {
    const entries = changed(foreign, { institution: 3 });
    expect(lies("revoked", entries)).toEqual([
      { kind: "false-entry", question: 0, entry: foreign },
      { kind: "hidden-entry", question: 0, entry: foreign },
    ]);
  });

  it("an entry of another document, listed to stand for a newer one", () => {
    const entries = [...without(own), { ...list[0], index: other, leaf: leafOf(other) } as ClaimedEntry];
    expect(
      lies(
        "valid",
        entries.map((entry) => ({ ...entry, status: undefined })),
      ),
    ).toContainEqual({
      kind: "false-entry",
      question: 0,
      entry: other,
    });
  });

  it("a status that is of another document, or is none", () => {
    for (const status of [unrelated, other])
      expect(lies("revoked", changed(own, { status }))).toEqual([
        { kind: "false-entry", question: 0, entry: status },
      ]);
  });

  it.each<AnsweredVerdict>([
    "valid",
    "expired",
    "suspended",
    "superseded",
    "pending",
    "not-found",
    "several-issuers",
  ])("the verdict %s on the expected issuer's document, which is revoked", (verdict) => {
    expect(lies(verdict, list)).toContainEqual({ kind: "false-verdict", question: 0, entry: revoked });
  });

  it("the verdict not-found, where the expected issuer has an entry", () => {
    const note = signed(log, questionOf(DIGEST, 2), { verdict: "not-found", entries: list });
    expect(faults(log, note)).toEqual([{ kind: "false-verdict", question: 0, entry: foreign }]);
  });

  it("another root than a checkpoint that is believed has", () => {
    const note = signed(log, question, { verdict: "revoked", entries: list });
    expect(isOtherRoot(note, log)).toBe(false);
    expect(isOtherRoot(note, { size: log.size, root: leafOf(0) })).toBe(true);
    expect(isOtherRoot(note, { size: log.size + 1, root: leafOf(0) })).toBe(false);
  });

  it("nothing by an entry that is not proven under the root of the note", () => {
    const note = signed(log, question, { verdict: "valid", entries: [] });
    const { entry } = log.prove(foreign);
    expect(() => convict(note, [{ ...log.prove(older), entry }])).toThrowCode("PROOF_INVALID");
  });

  it("nothing by a commitment's bytes in an entry of an institution that it is not bound to", () => {
    const bound = {
      payloads: [{ ...DIGEST, blinded: false, boundTo: { institution: 2 } }],
      expectedIssuer: undefined,
    };
    const note = signed(log, bound, { verdict: "valid", entries: claimed(log, bound) });
    expect(
      convict(
        note,
        [older, own, revoked, foreign].map((index) => log.prove(index)),
      ),
    ).toEqual([]);
  });
});

function leafOf(index: number): Uint8Array {
  return hashLeaf(log.entries[index] ?? new Uint8Array());
}

// ——— an honest operator, whatever happens before and after ———

type Step =
  | {
      readonly kind: "document";
      readonly institution: number;
      readonly other: boolean;
      readonly validUntil: number;
    }
  | { readonly kind: "status"; readonly of: number; readonly action: Action }
  | { readonly kind: "filler" };

const step = fc.oneof(
  fc.record({
    kind: fc.constant("document" as const),
    institution: fc.integer({ min: 1, max: 3 }),
    other: fc.boolean(),
    validUntil: fc.constantFrom(0, TIME + 1, TIME + 10_000),
  }),
  fc.record({
    kind: fc.constant("status" as const),
    of: fc.nat(20),
    action: fc.constantFrom(...(Object.keys(ACTIONS) as Action[])),
  }),
  fc.constant({ kind: "filler" as const }),
);

/** Continues a log; a change of status is of a document that it has, in an order that the contract accepts. */
function continued(history: readonly Step[], from = new TestLog()): TestLog {
  for (const next of history) {
    if (next.kind === "filler") from.fill(1);
    else if (next.kind === "document")
      from.document(next.other ? OTHER : DIGEST, {
        institution: next.institution,
        validUntil: next.validUntil,
      });
    else change(from, next);
  }
  return from;
}

function change(to: TestLog, { of, action }: Extract<Step, { kind: "status" }>): void {
  const documents = [...to.entries.keys()].filter(
    (index) => decodeEntry(to.entries[index] ?? new Uint8Array()).kind === "document",
  );
  const document = documents[of % Math.max(1, documents.length)];
  if (document === undefined) return;
  const last = actionsOf(to, document).at(-1);
  const allowed: Record<string, readonly Action[]> = {
    suspend: ["revoke", "reinstate", "supersede"],
    revoke: [],
    supersede: [],
  };
  if (!(allowed[last ?? ""] ?? ["revoke", "suspend", "supersede"]).includes(action)) return;
  const { institution } = decodeEntry(to.entries[document] ?? new Uint8Array());
  const successor = action === "supersede" ? 0 : undefined;
  to.status({ document, action, reason: "other", successor }, of % 2 === 0 ? institution : 0);
}

function statusesOf(of: TestLog, document: number): number[] {
  return [...of.entries.keys()].filter((index) => {
    const entry = decodeEntry(of.entries[index] ?? new Uint8Array());
    return entry.kind === "status" && decodeStatus(entry.payload).document === document;
  });
}

function actionsOf(of: TestLog, document: number): Action[] {
  return statusesOf(of, document).map(
    (index) => decodeStatus(decodeEntry(of.entries[index] ?? new Uint8Array()).payload).action,
  );
}

/** The evidence of an index at the head of the log, of which `final` entries are final. */
function evidenceAt(head: TestLog, asked: AskedQuestion, final: number): Evidence {
  const documents = entriesAbout(head, asked).filter(
    (index) => decodeEntry(head.entries[index] ?? new Uint8Array()).kind === "document",
  );
  return {
    documents: documents.map((index) => documentEvidence(head, index, index < final)),
    head: {
      size: head.size,
      root: head.root,
      block: { number: 9, hash: new Uint8Array(32), time: TIME },
      final: { number: 8, time: TIME },
      syncedAt: TIME,
    },
    doubt: undefined,
    others: [],
    expected: typeof asked.expectedIssuer === "number" ? institutionOf(asked.expectedIssuer) : undefined,
  };
}

function documentEvidence(head: TestLog, index: number, final: boolean): DocumentEvidence {
  const entry = decodeEntry(head.entries[index] ?? new Uint8Array());
  const key = { address: entry.recordedBy, compromise: undefined, correction: undefined };
  return {
    registry: undefined,
    index,
    entry,
    institution: institutionOf(entry.institution),
    scene: "",
    key,
    statuses: statusesOf(head, index).map((at) => {
      const { payload, recordedAt, institution } = decodeEntry(head.entries[at] ?? new Uint8Array());
      const { action, reason, successor } = decodeStatus(payload);
      return { index: at, action, reason, successor, recordedAt, institution, key };
    }),
    block: 1,
    transaction: new Uint8Array(32),
    final,
  };
}

const institutionOf = (id: number): DocumentEvidence["institution"] => ({
  id,
  names: { en: "", "zh-Hans": "", "zh-Hant": "" },
  roles: ["issuer"],
  scenes: [1],
  jurisdiction: "CN",
  officialNumber: `N${id}`,
  admin: "0x00",
  nextAdmin: undefined,
  placedAdmin: undefined,
  state: id === 3 ? "suspended" : "active",
  stateSince: 0,
  stateEntry: 0,
});

const policy: JudgingPolicy = {
  maxLag: 600,
  emptyBlocks: true,
  acceptedIssuers: [{ jurisdiction: "CN", officialNumber: "N1" }],
};

describe("an honest note", () => {
  it("convicts of nothing, whatever was pending, was taken back above its size, or came later", () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 14 }),
        fc.array(step, { maxLength: 6 }),
        fc.array(step, { maxLength: 6 }),
        fc.constantFrom(undefined, 1, 2, 3, { jurisdiction: "CN", officialNumber: "N2" }),
        (below, pending, later, expectedIssuer) => {
          const asked = questionOf(DIGEST, expectedIssuer);
          const atSize = continued(below);
          const head = continued(pending, continued(below));
          const { verdict } = judge({
            question: asked,
            evidence: evidenceAt(head, asked, atSize.size),
            policy,
            now: TIME + ANSWERED,
          });
          fc.pre(verdict.kind !== "indeterminate");
          const entries = claimed(head, asked, atSize.size);
          const note = signed(atSize, asked, { verdict: verdict.kind, entries });
          const after = continued(later, continued(below)); // in the place of what was pending
          expect(isOtherRoot(note, atSize)).toBe(false);
          const about = entriesAbout(after, asked).filter((index) => index < note.size);
          expect(
            convict(
              note,
              about.map((index) => atSize.prove(index)),
            ),
          ).toEqual([]);
          expect(faults(atSize, note)).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });
});
