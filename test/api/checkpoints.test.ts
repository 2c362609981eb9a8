import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../src/core/clock.ts";
import { SAMPLE_INSTITUTIONS } from "../../src/chain/embedded/samples.ts";
import { fromHex } from "../../src/core/bytes.ts";
import { formatDigest } from "../../src/core/digest.ts";
import {
  cosignedAt,
  formatCheckpoint,
  keyNames,
  originOf,
  parseCheckpoint,
} from "../../src/log/checkpoint.ts";
import {
  formatNote,
  formatVerifierKey,
  parseNote,
  signNote,
  verifierKey,
  verifyNote,
  type Note,
  type VerifierKey,
} from "../../src/log/note.ts";
import { parsePolicy } from "../../src/log/policy.ts";
import { parseReceipt } from "../../src/log/receipt.ts";
import { SqlCheckpoints } from "../../src/store/attest/checkpoints.ts";
import { openDatabase } from "../../src/store/sql/database.ts";
import { verifyOffline } from "../../src/sdk/verify/offline.ts";
import { EMBEDDED_ENTRIES } from "../support/chain/embedded.ts";
import { ask, startTestService, type TestService } from "../support/service/service.ts";
import { signerOf } from "../support/log/signers.ts";

let service: TestService;
beforeAll(async () => void (service = await startTestService()));
afterAll(async () => await service.close());

interface OperatorView {
  id: number;
  keys: { purpose: string; signatureType: number; publicKey: string }[];
}

/** The keys of the operator as the directory has them. */
async function keys(): Promise<Record<string, VerifierKey>> {
  const { body } = await ask(`${service.url}/v1/institutions`);
  const [operator] = body["operators"] as OperatorView[];
  const origin = originOf(service);
  return Object.fromEntries(
    (operator?.keys ?? []).map(({ purpose, signatureType, publicKey }) => {
      const name = keyNames[purpose as keyof typeof keyNames](origin, operator?.id ?? 0);
      return [purpose, verifierKey({ name, type: signatureType, publicKey: fromHex(publicKey) })];
    }),
  );
}

/** The newest checkpoint, once it is of so many entries. */
async function checkpoint(size: number): Promise<{ note: Note; response: Response }> {
  for (;;) {
    const response = await fetch(`${service.url}/log/checkpoint`);
    const text = await response.text();
    if (response.ok && parseCheckpoint(parseNote(text).text).size >= size)
      return { note: parseNote(text), response };
    await sleep(20);
  }
}

async function receipt(index: number): Promise<Response> {
  const headers = { authorization: `Bearer ${service.keys.verifier}` };
  return await fetch(`${service.url}/v1/entries/${index}/receipt`, { headers });
}

async function problem(answer: Promise<Response>): Promise<[number, unknown]> {
  const response = await answer;
  return [response.status, ((await response.json()) as { code?: string }).code];
}

function raise(): never {
  throw new RangeError("it is not there");
}

describe("a service with everything embedded", () => {
  it("a service signs the log with keys that are in it, and gives a time", async () => {
    const { note, response } = await checkpoint(EMBEDDED_ENTRIES);
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("public, max-age=2");
    const { log, witness, status } = await keys();
    if (log === undefined || witness === undefined || status === undefined)
      throw new RangeError("three keys");
    expect(verifyNote(note, log)).toBe(true);
    expect(cosignedAt(note, witness)).toBeGreaterThan(1_700_000_000);
    expect(new Set([log, witness, status].map(({ publicKey }) => publicKey.join())).size).toBe(3);
    const { origin, size } = parseCheckpoint(note.text);
    expect([origin, size]).toEqual([log.name, EMBEDDED_ENTRIES]);
  });

  it("a service keeps every checkpoint", async () => {
    const { note } = await checkpoint(EMBEDDED_ENTRIES);
    const { size } = parseCheckpoint(note.text);
    const digest = `sha256:${"ab".repeat(32)}`;
    const documents = [{ digest, scene: "enterprise-credit-report" }];
    await ask(`${service.url}/v1/anchors?wait=final`, { key: service.keys.issuer, body: { documents } });
    const { note: newer } = await checkpoint(size + 1);
    expect(parseCheckpoint(newer.text).size).toBe(size + 1);
    const kept = await fetch(`${service.url}/log/checkpoints/${size}`);
    expect(parseNote(await kept.text())).toEqual(note);
    const list = await ask(`${service.url}/log/checkpoints`);
    expect(list).toMatchObject({ status: 200, body: { sizes: [size, size + 1] } });
    expect((await ask(`${service.url}/log/checkpoints?after=${size}`)).body).toEqual({ sizes: [size + 1] });
  });

  it("a receipt proves a document and its issuer's name offline", async () => {
    const content = randomBytes(100);
    const digests = (["sha256", "sm3"] as const).map((algorithm) => ({
      algorithm,
      bytes: Uint8Array.from(createHash(algorithm).update(content).digest()),
    }));
    const documents = [{ digest: formatDigest(digests[0] ?? raise()), scene: "enterprise-credit-report" }];
    const anchored = await ask(`${service.url}/v1/anchors?wait=final`, {
      key: service.keys.issuer,
      body: { documents },
    });
    const [{ index } = raise()] = anchored.body["anchors"] as { index: number }[];
    await checkpoint(index + 1);
    const response = await receipt(index);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-disposition")).toBe(
      `attachment; filename="entry-${index}.tlog-proof"`,
    );
    const text = await response.text();
    expect(text.length).toBeLessThan(5_000);
    const { log, witness } = await keys();
    const policy = parsePolicy(
      `log ${formatVerifierKey(log ?? raise())}\nwitness w ${formatVerifierKey(witness ?? raise())}\nquorum w\n`,
    );
    const answer = verifyOffline({
      receipt: parseReceipt(new TextEncoder().encode(text)),
      digests,
      policy,
      now: systemClock.now(),
    });
    expect(answer).toMatchObject({
      verdict: "registered",
      index,
      institution: { institution: 1, roles: ["issuer"] },
    });
    expect(answer.institution).toMatchObject({ names: { en: SAMPLE_INSTITUTIONS[0]?.names.en } });
  });

  it("a receipt of an entry that is not a document, or does not exist, is refused", async () => {
    expect(await problem(receipt(0))).toEqual([409, "NOT_A_DOCUMENT"]);
    expect(await problem(receipt(99_999))).toEqual([404, "ENTRY_NOT_FOUND"]);
    expect(await problem(fetch(`${service.url}/v1/entries/0/receipt`))).toEqual([401, "AUTH_MISSING"]);
  });

  it.each([
    ["checkpoints/99999", 404, "CHECKPOINT_NOT_FOUND"],
    ["checkpoints/0", 404, "CHECKPOINT_NOT_FOUND"],
    ["checkpoints/x", 400, "ID_FORMAT"],
    ["checkpoints/01", 400, "ID_FORMAT"],
    ["checkpoints/-1", 400, "ID_FORMAT"],
    ["checkpoints/", 400, "ID_FORMAT"],
    ["checkpoints?after=x", 400, "ID_FORMAT"],
    ["checkpoints?before=1", 400, "UNKNOWN_FIELD"],
  ])("/log/%s is refused with %i %s", async (path, status, code) => {
    const answer = await ask(`${service.url}/log/${path}`);
    expect([answer.status, answer.body["code"]]).toEqual([status, code]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });
});

describe("a service that has kept more checkpoints than one answer lists", () => {
  const LOG = signerOf("eip155:31337:0x0000000000000000000000000000000000000000");
  const kept = Array.from({ length: 1_500 }, (_, i) => 10_000 + 3 * i);
  let another: TestService;
  beforeAll(async () => {
    const first = await startTestService();
    await first.stop();
    const db = await openDatabase(join(first.folder, "data", "hufu.db"));
    const store = new SqlCheckpoints(db);
    for (const size of kept) {
      const text = formatCheckpoint({ origin: LOG.key.name, size, root: new Uint8Array(32) });
      await store.advance(() => formatNote({ text, signatures: [signNote(text, LOG)] }));
    }
    await db.destroy();
    another = await startTestService({ folder: first.folder });
  });
  afterAll(async () => await another.close());

  it("the list of sizes has all checkpoints, page by page", async () => {
    const sizes: number[] = [];
    const pages: number[] = [];
    for (let after: number | undefined = 0; after !== undefined;) {
      const { body } = await ask(`${another.url}/log/checkpoints?after=${after}`);
      const page = body as { sizes: number[]; next?: number };
      sizes.push(...page.sizes);
      pages.push(page.sizes.length);
      after = page.next;
    }
    expect(pages).toEqual([1_000, sizes.length - 1_000]);
    expect(sizes.filter((size) => size >= 10_000)).toEqual(kept);
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
    const { body } = await ask(`${another.url}/log/checkpoints?after=${sizes[sizes.length - 1_001] ?? 0}`);
    expect(body).toEqual({ sizes: sizes.slice(-1_000) }); // exactly a page: there is no next
  });
});
