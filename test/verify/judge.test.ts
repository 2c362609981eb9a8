import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatTime } from "../../src/core/time.ts";
import type { Action } from "../../src/core/entry.ts";
import type { VerdictCode } from "../../src/core/verdict.ts";
import {
  judge,
  type Judgement,
  type JudgingPolicy,
  type Verdict,
  type VerificationQuestion,
} from "../../src/verify/judge.ts";
import type { DocumentEvidence, Evidence, StatusEvidence, KeyEvidence } from "../../src/verify/ports.ts";

const NOW = 1_800_000_000;
const policy: JudgingPolicy = { maxLag: 600, emptyBlocks: true, acceptedIssuers: [] };
/** Official numbers follow the ids. */
const official = (institution: number): { jurisdiction: string; officialNumber: string } => ({
  jurisdiction: "CN",
  officialNumber: `91440300MA00SAMP${institution}`,
});

interface Doc {
  index?: number;
  institution?: number;
  validUntil?: number;
  recordedAt?: number;
  final?: boolean;
  state?: "active" | "suspended" | "withdrawn";
  compromisedSince?: number;
  statuses?: readonly (Action | StatusEvidence)[];
}

function doc(given: Doc = {}): DocumentEvidence {
  const { index = 0, institution = 1, validUntil = 0, recordedAt = NOW - 1000, final = true } = given;
  return {
    registry: undefined,
    index,
    entry: {
      kind: "document",
      algorithm: "sha256",
      blinded: false,
      governedAdmin: false,
      institution,
      scene: 1,
      recordedAt,
      validUntil,
      payload: new Uint8Array(32),
      recordedBy: "0x00",
    },
    institution: {
      id: institution,
      names: { en: "", "zh-Hans": "", "zh-Hant": "" },
      roles: ["issuer"],
      scenes: [1],
      ...official(institution),
      admin: "0x00",
      nextAdmin: undefined,
      placedAdmin: undefined,
      state: given.state ?? "active",
      stateSince: NOW - 500,
      stateEntry: 7,
    },
    scene: "enterprise-credit-report",
    key: keyOf(given.compromisedSince),
    statuses: (given.statuses ?? []).map((status, i) =>
      typeof status === "string" ? change(status, 100 + i) : status,
    ),
    block: 1,
    transaction: new Uint8Array(32),
    final,
  };
}

function keyOf(since: number | undefined): KeyEvidence {
  const compromise = since === undefined ? undefined : { since, entry: 8 };
  return { address: "0x00", compromise, correction: undefined };
}

function change(action: Action, index: number, compromisedSince?: number): StatusEvidence {
  const successor = action === "supersede" ? 50 : undefined;
  const key = keyOf(compromisedSince);
  return { index, action, reason: "other", successor, recordedAt: NOW - 100, institution: 1, key };
}

const evidence = (documents: readonly DocumentEvidence[], age = 0): Evidence => ({
  documents,
  head: {
    size: 200,
    root: new Uint8Array(32),
    block: { number: 9, hash: new Uint8Array(32), time: NOW - age },
    final: { number: 9, time: NOW - age },
    syncedAt: NOW,
  },
  doubt: undefined,
  others: [],
  expected: undefined,
});

/** What the registry gathers, with the institution that the question expects. */
const asked = (
  documents: readonly DocumentEvidence[],
  { expectedIssuer }: VerificationQuestion,
  age = 0,
): Evidence => ({
  ...evidence(documents, age),
  expected: typeof expectedIssuer === "number" ? doc({ institution: expectedIssuer }).institution : undefined,
});

function verdictOf(
  documents: readonly DocumentEvidence[],
  question: VerificationQuestion = {},
  age = 0,
): VerdictCode {
  return judge({ question, evidence: asked(documents, question, age), policy, now: NOW }).verdict.kind;
}

describe("one entry", () => {
  it.each<[string, Doc, VerdictCode]>([
    ["in force", {}, "valid"],
    ["in force to the last second", { validUntil: NOW + 1 }, "valid"],
    ["past its date from that second on", { validUntil: NOW }, "expired"],
    ["not final yet", { final: false }, "pending"],
    ["past its date and not final", { final: false, validUntil: NOW }, "expired"],
    ["revoked", { statuses: ["revoke"] }, "revoked"],
    ["revoked, and past its date", { statuses: ["revoke"], validUntil: NOW }, "revoked"],
    ["superseded", { statuses: ["supersede"] }, "superseded"],
    ["suspended", { statuses: ["suspend"] }, "suspended"],
    ["suspended and reinstated", { statuses: ["suspend", "reinstate"] }, "valid"],
    [
      "suspended, reinstated and suspended again",
      { statuses: ["suspend", "reinstate", "suspend"] },
      "suspended",
    ],
    ["revoked, then reinstated against the rules", { statuses: ["revoke", "reinstate"] }, "revoked"],
    ["superseded, then revoked against the rules", { statuses: ["supersede", "revoke"] }, "superseded"],
    ["of a suspended institution", { state: "suspended" }, "issuer-not-in-good-standing"],
    [
      "of a withdrawn institution, past its date",
      { state: "withdrawn", validUntil: NOW },
      "issuer-not-in-good-standing",
    ],
    ["by a key compromised at that moment", { compromisedSince: NOW - 1000 }, "issuer-not-in-good-standing"],
    ["by a key compromised later", { compromisedSince: NOW - 999 }, "valid"],
    ["revoked by a suspended institution", { state: "suspended", statuses: ["revoke"] }, "revoked"],
    ["suspended by a compromised key", { statuses: [change("suspend", 100, NOW - 200)] }, "suspended"],
    [
      "reinstated by a compromised key",
      { statuses: [change("suspend", 100), change("reinstate", 101, NOW - 100)] },
      "suspended",
    ],
    [
      "reinstated by a key compromised later",
      { statuses: [change("suspend", 100), change("reinstate", 101, NOW - 99)] },
      "valid",
    ],
  ])("an entry $0 is judged $2", (_, given, expected) => expect(verdictOf([doc(given)])).toBe(expected));

  it("no entry at all is not-found", () => expect(verdictOf([])).toBe("not-found"));
});

describe("several entries of the same file", () => {
  it("the newest entry of an institution decides, not the first", () => {
    expect(verdictOf([doc({ index: 1, validUntil: NOW - 1 }), doc({ index: 2 })])).toBe("valid");
    expect(verdictOf([doc({ index: 1 }), doc({ index: 2, validUntil: NOW - 1 })])).toBe("expired");
  });

  it("a withdrawal of any entry decides, the gravest first", () => {
    const suspended = doc({ index: 1, statuses: ["suspend"] });
    const superseded = doc({ index: 2, statuses: ["supersede"] });
    const revoked = doc({ index: 3, statuses: ["revoke"] });
    const sound = doc({ index: 4 });
    expect(verdictOf([suspended, sound])).toBe("suspended");
    expect(verdictOf([suspended, superseded, sound])).toBe("superseded");
    expect(verdictOf([suspended, superseded, revoked, sound])).toBe("revoked");
  });

  it("only the expected issuer's entries decide where one is named", () => {
    const first = doc({ index: 1, institution: 7 });
    const second = doc({ index: 2, institution: 8, statuses: ["revoke"] });
    expect(verdictOf([first, second], { expectedIssuer: 8 })).toBe("revoked");
    expect(verdictOf([first, second], { expectedIssuer: 9 })).toBe("not-found");
    const judged = judge({
      question: { expectedIssuer: 9 },
      evidence: asked([first, second], { expectedIssuer: 9 }),
      policy,
      now: NOW,
    });
    expect(judged).toMatchObject({ conflicting: [first, second], others: 2, chosenBy: "caller" });
  });

  it("the expected issuer is named by its official number too", () => {
    const entries = [
      doc({ index: 1, institution: 7 }),
      doc({ index: 2, institution: 8, statuses: ["revoke"] }),
    ];
    expect(verdictOf(entries, { expectedIssuer: official(8) })).toBe("revoked");
    expect(verdictOf(entries, { expectedIssuer: official(9) })).toBe("not-found");
    expect(verdictOf(entries, { expectedIssuer: { ...official(8), jurisdiction: "HK" } })).toBe("not-found");
  });
});

describe("entries of several institutions", () => {
  const all = (
    documents: readonly DocumentEvidence[],
    { accepted = [], age = 0 }: { accepted?: readonly number[]; age?: number } = {},
  ): Judgement =>
    judge({
      question: {},
      evidence: evidence(documents, age),
      policy: { ...policy, acceptedIssuers: accepted.map(official) },
      now: NOW,
    });
  /** Ids of the issuers, and their own verdicts. */
  const issuersOf = (verdict: Verdict): unknown =>
    verdict.kind !== "several-issuers"
      ? verdict.kind
      : verdict.issuers.map(({ institution, verdict: own }) => [institution.id, own.kind]);

  it("each institution has its own verdict, in the order of jurisdiction and official number", () => {
    const first = doc({ index: 1, institution: 8, statuses: ["revoke"] });
    const second = doc({ index: 2, institution: 7 });
    const elsewhere = doc({ index: 3, institution: 9, validUntil: NOW });
    const third = { ...elsewhere, institution: { ...elsewhere.institution, jurisdiction: "AU" } };
    const judged = all([first, second, third]);
    expect(issuersOf(judged.verdict)).toEqual([
      [9, "expired"],
      [7, "valid"],
      [8, "revoked"],
    ]);
    expect(judged).toMatchObject({ conflicting: [], others: 0, chosenBy: undefined });
  });

  it.each<[string, Doc]>([
    ["withdrawn", { statuses: ["revoke"] }],
    ["suspended", { statuses: ["suspend"] }],
    ["expired", { validUntil: NOW }],
    ["not final", { final: false }],
    ["of an institution that is not in good standing", { state: "withdrawn" }],
    ["by a compromised key", { compromisedSince: 0 }],
  ])("the other is not chosen because one's entry is %s", (_, given) => {
    const documents = [doc({ index: 1, institution: 7 }), doc({ index: 2, institution: 8, ...given })];
    expect(all(documents).verdict.kind).toBe("several-issuers");
    expect(all(documents.toReversed()).verdict.kind).toBe("several-issuers");
  });

  it("entries of one accepted issuer decide, and the others are counted", () => {
    const documents = [7, 8, 8, 9].map((institution, index) => doc({ institution, index }));
    expect(all(documents, { accepted: [9] })).toMatchObject({
      verdict: { kind: "valid", document: documents[3] },
      chosenBy: "setting",
      others: 2,
      conflicting: documents.slice(0, 3),
    });
    const withdrawn = [...documents.slice(0, 3), doc({ institution: 9, index: 3, statuses: ["revoke"] })];
    expect(all(withdrawn, { accepted: [9] }).verdict.kind).toBe("revoked");
  });

  it("among several accepted issuers the reader chooses", () => {
    const documents = [7, 8, 9].map((institution, index) => doc({ institution, index }));
    const judged = all(documents, { accepted: [8, 9, 10] });
    expect(issuersOf(judged.verdict)).toEqual([
      [8, "valid"],
      [9, "valid"],
    ]);
    expect(judged).toMatchObject({ chosenBy: "setting", others: 1 });
  });

  it("accepted issuers without entries change nothing", () => {
    const documents = [7, 8].map((institution, index) => doc({ institution, index }));
    expect(all(documents, { accepted: [9] })).toEqual(all(documents));
    expect(all([], { accepted: [9] }).verdict.kind).toBe("not-found");
    expect(all(documents.slice(0, 1), { accepted: [9] }).verdict.kind).toBe("valid");
  });

  it("a named issuer decides whatever issuers are accepted", () => {
    const documents = [7, 8].map((institution, index) => doc({ institution, index }));
    const question = { expectedIssuer: official(7) };
    const judged = judge({
      question,
      evidence: asked(documents, question),
      policy: { ...policy, acceptedIssuers: [official(8)] },
      now: NOW,
    });
    expect(judged).toMatchObject({ verdict: { kind: "valid", document: documents[0] }, chosenBy: "caller" });
  });

  it("a stale index still has several issuers, of whom only withdrawals are known", () => {
    const documents = [
      doc({ index: 1, institution: 7 }),
      doc({ index: 2, institution: 8, statuses: ["revoke"] }),
    ];
    const { verdict } = all(documents, { age: policy.maxLag + 1 });
    expect(verdict).toMatchObject({
      kind: "several-issuers",
      issuers: [
        { verdict: { kind: "indeterminate", because: "INDEX_STALE" } },
        { verdict: { kind: "revoked", lagging: true } },
      ],
    });
    expect(all(documents, { age: policy.maxLag + 1, accepted: [7] }).verdict.kind).toBe("indeterminate");
  });
});

describe("registries that continue each other", () => {
  const REGISTRY = "0x00000000000000000000000000000000000000e1";
  const elsewhere = (given: Doc & { number?: string }): DocumentEvidence => {
    const { number = official(2).officialNumber, ...rest } = given;
    const document = doc(rest);
    return {
      ...document,
      registry: REGISTRY,
      institution: { ...document.institution, officialNumber: number },
    };
  };
  const judged = (documents: readonly DocumentEvidence[], question: VerificationQuestion = {}) =>
    judge({ question, evidence: asked(documents, question), policy, now: NOW });

  it("an institution is identified across registries by its official number, whatever its ids", () => {
    const before = elsewhere({ index: 5, institution: 9, statuses: ["revoke"] });
    const now = doc({ index: 1, institution: 2 });
    expect(judged([before, now])).toMatchObject({ verdict: { kind: "revoked" }, conflicting: [] });
    expect(judged([before, now], { expectedIssuer: 2 }).verdict.kind).toBe("revoked");
  });

  it("the same id under another official number is another institution", () => {
    const before = elsewhere({ index: 5, institution: 2, number: "another", statuses: ["revoke"] });
    const now = doc({ index: 1, institution: 2 });
    expect(judged([before, now], { expectedIssuer: 2 })).toMatchObject({
      verdict: { kind: "valid" },
      conflicting: [before],
    });
    expect(judged([before, now])).toMatchObject({
      verdict: {
        kind: "several-issuers",
        issuers: [{ verdict: { document: now } }, { verdict: { document: before } }],
      },
    });
  });

  it("a registry that cannot be read, or is behind, leaves only a withdrawal to report", () => {
    const others = [{ registry: REGISTRY, head: undefined, doubt: undefined }] as const;
    const verdict = (documents: readonly DocumentEvidence[]): unknown =>
      judge({ question: {}, evidence: { ...evidence(documents), others }, policy, now: NOW }).verdict;
    expect(verdict([])).toMatchObject({ kind: "indeterminate", because: "INDEX_STALE" });
    expect(verdict([doc()])).toMatchObject({ kind: "indeterminate", because: "INDEX_STALE" });
    expect(verdict([doc({ statuses: ["revoke"] })])).toMatchObject({ kind: "revoked", lagging: true });
  });
});

describe("when the index may be behind", () => {
  it("a final head at the limit is fresh, and a second older is not", () => {
    expect(verdictOf([doc()], {}, policy.maxLag)).toBe("valid");
    expect(verdictOf([doc()], {}, policy.maxLag + 1)).toBe("indeterminate");
    expect(verdictOf([], {}, policy.maxLag)).toBe("not-found");
    expect(verdictOf([], {}, policy.maxLag + 1)).toBe("indeterminate");
  });

  it("a known withdrawal is answered by a stale index, and marked as lagging", () => {
    const judged = (age: number): Judgement["verdict"] =>
      judge({ question: {}, evidence: evidence([doc({ statuses: ["revoke"] })], age), policy, now: NOW })
        .verdict;
    expect(judged(0)).toMatchObject({ kind: "revoked", lagging: false });
    expect(judged(policy.maxLag + 1)).toMatchObject({ kind: "revoked", lagging: true });
  });

  it("an index that has read nothing yet makes every verdict indeterminate", () => {
    const empty: Evidence = {
      documents: [],
      head: undefined,
      doubt: undefined,
      others: [],
      expected: undefined,
    };
    expect(judge({ question: {}, evidence: empty, policy, now: NOW }).verdict).toMatchObject({
      kind: "indeterminate",
      because: "INDEX_STALE",
    });
  });

  it("on a chain without empty blocks the last agreement with the contract counts, not the block's age", () => {
    const old = evidence([doc()], 1_000_000);
    const quiet = { ...policy, emptyBlocks: false };
    expect(judge({ question: {}, evidence: old, policy: quiet, now: NOW }).verdict.kind).toBe("valid");
    expect(judge({ question: {}, evidence: old, policy: quiet, now: NOW + 601 }).verdict.kind).toBe(
      "indeterminate",
    );
    expect(judge({ question: {}, evidence: old, policy: quiet, now: NOW - 601 }).verdict.kind).toBe(
      "indeterminate",
    );
  });

  it.each([
    [
      "a chain that halted",
      2 * 86_400,
      0,
      true,
      /^the newest final block is 2 days behind this machine's clock \(/,
    ],
    [
      "a clock that is ahead",
      0,
      3 * 3_600,
      true,
      /^the newest final block is 3 hours behind this machine's clock/,
    ],
    [
      "a clock set back",
      0,
      -2 * 86_400,
      false,
      /^the newest final block is 2 days ahead of this machine's clock/,
    ],
    [
      "a service that lost its node",
      9 * 86_400,
      1_200,
      false,
      /^the last reading of the chain is 20 minutes behind/,
    ],
    [
      "a clock set back on a quiet chain",
      9 * 86_400,
      -1_200,
      false,
      /^the last reading of the chain is 20 minutes ahead/,
    ],
  ])("the reason names both times: %s", (_, age, shift, emptyBlocks, expected) => {
    const { verdict } = judge({
      question: {},
      evidence: evidence([doc()], age),
      policy: { ...policy, emptyBlocks },
      now: NOW + shift,
    });
    expect(verdict).toMatchObject({ kind: "indeterminate", because: "INDEX_STALE" });
    const { detail } = verdict as { detail: string };
    expect(detail).toMatch(expected);
    expect(detail).toContain(`which is at ${formatTime(NOW + shift)}), and 600 s is the limit`);
  });

  it("a clock behind the chain does not bring an expired document back", () => {
    const ended = doc({ validUntil: NOW });
    expect(judge({ question: {}, evidence: evidence([ended]), policy, now: NOW - 300 }).verdict.kind).toBe(
      "expired",
    );
  });
});

describe("whatever the evidence", () => {
  const status = fc.record({
    action: fc.constantFrom<Action>("revoke", "suspend", "reinstate", "supersede"),
    compromisedSince: fc.option(fc.integer({ min: NOW - 200, max: NOW }), { nil: undefined }),
  });
  const any = fc
    .array(
      fc.record({
        institution: fc.integer({ min: 1, max: 3 }),
        validUntil: fc.constantFrom(0, NOW - 1, NOW, NOW + 1),
        recordedAt: fc.integer({ min: NOW - 1000, max: NOW }),
        final: fc.boolean(),
        state: fc.constantFrom("active" as const, "suspended" as const, "withdrawn" as const),
        compromisedSince: fc.option(fc.integer({ min: NOW - 2000, max: NOW }), { nil: undefined }),
        changes: fc.array(status, { maxLength: 4 }),
      }),
      { maxLength: 5 },
    )
    .map((docs) =>
      docs.map(({ changes, compromisedSince, ...rest }, index) =>
        doc({
          ...rest,
          index,
          ...(compromisedSince === undefined ? {} : { compromisedSince }),
          statuses: changes.map(({ action, compromisedSince: since }, i) => change(action, 100 + i, since)),
        }),
      ),
    );
  const issuer = fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined });
  const age = fc.integer({ min: 0, max: 2 * policy.maxLag });

  it("valid implies a fresh head, a final entry in force, good standing, and no withdrawal by the decider", () => {
    fc.assert(
      fc.property(any, issuer, age, (documents, expectedIssuer, old) => {
        const { verdict, deciding } = judge({
          question: { expectedIssuer },
          evidence: asked(documents, { expectedIssuer }, old),
          policy,
          now: NOW,
        });
        if (verdict.kind !== "valid") return;
        const { entry, final, institution } = verdict.document;
        expect(old).toBeLessThanOrEqual(policy.maxLag);
        expect(final && institution.state === "active").toBe(true);
        expect(entry.validUntil === 0 || entry.validUntil > NOW).toBe(true);
        expect(documents.some((each) => each.entry.institution === entry.institution)).toBe(true);
        expect(expectedIssuer ?? entry.institution).toBe(entry.institution);
        for (const { statuses } of deciding) {
          expect(statuses.some(({ action }) => action === "revoke" || action === "supersede")).toBe(false);
        }
      }),
    );
  });

  it("not-found implies a fresh head and no entry of the institution that decides", () => {
    fc.assert(
      fc.property(any, issuer, age, (documents, expectedIssuer, old) => {
        const { verdict } = judge({
          question: { expectedIssuer },
          evidence: asked(documents, { expectedIssuer }, old),
          policy,
          now: NOW,
        });
        if (verdict.kind !== "not-found") return;
        expect(old).toBeLessThanOrEqual(policy.maxLag);
        expect(
          documents.filter(({ entry }) => entry.institution === (expectedIssuer ?? entry.institution)),
        ).toEqual([]);
      }),
    );
  });

  it("another institution's entries and statuses change nothing where the issuer is named", () => {
    fc.assert(
      fc.property(any, fc.integer({ min: 1, max: 3 }), age, fc.boolean(), (documents, id, old, byId) => {
        const question = { expectedIssuer: byId ? id : official(id) };
        const alone = documents.filter(({ entry }) => entry.institution === id);
        const judged = (given: typeof documents): Judgement =>
          judge({ question, evidence: asked(given, question, old), policy, now: NOW });
        expect(judged(documents).verdict).toEqual(judged(alone).verdict);
      }),
    );
  });

  it("another institution's entries and statuses change nothing where one issuer is accepted and has entries", () => {
    fc.assert(
      fc.property(any, fc.integer({ min: 1, max: 3 }), age, (documents, accepted, old) => {
        const alone = documents.filter(({ entry }) => entry.institution === accepted);
        fc.pre(alone.length > 0);
        const accepting = { ...policy, acceptedIssuers: [official(accepted)] };
        const judged = (given: typeof documents): Judgement =>
          judge({ question: {}, evidence: evidence(given, old), policy: accepting, now: NOW });
        expect(judged(documents).verdict).toEqual(judged(alone).verdict);
      }),
    );
  });

  it("of several issuers each has the verdict that its own entries alone have, and none is left out", () => {
    fc.assert(
      fc.property(any, age, (documents, old) => {
        const { verdict } = judge({ question: {}, evidence: evidence(documents, old), policy, now: NOW });
        const ids = [...new Set(documents.map(({ entry }) => entry.institution))].toSorted();
        expect(verdict.kind === "several-issuers").toBe(ids.length > 1);
        if (verdict.kind !== "several-issuers") return;
        expect(verdict.issuers.map(({ institution }) => institution.id)).toEqual(ids);
        for (const { institution, verdict: own } of verdict.issuers) {
          const alone = documents.filter(({ entry }) => entry.institution === institution.id);
          const judged = judge({ question: {}, evidence: evidence(alone, old), policy, now: NOW });
          expect(own).toEqual(judged.verdict);
        }
      }),
    );
  });

  it("a stale index reports only withdrawals, and those that a fresh one reports", () => {
    fc.assert(
      fc.property(any, issuer, (documents, expectedIssuer) => {
        const fresh = verdictOf(documents, { expectedIssuer });
        const old = verdictOf(documents, { expectedIssuer }, policy.maxLag + 1);
        expect([fresh, "indeterminate"]).toContain(old);
        if (old !== "indeterminate")
          expect(["revoked", "superseded", "suspended", "several-issuers"]).toContain(old);
      }),
    );
  });
});
