import { createHash, randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import type { Digest } from "../../src/core/digest.ts";
import { formatDigest } from "../../src/core/digest.ts";
import { parsePolicy, type Policy } from "../../src/log/policy.ts";
import { parseReceipt } from "../../src/log/receipt.ts";
import { parseStatementFile } from "../../src/log/statement.ts";
import { verifyOffline, type OfflineAnswer } from "../../src/sdk/verify/offline.ts";
import { ask, startTestService, type TestService } from "../support/service/service.ts";
import { TwoOperators } from "../support/service/two-operators.ts";

const SCENE = "enterprise-credit-report";
let both: TwoOperators;
let service: TestService;
let policy: Policy;
beforeAll(async () => {
  both = await TwoOperators.start();
  [service] = both.services;
  policy = parsePolicy(await both.policy());
});
afterAll(async () => await both[Symbol.asyncDispose]());

interface Anchored {
  readonly index: number;
  readonly digest: Digest;
}

async function anchor(digest: Digest = randomDigest(), validUntil?: string): Promise<Anchored> {
  const documents = [{ digest: formatDigest(digest), scene: SCENE, validUntil }];
  const answer = await ask(`${service.url}/v1/anchors?wait=final`, {
    key: service.keys.issuer,
    body: { documents },
  });
  const [anchored] = answer.body["anchors"] as { index: number }[];
  if (anchored === undefined) throw new RangeError("it is not anchored");
  return { index: anchored.index, digest };
}

const randomDigest = (): Digest => ({
  algorithm: "sha256",
  bytes: Uint8Array.from(createHash("sha256").update(randomBytes(32)).digest()),
});

async function setStatus(index: number, action: string, more: object = {}): Promise<number> {
  const answer = await ask(`${service.url}/v1/entries/${index}/status?wait=final`, {
    key: service.keys.issuer,
    body: { action, reason: "issued-in-error", ...more },
  });
  expect(answer.body).toMatchObject({ state: "final" });
  return answer.body["index"] as number;
}

async function get(path: string): Promise<Response> {
  return await fetch(`${service.url}${path}`, {
    headers: { authorization: `Bearer ${service.keys.verifier}` },
  });
}

/** A file, once there is one. */
async function evidence(index: number, kind: "receipt" | "status-statement"): Promise<Uint8Array> {
  for (;;) {
    const response = await get(`/v1/entries/${index}/${kind}`);
    if (response.status === 200) return new Uint8Array(await response.arrayBuffer());
    expect(response.status).toBe(202);
    await sleep(20);
  }
}

/** What receipt and statement, fetched now, prove without anyone. */
async function proven({ index, digest }: Anchored): Promise<OfflineAnswer> {
  // the statement first: once there is one, the receipt is of a checkpoint that both operators have cosigned
  const statement = parseStatementFile(await evidence(index, "status-statement"));
  const receipt = parseReceipt(await evidence(index, "receipt"));
  return verifyOffline({ receipt, digests: [digest], policy, now: systemClock.now(), statement });
}

/** A service whose entries take six blocks to be final: four of the chain it begins with, and two. */
it("a receipt asked for before a document is final is reported as pending", async () => {
  const slow = await startTestService({ env: { HUFU_FINALITY: "6" } });
  try {
    const documents = [{ digest: formatDigest(randomDigest()), scene: SCENE }];
    const taken = await ask(`${slow.url}/v1/anchors`, { key: slow.keys.issuer, body: { documents } });
    const [{ id } = { id: "" }] = taken.body["anchors"] as { id: string }[];
    let index: number | undefined;
    while (index === undefined) {
      await sleep(20);
      index = (await ask(`${slow.url}/v1/anchors/${id}`, { key: slow.keys.issuer })).body[
        "index"
      ] as typeof index;
    }
    const path = `${slow.url}/v1/entries/${index}`;
    const answer = await ask(`${path}/receipt`, { key: slow.keys.verifier });
    expect(answer.status).toBe(202);
    expect(answer.headers.get("retry-after")).toBe("1");
    const { confirmations, deadline, ...rest } = answer.body;
    expect(rest).toEqual({ code: "PENDING", index, state: "included" });
    expect(confirmations).toBeGreaterThanOrEqual(1);
    expect(confirmations).toBeLessThan(6);
    const entry = await ask(path, { key: slow.keys.verifier });
    const recorded = Date.parse(String(entry.body["recordedAt"]));
    expect(Date.parse(String(deadline)) - recorded).toBe(3_600_000);
    // no reader could believe a statement of the only operator
    const statement = await ask(`${path}/status-statement`, { key: slow.keys.verifier });
    expect([statement.status, statement.body["code"]]).toEqual([422, "NOT_ENOUGH_WITNESSES"]);
  } finally {
    await slow.close();
  }
});

describe("a statement", () => {
  it("a statement says that a document is valid, as of its time", async () => {
    const answer = await proven(await anchor());
    expect(answer).toMatchObject({ verdict: "valid", status: { decidedBy: undefined } });
    if (answer.status === undefined || !("time" in answer.status)) throw new RangeError("a statement");
    expect(answer.status.time).toBeGreaterThanOrEqual(answer.entry.recordedAt);
  });

  it.each([
    ["revoke", "revoked"],
    ["suspend", "suspended"],
  ])("a statement after the action %s says %s, and proves it", async (action, verdict) => {
    const document = await anchor();
    const before = parseStatementFile(await evidence(document.index, "status-statement"));
    const decidedBy = await setStatus(document.index, action);
    const answer = await proven(document);
    expect(answer.status).toMatchObject({ verdict, decidedBy, proven: verdict === "revoked" });
    const receipt = parseReceipt(await evidence(document.index, "receipt"));
    // one from before is still what was said then, but of a smaller log than the newer receipt
    const old = verifyOffline({
      receipt,
      digests: [document.digest],
      policy,
      now: systemClock.now(),
      statement: before,
    });
    expect(old).toMatchObject({ verdict: "registered", status: { code: "STATUS_STATEMENT_INVALID" } });
  });

  it("a statement after a reinstatement says valid again", async () => {
    const document = await anchor();
    await setStatus(document.index, "suspend");
    await setStatus(document.index, "reinstate");
    expect((await proven(document)).verdict).toBe("valid");
  });

  it("a statement of a document with a successor says that it is superseded", async () => {
    const [old, next] = [await anchor(), await anchor()];
    await setStatus(old.index, "supersede", { successor: next.index });
    expect((await proven(old)).verdict).toBe("superseded");
    expect((await proven(next)).verdict).toBe("valid");
  });

  it("a statement is pending until the other operator has cosigned a checkpoint that covers it", async () => {
    both.cut();
    const document = await anchor();
    const answer = await ask(`${service.url}/v1/entries/${document.index}/status-statement`, {
      key: service.keys.verifier,
    });
    both.connect();
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ code: "PENDING", index: document.index, state: "final" });
    expect((await proven(document)).verdict).toBe("valid");
  });

  it("a statement is for keys that may read entries, and is not cached", async () => {
    const { index } = await anchor();
    await evidence(index, "status-statement");
    const response = await get(`/v1/entries/${index}/status-statement`);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-store",
      "content-disposition": `attachment; filename="entry-${index}.status.json"`,
    });
    expect((await fetch(response.url)).status).toBe(401);
  });

  it.each([
    [0, 409, "NOT_A_DOCUMENT"],
    [99_999, 404, "ENTRY_NOT_FOUND"],
    ["x", 400, "ID_FORMAT"],
  ])("a statement of the entry %s is refused with %i %s", async (index, status, code) => {
    const response = await get(`/v1/entries/${index}/status-statement`);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code]);
  });
});
