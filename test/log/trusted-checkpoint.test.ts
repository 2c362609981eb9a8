import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cosign } from "../../src/log/checkpoint.ts";
import { formatVerifierKey, signNote, type Note, type NoteSigner } from "../../src/log/note.ts";
import { formatPolicy, parsePolicy, type Policy } from "../../src/log/policy.ts";
import { policyOf } from "../../src/log/policy-of.ts";
import { trustCheckpoint } from "../../src/log/trusted-checkpoint.ts";
import { heldOperators, institutionOf } from "../support/log/held.ts";
import { TestLog, type TestOperator } from "../support/log/receipts.ts";
import { cosignerOf, signerOf } from "../support/log/signers.ts";

const DAY = 86_400;
/** Before every window, so that cosignatures may be dated back. */
const ISSUED = 1_900_000_000;
const EXPIRES = ISSUED + 365 * DAY;
const log = new TestLog();
log.fill(5);
const [first, second] = log.operators;
const TEXT = log.checkpoint().text;
const vkey = ({ key }: NoteSigner): string => formatVerifierKey(key);

/** The checkpoint by the log key of `by`, cosigned by these keys at these times. */
function signed(by: NoteSigner, ...cosignatures: readonly (readonly [NoteSigner, number])[]): Note {
  const lines = cosignatures.map(([witness, at]) => cosign(TEXT, witness, at));
  return { text: TEXT, signatures: [signNote(TEXT, by), ...lines] };
}

const read = (policy: Policy): Policy => parsePolicy(formatPolicy(policy));
const generated = (change?: Parameters<typeof heldOperators>[2]): Policy =>
  read(
    policyOf(
      {
        operators: heldOperators(log.operators, log.origin, change),
        institutions: [institutionOf(1), institutionOf(2)],
      },
      {
        log: { origin: log.origin, size: log.size, root: log.root },
        issued: ISSUED,
        urls: new Map(),
        only: undefined,
      },
    ),
  );
const POLICY = generated();
const NOW = ISSUED + 10 * DAY;
const believes = (note: Note, policy = POLICY, now = NOW): boolean => {
  try {
    trustCheckpoint(note, { policy, now });
    return true;
  } catch {
    return false;
  }
};

describe("a checkpoint under a policy that was written by hand", () => {
  const [w1, w2, w3] = [cosignerOf("w1"), cosignerOf("w2"), cosignerOf("w3")] as const;
  const policy = parsePolicy(`log ${vkey(first.log)}
witness one ${vkey(w1)}
witness two ${vkey(w2)}
witness three ${vkey(w3)}
group inner any two three
group both all one inner
quorum both
`);
  const at = (...witnesses: readonly NoteSigner[]): Note =>
    signed(first.log, ...witnesses.map((witness) => [witness, NOW] as const));

  it("a checkpoint with a quorum of cosignatures is trusted, and lists the cosigners and their times", () => {
    const trusted = trustCheckpoint(at(w1, w3), { policy, now: NOW });
    const expected = { origin: log.origin, size: 5, root: log.root, time: NOW, signers: [first.log.key] };
    expect(trusted).toMatchObject(expected);
    expect(trusted.cosigners.map(({ witness, at: time }) => [witness.name, time])).toEqual([
      ["one", NOW],
      ["three", NOW],
    ]);
  });

  it.each<[string, Note, "NOT_ENOUGH_WITNESSES" | "SIGNATURE_INVALID" | "RECEIPT_OTHER_LOG"]>([
    ["no cosignature", at(), "NOT_ENOUGH_WITNESSES"],
    ["one cosignature", at(w1), "NOT_ENOUGH_WITNESSES"],
    ["two cosignatures of one group", at(w2, w3), "NOT_ENOUGH_WITNESSES"],
    ["the same cosigner twice", at(w1, w1), "NOT_ENOUGH_WITNESSES"],
    ["an unknown cosigner", at(w1, cosignerOf("w4")), "NOT_ENOUGH_WITNESSES"],
    [
      "the key of another log",
      signed(signerOf(log.origin, { seed: "another" }), [w1, NOW], [w2, NOW]),
      "SIGNATURE_INVALID",
    ],
    ["cosignatures alone", { text: TEXT, signatures: at(w1, w2).signatures.slice(1) }, "SIGNATURE_INVALID"],
    [
      "a cosignature of another checkpoint",
      { text: TEXT, signatures: [...at(w1).signatures, cosign("x\n1\n", w2, NOW)] },
      "SIGNATURE_INVALID",
    ],
    ["the origin of another log", { ...at(w1, w2), text: TEXT.replace("0a0a", "0b0b") }, "RECEIPT_OTHER_LOG"],
  ])("a checkpoint with %s is refused", (_, note, code) => {
    expect(() => trustCheckpoint(note, { policy, now: NOW })).toThrowCode(code);
  });

  it("its time is the greatest at which the later cosignatures still fulfil the quorum", () => {
    const time = (...times: readonly (readonly [NoteSigner, number])[]): number =>
      trustCheckpoint(signed(first.log, ...times), { policy, now: NOW }).time;
    expect(time([w1, 50], [w2, 40], [w3, 30])).toBe(40);
    expect(time([w1, 50], [w2, 30], [w3, 40])).toBe(40);
    expect(time([w1, 10], [w2, 40], [w3, 50])).toBe(10);
    expect(time([w1, 10], [w1, 45], [w2, 40], [w2, 70])).toBe(45);
  });

  it("whatever the times are, the time is that of a cosignature, and no later one fulfils the quorum", () => {
    const times = fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9));
    fc.assert(
      fc.property(times, ([a, b, c]) => {
        const { time } = trustCheckpoint(signed(first.log, [w1, a], [w2, b], [w3, c]), { policy, now: NOW });
        expect(time).toBe(Math.min(a, Math.max(b, c)));
      }),
      { numRuns: 30 },
    );
  });
});

describe("a checkpoint under a generated policy", () => {
  const both = (at = NOW): Note => signed(first.log, [first.witness, at], [second.witness, at]);

  it("it is believed with the cosignature of another institution beside the own", () => {
    expect(trustCheckpoint(both(), { policy: POLICY, now: NOW })).toMatchObject({ time: NOW });
  });

  it("the policy's age is told above 90 days", () => {
    const days = (now: number): number | undefined =>
      trustCheckpoint(both(), { policy: POLICY, now }).policyDays;
    expect(days(ISSUED + 90 * DAY)).toBeUndefined();
    expect(days(ISSUED + 90 * DAY + 1)).toBe(90);
    expect(days(EXPIRES - 1)).toBe(364);
  });

  it("from its expiry by the reader's clock nothing is believed, and the age is told", () => {
    for (const now of [EXPIRES, EXPIRES + 1, EXPIRES + 1_000 * DAY])
      expect(() => trustCheckpoint(both(), { policy: POLICY, now })).toThrowCode("POLICY_EXPIRED");
    expect(() => trustCheckpoint(both(), { policy: POLICY, now: EXPIRES })).toThrow(/2030-03-17.*2031-03-17/);
  });

  it("a newer policy keeps what was proven, by keys that were retired since", () => {
    const retired = NOW + DAY;
    const newer = { ...generated(() => ({ until: retired })), expires: EXPIRES + 365 * DAY };
    expect(believes(both(), newer, EXPIRES)).toBe(true);
    expect(believes(both(retired - 1), newer, EXPIRES)).toBe(true);
    expect(believes(both(retired), newer, EXPIRES)).toBe(false);
  });

  it("a policy of one operator's log takes witnesses of others alone", () => {
    const directory = {
      operators: heldOperators(log.operators, log.origin),
      institutions: [institutionOf(1), institutionOf(2)],
    };
    const of = {
      log: { origin: log.origin, size: 5, root: log.root },
      issued: ISSUED,
      urls: new Map<number, string>(),
    };
    const policy = read(policyOf(directory, { ...of, only: 1 }));
    expect(believes(signed(first.log, [second.witness, NOW]), policy)).toBe(true);
    expect(believes(signed(first.log, [first.witness, NOW]), policy)).toBe(false);
    expect(believes(signed(second.log, [second.witness, NOW], [first.witness, NOW]), policy)).toBe(false);
  });
});

/** What was stolen signs whatever it wants, at whatever time it writes. */
describe("keys that were stolen after a policy was issued", () => {
  const DATES: readonly (readonly [string, number])[] = [
    ["now", NOW],
    ["a second before the policy was issued", ISSUED - 1],
    ["a day back", NOW - DAY],
    ["a month back", NOW - 30 * DAY],
    ["the second before the policy expires", EXPIRES - 1],
    ["a time to come", EXPIRES + DAY],
    ["the year 9999", 253_402_300_799],
  ];
  const all = ({ log: own, witness }: TestOperator, at: number): readonly Note[] => [
    signed(own, [witness, at]),
    signed(own, [witness, at], [witness, at - 1], [witness, at + 1]),
    {
      text: TEXT,
      signatures: [first.log, second.log]
        .map((each) => each === own && signNote(TEXT, each))
        .filter((each) => each !== false),
    },
  ];

  it.each(DATES)("all keys of one operator, dated %s: nothing is believed", (_, at) => {
    for (const operator of log.operators)
      for (const note of all(operator, at))
        for (const now of [ISSUED, NOW, EXPIRES - 1, EXPIRES])
          expect(believes(note, POLICY, now)).toBe(false);
  });

  it.each(DATES)(
    "the keys of both operators, dated %s: nothing is believed once the policy expired",
    (_, at) => {
      const note = signed(first.log, [first.witness, at], [second.witness, at]);
      for (const now of [EXPIRES, EXPIRES + DAY]) expect(believes(note, POLICY, now)).toBe(false);
    },
  );

  it.each(DATES)(
    "a reported key, dated %s: nothing is believed by a policy that knows of the report",
    (_, at) => {
      const compromise = { since: NOW, entry: 70 };
      const note = signed(first.log, [first.witness, at], [second.witness, at]);
      const reported = (purpose: string): Policy =>
        generated((operator, of) => (operator === 1 && of === purpose ? { compromise } : {}));
      expect(believes(note, reported("log"))).toBe(false);
      expect(() => reported("witness")).toThrowCode("POLICY_NO_WITNESS"); // two institutions, and one is left
    },
  );

  it("a retired key that is stolen counts in its window alone, and never without another institution", () => {
    const [from, until] = [ISSUED - 30 * DAY, ISSUED - DAY];
    const policy = generated((operator) => (operator === 1 ? { from, until } : {}));
    const dated = (at: number): Note => signed(first.log, [first.witness, at], [second.witness, NOW]);
    expect([from - 1, from, until - 1, until, NOW].map((at) => believes(dated(at), policy))).toEqual([
      false,
      true,
      true,
      false,
      false,
    ]);
    for (const at of [from, until - 1])
      expect(believes(signed(first.log, [first.witness, at]), policy)).toBe(false);
  });
});
