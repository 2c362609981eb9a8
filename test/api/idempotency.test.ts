import { createHash, randomUUID } from "node:crypto";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NamedRequest } from "../../src/core/idempotency.ts";
import { openDatabase } from "../../src/store/sql/database.ts";
import { SqlIdempotency } from "../../src/store/access/idempotency.ts";
import { openTestDatabase } from "../support/store/database.ts";
import { ask, startTestService, type Answer, type TestService } from "../support/service/service.ts";

let service: TestService;
/** What a request waits for once its items are in the outbox. */
let whenAccepted = (): Promise<void> => Promise.resolve();
beforeAll(async () => {
  const failpoint = (step: string): Promise<void> =>
    step === "accepted" ? whenAccepted() : Promise.resolve();
  service = await startTestService({ failpoint });
});
afterAll(async () => await service.close());

const digest = (name: string): string => `sha256:${createHash("sha256").update(name).digest("hex")}`;
const bodyOf = (name: string): unknown => ({
  documents: [{ digest: digest(name), scene: "enterprise-credit-report" }],
});
async function post(name: string, idempotencyKey: string, rest: object = {}): Promise<Answer> {
  const headers = { "idempotency-key": idempotencyKey };
  return await ask(`${service.url}/v1/anchors`, {
    key: service.keys.issuer,
    body: bodyOf(name),
    headers,
    ...rest,
  });
}

describe("a request with an Idempotency-Key", () => {
  it("a named request is processed once, and its answer repeated byte for byte, in quotes or without", async () => {
    const key = randomUUID();
    const first = await post("once", key);
    const again = await post("once", key);
    const quoted = await post("once", `"${key}"`);
    const unnamed = await ask(`${service.url}/v1/anchors`, {
      key: service.keys.issuer,
      body: bodyOf("once"),
    });
    expect(first.status).toBe(202);
    expect([again.status, again.body]).toEqual([202, first.body]);
    expect([quoted.status, quoted.body]).toEqual([202, first.body]);
    expect(again.headers.get("content-type")).toBe(first.headers.get("content-type"));
    expect(unnamed.body).toMatchObject({ anchors: [{ duplicate: true }] });
  });

  it("a name is refused with another body, or on another path", async () => {
    const key = randomUUID();
    await post("mine", key);
    expect(await post("other", key)).toMatchObject({ status: 422, body: { code: "IDEMPOTENCY_MISMATCH" } });
    const elsewhere = await ask(`${service.url}/v1/anchors?wait=final`, {
      key: service.keys.issuer,
      body: bodyOf("mine"),
      headers: { "idempotency-key": key },
    });
    expect(elsewhere).toMatchObject({ status: 422, body: { code: "IDEMPOTENCY_MISMATCH" } });
  });

  it("a second request of the same name is refused while the first one runs", async () => {
    const key = randomUUID();
    const accepted = Promise.withResolvers<undefined>();
    const goOn = Promise.withResolvers<undefined>();
    whenAccepted = async () => {
      accepted.resolve(undefined);
      await goOn.promise;
    };
    const first = post("slow", key);
    await accepted.promise;
    const second = await post("slow", key);
    expect(second).toMatchObject({ status: 409, body: { code: "IDEMPOTENCY_IN_PROGRESS" } });
    expect(second.headers.get("retry-after")).toMatch(/^\d+$/);
    whenAccepted = () => Promise.resolve();
    goOn.resolve(undefined);
    const { status, body } = await first;
    const third = await post("slow", key);
    expect([third.status, third.body]).toEqual([status, body]);
  });

  it("a name belongs to its caller: another caller's request of that name is a different one", async () => {
    const key = randomUUID();
    const mine = await post("shared name", key);
    const theirs = await post("shared name", key, { key: service.keys.issuer2 });
    expect(theirs.status).toBe(202);
    expect(theirs.body).not.toEqual(mine.body);
    expect(await post("shared name", key, { key: service.keys.verifier })).toMatchObject({ status: 403 });
    expect(await post("shared name", key, { key: "hufu_nobody-at-all" })).toMatchObject({ status: 401 });
  });

  it("a refused request leaves its name free", async () => {
    const key = randomUUID();
    const wrong = { documents: [{ digest: digest("free"), scene: "nothing" }] };
    expect(await post("free", key, { body: wrong })).toMatchObject({ status: 422 });
    expect(await post("free", key)).toMatchObject({ status: 202 });
  });

  it("a named status change is made once", async () => {
    const anchored = await ask(`${service.url}/v1/anchors?wait=final`, {
      key: service.keys.issuer,
      body: bodyOf("to be revoked"),
    });
    const [{ index } = { index: -1 }] = anchored.body["anchors"] as { index: number }[];
    const revoke = (): Promise<Answer> =>
      ask(`${service.url}/v1/entries/${index}/status`, {
        key: service.keys.issuer,
        body: { action: "revoke", reason: "other" },
        headers: { "idempotency-key": "revocation 1" },
      });
    const first = await revoke();
    expect(first.status).toBe(202);
    const second = await revoke();
    expect([second.status, second.body]).toEqual([202, first.body]);
  });

  it.each([
    ["nothing", ""],
    ["empty quotes", '""'],
    ["quotes that do not end", '"abc'],
    ["more than 255 characters", "k".repeat(300)],
    ["a tab", "a\tb"],
    ["letters beyond ASCII", "schl\u00fcssel"],
  ])("an Idempotency-Key of %s is refused", async (_, key) => {
    expect(await post("bad key", key)).toMatchObject({ status: 400, body: { code: "IDEMPOTENCY_KEY" } });
  });

  it("an Idempotency-Key with a line break or another control byte is refused", async () => {
    expect(await rawStatus(["Idempotency-Key: a\u0001b"])).toBe(400);
    expect(await rawStatus(["Idempotency-Key: a", "Idempotency-Key: b"])).toBe(400);
    expect(await rawStatus(["Idempotency-Key: a-b"])).toBe(202);
  });
});

/** The status for headers that fetch would not send. */
async function rawStatus(lines: readonly string[]): Promise<number | undefined> {
  const url = new URL(`${service.url}/v1/anchors`);
  const body = JSON.stringify(bodyOf("raw"));
  const own = ["Host", url.host, "Content-Type", "application/json", "Content-Length", `${body.length}`];
  const headers = [...own, "Authorization", `Bearer ${service.keys.issuer}`];
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const raw = connect(Number(url.port), url.hostname);
  const pairs = headers.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${headers[i + 1] ?? ""}`] : []));
  raw.on("error", reject).once("data", (data: Buffer) => {
    resolve(Number(/^HTTP\/1.1 (\d+)/.exec(data.toString())?.[1]));
    raw.destroy();
  });
  raw.write(`POST ${url.pathname} HTTP/1.1\r\n${[...pairs, ...lines].join("\r\n")}\r\n\r\n${body}`, "latin1");
  return await promise;
}

describe("names that several processes share", () => {
  const named = (change: Partial<NamedRequest> = {}): NamedRequest => ({
    caller: "issuer",
    name: "n",
    fingerprint: new Uint8Array(32).fill(2),
    at: 1_800_000_000_000,
    ...change,
  });

  it("one of several processes claims a name", async () => {
    const folder = service.folder;
    await using cleanup = new AsyncDisposableStack();
    const open = async (): Promise<SqlIdempotency> => {
      const db = await openDatabase(`${folder}/shared.db`);
      cleanup.defer(() => db.destroy());
      return new SqlIdempotency(db);
    };
    const stores = [await open(), await open()];
    for (let i = 0; i < 20; i++) {
      const claims = stores.flatMap((store) => [1, 2, 3].map(() => store.claim(named({ name: `${i}` }))));
      const kinds = (await Promise.all(claims)).map(({ kind }) => kind).sort();
      expect(kinds).toEqual(["claimed", ...Array<string>(5).fill("running")]);
    }
  });

  it("a name is free a minute after its process ended, and answered for a day", async () => {
    const db = await openTestDatabase();
    const store = new SqlIdempotency(db);
    const { at } = named();
    const lost = await store.claim(named());
    expect(await store.claim(named({ at: at + 59_000 }))).toEqual({ kind: "running" });
    const next = await store.claim(named({ at: at + 61_000 }));
    expect(next).toMatchObject({ kind: "claimed" });
    if (lost.kind !== "claimed" || next.kind !== "claimed") throw new Error("both were claimed");
    await store.finish(lost.claim, { status: 202, body: "of the one thought dead" });
    expect(await store.claim(named({ at: at + 62_000 }))).toEqual({ kind: "running" });
    await store.finish(next.claim, { status: 202, body: "{}" });
    const later = { at: at + 23 * 3_600_000 };
    const answered = { kind: "answered", answer: { status: 202, body: "{}" } };
    expect(await store.claim(named(later))).toEqual(answered);
    expect(await store.claim(named({ at: at + 25 * 3_600_000 }))).toMatchObject({ kind: "claimed" });
    await db.destroy();
  });
});
