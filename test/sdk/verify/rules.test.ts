import { beforeEach, describe, expect, it } from "vitest";
import { fromBase64, fromHex, toBase64, toHex } from "../../../src/core/bytes.ts";
import { decodeEntry, type Action } from "../../../src/core/entry.ts";
import { formatTime } from "../../../src/core/time.ts";
import { hashLeaf } from "../../../src/log/hash.ts";
import { formatNote } from "../../../src/log/note.ts";
import { checkFile, type Checked } from "../../../src/sdk/verify/check.ts";
import { EMPTY_EVIDENCE } from "../../../src/sdk/verify/classify.ts";
import type { Expected } from "../../../src/sdk/verify/shown.ts";
import { MemoryTrust, trustIn } from "../../../src/sdk/verify/trust.ts";
import type { VerificationRequest, VerificationResponse } from "../../../src/wire/verifications.ts";
import { digestsOf } from "../../support/log/evidence.ts";
import { LyingOperator } from "../../support/log/lying-operator.ts";
import { TIME } from "../../support/log/receipts.ts";

const NOW = TIME + 60;
const DIGESTS = digestsOf("a report");
let operator: LyingOperator;
/** The document, by institution 1. */
let document: number;
let store: MemoryTrust;
beforeEach(() => {
  operator = new LyingOperator();
  operator.log.fill(3);
  document = operator.log.document(DIGESTS[0]);
  operator.log.fill(2);
  operator.served.sign();
  store = new MemoryTrust();
});

const setStatus = (action: Action, by = 1, of = document, successor?: number): number =>
  operator.log.status({ document: of, action, reason: "other", successor }, by);

type Told = Parameters<LyingOperator["answer"]>[1];
type Tell = (request: VerificationRequest) => VerificationResponse;

/** Checks the file by an operator that answers so. */
async function check(
  tell: Tell,
  options: { expected?: Expected; policy?: boolean; now?: number; maxLag?: number } = {},
): Promise<Checked> {
  const { expected = "any", policy = false, now = NOW, maxLag = 600 } = options;
  const log = operator.served;
  return await checkFile({
    digests: DIGESTS,
    evidence: { ...EMPTY_EVIDENCE, policy: policy ? operator.log.policy() : undefined },
    expectedIssuer: expected,
    acceptedIssuers: [],
    service: {
      client: { verify: (request) => Promise.resolve(tell(request)) },
      log,
      trust: trustIn({ name: "here", log, store, now: () => now }),
      wait: () => Promise.resolve(),
    },
    now,
    maxLag,
  });
}

const telling =
  (told: Partial<Told>, change?: Parameters<LyingOperator["answer"]>[2]): Tell =>
  (request) =>
    operator.answer(
      request,
      { verdict: "valid", entries: [operator.shown(document)], decidedBy: document, ...told },
      change,
    );

const refused = (code = "ANSWER_UNPROVEN"): object => ({ kind: "unproven", fault: { code } });

async function expectRefused(
  tell: Tell,
  ...rest: readonly [Parameters<typeof check>[1]?, string?]
): Promise<void> {
  const [options, code] = rest;
  expect(await check(tell, options)).toMatchObject(refused(code));
}

/** An answer with another proof. */
const withProof =
  (tell: Tell, change: (proof: NonNullable<VerificationResponse["proof"]>) => object): Tell =>
  (request) => {
    const answer = tell(request);
    return { ...answer, proof: answer.proof && { ...answer.proof, ...change(answer.proof) } };
  };

describe("an honest answer", () => {
  it("valid is believed as the operator's word, with what the log says of it", async () => {
    expect(await check(telling({}))).toMatchObject({
      kind: "online",
      answer: {
        verdict: "valid",
        restsOn: "operator",
        statedBy: [`${operator.log.origin}/status/1`],
        decidedBy: document,
        entries: [{ index: document, institution: { name: "Issuer 1", officialNumber: "N1" } }],
        basis: { rule: "newest-entry", entry: document },
      },
    });
  });

  it.each([
    ["revoke", "revoked", "proof"],
    ["supersede", "superseded", "proof"],
    ["suspend", "suspended", "operator"],
  ] as const)(
    "%s is believed, and rests on proof only under a policy with the issuer named",
    async (action, verdict, most) => {
      const status = setStatus(action, 1, document, action === "supersede" ? document - 1 : undefined);
      operator.served.sign(operator.log.checkpoint(...operator.log.operators));
      const tell = telling({
        verdict,
        entries: [operator.shown(document, [status])],
        withdrawal: operator.change(status),
      });
      const both = withProof(tell, () => ({
        checkpoint: formatNote(operator.log.checkpoint(...operator.log.operators)),
      }));
      for (const [options, restsOn] of [
        [{}, "operator"],
        [{ expected: 1 }, "operator"],
        [{ policy: true }, "operator"],
        [{ policy: true, expected: 1 }, most],
      ] as const)
        expect(await check(both, options)).toMatchObject({ answer: { verdict, restsOn } });
      const unsigned: Tell = (request) => ({ ...both(request), note: undefined });
      const named = await check(unsigned, { policy: true, expected: 1 });
      expect(named).toMatchObject(most === "proof" ? { answer: { verdict, restsOn: "proof" } } : refused());
      await expectRefused(unsigned, { expected: 1 });
      await expectRefused(unsigned, { policy: true });
    },
  );

  it("not-found is believed as the operator's word", async () => {
    const other = new LyingOperator();
    operator = other;
    other.log.fill(5);
    other.served.sign();
    const tell = telling({ verdict: "not-found", entries: [], decidedBy: undefined });
    expect(await check(tell)).toMatchObject({
      answer: { verdict: "not-found", restsOn: "operator", others: 0 },
    });
  });

  it("in question is believed by the entry of the directory that says so", async () => {
    const entry = operator.event(
      "InstitutionStateSet(uint64,uint32,uint8,uint64,address)",
      [
        ["uint32", 1],
        ["uint8", 2],
      ],
      1,
    );
    const since = formatTime(TIME);
    const told = {
      verdict: "issuer-not-in-good-standing",
      basis: { rule: "institution-state", entry, since },
      standing: { what: "institution", state: "suspended", since },
    } as const;
    expect(await check(telling(told))).toMatchObject({ answer: told });
    await expectRefused(telling({ ...told, basis: { ...told.basis, entry: 1 } }));
    const elsewhere = operator.event(
      "InstitutionStateSet(uint64,uint32,uint8,uint64,address)",
      [
        ["uint32", 2],
        ["uint8", 2],
      ],
      2,
    );
    await expectRefused(telling({ ...told, basis: { ...told.basis, entry: elsewhere } }));
    const active = operator.event(
      "InstitutionStateSet(uint64,uint32,uint8,uint64,address)",
      [
        ["uint32", 1],
        ["uint8", 1],
      ],
      1,
    );
    await expectRefused(telling({ ...told, basis: { ...told.basis, entry: active } }));
  });

  it("a key is in question by a report that is earlier than the entry, about this key", async () => {
    const { recordedBy } = decodeEntry(operator.log.entries[document] ?? new Uint8Array());
    const report = (key: string, since: number): number =>
      operator.event(
        "KeyCompromised(uint64,uint32,address,uint64,uint64,address)",
        [
          ["uint32", 1],
          ["address", key],
          ["uint64", since],
        ],
        1,
      );
    const told = (entry: number) =>
      telling({
        verdict: "issuer-not-in-good-standing",
        basis: { rule: "key-compromise", entry, since: formatTime(TIME - 1) },
      });
    expect(await check(told(report(recordedBy, TIME - 1)))).toMatchObject({
      answer: { verdict: "issuer-not-in-good-standing", standing: { what: "key" } },
    });
    await expectRefused(told(report(`0x${"0b".repeat(20)}`, TIME - 1)));
    await expectRefused(told(report(recordedBy, TIME + 1)));
  });

  it("whether it is past its date is told by the reader's clock", async () => {
    document = operator.log.document(digestsOf("a report")[0], { validUntil: TIME + 100 });
    const tell = telling({});
    expect(await check(tell)).toMatchObject({ answer: { verdict: "valid" } });
    const late = telling({}, { time: TIME + 100 });
    expect(await check(late, { now: TIME + 100 })).toMatchObject({
      answer: { verdict: "expired", basis: { rule: "validity" } },
    });
    expect(await check(telling({ verdict: "expired" }))).toMatchObject({ answer: { verdict: "valid" } });
  });
});

describe("an operator that signs what it likes", () => {
  it("does not have a withdrawal believed of another institution, an earlier entry, another document or another action", async () => {
    const early = setStatus("revoke", 1, operator.log.size + 1);
    document = operator.log.document(DIGESTS[0]);
    const foreign = setStatus("revoke", 2);
    const other = setStatus("revoke", 1, document - 3);
    const suspended = setStatus("suspend");
    const governance = setStatus("revoke", 0);
    const claim = {
      entries: [{ index: document, leaf: leafOf(document), institution: 1, status: governance }],
    };
    const told = (status: number): Tell =>
      telling(
        {
          verdict: "revoked",
          withdrawal: { ...operator.change(status), action: "revoke" },
          entries: [operator.shown(document, [status])],
        },
        { claim, proven: [document, status, governance] },
      );
    for (const status of [early, foreign, other, suspended]) await expectRefused(told(status));
    const withdrawal = operator.change(suspended);
    const entries = [operator.shown(document, [suspended])];
    await expectRefused(
      telling(
        { verdict: "revoked", withdrawal, entries },
        { claim, proven: [document, suspended, governance] },
      ),
    );
    expect(await check(told(governance))).toMatchObject({ answer: { verdict: "revoked" } });
  });

  it.each(["reason", "recordedAt", "institution", "successor"])(
    "does not have another %s of a withdrawal believed",
    async (member) => {
      const status = setStatus("revoke");
      const lies = {
        reason: "key-compromise",
        recordedAt: "2020-01-01T00:00:00Z",
        institution: 0,
        successor: 1,
      };
      const withdrawal = { ...operator.change(status), [member]: lies[member as keyof typeof lies] };
      await expectRefused(
        telling({ verdict: "revoked", withdrawal, entries: [operator.shown(document, [status])] }),
      );
    },
  );

  it("does not have a document in force that it lists as withdrawn, nor a lighter withdrawal", async () => {
    const suspended = setStatus("suspend");
    const revoked = setStatus("revoke");
    const entries = [operator.shown(document, [suspended, revoked])];
    await expectRefused(telling({ entries }));
    await expectRefused(telling({ verdict: "suspended", withdrawal: operator.change(suspended), entries }));
    const hidden = {
      entries: [{ index: document, leaf: leafOf(document), institution: 1, status: undefined }],
    };
    expect(await check(telling({}, { claim: hidden }))).toMatchObject({
      answer: { verdict: "valid", restsOn: "operator" },
    });
  });

  it("does not have a note believed that claims other entries than the answer", async () => {
    const base = { index: document, leaf: leafOf(document), institution: 1, status: undefined };
    for (const entries of [
      [],
      [{ ...base, leaf: hashLeaf(base.leaf) }],
      [{ ...base, institution: 2 }],
      [base, { ...base, index: document + 1, institution: 2 }],
    ])
      await expectRefused(telling({}, { claim: { entries } }));
    await expectRefused(telling({}, { claim: { verdict: "expired" } }));
    operator.log.fill(1);
    await expectRefused(telling({}, { claim: { entries: [{ ...base, status: document + 1 }] } }));
    const ofAnother = setStatus("reinstate", 1, document - 3);
    await expectRefused(telling({}, { claim: { entries: [{ ...base, status: ofAnother }] } }));
  });

  it("does not have the entry of one institution believed as that of another", async () => {
    await expectRefused(telling({}), { expected: 2 });
    await expectRefused(telling({}), { expected: { jurisdiction: "CN", officialNumber: "N2" } });
    expect(await check(telling({}), { expected: 1 })).toMatchObject({ answer: { chosenBy: "caller" } });
  });

  it("does not have an older entry decide, nor one of an institution that is not asked about", async () => {
    const newer = operator.log.document(DIGESTS[0], { validUntil: TIME + 1 });
    const entries = [operator.shown(document), operator.shown(newer)];
    const leaves = [document, newer].map((index) => ({
      index,
      leaf: leafOf(index),
      institution: 1,
      status: undefined,
    }));
    await expectRefused(telling({ entries }, { claim: { entries: leaves } }));
    await expectRefused(telling({}, {}), { expected: 2 });
    await expectRefused(telling({}, {}), { expected: { jurisdiction: "CN", officialNumber: "N2" } });
    await expectRefused(telling({ verdict: "not-found" }));
    await expectRefused(telling({ decidedBy: newer + 1 }));
  });

  it("does not have an entry believed that is not of the file, or not a document", async () => {
    const other = operator.log.document(digestsOf("another")[0]);
    const shown = (index: number): Partial<Told> => ({ entries: [operator.shown(index)], decidedBy: index });
    const claims = (index: number) => ({
      claim: { entries: [{ index, leaf: leafOf(index), institution: 1, status: undefined }] },
    });
    await expectRefused(telling(shown(other), claims(other)));
    const status = operator.log.status({
      document,
      action: "reinstate",
      reason: "other",
      successor: undefined,
    });
    await expectRefused(telling(shown(status), claims(status)));
    const bytes = operator.log.entries[document] ?? new Uint8Array();
    const alike = [bytes.with(2, 2), bytes.with(3, 1), bytes.with(1, 4)];
    for (const index of alike.map((each) => operator.log.append(each)))
      await expectRefused(telling(shown(index), claims(index)));
  });

  it.each([
    ["recordedAt", "2020-01-01T00:00:00Z"],
    ["validUntil", "2099-01-01T00:00:00Z"],
    [
      "institution",
      {
        id: 2,
        name: "",
        names: { en: "", "zh-Hans": "", "zh-Hant": "" },
        jurisdiction: "CN",
        officialNumber: "N2",
      },
    ],
  ])("does not have another %s believed than the entry's", async (member, value) => {
    await expectRefused(telling({ entries: [{ ...operator.shown(document), [member]: value }] }));
  });

  it("has names, document type and digest shown as the log has them, whatever it says", async () => {
    const names = { en: "Other", "zh-Hans": "他", "zh-Hant": "他" };
    const shown = operator.shown(document);
    const lie = {
      ...shown,
      scene: "tax-income",
      institution: { ...shown.institution, name: "Other", names, officialNumber: "N9" },
    };
    expect(await check(telling({ entries: [lie] }))).toMatchObject({
      answer: { entries: [{ scene: shown.scene, institution: shown.institution }] },
    });
  });

  it("has nothing believed whose directory entries are missing, or commit to something else", async () => {
    const honest = telling({});
    await expectRefused(withProof(honest, () => ({ events: [] })));
    for (const i of [0, 2])
      await expectRefused(
        withProof(honest, ({ events = [] }) => ({ events: events.filter((_, n) => n !== i) })),
      );
    const bytesOf = (text: string): Uint8Array => fromBase64(text) ?? new Uint8Array();
    await expectRefused(
      withProof(honest, ({ events = [] }) => ({
        events: events.map((each) => ({ ...each, event: toBase64(bytesOf(each.event).with(-1, 9)) })),
      })),
    );
    await expectRefused(
      withProof(honest, ({ events = [] }) => ({
        events: events.map((each) => ({ ...each, entry: toHex(fromHex(each.entry).with(19, 7)) })),
      })),
    );
  });

  it("has nothing believed of an admin that governance put in place without the entry that did", async () => {
    const shown = operator.shown(document);
    const placedAdmin = { admin: `0x${"0a".repeat(20)}`, since: formatTime(TIME), entry: 1 };
    const lie = { ...shown, institution: { ...shown.institution, placedAdmin } };
    const checked = await check(telling({ entries: [lie] }));
    expect(checked).toMatchObject({ kind: "online" });
    expect(JSON.stringify(checked)).not.toContain("placedAdmin");
  });
});

describe("an answer", () => {
  it("that is old, or of a smaller log than is known, is stale", async () => {
    await expectRefused(telling({}, { time: NOW - 601 }), {}, "INDEX_STALE");
    expect(await check(telling({}, { time: NOW - 599 }))).toMatchObject({ kind: "online" });
    const before = telling({})({
      digest: "sha256:" + toHex(DIGESTS[0].bytes),
      alsoDigests: ["sm3:" + toHex(DIGESTS[1].bytes)],
    });
    operator.log.fill(1);
    expect(await check(telling({}))).toMatchObject({ kind: "online" });
    await expectRefused(() => before, {}, "INDEX_STALE");
  });

  it("under an old checkpoint is stale, unless it tells of a withdrawal", async () => {
    const now = NOW + 600;
    await expectRefused(telling({}, { time: now }), { now }, "INDEX_STALE");
    const status = setStatus("revoke");
    const told = {
      verdict: "revoked",
      withdrawal: operator.change(status),
      entries: [operator.shown(document, [status])],
    } satisfies Partial<Told>;
    expect(await check(telling(told, { time: now }), { now })).toMatchObject({
      answer: { verdict: "revoked" },
    });
  });

  it("to another question is not believed", async () => {
    const other = operator.answer(
      { digest: `sha256:${toHex(digestsOf("another")[0].bytes)}` },
      { verdict: "not-found", entries: [] },
    );
    await expectRefused(() => ({ ...other, proof: undefined }));
    const named = telling({})({
      digest: "sha256:" + toHex(DIGESTS[0].bytes),
      alsoDigests: ["sm3:" + toHex(DIGESTS[1].bytes)],
    });
    await expectRefused(() => named, { expected: 1 });
  });

  it("without proof is proven by the log's tiles, and one of two registries is not", async () => {
    const bare = withProof(telling({}), () => ({ entries: [] }));
    expect(await check(bare)).toMatchObject({ answer: { verdict: "valid" } });
    await expectRefused(telling({ decidedIn: "0x00" }));
    await expectRefused((request) => ({ ...telling({})(request), proof: undefined }));
  });

  it("about entries of two institutions is that of each of them, asked by name", async () => {
    const second = operator.log.document(DIGESTS[0], { institution: 2 });
    const status = setStatus("revoke", 2, second);
    const entries = [operator.shown(document), operator.shown(second, [status])];
    const asked: unknown[] = [];
    const tell: Tell = (request) => {
      asked.push(request.expectedIssuer);
      const revoked = { verdict: "revoked", decidedBy: second, withdrawal: operator.change(status) } as const;
      return telling({ entries, ...(request.expectedIssuer === "CN:N2" ? revoked : {}) })(request);
    };
    expect(await check(tell)).toMatchObject({
      answer: {
        verdict: "several-issuers",
        restsOn: "operator",
        issuers: [{ verdict: "valid" }, { verdict: "revoked" }],
      },
      notes: [{}, {}, {}],
    });
    expect(asked).toEqual([undefined, "CN:N1", "CN:N2"]);
    const hiding: Tell = (request) =>
      telling({
        entries: [operator.shown(document)],
        chosenBy: "setting",
        ...(request.expectedIssuer === "CN:N2"
          ? { verdict: "revoked", decidedBy: second, withdrawal: operator.change(status) }
          : {}),
      })(request);
    expect(await check(hiding)).toMatchObject({ answer: { verdict: "several-issuers", others: 0 } });
    const alone = telling(
      { entries: [operator.shown(document)] },
      {
        claim: { entries: [{ index: document, leaf: leafOf(document), institution: 1, status: undefined }] },
      },
    );
    expect(await check(alone)).toMatchObject({ answer: { verdict: "valid", restsOn: "operator" } });
    await expectRefused((request) => ({ ...tell(request), note: undefined }));
  });
});

function leafOf(index: number): Uint8Array {
  return hashLeaf(operator.log.entries[index] ?? new Uint8Array());
}
