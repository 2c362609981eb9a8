import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { fromHex, toHex } from "../../src/core/bytes.ts";
import { formatDigest, type Digest } from "../../src/core/digest.ts";
import { isAppError } from "../../src/core/errors.ts";
import { hashLeaf } from "../../src/log/hash.ts";
import { parsePolicy } from "../../src/log/policy.ts";
import type { Receipt } from "../../src/log/receipt.ts";
import { checkFile, type Checked, type ServiceConnection } from "../../src/sdk/check.ts";
import { HufuClient } from "../../src/sdk/client.ts";
import { EMPTY_EVIDENCE, type GivenEvidence } from "../../src/sdk/classify.ts";
import { LogClient } from "../../src/sdk/log-client.ts";
import type { CheckedProof } from "../../src/sdk/proof.ts";
import { receiptOf } from "../../src/sdk/question.ts";
import { SendLog } from "../../src/sdk/send-log.ts";
import type { VerificationResponse } from "../../src/wire/verifications.ts";
import { ask, startTestService, type TestService } from "../support/service/service.ts";
import { anchored as anchorDigest } from "../support/service/anchored.ts";
import { digestsOf } from "../support/log/evidence.ts";
import { ownPolicy } from "../support/service/own-policy.ts";
import { TestLog } from "../support/log/receipts.ts";

let running: TestService;
const sent = new SendLog(fetch);
beforeAll(async () => {
  running = await startTestService();
});
afterAll(() => running.close());

function serviceAt(server: string, change: Partial<ServiceConnection> = {}): ServiceConnection {
  const options = { server, fetch: sent.fetch };
  const log = new LogClient(options);
  return { client: new HufuClient(options), directory: () => log.institutions(), ...change };
}

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
  checkFile({ digests, evidence: { ...EMPTY_EVIDENCE, ...evidence }, service, now: systemClock.now() });

const UNREACHABLE = "http://127.0.0.1:9";

const anchored = (digests: readonly [Digest, Digest], salt?: Uint8Array): Promise<Receipt> =>
  anchorDigest(running, digests[0], salt);

/** @returns the index of the withdrawing entry */
async function withdrawn(index: number, action: string): Promise<number> {
  const key = running.keys.issuer;
  const { status, body } = await ask(`${running.url}/v1/entries/${index}/status?wait=final`, {
    key,
    body: { action, reason: "issued-in-error" },
  });
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body["index"] as number;
}

/** An answer with its proof, once a checkpoint covers its entries. */
async function proven(digests: readonly Digest[]): Promise<{
  answer: VerificationResponse;
  proof: CheckedProof;
}> {
  for (;;) {
    const checked = await check(digests);
    if (checked.kind !== "online" || checked.proof === undefined) throw new Error(JSON.stringify(checked));
    const { answer, proof } = checked;
    if (!isAppError(proof)) return { answer, proof };
    if (proof.code !== "ENTRY_NOT_FINAL") throw proof;
  }
}

describe("a file that was registered", () => {
  it("a registered file is found by its digests, and the proof of the answer verifies", async () => {
    const digests = digestsOf(randomBytes(100));
    const { index, extra } = await anchored(digests);
    const from = sent.length;
    const checked = await check(digests);
    if (checked.kind !== "online" || checked.proof === undefined || "code" in checked.proof)
      throw new Error(JSON.stringify(checked));
    expect(checked.answer.verdict).toBe("valid");
    const { document, withdrawal, checkpoint } = checked.proof;
    expect(checked.proof).toMatchObject({ trust: "service", cosigners: [] });
    expect(document).toMatchObject({ index, entry: extra.entry });
    expect(document.steps.at(-1)?.node).toEqual(checkpoint.root);
    expect(withdrawal).toBeUndefined();
    const [asked, ...others] = sent.since(from);
    expect(JSON.parse(asked?.body ?? "")).toEqual({
      digest: formatDigest(digests[0]),
      alsoDigests: [formatDigest(digests[1])],
      proof: true,
    });
    expect(others.map(({ url }) => new URL(url).pathname)).toEqual(["/v1/institutions"]);
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
      ({ proof: real }) => ({ proof: real && { ...real, entries: real.entries.slice(0, 1) } }),
      (answer) => otherProof(answer, (entry) => entry.with(79, 1)),
    ];
    expect(verdict).toBe((await proven(digests)).answer.verdict);
    for (const lie of lies)
      expect(await check(digests, {}, lying(lie))).toMatchObject({
        kind: "unproven",
        fault: { code: "PROOF_INVALID" },
      });
  });

  it("an answer under a new key of the log is proven by reading the directory again", async () => {
    const digests = digestsOf(randomBytes(100));
    await anchored(digests);
    const now = await new LogClient({ server: running.url }).institutions();
    const before = { ...now, operators: [] };
    const reads: unknown[] = [];
    const directory: ServiceConnection["directory"] = (read) => {
      reads.push(read);
      return Promise.resolve(read === "again" ? now : before);
    };
    expect(await check(digests, {}, serviceAt(running.url, { directory }))).toMatchObject({
      kind: "online",
      proof: { trust: "service" },
    });
    expect(reads).toEqual([undefined, "again"]);
    const never = serviceAt(running.url, { directory: () => Promise.resolve(before) });
    expect(await check(digests, {}, never)).toMatchObject({ fault: { code: "SIGNATURE_INVALID" } });
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
      proof: { trust: "policy", cosigners: [{ name: "own" }] },
    });
    expect(sent.since(from).map(({ method }) => method)).toEqual(["POST"]);
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
        service: undefined,
        now: systemClock.now(),
      }),
    ).toMatchObject(offline);
    expect(await check(digests, { receipts }, serviceAt(UNREACHABLE))).toMatchObject({
      fault: { code: "SERVER_UNREACHABLE" },
    });
    expect(
      await checkFile({
        digests,
        evidence: { ...EMPTY_EVIDENCE, receipts },
        service: undefined,
        now: systemClock.now(),
      }),
    ).toMatchObject({ fault: { code: "POLICY_MISSING" } });
    expect(
      await checkFile({
        digests,
        evidence: { ...EMPTY_EVIDENCE, policy },
        service: undefined,
        now: systemClock.now(),
      }),
    ).toMatchObject({ fault: { code: "SERVER_UNREACHABLE" } });
  });

  it("the answer of the service stays where it has no proof", async () => {
    const digests = digestsOf(randomBytes(100));
    await anchored(digests);
    expect(
      await check(
        digests,
        {},
        lying(() => ({ proof: undefined })),
      ),
    ).toMatchObject({ kind: "online", answer: { verdict: "valid" }, proof: { code: "ENTRY_NOT_FINAL" } });
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
      proof: { document: { index: receipt.index } },
    });
    const everything = JSON.stringify(sent.since(from));
    for (const digest of digests) expect(everything).not.toContain(formatDigest(digest).split(":")[1]);
    expect(everything).toContain("commitment");
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
    expect(await check(digests)).toMatchObject({ answer: { verdict: "not-found" }, proof: undefined });
  });
});

describe("an answer that the log contradicts", () => {
  it.each([
    ["another digest", (entry: Uint8Array) => entry.with(30, (entry[30] ?? 0) ^ 1)],
    ["another institution", (entry: Uint8Array) => entry.with(7, 2)],
    ["another validity", (entry: Uint8Array) => entry.with(27, 1)],
  ])("an answer with %s in its entry is refused with PROOF_INVALID", async (_, change) => {
    const digests = digestsOf(randomBytes(100));
    await anchored(digests);
    const checked = await check(
      digests,
      {},
      lying((answer) => otherProof(answer, change)),
    );
    expect(checked).toMatchObject({ kind: "unproven", fault: { code: "PROOF_INVALID" } });
  });

  it("an answer with another time is refused", async () => {
    const digests = digestsOf(randomBytes(100));
    await anchored(digests);
    const other = lying(({ entries }) => ({
      entries: entries.map((entry) => ({ ...entry, recordedAt: "2020-01-01T00:00:00Z" })),
    }));
    expect(await check(digests, {}, other)).toMatchObject({ kind: "unproven" });
  });

  it("an answer with a malformed proof is refused with PROOF_SHAPE", async () => {
    const digests = digestsOf(randomBytes(100));
    await anchored(digests);
    const other = lying(({ proof }) => ({
      proof: proof && { ...proof, entries: proof.entries.map((each) => ({ ...each, proof: ["no base64"] })) },
    }));
    expect(await check(digests, {}, other)).toMatchObject({ fault: { code: "PROOF_SHAPE" } });
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
