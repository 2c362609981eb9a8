import { describe, expect, it } from "vitest";
import type { Institution, Operator, OperatorKey } from "../../src/core/directory.ts";
import { formatPolicy, parsePolicy, type Policy } from "../../src/log/policy.ts";
import { policyOf, type PolicyOptions } from "../../src/log/policy-of.ts";
import { ADDED, heldKey, heldOperators, institutionOf } from "../support/log/held.ts";
import { TestLog } from "../support/log/receipts.ts";
import { signerOf } from "../support/log/signers.ts";

const ISSUED = 1_900_000_000;
const log = new TestLog();
log.fill(5);
const { origin } = log;
const operators = heldOperators(log.operators, origin);
const [first, second] = operators as [Operator, Operator];
const INSTITUTIONS = [institutionOf(1), institutionOf(2)];

const made = (
  given: readonly Operator[] = operators,
  options: Partial<PolicyOptions> & { institutions?: readonly Institution[] } = {},
): Policy =>
  policyOf(
    { operators: given, institutions: options.institutions ?? INSTITUTIONS },
    {
      log: { origin, size: 5, root: log.root },
      issued: ISSUED,
      urls: new Map(),
      only: undefined,
      ...options,
    },
  );
const notesOf = (policy: Policy): string => (policy.notes ?? []).join("\n");
/** The first operator with more keys. */
const withKeys = (...keys: readonly OperatorKey[]): Operator[] => [
  { ...first, keys: [...first.keys, ...keys] },
  second,
];

describe("a policy of a directory", () => {
  it("it is read as it was made, and begins with when, of what, and whose keys", () => {
    const policy = made();
    const text = formatPolicy(policy);
    const { notes: _, ...rest } = policy;
    expect(parsePolicy(text)).toEqual(rest);
    expect(
      text
        .split("\n")
        .slice(0, 12)
        .map((line) => line.split(" ").slice(0, 3).join(" ")),
    ).toEqual([
      "# hufu issued",
      "# hufu expires",
      "# hufu directory",
      ...new Array<string>(6).fill("# hufu key"),
      ...new Array<string>(2).fill("# hufu status"),
      "# operator 1",
    ]);
    expect(policy).toMatchObject({ issued: ISSUED, expires: ISSUED + 365 * 86_400 });
    expect(policy.logs.map(({ from, until }) => [from, until])).toEqual([
      [ADDED, undefined],
      [ADDED, undefined],
    ]);
  });

  it("status keys are no logs", () => {
    const { logs, statusKeys } = made();
    expect(logs.map(({ key }) => key.name)).toEqual([origin, origin]);
    expect(statusKeys.map(({ key }) => key.name)).toEqual([`${origin}/status/1`, `${origin}/status/2`]);
  });

  it("the quorum is two institutions, and two operators of one are one", () => {
    const third = {
      ...heldOperators([...log.operators, log.operators[0]], origin)[2],
      institution: 1,
    } as Operator;
    const own = {
      ...third,
      keys: [
        heldKey(signerOf(`${origin}/witness/3`, { type: 4, seed: "3" }), origin, {
          operator: 3,
          purpose: "witness",
        }),
      ],
    };
    const policy = made([...operators, own]);
    expect(policy.groups).toEqual([
      { name: "institution-1", threshold: 1, members: ["operator-1-1", "operator-3-1"] },
      { name: "institution-2", threshold: 1, members: ["operator-2-1"] },
      { name: "institutions", threshold: 2, members: ["institution-1", "institution-2"] },
    ]);
    expect(policy.quorum).toBe("institutions");
    expect(() => made([first, own])).toThrowCode("POLICY_NO_WITNESS");
  });

  it("operators of no institution are governance's, and one group", () => {
    const neutral = operators.map((operator) => ({ ...operator, institution: undefined }));
    expect(() => made(neutral)).toThrowCode("POLICY_NO_WITNESS");
    const policy = made([neutral[0] ?? first, second]);
    expect(policy.groups.at(-1)?.members).toEqual(["institution-0", "institution-2"]);
  });

  it("it names each operator's institution, its official number, and since when", () => {
    expect(notesOf(made())).toContain(
      "operator 1 | Operator 1 | institution 1 | CN | 91440300MA00000000 | Shenzhen Tiger Tally Credit | 深圳虎符征信 | 深圳虎符徵信 | active since 2027-01-14T08:00:00Z",
    );
    const suspended = [institutionOf(1, { state: "suspended", stateSince: ISSUED }), institutionOf(2)];
    expect(notesOf(made(operators, { institutions: suspended }))).toContain(
      "suspended since 2030-03-17T17:46:40Z",
    );
  });

  it("of one operator's log the quorum is witnesses of others, and its own is in no group", () => {
    const { logs, groups, quorum, witnesses, statusKeys } = made(operators, { only: 2 });
    expect(logs.map(({ key }) => key)).toEqual([log.operators[1].log.key]);
    expect(statusKeys.map(({ key }) => key)).toEqual([log.operators[1].status.key]);
    expect(groups).toEqual([
      { name: "institution-1", threshold: 1, members: ["operator-1-1"] },
      { name: "others", threshold: 1, members: ["institution-1"] },
    ]);
    expect(quorum).toBe("others");
    expect(witnesses.map(({ name }) => name)).toEqual(["operator-1-1", "operator-2-1"]);
    expect(() => made([first], { only: 1 })).toThrowCode("POLICY_NO_WITNESS");
    expect(() => made(operators, { only: 3 })).toThrowCode("OPERATOR_UNKNOWN");
  });

  it("addresses stand where they are known", () => {
    const policy = made(operators, { urls: new Map([[2, "https://b.example"]]) });
    expect(policy.logs.map(({ url }) => url)).toEqual([undefined, "https://b.example/log"]);
    expect(policy.witnesses.map(({ url }) => url)).toEqual([undefined, "https://b.example/witness"]);
  });
});

/** What anybody who may add a key can put into the directory. */
describe("a directory with keys that no policy can hold", () => {
  const added = (change: Partial<OperatorKey> & Pick<OperatorKey, "purpose">, type = 1): OperatorKey =>
    heldKey(signerOf("an added key", { type }), origin, {
      operator: 1,
      entry: 99,
      id: new Uint8Array(32).fill(7),
      ...change,
    });
  const ID = "07".repeat(32);

  it.each<[string, OperatorKey, string]>([
    ["a malformed key", added({ purpose: "log", publicKey: Uint8Array.of(1, 2, 3) }), "no-possession"],
    ["a key of no bytes", added({ purpose: "witness", publicKey: new Uint8Array() }, 4), "no-possession"],
    [
      "a key that is no point",
      added({ purpose: "log", publicKey: new Uint8Array(32).fill(255) }),
      "no-possession",
    ],
    [
      "a key of small order",
      added({ purpose: "log", publicKey: new Uint8Array(32).with(0, 1) }),
      "no-possession",
    ],
    ["a key without possession", added({ purpose: "status", possession: new Uint8Array() }), "no-possession"],
    [
      "a key of ML-DSA-44",
      added({ purpose: "witness", publicKey: new Uint8Array(1_312) }, 6),
      "unknown-type",
    ],
    ["a key of type 255", added({ purpose: "log" }, 255), "unknown-type"],
    ["a cosigner's key as a log's", added({ purpose: "log" }, 4), "unknown-type"],
    [
      "a key of another",
      heldKey(log.operators[1].log, origin, {
        operator: 1,
        purpose: "log",
        entry: 99,
        id: new Uint8Array(32).fill(7),
      }),
      "held-before",
    ],
    ["a reported key", added({ purpose: "log", compromise: { since: 5, entry: 100 } }), "compromised"],
  ])("%s is left out and named, and the policy is readable", (_, key, reason) => {
    const { notes, ...rest } = made(withKeys(key));
    const { notes: before, ...unchanged } = made();
    expect(rest).toEqual(unchanged);
    expect(notes).toEqual([...(before ?? []), `left out: operator 1 | ${key.purpose} | ${ID} | ${reason}`]);
    expect(parsePolicy(formatPolicy({ notes: notes ?? [], ...rest }))).toEqual(unchanged);
  });

  it.each([
    ["lines", "a\nquorum none\nlog x"],
    ["a carriage return", "a\rb"],
    ["what is not seen", "a\u200b\u202e\u0000\u007fb"],
    ["separators of lines", "a\u2028b\u2029c\u0085d"],
    ["half a character", "a\ud800b"],
    ["much of it", "長".repeat(5_000)],
  ])("names with %s stay within their line", (_, name) => {
    const institutions = INSTITUTIONS.map((each) => ({
      ...each,
      jurisdiction: name,
      officialNumber: name,
      names: { en: name, "zh-Hans": name, "zh-Hant": name },
    }));
    const policy = made(
      operators.map((operator) => ({ ...operator, name })),
      { institutions },
    );
    const text = formatPolicy(policy);
    expect(text).not.toMatch(/[^\n\P{C}]|[\u2028\u2029]/u);
    const { notes: _notes, ...rest } = policy;
    expect(parsePolicy(text)).toEqual(rest);
  });

  it("an operator with very many keys makes no policy too long, and its newest count", () => {
    const many = Array.from({ length: 3_000 }, (_, i) =>
      heldKey(signerOf(origin, { seed: `key ${i % 40}` }), origin, {
        operator: 1,
        purpose: "log",
        entry: 100 + i,
        id: new Uint8Array(32).fill(i),
      }),
    );
    const policy = made(withKeys(...many));
    expect(parsePolicy(formatPolicy(policy)).logs).toHaveLength(17);
    expect(policy.logs.map(({ key }) => key)).toContainEqual(log.operators[1].log.key);
    expect(policy.logs.map(({ key }) => key)).toContainEqual(signerOf(origin, { seed: "key 39" }).key);
    expect(notesOf(policy)).toContain("left out: operator 1 | 2969 more");
  });
});
