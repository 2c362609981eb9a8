import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../../src/core/bytes.ts";
import { formatDigest, type Digest } from "../../../src/core/digest.ts";
import { SAMPLE_INSTITUTIONS } from "../../../src/chain/embedded/samples.ts";
import { decodeEntry } from "../../../src/core/entry.ts";
import type { OfficialId } from "../../../src/core/official-id.ts";
import { hashLeaf } from "../../../src/log/hash.ts";
import { parsePolicy } from "../../../src/log/policy.ts";
import type { Receipt } from "../../../src/log/receipt.ts";
import { checkFile, type Checked, type ServiceConnection } from "../../../src/sdk/verify/check.ts";
import { HufuClient } from "../../../src/sdk/http/client.ts";
import { EMPTY_EVIDENCE, type GivenEvidence } from "../../../src/sdk/verify/classify.ts";
import type { CheckedProof } from "../../../src/sdk/verify/proof.ts";
import type { Established, Expected } from "../../../src/sdk/verify/shown.ts";
import { MemoryTrust } from "../../../src/sdk/verify/trust.ts";
import { receiptOf } from "../../../src/sdk/verify/question.ts";
import { SendLog } from "../../../src/sdk/http/send-log.ts";
import type { VerificationResponse } from "../../../src/wire/verifications.ts";
import { ask, startTestService, type TestService } from "../../support/service/service.ts";
import { anchored as anchorDigest } from "../../support/service/anchored.ts";
import { digestsOf } from "../../support/log/evidence.ts";
import { connectionTo } from "../../support/service/connection.ts";
import { ownPolicy } from "../../support/service/own-policy.ts";
import { TIME, TestLog } from "../../support/log/receipts.ts";

let running: TestService;
const sent = new SendLog(fetch);
beforeAll(async () => {
  running = await startTestService();
});
afterAll(() => running.close());

const store = new MemoryTrust();
const now = (): number => Math.floor(Date.now() / 1000);
const serviceAt = (server: string): ServiceConnection => connectionTo(server, { fetch: sent.fetch, store });

/** A service that changes the answers of the real one. */
function lying(change: (answer: VerificationResponse) => Partial<VerificationResponse>): ServiceConnection {
  const real = serviceAt(running.url);
  const client: ServiceConnection["client"] = {
    verify: async (request) => {
      const answer = await real.client.verify(request);
      return answer.verdict === "indeterminate" ? answer : { ...answer, ...change(answer) };
    },
  };
  return { ...real, client };
}

/** The proof of an answer, with changed entries. */
function otherProof(
  { proof }: VerificationResponse,
  change: (entry: Uint8Array) => Uint8Array,
): Pick<VerificationResponse, "proof"> {
  if (proof === undefined) throw new RangeError("no proof");
  const entries = proof.entries.map((each) => ({ ...each, entry: toHex(change(fromHex(each.entry))) }));
  return { proof: { ...proof, entries } };
}

const check = (
  digests: readonly Digest[],
  evidence: Partial<GivenEvidence> = {},
  service: ServiceConnection | undefined = serviceAt(running.url),
): Promise<Checked> =>
  checkFile({
    digests,
    evidence: { ...EMPTY_EVIDENCE, ...evidence },
    expectedIssuer: "any",
    service,
    now: now(),
  });

const UNREACHABLE = "http://127.0.0.1:9";

const anchored = (digests: readonly [Digest, Digest], salt?: Uint8Array): Promise<Receipt> =>
  anchorDigest(running, digests[0], salt);

/** @returns the index of the withdrawing entry */
async function withdrawn(index: number, action: string, key = running.keys.issuer): Promise<number> {
  const { status, body } = await ask(`${running.url}/v1/entries/${index}/status?wait=final`, {
    key,
    body: { action, reason: "issued-in-error" },
  });
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body["index"] as number;
}

function only(proofs: readonly CheckedProof[]): CheckedProof {
  const [proof, ...more] = proofs;
  if (proof === undefined || more.length > 0) throw new Error(`${proofs.length} proofs`);
  return proof;
}

/** An answer with its proof. */
async function proven(digests: readonly Digest[]): Promise<{ answer: Established; proof: CheckedProof }> {
  const checked = await check(digests);
  if (checked.kind !== "online") throw new Error(JSON.stringify(checked));
  return { answer: checked.answer, proof: only(checked.proofs) };
}

describe("a file that was registered", () => {
  it("a registered file is found by its digests, and the proof of the answer verifies", async () => {
    const digests = digestsOf(randomBytes(100));
    const { index, extra } = await anchored(digests);
    await check(digestsOf(randomBytes(100))); // pins the service
    const from = sent.length;
    const checked = await check(digests);
    if (checked.kind !== "online") throw new Error(JSON.stringify(checked));
    expect(checked.answer).toMatchObject({ verdict: "valid", restsOn: "operator" });
    expect(checked.answer.statedBy).toHaveLength(1);
    expect(checked.notes).toHaveLength(1);
    const { document, withdrawal, checkpoint, ...rest } = only(checked.proofs);
    expect(rest).toMatchObject({ trust: "pin", cosigners: [{}] });
    expect(document).toMatchObject({ index, entry: extra.entry });
    expect(document.steps.at(-1)?.node).toEqual(checkpoint.root);
    expect(withdrawal).toBeUndefined();
    const [asked, ...others] = sent.since(from);
    expect(JSON.parse(asked?.body ?? "")).toEqual({
      digest: formatDigest(digests[0]),
      alsoDigests: [formatDigest(digests[1])],
      proof: true,
      note: true,
    });
    const read = others.map(({ method, url }) => `${method} ${new URL(url).pathname.split("/")[1]}`);
    expect(read.filter((each) => each !== "GET log")).toEqual([]);
  });

  it.each([
    ["revoke", "revoked"],
    ["suspend", "suspended"],
  ])("a file withdrawn by %s is answered with the withdrawing entry: %s", async (action, verdict) => {
    const digests = digestsOf(randomBytes(100));
    const { index } = await anchored(digests);
    const change = await withdrawn(index, action);
    const { proof } = await proven(digests);
    expect(proof.document.index).toBe(index);
    expect(proof.withdrawal?.index).toBe(change);
    expect(proof.withdrawal?.steps.at(-1)?.node).toEqual(proof.checkpoint.root);
    const lies: ((answer: VerificationResponse) => Partial<VerificationResponse>)[] = [
      ({ withdrawal }) => ({ withdrawal: withdrawal && { ...withdrawal, reason: "key-compromise" } }),
      ({ withdrawal }) => ({ withdrawal: withdrawal && { ...withdrawal, institution: 0 } }),
      ({ withdrawal }) => ({ withdrawal: withdrawal && { ...withdrawal, index } }),
      ({ withdrawal }) => ({
        withdrawal: withdrawal && { ...withdrawal, recordedAt: "2020-01-01T00:00:00Z" },
      }),
      () => ({ withdrawal: undefined }),
      () => ({ verdict: "superseded" }),
      (answer) => otherProof(answer, (entry) => entry.with(79, 1)),
    ];
    expect(verdict).toBe((await proven(digests)).answer.verdict);
    for (const lie of lies)
      expect(await check(digests, {}, lying(lie))).toMatchObject({
        kind: "unproven",
        fault: { code: "ANSWER_UNPROVEN" },
      });
  });

  it("an answer is proven under the reader's own policy, where one is given", async () => {
    const digests = digestsOf(randomBytes(100));
    const receipt = await anchored(digests);
    const from = sent.length;
    const checked = await check(digests, {
      receipts: [receipt],
      policy: parsePolicy(await ownPolicy(running)),
    });
    expect(checked).toMatchObject({
      kind: "online",
      answer: { verdict: "valid" },
      proofs: [{ trust: "policy", cosigners: [{ name: "own" }] }],
    });
    expect(sent.since(from).every(({ method, url }) => method === "POST" || url.includes("/log/"))).toBe(
      true,
    );
  });

  it("a file is verified by receipt and policy where no service answers, and only with both", async () => {
    const digests = digestsOf(randomBytes(100));
    const receipts = [await anchored(digests)];
    const policy = parsePolicy(await ownPolicy(running));
    const offline = { kind: "offline", answer: { verdict: "registered" } };
    expect(await check(digests, { receipts, policy }, serviceAt(UNREACHABLE))).toMatchObject(offline);
    expect(
      await checkFile({
        digests,
        evidence: { ...EMPTY_EVIDENCE, receipts, policy },
        expectedIssuer: "any",
        service: undefined,
        now: TIME,
      }),
    ).toMatchObject(offline);
    expect(await check(digests, { receipts }, serviceAt(UNREACHABLE))).toMatchObject({
      fault: { code: "SERVER_UNREACHABLE" },
    });
    expect(
      await checkFile({
        digests,
        evidence: { ...EMPTY_EVIDENCE, receipts },
        expectedIssuer: "any",
        service: undefined,
        now: TIME,
      }),
    ).toMatchObject({ fault: { code: "POLICY_MISSING" } });
    expect(
      await checkFile({
        digests,
        evidence: { ...EMPTY_EVIDENCE, policy },
        expectedIssuer: "any",
        service: undefined,
        now: TIME,
      }),
    ).toMatchObject({ fault: { code: "RECEIPT_MISSING" } });
  });

  it("a statement from the future gives no verdict", async () => {
    const [digests, log] = [digestsOf("a report"), new TestLog()];
    const index = log.document(digests[0]);
    const evidence = (time: number): GivenEvidence => ({
      ...EMPTY_EVIDENCE,
      receipts: [log.receipt(index)],
      policy: log.policy(),
      statements: [log.statement(index, { time })],
    });
    const verdictAt = async (time: number): Promise<Checked> =>
      await checkFile({
        digests,
        evidence: evidence(time),
        expectedIssuer: "any",
        service: undefined,
        now: TIME,
      });
    expect(await verdictAt(TIME)).toMatchObject({ kind: "offline", answer: { verdict: "valid" } });
    expect(await verdictAt(Date.UTC(2099, 0) / 1000)).toMatchObject({
      kind: "offline",
      answer: { verdict: "registered", status: { code: "STATUS_STATEMENT_INVALID" } },
    });
  });

  it("the proof that an answer lacks is made from the log's tiles, and its names are not", async () => {
    const digests = digestsOf(randomBytes(100));
    await anchored(digests);
    expect(
      await check(
        digests,
        {},
        lying(({ proof }) => ({ proof: proof && { ...proof, entries: [] } })),
      ),
    ).toMatchObject({ kind: "online", answer: { verdict: "valid" } });
    expect(
      await check(
        digests,
        {},
        lying(() => ({ proof: undefined })),
      ),
    ).toMatchObject({ kind: "unproven", fault: { code: "ANSWER_UNPROVEN" } });
  });
});

describe("a file that was registered blinded", () => {
  it("a blinded file is found with its receipt, and its digest is not sent", async () => {
    const digests = digestsOf(randomBytes(100));
    const receipt = await anchored(digests, Uint8Array.from(randomBytes(32)));
    const from = sent.length;
    const checked = await check(digests, { receipts: [receipt] });
    expect(checked).toMatchObject({
      kind: "online",
      answer: { verdict: "valid" },
      proofs: [{ document: { index: receipt.index } }],
    });
    const everything = JSON.stringify(sent.since(from));
    for (const digest of digests) expect(everything).not.toContain(formatDigest(digest).split(":")[1]);
    expect(everything).toContain("commitment");
  });

  it("an answer about a copy by another institution is refused, however well the copy is proven", async () => {
    const digests = digestsOf(randomBytes(100));
    const receipt = await anchored(digests, Uint8Array.from(randomBytes(32)));
    const { payload } = decodeEntry(receipt.extra.entry);
    const commitment = formatDigest({ algorithm: "sha256", bytes: payload });
    const body = { documents: [{ commitment, scene: "personal-credit-report" }] };
    await ask(`${running.url}/v1/anchors?wait=final`, { key: running.keys.issuer2, body });
    const real = serviceAt(running.url);
    const verify: ServiceConnection["client"]["verify"] = (request) =>
      real.client.verify({ ...request, institution: 2 });
    const checkCopy = (): Promise<Checked> =>
      check(digests, { receipts: [receipt] }, { ...real, client: { verify } });
    await expect
      .poll(checkCopy, { timeout: 10_000 })
      .toMatchObject({ kind: "unproven", fault: { code: "ANSWER_UNPROVEN" } });
    expect(await check(digests, { receipts: [receipt] })).toMatchObject({ answer: { verdict: "valid" } });
  });

  it("a check with a receipt without its salt sends no request", async () => {
    const digests = digestsOf(randomBytes(100));
    const receipt = await anchored(digests, Uint8Array.from(randomBytes(32)));
    const bare = { ...receipt, extra: { ...receipt.extra, salt: undefined } };
    const from = sent.length;
    expect(await check(digests, { receipts: [bare] })).toMatchObject({ fault: { code: "SALT_MISSING" } });
    expect(sent.since(from)).toEqual([]);
  });

  it("a blinded file is not found without its receipt", async () => {
    const digests = digestsOf(randomBytes(100));
    await anchored(digests, Uint8Array.from(randomBytes(32)));
    expect(await check(digests)).toMatchObject({ answer: { verdict: "not-found" }, proofs: [] });
  });
});

describe("an answer that the log contradicts", () => {
  it.each([
    ["another digest", (entry: Uint8Array) => entry.with(30, (entry[30] ?? 0) ^ 1)],
    ["another institution", (entry: Uint8Array) => entry.with(7, 2)],
    ["another validity", (entry: Uint8Array) => entry.with(27, 1)],
  ])("an answer with %s in its entry is refused", async (_, change) => {
    const digests = digestsOf(randomBytes(100));
    await anchored(digests);
    const checked = await check(
      digests,
      {},
      lying((answer) => otherProof(answer, change)),
    );
    expect(checked).toMatchObject({ kind: "unproven", fault: { code: "ANSWER_UNPROVEN" } });
  });

  it("an answer with another time is refused", async () => {
    const digests = digestsOf(randomBytes(100));
    await anchored(digests);
    const other = lying(({ entries }) => ({
      entries: entries.map((entry) => ({ ...entry, recordedAt: "2020-01-01T00:00:00Z" })),
    }));
    expect(await check(digests, {}, other)).toMatchObject({ kind: "unproven" });
  });

  it("an answer with a malformed proof is refused", async () => {
    const digests = digestsOf(randomBytes(100));
    await anchored(digests);
    const other = lying(({ proof }) => ({
      proof: proof && { ...proof, entries: proof.entries.map((each) => ({ ...each, proof: ["no base64"] })) },
    }));
    expect(await check(digests, {}, other)).toMatchObject({ kind: "unproven" });
  });

  it("a receipt with a damaged proof is refused with PROOF_INVALID before any request", async () => {
    const digests = digestsOf(randomBytes(100));
    const receipt = await anchored(digests);
    const proof = receipt.proof.map((hash, i) => (i === 0 ? hashLeaf(hash) : hash));
    const from = sent.length;
    expect(await check(digests, { receipts: [{ ...receipt, proof }] })).toMatchObject({
      kind: "fault",
      fault: { code: "PROOF_INVALID" },
    });
    expect(sent.since(from)).toEqual([]);
  });
});

describe("an expected issuer", () => {
  const [FIRST, SECOND] = SAMPLE_INSTITUTIONS as unknown as readonly [OfficialId, OfficialId];
  const expecting = (
    digests: readonly Digest[],
    expectedIssuer: Expected,
    service = serviceAt(running.url),
  ): Promise<Checked> =>
    checkFile({ digests, evidence: EMPTY_EVIDENCE, expectedIssuer, service, now: now() });

  /** Both have registered it; the second has withdrawn it. */
  async function shared(): Promise<readonly [Digest, Digest]> {
    const digests = digestsOf(randomBytes(100));
    await anchored(digests);
    const documents = [{ digest: formatDigest(digests[0]), scene: "enterprise-credit-report" }];
    const key = running.keys.issuer2;
    const { body } = await ask(`${running.url}/v1/anchors?wait=final`, { key, body: { documents } });
    const [{ index } = { index: -1 }] = body["anchors"] as { index: number }[];
    await withdrawn(index, "revoke", key);
    return digests;
  }

  it("the verdict of each of several issuers is proven", async () => {
    const checked = await expecting(await shared(), "any");
    const found = checked.kind === "online" ? checked.answer.issuers : undefined;
    expect(checked).toMatchObject({
      answer: { verdict: "several-issuers" },
      proofs: found?.map(({ decidedBy, withdrawal }) => ({
        document: { index: decidedBy },
        withdrawal: withdrawal && { index: withdrawal.index },
      })),
    });
    expect(found?.map(({ verdict }) => verdict).toSorted()).toEqual(["revoked", "valid"]);
  });

  it("each of several issuers is asked about, whatever the answer says of it", async () => {
    const digests = await shared();
    const other = lying(({ issuers }) => ({
      issuers: issuers?.map((issuer) => ({ ...issuer, verdict: "valid" as const, withdrawal: undefined })),
    }));
    const checked = await expecting(digests, "any", other);
    const found = checked.kind === "online" ? checked.answer.issuers : undefined;
    expect(found?.map(({ verdict }) => verdict).toSorted()).toEqual(["revoked", "valid"]);
  });

  it("an answer by another issuer than the expected one is refused", async () => {
    const digests = await shared();
    for (const [wanted, given] of [
      [1, 2],
      [FIRST, 2],
      [2, 1],
      [SECOND, 1],
    ] as const) {
      const real = serviceAt(running.url);
      const client: ServiceConnection["client"] = {
        verify: (request) => real.client.verify({ ...request, expectedIssuer: given }),
      };
      expect(await expecting(digests, wanted, { ...real, client })).toMatchObject({
        kind: "unproven",
        fault: { code: "ANSWER_UNPROVEN" },
      });
    }
    expect(await expecting(digests, FIRST)).toMatchObject({
      answer: { verdict: "valid", chosenBy: "caller" },
    });
    expect(await expecting(digests, 2)).toMatchObject({ answer: { verdict: "revoked" } });
  });
});

describe("receipts", () => {
  it("receipts are paired with files by content", () => {
    const log = new TestLog();
    const salt = Uint8Array.from({ length: 32 }, (_, i) => i);
    const [a, b, c] = [digestsOf("a"), digestsOf("b"), digestsOf("c")] as const;
    const receipts = [log.receipt(log.document(a[0])), log.receipt(log.document(b[0], { salt }), { salt })];
    expect(receiptOf(a, receipts)).toBe(receipts[0]);
    expect(receiptOf(b, receipts)).toBe(receipts[1]);
    expect(receiptOf(c, receipts)).toBeUndefined();
    expect(() => receiptOf(c, [log.receipt(1)])).toThrowCode("SALT_MISSING");
  });
});

describe("the log of requests", () => {
  it("a request is logged before it is sent, without its API key", async () => {
    const log = new SendLog(() => Promise.reject(new TypeError("no network")));
    const client = new HufuClient({ server: UNREACHABLE, apiKey: "hufu_secret_key", fetch: log.fetch });
    await expect(client.verify({ digest: "sha256:é" })).rejects.toThrowCode("SERVER_UNREACHABLE");
    const [request] = log.since(0);
    expect(request).toMatchObject({
      method: "POST",
      url: `${UNREACHABLE}/v1/verifications`,
      body: '{"digest":"sha256:é"}',
      bytes: 22,
    });
    expect(JSON.stringify(request)).not.toContain("secret");
  });
});
