import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  EMBEDDED_ENTRIES,
  SAMPLE_ENTRIES,
  sampleEntriesOf,
  startTestChain,
  type TestChain,
} from "../support/chain/embedded.ts";
import { SAMPLE_INSTITUTIONS } from "../../src/chain/embedded/samples.ts";
import { formatOfficialId } from "../../src/core/official-id.ts";
import { TestClock } from "../support/clock.ts";
import { ask, startTestService, type Answer, type TestService } from "../support/service/service.ts";

const OPEN = "enterprise-credit-report";
const digestOf = (text: string, algorithm = "sha256"): string =>
  `${algorithm}:${createHash(algorithm).update(text).digest("hex")}`;

async function anchor(
  service: TestService,
  documents: object[],
  key: string,
  query = "?wait=final",
): Promise<Answer> {
  return await ask(`${service.url}/v1/anchors${query}`, { key, body: { documents } });
}

async function verify(service: TestService, text: string, rest: object = {}): Promise<Answer> {
  return await ask(`${service.url}/v1/verifications`, { body: { digest: digestOf(text), ...rest } });
}

const resultOf = ({ body }: Answer): Record<string, unknown> =>
  (body["anchors"] as Record<string, unknown>[])[0] ?? {};

const OFFICIAL = SAMPLE_INSTITUTIONS.map(formatOfficialId);
/** Pairs that begin with the id of a sample institution, in the order of their official numbers. */
const inOrder = <T>(pairs: readonly (readonly [number, T])[]): (readonly [number, T])[] =>
  pairs.toSorted(([a], [b]) => ((OFFICIAL[a - 1] ?? "") < (OFFICIAL[b - 1] ?? "") ? -1 : 1));

/** Index of the first document, and of the one after `i` others. */
const FIRST = EMBEDDED_ENTRIES;
const nth = (i: number): number => FIRST + i;

describe("a service with everything embedded", () => {
  let service: TestService;
  beforeAll(async () => void (service = await startTestService()));
  afterAll(async () => await service.close());
  const document = (text: string, rest: object = {}): object => ({
    digest: digestOf(text),
    scene: OPEN,
    ...rest,
  });

  it("a service anchors a document and verifies it with issuer, time and end of validity", async () => {
    const answer = await anchor(
      service,
      [document("a", { validUntil: "2099-12-31", reference: "R-1" })],
      service.keys.issuer,
    );
    expect(answer.status).toBe(200);
    expect(resultOf(answer)).toMatchObject({
      state: "final",
      scene: OPEN,
      validUntil: "2099-12-31T15:59:59Z",
      reference: "R-1",
    });
    const { status, body } = await verify(service, "a");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      verdict: "valid",
      decidedBy: resultOf(answer)["index"],
      searched: "open-entries",
      entries: [
        {
          index: resultOf(answer)["index"],
          institution: { id: 1, name: "Shenzhen Tiger Tally Sample Credit Reporting Co., Ltd." },
          recordedAt: resultOf(answer)["recordedAt"],
          validUntil: "2099-12-31T15:59:59Z",
          transaction: resultOf(answer)["transaction"],
          block: resultOf(answer)["block"],
          final: true,
          conflict: false,
        },
      ],
    });
    const asOf = body["asOf"] as Record<string, unknown>;
    expect(asOf).toMatchObject({ root: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
    expect(asOf["treeSize"]).toBe((resultOf(answer)["index"] as number) + 1);
  });

  it("a file with another byte is not found, and the answer says what was searched", async () => {
    const { status, body } = await verify(service, "A");
    expect([status, body["verdict"], body["entries"], body["searched"]]).toEqual([
      200,
      "not-found",
      [],
      "open-entries",
    ]);
  });

  it("a document is found by the digest that it was anchored with, among all that are asked for", async () => {
    await anchor(service, [document("sm3", { digest: digestOf("sm3", "sm3") })], service.keys.issuer);
    expect((await verify(service, "sm3")).body["verdict"]).toBe("not-found");
    expect((await verify(service, "sm3", { alsoDigests: [digestOf("sm3", "sm3")] })).body["verdict"]).toBe(
      "valid",
    );
  });

  it("a request is answered with an id before the document is on the chain", async () => {
    const answer = await anchor(service, [document("later")], service.keys.issuer, "");
    expect(answer.status).toBe(202);
    const { id } = resultOf(answer);
    const again = await anchor(service, [document("later")], service.keys.issuer);
    expect(resultOf(again)).toMatchObject({ id, state: "final", duplicate: true });
    const url = `${service.url}/v1/anchors/${String(id)}`;
    expect((await ask(url, { key: service.keys.issuer })).body).toMatchObject({ id, state: "final" });
    expect((await ask(url, { key: service.keys.operator })).body).toMatchObject({ id });
    expect((await ask(url, { key: service.keys.issuer2 })).status).toBe(404);
  });

  it("a batch is accepted in part: each document has its own result", async () => {
    const answer = await anchor(
      service,
      [document("good 1"), document("bad", { scene: "none" }), document("good 2"), document("good 1")],
      service.keys.issuer,
    );
    expect(answer.status).toBe(200);
    const results = answer.body["anchors"] as Record<string, unknown>[];
    expect(results.map(({ state, duplicate }) => [state, duplicate])).toEqual([
      ["final", undefined],
      ["refused", undefined],
      ["final", undefined],
      ["final", true],
    ]);
    expect(results[3]?.["id"]).toBe(results[0]?.["id"]);
  });

  it("an institution withdraws its own documents only, and a second withdrawal changes nothing", async () => {
    const { index } = resultOf(await anchor(service, [document("withdrawn")], service.keys.issuer));
    const url = `${service.url}/v1/entries/${String(index)}/status?wait=final`;
    const body = { action: "revoke", reason: "content-corrected" };
    const theirs = await ask(url, { key: service.keys.issuer2, body });
    expect([theirs.status, theirs.body["code"]]).toEqual([403, "NOT_YOUR_ENTRY"]);
    expect((await verify(service, "withdrawn")).body["verdict"]).toBe("valid");
    const own = await ask(url, { key: service.keys.issuer, body });
    expect(own.status).toBe(200);
    expect(own.body).toMatchObject({ document: index, state: "final", reason: "content-corrected" });
    expect((await ask(url, { key: service.keys.issuer, body })).body).toEqual(own.body);
    expect((await verify(service, "withdrawn")).body).toMatchObject({
      verdict: "revoked",
      decidedBy: index,
      withdrawal: { index: own.body["index"], action: "revoke", reason: "content-corrected", institution: 1 },
    });
    const again = await anchor(service, [document("withdrawn")], service.keys.issuer);
    expect([again.status, again.body["code"]]).toEqual([422, "REVOKED_CANNOT_REANCHOR"]);
  });

  it("a verification shows all issuers of a file, and the reader can name the expected one", async () => {
    await anchor(service, [document("both")], service.keys.issuer);
    await anchor(service, [document("both")], service.keys.issuer2);
    const conflicts = async (rest: object): Promise<unknown> => {
      const { verdict, entries, chosenBy, others } = (await verify(service, "both", rest)).body as {
        verdict: string;
        entries: { institution: { id: number }; conflict: boolean }[];
        chosenBy?: string;
        others: number;
      };
      const found = entries.map(({ institution, conflict }) => [institution.id, conflict]);
      return [verdict, chosenBy, others, found];
    };
    const both = [[1, false] as const, [2, false] as const];
    const other = (id: number): unknown[] => [
      [id, false],
      [3 - id, true],
    ];
    expect(await conflicts({})).toEqual(["several-issuers", undefined, 0, inOrder(both)]);
    expect(await conflicts({ expectedIssuer: 2 })).toEqual(["valid", "caller", 1, other(2)]);
    expect(await conflicts({ expectedIssuer: OFFICIAL[0] })).toEqual(["valid", "caller", 1, other(1)]);
    for (const expectedIssuer of [3, "CN:none"])
      expect(await conflicts({ expectedIssuer })).toEqual([
        "not-found",
        "caller",
        2,
        inOrder(both).map(([id]) => [id, true]),
      ]);
  });

  it("several issuers are answered with each one's own verdict, basis and proof", async () => {
    const first = await anchor(service, [document("apart")], service.keys.issuer);
    const second = await anchor(service, [document("apart")], service.keys.issuer2);
    const indexes = [first, second].map((answer) => resultOf(answer)["index"]);
    const url = `${service.url}/v1/entries/${String(indexes[1])}/status?wait=final`;
    const body = { action: "revoke", reason: "other" };
    const { index: change } = (await ask(url, { key: service.keys.issuer2, body })).body;
    const ours = { institution: { id: 1 }, verdict: "valid", decidedBy: indexes[0] };
    const theirs = {
      institution: { id: 2 },
      verdict: "revoked",
      decidedBy: indexes[1],
      basis: { rule: "withdrawal", entry: change },
      withdrawal: { index: change, action: "revoke", institution: 2 },
    };
    const expected = inOrder([
      [1, ours],
      [2, theirs],
    ]).map(([, issuer]) => issuer);
    await expect
      .poll(async () => (await verify(service, "apart", { proof: true })).body, { timeout: 10_000 })
      .toMatchObject({ verdict: "several-issuers", issuers: expected, proof: { entries: [{}, {}, {}] } });
    const answer = (await verify(service, "apart")).body;
    expect(answer).not.toHaveProperty("decidedBy");
    expect((await verify(service, "apart", { expectedIssuer: 1 })).body).toMatchObject({
      verdict: "valid",
      decidedBy: indexes[0],
      others: 1,
    });
  });

  it.each([["zero"], [0], [-1], [1.5], [null], ["CN:"], ["CN:91 44"], [{ id: 1 }]])(
    "the expected issuer %j is refused",
    async (expectedIssuer) => {
      const { status, body } = await verify(service, "a", { expectedIssuer });
      expect([status, body["code"]]).toEqual([400, "TYPE"]);
      expect(body["detail"]).toContain("/expectedIssuer");
    },
  );

  it("institutions are named in the reader's script", async () => {
    const { body } = await ask(`${service.url}/v1/institutions`, { headers: { "accept-language": "zh-HK" } });
    expect(body["institutions"]).toMatchObject([{ id: 1, name: "深圳虎符示例徵信有限公司" }, { id: 2 }]);
  });

  it("a started service is healthy and ready", async () => {
    expect((await ask(`${service.url}/healthz`)).body).toMatchObject({ status: "ok" });
    expect((await ask(`${service.url}/readyz`)).body).toMatchObject({
      status: "ready",
      index: { state: "current" },
    });
  });

  it("only their owner can read the credentials", () => {
    expect(statSync(service.credentials).mode & 0o777).toBe(0o600);
    expect(Object.keys(service.keys).sort()).toEqual([
      "auditor",
      "issuer",
      "issuer2",
      "operator",
      "verifier",
    ]);
  });
});

describe("the auditor's list", () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService();
    const documents = Array.from({ length: 5 }, (_, i) => ({
      digest: digestOf(`list ${i}`),
      scene: OPEN,
      reference: `L-${i}`,
    }));
    await anchor(service, documents, service.keys.issuer);
    await anchor(
      service,
      [{ digest: digestOf("of the other"), scene: OPEN, reference: "L-0" }],
      service.keys.issuer2,
    );
    await ask(`${service.url}/v1/entries/${nth(2)}/status?wait=final`, {
      key: service.keys.issuer,
      body: { action: "revoke", reason: "other" },
    });
  });
  afterAll(async () => await service.close());

  async function list(
    query: string,
    key = service.keys.auditor,
  ): Promise<{ indexes: number[]; answer: Answer }> {
    const answer = await ask(`${service.url}/v1/entries?${query}`, { key });
    const entries = (answer.body["entries"] ?? []) as { index: number }[];
    return { indexes: entries.map(({ index }) => index), answer };
  }

  it("the list visits every entry once and in order, over all pages", async () => {
    const seen: number[] = [];
    for (let query = "limit=4"; ;) {
      const { indexes, answer } = await list(query);
      seen.push(...indexes);
      const { next } = answer.body as { next?: string };
      if (next === undefined) break;
      query = `limit=4&cursor=${next}`;
    }
    expect(seen).toEqual(Array.from({ length: FIRST + 7 }, (_, i) => i));
  });

  it("a cursor is valid for the filters of its own list only", async () => {
    const { answer } = await list("limit=2&issuer=1");
    const { next } = answer.body;
    expect((await list(`limit=2&issuer=1&cursor=${String(next)}`)).answer.status).toBe(200);
    expect((await list(`limit=2&issuer=2&cursor=${String(next)}`)).answer.body["code"]).toBe(
      "CURSOR_INVALID",
    );
  });

  it.each<[string, number[]]>([
    ["issuer=2", [...sampleEntriesOf(2), nth(5)]],
    [`scene=${OPEN}`, [0, 1, 2, 3, 4, 5].map(nth)],
    ["status=revoked", [nth(2)]],
    ["status=active", [0, 1, 3, 4, 5].map(nth)],
    ["status=active&issuer=2", [nth(5)]],
    ["status=suspended", []],
    ["reference=L-0", [nth(0), nth(5)]],
    ["from=2000-01-01&to=2000-12-31", []],
    ["from=2000-01-01&status=revoked", [nth(2)]],
  ])("the list filtered by %s has the matching entries only", async (query, indexes) =>
    expect((await list(query)).indexes).toEqual(indexes),
  );

  it("references are shown to their issuer and to auditors only", async () => {
    const references = async (key: string): Promise<unknown[]> => {
      const { body } = (await list("status=active", key)).answer;
      return (body["entries"] as { reference?: string }[]).map(({ reference }) => reference);
    };
    expect(await references(service.keys.auditor)).toEqual(["L-0", "L-1", "L-3", "L-4", "L-0"]);
    expect(await references(service.keys.issuer)).toEqual(["L-0", "L-1", "L-3", "L-4", undefined]);
    expect(await references(service.keys.verifier)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect((await list("reference=L-0", service.keys.issuer)).indexes).toEqual([FIRST]);
    expect((await list("reference=L-0", service.keys.verifier)).answer.body["code"]).toBe("SCOPE_REQUIRED");
  });

  it("the list has the bytes of every entry and the tree size", async () => {
    const { body } = await ask(`${service.url}/v1/entries/${FIRST + 6}`, { key: service.keys.auditor });
    expect(body).toMatchObject({
      kind: "status",
      change: { document: nth(2), action: "revoke", reason: "other" },
    });
    expect(String(body["entry"])).toMatch(/^0102[0-9a-f]{156}$/);
    expect((await list("limit=1")).answer.body["asOf"]).toMatchObject({ treeSize: FIRST + 7 });
  });
});

describe("a service on a chain of its own node", () => {
  let chain: TestChain;
  let clock: TestClock;
  let folder: string;

  beforeAll(async () => {
    clock = new TestClock();
    chain = await startTestChain({ clock });
    folder = mkdtempSync(join(tmpdir(), "hufu-node-"));
    mkdirSync(join(folder, "data", "keys"), { recursive: true, mode: 0o700 });
    const [key] = chain.hotKeys;
    writeFileSync(join(folder, "data", "keys", "issuer.key"), `${key.privateKey}\n`, { mode: 0o600 });
  });
  afterAll(async () => {
    await chain.close().catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  });

  it("a service without its node gives no verdict, except a withdrawal that it knows", async () => {
    const env = {
      HUFU_CHAIN_RPC_URL: chain.url,
      HUFU_REGISTRY_ADDRESS: `eip155:31337:${chain.registry}`,
      HUFU_FINALITY: "1",
      HUFU_GROUP_AGE: "0", // its clock stands still
    };
    const service = await startTestService({ env, folder, clock });
    try {
      expect(Object.keys(service.keys)).toEqual(["issuer", "verifier", "auditor", "operator"]);
      const documents = [
        { digest: digestOf("sound"), scene: OPEN },
        { digest: digestOf("gone"), scene: OPEN },
      ];
      await anchor(service, documents, service.keys.issuer);
      const url = `${service.url}/v1/entries/${SAMPLE_ENTRIES + 1}/status?wait=final`;
      await ask(url, { key: service.keys.issuer, body: { action: "revoke", reason: "other" } });
      expect((await verify(service, "sound")).body["verdict"]).toBe("valid");
      await chain.close();
      clock.advance(600);
      expect((await verify(service, "sound")).body["verdict"]).toBe("valid");
      clock.advance(1);
      for (const text of ["sound", "never seen"]) {
        const { status, body, headers } = await verify(service, text);
        expect([status, body["verdict"], body["code"]]).toEqual([503, "indeterminate", "INDEX_STALE"]);
        expect(headers.get("retry-after")).not.toBeNull();
      }
      expect((await verify(service, "gone")).body).toMatchObject({ verdict: "revoked", lagging: true });
    } finally {
      await service.stop();
    }
  });
});

describe("after a restart", () => {
  it("keys, entries and answers are the same after a restart", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hufu-restart-"));
    const first = await startTestService({ folder });
    await anchor(first, [{ digest: digestOf("kept"), scene: OPEN }], first.keys.issuer);
    const before = (await verify(first, "kept")).body;
    await first.stop();
    const second = await startTestService({ folder });
    const after = (await verify(second, "kept")).body;
    expect(second.keys).toEqual(first.keys);
    expect({ ...after, asOf: 0 }).toEqual({ ...before, asOf: 0 });
    expect(after["asOf"]).toMatchObject({ root: (before["asOf"] as { root: string }).root });
    await second.close();
  });

  it("a chain that was started again is detected, and the old index is not served", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hufu-reset-"));
    const first = await startTestService({ folder });
    await first.stop();
    rmSync(join(folder, "data", "chain"), { recursive: true });
    await expect(startTestService({ folder })).rejects.toThrowCode("CHAIN_IDENTITY_MISMATCH");
    rmSync(folder, { recursive: true });
  });
});

describe("verification without a key", () => {
  it("verification without a key is for loopback unless it is set", async () => {
    const service = await startTestService({ env: { HUFU_PUBLIC_VERIFY: "false" } });
    expect((await verify(service, "a")).status).toBe(401);
    const body = { digest: digestOf("a") };
    expect((await ask(`${service.url}/v1/verifications`, { body, key: service.keys.verifier })).status).toBe(
      200,
    );
    await service.close();
  });
});
