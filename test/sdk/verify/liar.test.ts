import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { localNoteSigner } from "../../../src/attest/signer.ts";
import { formatExpectedIssuer } from "../../../src/core/official-id.ts";
import { fromHex } from "../../../src/core/bytes.ts";
import {
  answerJson,
  formatAnswer,
  hashAnswered,
  parseAnswer,
  verifyAnswer,
  type ClaimedEntry,
} from "../../../src/log/answer.ts";
import { keyNames } from "../../../src/log/checkpoint.ts";
import { convict, type Conviction } from "../../../src/log/conviction.ts";
import { formatNote, parseNote, signNote } from "../../../src/log/note.ts";
import { operatorSeeds } from "../../../src/main/secrets.ts";
import { LogClient } from "../../../src/sdk/http/log-client.ts";
import { fetchEntry } from "../../../src/sdk/verify/tiles.ts";
import type { VerificationResponse } from "../../../src/wire/verifications.ts";
import { parsePolicy, type Policy } from "../../../src/log/policy.ts";
import { checkFile, type Checked } from "../../../src/sdk/verify/check.ts";
import { EMPTY_EVIDENCE } from "../../../src/sdk/verify/classify.ts";
import type { Expected } from "../../../src/sdk/verify/shown.ts";
import { MemoryTrust } from "../../../src/sdk/verify/trust.ts";
import { hufuHere } from "../../support/cli/cli.ts";
import { digestsOf } from "../../support/log/evidence.ts";
import { connectionTo } from "../../support/service/connection.ts";
import { LIES, Liar } from "../../support/service/liar.ts";
import { ownPolicy } from "../../support/service/own-policy.ts";
import { ask, startTestService, type TestService } from "../../support/service/service.ts";

const SCENE = "enterprise-credit-report";
/** What is true of each file. */
const TRUTH = {
  valid: { any: "valid", named: "valid" },
  revoked: { any: "revoked", named: "revoked" },
  suspended: { any: "suspended", named: "suspended" },
  unknown: { any: "not-found", named: "not-found" },
  shared: { any: "several-issuers", named: "valid" },
} as const;
type Kind = keyof typeof TRUTH;
const KINDS = Object.keys(TRUTH) as Kind[];

let service: TestService;
/** A service of another registry, and one of the same registry and keys with another history. */
let other: TestService;
let split: TestService;
let liar: Liar;
let folder: string;
let policy: Policy;
let policyFile: string;
beforeAll(async () => {
  service = await startTestService();
  split = await startTestService();
  other = await startTestService({ folder: mkdtempSync(join(tmpdir(), "hufu-other-")) });
  liar = await Liar.start(service.url);
  folder = mkdtempSync(join(tmpdir(), "hufu-liar-"));
  for (const kind of KINDS) writeFileSync(pathOf(kind), kind);
  const indexes = { valid: await anchor("valid"), revoked: await anchor("revoked") };
  const suspended = await anchor("suspended");
  const fillers = Array.from({ length: 20 }, (_, i) => `filler ${i}`);
  for (const each of [split, other])
    await anchorAll([...fillers, "valid", "revoked", "suspended", "shared"], "issuer", each);
  await anchor("shared");
  await anchor("shared", "issuer2");
  await change(indexes.revoked, "revoke");
  await change(suspended, "suspend");
  const text = await ownPolicy(service);
  policy = parsePolicy(text);
  policyFile = join(folder, "policy");
  writeFileSync(policyFile, text);
}, 180_000);
afterAll(async () => {
  await liar[Symbol.asyncDispose]();
  for (const each of [service, split, other]) await each.close();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => {
  liar.lie = undefined;
  liar.target = service.url;
});

const pathOf = (kind: Kind): string => join(folder, `${kind}.pdf`);

async function anchor(kind: string, by: "issuer" | "issuer2" = "issuer"): Promise<number> {
  const [index = -1] = await anchorAll([kind], by, service);
  return index;
}

async function anchorAll(
  kinds: readonly string[],
  by: "issuer" | "issuer2",
  { url, keys }: TestService,
): Promise<number[]> {
  const documents = kinds.map((kind) => {
    return { digest: `sha256:${createHash("sha256").update(kind).digest("hex")}`, scene: SCENE };
  });
  const answer = await ask(`${url}/v1/anchors?wait=final`, { key: keys[by], body: { documents } });
  return (answer.body["anchors"] as { index: number }[]).map(({ index }) => index);
}

async function change(index: number, action: string): Promise<void> {
  const body = { action, reason: "other" };
  const url = `${service.url}/v1/entries/${index}/status?wait=final`;
  expect((await ask(url, { key: service.keys.issuer, body })).status).toBe(200);
}

/** A believed answer in full, or the code of why none is. */
interface Believed {
  readonly verdict: string;
  readonly answer: Readonly<Record<string, unknown>>;
}

type Surface = (kind: Kind, expected: Expected) => Promise<Believed>;

const store = new MemoryTrust();
const now = (): number => Math.floor(Date.now() / 1000);

const viaSdk =
  (trusted: "pin" | "policy", given = store): Surface =>
  async (kind, expectedIssuer) => {
    const checked = await checkFile({
      digests: digestsOf(kind),
      evidence: { ...EMPTY_EVIDENCE, policy: trusted === "policy" ? policy : undefined },
      expectedIssuer,
      acceptedIssuers: [],
      service: connectionTo(liar.url, { store: given }),
      now: now(),
    });
    return believed(checked);
  };

function believed(checked: Checked): Believed {
  if (checked.kind === "online") return { verdict: checked.answer.verdict, answer: { ...checked.answer } };
  if (checked.kind !== "unproven") throw new Error(JSON.stringify(checked));
  expect(checked.fault.spec.exit).toBe(3);
  return { verdict: checked.fault.code, answer: { detail: checked.fault.fields.detail } };
}

const viaCli =
  (trusted: "pin" | "policy"): Surface =>
  async (kind, expected) => {
    const named = expected === "any" ? [] : ["--expected-issuer", String(formatExpectedIssuer(expected))];
    const by = trusted === "policy" ? ["--policy", policyFile] : [];
    const env = { HUFU_DATA_DIR: join(folder, "no data"), HUFU_SALT_DIR: join(folder, "salts") };
    const ran = await hufuHere(
      ["verify", pathOf(kind), "--server", liar.url, "--json", ...named, ...by],
      env,
    );
    const { results } = JSON.parse(ran.stdout) as { results: Record<string, unknown>[] };
    const [{ file: _, bytes: __, digests: ___, notes: ____, ...answer } = {}] = results;
    if (answer["verdict"] !== "indeterminate") return { verdict: String(answer["verdict"]), answer };
    expect(ran.code).toBe(3);
    return { verdict: String(answer["code"]), answer: {} };
  };

/** Each with the files that it is lied to about, and whom it expects. */
const SURFACES: readonly (readonly [string, Surface, readonly Kind[], readonly Expected[]])[] = [
  ["the SDK with a pin", viaSdk("pin"), KINDS, ["any", 1]],
  ["the SDK with a policy", viaSdk("policy"), KINDS, ["any", 1]],
  ["the command line with a pin", viaCli("pin"), ["valid", "revoked", "shared"], ["any"]],
  ["the command line with a policy", viaCli("policy"), ["revoked", "unknown"], [1]],
];

type Parts = Believed["answer"];

/**
 * An answer without what differs from one honest answer to the next, and whose signature it has. Of several issuers those that
 * `given` could not tell are not told.
 */
function checkedParts({ asOf: _, statedBy: __, issuers, ...answer }: Parts, given: Parts = {}): Parts {
  const issuersOf = (value: unknown): { verdict: string; institution: object }[] =>
    (value ?? []) as { verdict: string; institution: object }[];
  const doubted = issuersOf(given["issuers"] ?? issuers).map(({ verdict }) => verdict === "indeterminate");
  return {
    ...answer,
    issuers: issuersOf(issuers).map((issuer, i) => (doubted[i] === true ? issuer.institution : issuer)),
  };
}

const nameOf = (expected: Expected): string =>
  String(expected === "any" ? expected : formatExpectedIssuer(expected));

const DOUBTS = ["ANSWER_UNPROVEN", "LOG_CHANGED", "INDEX_STALE", "NOT_ENOUGH_WITNESSES"];

describe.each(SURFACES)("in front of %s", (surfaceName, surface, kinds, expectations) => {
  /** The honest answers, which pin the service. */
  const honest = new Map<string, Believed>();
  beforeAll(async () => {
    for (const kind of KINDS)
      for (const expected of ["any", 1] as const) {
        const truth = await surface(kind, expected);
        expect([kind, expected, truth.verdict]).toEqual([
          kind,
          expected,
          TRUTH[kind][expected === "any" ? "any" : "named"],
        ]);
        honest.set(`${kind} ${nameOf(expected)}`, truth);
      }
  });

  /** The answer is the honest one in all its parts, or none is believed. */
  async function expectNothingWrong(kind: Kind, expected: Expected): Promise<void> {
    const { verdict, answer } = await surface(kind, expected);
    if (DOUBTS.includes(verdict)) return;
    const truth = honest.get(`${kind} ${nameOf(expected)}`)?.answer ?? {};
    expect([kind, expected, checkedParts(answer)]).toEqual([kind, expected, checkedParts(truth, answer)]);
  }

  it.each(Object.keys(LIES))("a liar who tells %s has nothing wrong believed", async (what) => {
    liar.lie = LIES[what];
    for (const kind of kinds) for (const expected of expectations) await expectNothingWrong(kind, expected);
  });

  it("of two answers that are swapped, none is believed", async () => {
    await surface("valid", "any");
    const valid = liar.heard.at(-1);
    await surface("revoked", "any");
    const revoked = liar.heard.at(-1);
    liar.lie = () => valid;
    expect(DOUBTS).toContain((await surface("revoked", "any")).verdict);
    expect(DOUBTS).toContain((await surface("unknown", "any")).verdict);
    liar.lie = () => revoked;
    expect(DOUBTS).toContain((await surface("valid", "any")).verdict);
    expect(DOUBTS).toContain((await surface("revoked", 2)).verdict);
  });

  it("an old answer that is replayed is stale once the reader has seen a larger log", async () => {
    const kind = `replayed ${surfaceName}` as Kind;
    writeFileSync(pathOf(kind), kind);
    const index = await anchor(kind);
    expect(await surface(kind, "any")).toMatchObject({ verdict: "valid", answer: { decidedBy: index } });
    const before = liar.heard.at(-1);
    await change(index, "revoke");
    expect((await surface(kind, "any")).verdict).toBe("revoked");
    liar.lie = () => before;
    expect(DOUBTS).toContain((await surface(kind, "any")).verdict);
  });

  it("another log, with a directory and keys of its own, is not believed", async () => {
    liar.target = other.url;
    for (const kind of KINDS)
      for (const expected of ["any", 1] as const)
        expect(DOUBTS).toContain((await surface(kind, expected)).verdict);
  });

  it("another history of the log, signed with the same keys, is not believed of what it has otherwise", async () => {
    liar.target = split.url;
    for (const expected of ["any", 1] as const)
      expect(DOUBTS).toContain((await surface("revoked", expected)).verdict);
  });
});

describe("an operator that lies, with its own key", () => {
  /** It signs this instead of the truth. @returns what is believed, and of what the log convicts it */
  async function told(
    kind: Kind,
    lie: { verdict: "valid" | "not-found"; entries: readonly ClaimedEntry[] },
    change: (answer: VerificationResponse) => object,
  ): Promise<{ checked: Checked; convictions: readonly Conviction[] }> {
    const digests = digestsOf(kind);
    const questions = [
      { payloads: digests.map((each) => ({ ...each, blinded: false })), expectedIssuer: undefined },
    ];
    const { status: seed } = await operatorSeeds({ dataDir: join(service.folder, "data") });
    liar.lie = (answer) => {
      const claimed = parseAnswer(parseNote(answer.note?.note ?? "").text);
      const signer = localNoteSigner(seed, { name: keyNames.status(claimed.origin, 1), type: 1 });
      const text = formatAnswer({ ...claimed, hash: hashAnswered({ questions, answers: [lie] }) });
      const note = formatNote({ text, signatures: [signNote(text, signer)] });
      return { ...answer, ...change(answer), note: { note, answers: [answerJson(lie)] } };
    };
    const connection = connectionTo(liar.url, { store });
    const check = { digests, evidence: EMPTY_EVIDENCE, expectedIssuer: "any", service: connection } as const;
    const checked = await checkFile({ ...check, now: now() });
    if (checked.kind !== "online") return { checked, convictions: [] };
    const [file] = checked.notes;
    if (file === undefined) throw new Error("no note was kept");
    const { statusKeys: keys, origin } = await connection.trust(undefined);
    const signed = verifyAnswer({ ...file, keys, origin, now: now(), maxLag: Infinity });
    const log = new LogClient({ server: service.url });
    const evidence = Array.from({ length: signed.size }, (_, i) => fetchEntry(i, signed.size, log));
    return { checked, convictions: convict(signed, await Promise.all(evidence)) };
  }

  it("that omits a revocation has its word believed as its word, and its note convicts it", async () => {
    const [{ index, leaf }] = claimedOf("revoked");
    const entry = { index, leaf, institution: 1, status: undefined };
    const { checked, convictions } = await told(
      "revoked",
      { verdict: "valid", entries: [entry] },
      (answer) => ({
        verdict: "valid",
        withdrawal: undefined,
        basis: undefined,
        entries: answer.entries.map((each) => ({ ...each, status: "active", statuses: [] })),
        proof: answer.proof && {
          ...answer.proof,
          entries: answer.proof.entries.filter((each) => each.index === index),
        },
      }),
    );
    expect(checked).toMatchObject({ kind: "online", answer: { verdict: "valid", restsOn: "operator" } });
    expect(convictions).toMatchObject([{ kind: "hidden-status" }]);
  });

  it("that hides an entry has its word believed as its word, and its note convicts it", async () => {
    const hidden = {
      verdict: "not-found",
      entries: [],
      decidedBy: undefined,
      basis: undefined,
      proof: undefined,
    };
    const { checked, convictions } = await told("valid", { verdict: "not-found", entries: [] }, () => hidden);
    expect(checked).toMatchObject({ kind: "online", answer: { verdict: "not-found", restsOn: "operator" } });
    expect(convictions).toMatchObject([{ kind: "hidden-entry" }]);
  });

  it("cannot have a revocation believed that the log does not have, nor a document", async () => {
    const [{ index, leaf }] = claimedOf("valid");
    const entry = { index, leaf, institution: 1, status: undefined };
    const invented = await told("unknown", { verdict: "valid", entries: [entry] }, (answer) => ({
      ...claims.get("valid"),
      asOf: answer.asOf,
    }));
    expect(invented.checked).toMatchObject({ kind: "unproven", fault: { code: "ANSWER_UNPROVEN" } });
  });

  it("cannot have an answer of another's key believed", async () => {
    const { checked } = await told("valid", { verdict: "not-found", entries: [] }, () => ({}));
    expect(checked).toMatchObject({ kind: "unproven", fault: { code: "ANSWER_UNPROVEN" } });
  });

  /** Honest answers, by what they are about. */
  const claims = new Map<Kind, VerificationResponse>();
  beforeAll(async () => {
    for (const kind of ["valid", "revoked"] as const) {
      await viaSdk("pin")(kind, "any");
      const answer = liar.heard.at(-1);
      if (answer !== undefined) claims.set(kind, answer);
    }
  });
  function claimedOf(kind: Kind): readonly [{ index: number; leaf: Uint8Array }] {
    const [entry] = claims.get(kind)?.note?.answers[0]?.entries ?? [];
    if (entry === undefined) throw new RangeError("nothing is claimed");
    return [{ index: entry.index, leaf: fromHex(entry.leaf) }];
  }
});
