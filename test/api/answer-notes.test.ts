import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { readAnswerNote, readAnswers, verifyAnswer, type SignedAnswer } from "../../src/log/answer.ts";
import { convict } from "../../src/log/conviction.ts";
import { openContract } from "../../src/main/readers.ts";
import { HufuClient } from "../../src/sdk/http/client.ts";
import { LogClient } from "../../src/sdk/http/log-client.ts";
import { LogTrust, MemoryTrust } from "../../src/sdk/verify/trust.ts";
import { askedOf } from "../../src/verify/question.ts";
import type { VerificationRequest, VerificationResponse } from "../../src/wire/verifications.ts";
import { ask, startTestService, type TestService } from "../support/service/service.ts";

const SCENE = "enterprise-credit-report";
let service: TestService;
let trust: LogTrust;
beforeAll(async () => {
  service = await startTestService();
  const log = new LogClient({ server: service.url });
  const store = new MemoryTrust();
  trust = await LogTrust.open({
    name: service.url,
    log,
    store,
    policy: undefined,
    now: () => systemClock.now(),
  });
});
afterAll(async () => await service.close());

const newDigest = (): string => `sha256:${randomBytes(32).toString("hex")}`;

async function anchor(digest: string, key: "issuer" | "issuer2" = "issuer"): Promise<number> {
  const answer = await ask(`${service.url}/v1/anchors?wait=final`, {
    key: service.keys[key],
    body: { documents: [{ digest, scene: SCENE }] },
  });
  const [anchored] = answer.body["anchors"] as { index: number }[];
  return anchored?.index ?? -1;
}

async function revoke(index: number): Promise<number> {
  const answer = await ask(`${service.url}/v1/entries/${index}/status?wait=final`, {
    key: service.keys.issuer,
    body: { action: "revoke", reason: "issued-in-error" },
  });
  return answer.body["index"] as number;
}

async function answered(request: VerificationRequest, at = service): Promise<VerificationResponse> {
  const answer = await new HufuClient({ server: at.url, apiKey: at.keys.verifier }).verify({
    ...request,
    note: true,
  });
  if (answer.verdict === "indeterminate") throw new Error(answer.detail);
  return answer;
}

/** The note of an answer, as its reader verifies it by what was asked. */
function verified(request: VerificationRequest, { note }: VerificationResponse): SignedAnswer {
  return verifyAnswer({
    note: readAnswerNote(note?.note ?? ""),
    answers: readAnswers(note?.answers),
    questions: [askedOf(request)],
    keys: trust.statusKeys,
    origin: trust.origin,
    now: systemClock.now(),
    maxLag: 60,
  });
}

describe("an answer that is asked for with its note", () => {
  it("it is signed with every entry of the document and its newest status, of every institution", async () => {
    const digest = newDigest();
    const own = await anchor(digest);
    const status = await revoke(own);
    const foreign = await anchor(digest, "issuer2");
    const request = { digest, expectedIssuer: 1 };
    const answer = await answered(request);
    const note = verified(request, answer);
    expect(note.answers).toMatchObject([
      {
        verdict: "revoked",
        entries: [
          { index: own, institution: 1, status },
          { index: foreign, institution: 2, status: undefined },
        ],
      },
    ]);
    expect(note.size).toBeGreaterThan(foreign);
    expect(note.signers).toEqual([`${trust.origin}/status/1`]);
    expect(convict(note, [])).toEqual([]);
  });

  it("its root is that of the contract at its size", async () => {
    const digest = newDigest();
    await anchor(digest);
    const { size, root } = verified({ digest }, await answered({ digest }));
    const chain = await openContract({
      rpc: service.rpc,
      registry: { address: service.registry, chainId: service.chainId },
      finality: 1,
    });
    expect(await chain.rootAt(size)).toEqual(root);
  });

  it("not-found is signed too: that there is no entry", async () => {
    const digest = newDigest();
    expect(verified({ digest }, await answered({ digest })).answers).toEqual([
      { verdict: "not-found", entries: [] },
    ]);
  });

  it("a commitment is searched for where it is bound to, and in this log only if it is bound to that", async () => {
    const commitment = newDigest();
    await anchor(commitment); // its bytes, in an open entry
    const bound = { commitment, institution: 1, origin: trust.origin.replace("eip155:", "eip155:9") };
    for (const request of [bound, { commitment, institution: 1 }])
      expect(verified(request, await answered(request)).answers).toEqual([
        { verdict: "not-found", entries: [] },
      ]);
  });

  it("the answers to two questions, swapped, verify for neither", async () => {
    const [a, b] = [newDigest(), newDigest()];
    await anchor(a);
    const [first, second] = [await answered({ digest: a }), await answered({ digest: b })];
    expect(() => verified({ digest: b }, first)).toThrowCode("ANSWER_UNPROVEN");
    expect(() => verified({ digest: a }, second)).toThrowCode("ANSWER_UNPROVEN");
    expect(() => verified({ digest: a, expectedIssuer: 1 }, first)).toThrowCode("ANSWER_UNPROVEN");
  });

  it("without being asked for there is none", async () => {
    const answer = await ask(`${service.url}/v1/verifications`, {
      key: service.keys.verifier,
      body: { digest: newDigest(), proof: true },
    });
    expect(answer.body).not.toHaveProperty("note");
  });
});

it("what is not final is not claimed", async () => {
  const slow = await startTestService({ env: { HUFU_FINALITY: "6" } });
  try {
    const digest = newDigest();
    await ask(`${slow.url}/v1/anchors`, {
      key: slow.keys.issuer,
      body: { documents: [{ digest, scene: SCENE }] },
    });
    for (;;) {
      const { verdict, note, entries } = await answered({ digest }, slow);
      if (verdict === "not-found") continue;
      expect([verdict, entries.length, note?.answers]).toEqual([
        "pending",
        1,
        [{ verdict: "pending", entries: [] }],
      ]);
      return;
    }
  } finally {
    await slow.close();
  }
});
