import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../../src/core/clock.ts";
import { parseDigest, type Digest } from "../../../src/core/digest.ts";
import { parsePolicy, type Policy } from "../../../src/log/policy.ts";
import type { CheckedByTwo } from "../../../src/sdk/verify/agreement.ts";
import type { ServiceConnection } from "../../../src/sdk/verify/check.ts";
import { EMPTY_EVIDENCE } from "../../../src/sdk/verify/classify.ts";
import type { Expected } from "../../../src/sdk/verify/shown.ts";
import { TwoOperators } from "../../../src/sdk/verify/two-operators.ts";
import type { VerificationResponse } from "../../../src/wire/verifications.ts";
import { connectionTo } from "../../support/service/connection.ts";
import { inForce, lyingOperator, type Lie } from "../../support/service/lying-operator.ts";
import { ask, startTestService, type TestService } from "../../support/service/service.ts";
import { TwoOperators as TwoServices, checkpointOf } from "../../support/service/two-operators.ts";

let both: TwoServices;
let service: TestService;
let policy: Policy;
beforeAll(async () => {
  both = await TwoServices.start();
  [service] = both.services;
  policy = parsePolicy(await both.policy());
});
afterAll(async () => await both[Symbol.asyncDispose]());

const newDigest = (): string => `sha256:${randomBytes(32).toString("hex")}`;

async function anchor(digest: string): Promise<number> {
  const answer = await ask(`${service.url}/v1/anchors?wait=final`, {
    key: service.keys.issuer,
    body: { documents: [{ digest, scene: "enterprise-credit-report" }] },
  });
  return (answer.body["anchors"] as { index: number }[])[0]?.index ?? -1;
}

async function revoke(index: number): Promise<number> {
  const answer = await ask(`${service.url}/v1/entries/${index}/status?wait=final`, {
    key: service.keys.issuer,
    body: { action: "revoke", reason: "issued-in-error" },
  });
  return answer.body["index"] as number;
}

/** Waits for a checkpoint with the log signatures of both; which of the two signs a size first decides whether it has them. */
async function signedByBoth(operator: TestService): Promise<void> {
  for (;;) {
    const anchored = await anchor(newDigest());
    const note = await checkpointOf(operator, (_, size) => size > anchored);
    if (note.signatures.filter(({ name }) => !name.includes("/witness/")).length === 2) return;
  }
}

const connection = (i: 0 | 1): ServiceConnection => ({
  ...connectionTo(both.services[i].url, { apiKey: both.services[i].keys.verifier }),
  wait: (seconds) => sleep(seconds * 1_000),
});

const ask2 = (
  digest: string,
  services: readonly [ServiceConnection, ServiceConnection] = [connection(0), connection(1)],
  { expected = 1, by }: { expected?: Expected; by?: Policy } = {},
): Promise<CheckedByTwo> =>
  new TwoOperators(services).check({
    digests: [parseDigest(digest) satisfies Digest],
    evidence: { ...EMPTY_EVIDENCE, policy: by },
    expectedIssuer: expected,
    now: systemClock.now(),
  });

/** The second operator lies, and signs its lie. */
const lying = (lie: (answer: VerificationResponse) => Lie | undefined): Promise<ServiceConnection> =>
  lyingOperator(connection(1), { folder: both.services[1].folder, id: 2 }, lie);

/** Keeps back every entry. */
const unknown = (): Lie => ({
  answer: {
    verdict: "not-found",
    entries: [],
    decidedBy: undefined,
    basis: undefined,
    proof: undefined,
    withdrawal: undefined,
  },
  claim: () => ({ verdict: "not-found", entries: [] }),
});

describe("two operators of different institutions", () => {
  it("what both say rests on both, with both notes, whatever it is", async () => {
    const digest = newDigest();
    expect(await ask2(digest)).toMatchObject({
      kind: "online",
      answer: { verdict: "not-found", restsOn: "operators" },
      notes: [{}, {}],
    });
    const index = await anchor(digest);
    expect(await ask2(digest)).toMatchObject({
      kind: "online",
      answer: {
        verdict: "valid",
        decidedBy: index,
        restsOn: "operators",
        statedBy: [/status\/1$/, /status\/2$/].map((name) => expect.stringMatching(name) as string),
      },
    });
    await revoke(index);
    expect(await ask2(digest)).toMatchObject({ answer: { verdict: "revoked", restsOn: "operators" } });
    const proven = await ask2(digest, undefined, { by: policy });
    expect(proven).toMatchObject({ answer: { verdict: "revoked", restsOn: "proof" } });
  });

  it("each is pinned by its own keys, also where its checkpoint has the other one's signature", async () => {
    for (const i of [0, 1] as const) {
      await signedByBoth(both.services[i]);
      const { statusKeys } = await connection(i).trust(undefined);
      expect(statusKeys.map(({ key }) => key.name.slice(-8))).toEqual([`status/${i + 1}`]);
    }
  });

  it("one institution, asked twice, is refused", async () => {
    const digest = newDigest();
    const refused = await ask2(digest, [connection(0), connection(0)]);
    expect(refused).toMatchObject({ kind: "fault", fault: { code: "USAGE" } });
  });

  it("two logs are not compared", async () => {
    await using other = await startTestService();
    const answer = await ask2(newDigest(), [connection(0), connectionTo(other.url)]);
    expect(answer).toMatchObject({ kind: "unproven", fault: { code: "LOG_CHANGED" } });
  });

  it.each<[string, (answer: VerificationResponse) => Lie | undefined]>([
    ["a revocation", inForce],
    ["every entry", unknown],
  ])("one that keeps back %s is not believed, and both notes are kept", async (_, lie) => {
    const digest = newDigest();
    await revoke(await anchor(digest));
    const answer = await ask2(digest, [connection(0), await lying(lie)]);
    if (answer.kind !== "disagreement") throw "fault" in answer ? answer.fault : new Error(answer.kind);
    expect(answer.fault.code).toBe("OPERATORS_DISAGREE");
    expect(answer.answers.map(({ answer: { verdict } }) => verdict)).toEqual([
      "revoked",
      lie === inForce ? "valid" : "not-found",
    ]);
    expect(answer.notes.map(({ note }) => note.signatures[0]?.name.slice(-8))).toEqual([
      "status/1",
      "status/2",
    ]);
  });

  it("an answer that no proof bears out is not compared with anything", async () => {
    const digest = newDigest();
    const index = await anchor(digest);
    const forged = await lying(({ entries }) => ({
      answer: {
        verdict: "revoked",
        entries,
        withdrawal: {
          index,
          action: "revoke",
          reason: "other",
          recordedAt: entries[0]?.recordedAt ?? "",
          institution: 1,
        },
      },
      claim: ({ entries: claimed }) => ({ verdict: "revoked", entries: claimed }),
    }));
    expect(await ask2(digest, [connection(0), forged])).toMatchObject({
      kind: "unproven",
      fault: { code: "ANSWER_UNPROVEN" },
    });
  });

  it("one that is not reached leaves nothing established but what is proven", async () => {
    const digest = newDigest();
    const index = await anchor(digest);
    const gone = connectionTo("http://127.0.0.1:9");
    expect(await ask2(digest, [connection(0), gone])).toMatchObject({
      kind: "fault",
      fault: { code: "SERVER_UNREACHABLE" },
    });
    await revoke(index);
    expect(await ask2(digest, [connection(0), gone], { by: policy })).toMatchObject({
      kind: "online",
      answer: { verdict: "revoked", restsOn: "proof" },
    });
  });
});

describe("an operator that is behind", () => {
  /** The second operator, which gives the answer of now so many times. */
  async function late(digest: string, times: number): Promise<ServiceConnection> {
    const real = connection(1);
    await real.trust(undefined);
    const known = new Map<string, Awaited<ReturnType<typeof real.client.verify>>>();
    let left = times;
    const client: ServiceConnection["client"] = {
      verify: async (request) => {
        const asked = JSON.stringify(request);
        const before = known.get(asked) ?? (await real.client.verify(request));
        known.set(asked, before);
        return left-- > 0 ? before : await real.client.verify(request);
      },
    };
    const { request } = { request: { digest, expectedIssuer: 1, proof: true, note: true } };
    await client.verify(request);
    left = times;
    return { ...real, client };
  }

  it("is asked again, and what both then say counts", async () => {
    const digest = newDigest();
    const second = await late(digest, 2);
    const index = await anchor(digest);
    expect(await ask2(digest, [connection(0), second])).toMatchObject({
      kind: "online",
      answer: { verdict: "valid", decidedBy: index, restsOn: "operators" },
    });
  });

  it("is no liar, however long it stays behind: nothing is established", async () => {
    const digest = newDigest();
    const second = await late(digest, 100);
    await anchor(digest);
    expect(await ask2(digest, [connection(0), second])).toMatchObject({
      kind: "unproven",
      fault: { code: "INDEX_STALE" },
    });
  });
});
