import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestClock } from "../support/clock.ts";
import { ask, startTestService, type Answer, type TestService } from "../support/service/service.ts";

const DAY = 86_400;
const clock = new TestClock();
const lines: string[] = [];
let service: TestService;

beforeAll(async () => void (service = await startTestService({ clock, lines })));
afterAll(async () => await service.close());

const manage = async (path: string, options: Parameters<typeof ask>[1] = {}): Promise<Answer> =>
  await ask(`${service.url}/v1/api-keys${path}`, { key: service.keys.operator, ...options });
const make = async (body: object): Promise<Answer> => await manage("", { body });
const revoke = async (id: unknown, key = service.keys.operator): Promise<Answer> =>
  await manage(`/${String(id)}`, { method: "DELETE", key });
const list = async (): Promise<Record<string, unknown>[]> =>
  (await manage("")).body["keys"] as Record<string, unknown>[];
/** Something that needs a key of any role. */
const use = async (key: string | undefined): Promise<Answer> =>
  await ask(`${service.url}/v1/entries?limit=1`, { key });
const expires = (seconds: number): string => new Date((clock.now() + seconds) * 1000).toISOString();
const codeOf = ({ status, body }: Answer): unknown[] => [status, body["code"]];

describe("an API key", () => {
  it("an API key works immediately, and is shown once", async () => {
    const { status, body } = await make({ name: "night batch", role: "issuer", institution: 1 });
    expect(status).toBe(201);
    const { key, ...known } = body;
    expect(key).toMatch(new RegExp(`^hufu_${String(known["id"])}_[\\w-]{43}$`));
    expect(known).toMatchObject({
      name: "night batch",
      role: "issuer",
      institution: 1,
      state: "in-force",
      expiresAt: null,
    });
    expect((await use(String(key))).status).toBe(200);
    expect(await list()).toContainEqual(known);
    expect(JSON.stringify(await list())).not.toContain(String(key).slice(18));
  });

  it("an API key names the key that made it, and the one that revoked it", async () => {
    const operator = (await list()).find(({ role }) => role === "operator");
    const { body } = await make({ name: "short", role: "verifier" });
    expect(body["createdBy"]).toBe(operator?.["id"]);
    expect((await revoke(body["id"])).body).toMatchObject({ state: "revoked", revokedBy: operator?.["id"] });
  });

  it("a revoked API key is refused immediately, and a second revocation changes nothing", async () => {
    const { body } = await make({ name: "short", role: "verifier" });
    const key = String(body["key"]);
    expect((await use(key)).status).toBe(200);
    const first = await revoke(body["id"]);
    expect(codeOf(await use(key))).toEqual([401, "AUTH_INVALID"]);
    clock.advance(60);
    expect((await revoke(body["id"])).body).toEqual(first.body);
    expect(codeOf(await use(key))).toEqual([401, "AUTH_INVALID"]);
  });

  it("an API key is refused from the second of its expiry", async () => {
    const { body } = await make({ name: "guest", role: "verifier", expires: expires(DAY) });
    const key = String(body["key"]);
    clock.advance(DAY - 1);
    expect((await use(key)).status).toBe(200);
    clock.advance(1);
    expect(codeOf(await use(key))).toEqual([401, "AUTH_INVALID"]);
    expect(await list()).toContainEqual(expect.objectContaining({ id: body["id"], state: "expired" }));
  });

  it("unknown, expired and revoked API keys get identical answers", async () => {
    const revoked = await make({ name: "a", role: "verifier" });
    await revoke(revoked.body["id"]);
    const expired = await make({ name: "b", role: "verifier", expires: expires(10) });
    clock.advance(10);
    const unknown = `hufu_0123456789ab_${"A".repeat(43)}`;
    const answers = await Promise.all(
      [unknown, String(revoked.body["key"]), String(expired.body["key"])].map(use),
    );
    const [first, ...others] = answers.map(({ status, headers, body }) => [
      status,
      headers.get("www-authenticate"),
      { ...body, instance: "" },
    ]);
    for (const other of others) expect(other).toEqual(first);
    expect(first?.[0]).toBe(401);
  });

  it.each([
    ["no API key", undefined, "AUTH_MISSING"],
    ["an API key of another form", "short", "AUTH_MALFORMED"],
    ["an API key with one more character", "live+", "AUTH_INVALID"],
  ])("a request with %s gets 401", async (_, key, code) => {
    expect(codeOf(await use(key === "live+" ? `${service.keys.auditor}A` : key))).toEqual([401, code]);
  });
});

describe("managing API keys", () => {
  it.each(["issuer", "issuer2", "verifier", "auditor"] as const)(
    "the role %s cannot manage API keys",
    async (name) => {
      const key = service.keys[name];
      const before = await list();
      expect(codeOf(await manage("", { key }))).toEqual([403, "SCOPE_REQUIRED"]);
      expect(codeOf(await manage("", { key, body: { name: "x", role: "operator" } }))).toEqual([
        403,
        "SCOPE_REQUIRED",
      ]);
      const operator = before.find(({ role }) => role === "operator");
      expect(codeOf(await revoke(operator?.["id"], key))).toEqual([403, "SCOPE_REQUIRED"]);
      expect(await list()).toEqual(before);
    },
  );

  it.each<[string, object, number, string]>([
    ["an empty name", { name: "", role: "verifier" }, 400, "NAME_FORMAT"],
    ["a name that turns the text round", { name: "a\u202Eb", role: "verifier" }, 400, "NAME_FORMAT"],
    ["a name of 65 bytes", { name: "x".repeat(65), role: "verifier" }, 400, "NAME_FORMAT"],
    ["an unknown role", { name: "x", role: "root" }, 400, "ROLE_CODE"],
    ["a role of a prototype", { name: "x", role: "constructor" }, 400, "ROLE_CODE"],
    ["an issuer of no institution", { name: "x", role: "issuer" }, 400, "TYPE"],
    ["an unknown institution", { name: "x", role: "issuer", institution: 99 }, 404, "INSTITUTION_UNKNOWN"],
    ["an institution in words", { name: "x", role: "issuer", institution: "1" }, 400, "TYPE"],
    ["governance as institution", { name: "x", role: "issuer", institution: 0 }, 400, "TYPE"],
    ["an end that is past", { name: "x", role: "verifier", expires: "2020-01-01" }, 422, "KEY_WINDOW"],
    ["an end that is no day", { name: "x", role: "verifier", expires: "2031-02-30" }, 400, "DATE_INVALID"],
    ["a key of one's own", { name: "x", role: "verifier", key: "hufu_mine" }, 400, "UNKNOWN_FIELD"],
  ])("an API key with %s is refused", async (_, body, status, code) => {
    const before = await list();
    expect(codeOf(await make(body))).toEqual([status, code]);
    expect(await list()).toEqual(before);
  });

  it("the revocation of a malformed or unknown id is refused", async () => {
    expect(codeOf(await revoke("x"))).toEqual([400, "ID_FORMAT"]);
    expect(codeOf(await revoke("0123456789ab"))).toEqual([404, "API_KEY_NOT_FOUND"]);
  });

  it("the last operator key without an end cannot be revoked by any key", async () => {
    const [own] = (await list()).filter(({ role }) => role === "operator");
    expect(codeOf(await revoke(own?.["id"]))).toEqual([409, "LAST_OPERATOR_KEY"]);
    const guest = await make({ name: "guest", role: "operator", expires: expires(DAY) });
    expect(codeOf(await revoke(own?.["id"], String(guest.body["key"])))).toEqual([409, "LAST_OPERATOR_KEY"]);
    const second = await make({ name: "second", role: "operator" });
    const both = [String(second.body["id"]), String(own?.["id"])];
    const answers = await Promise.all(both.map((id) => revoke(id, String(guest.body["key"]))));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const { body } = await manage("", { key: String(guest.body["key"]) });
    const left = (body["keys"] as Record<string, unknown>[]).filter(({ role, state, expiresAt }) => {
      return role === "operator" && state === "in-force" && expiresAt === null;
    });
    expect(left).toHaveLength(1);
  });

  it("no API key is written into the log or any file", async () => {
    const other = await startTestService({ clock });
    try {
      const body = { name: "x", role: "verifier" };
      const { body: made } = await ask(`${other.url}/v1/api-keys`, { key: other.keys.operator, body });
      const secret = String(made["key"]).slice(18);
      await ask(`${other.url}/v1/entries`, { key: String(made["key"]) });
      const data = join(other.folder, "data");
      for (const name of readdirSync(data).filter((file) => /^hufu|^api|^cred|^inst/.test(file)))
        expect([name, readFileSync(join(data, name)).includes(secret)]).toEqual([name, false]);
    } finally {
      await other.close();
    }
    expect(lines.filter((line) => line.includes("api key made")).length).toBeGreaterThan(3);
    expect(lines.filter((line) => /hufu_\w+_/.test(line))).toEqual([]);
  });
});

describe("the next start", () => {
  /** Starts a service on the data of another one, which is ended. */
  async function again(before: TestService): Promise<TestService> {
    await before.stop();
    return await startTestService({ clock, folder: before.folder });
  }
  const all = async ({ url, keys }: TestService): Promise<Record<string, unknown>[]> =>
    (await ask(`${url}/v1/api-keys`, { key: keys.operator })).body["keys"] as Record<string, unknown>[];

  it("a restart keeps the keys of credentials.json, and those made through the API", async () => {
    const first = await startTestService({ clock });
    const body = { name: "by hand", role: "auditor" };
    const { body: made } = await ask(`${first.url}/v1/api-keys`, { key: first.keys.operator, body });
    const second = await again(first);
    expect(second.keys).toEqual(first.keys);
    writeFileSync(join(second.folder, "data", "credentials.json"), "{}", { mode: 0o600 });
    await second.stop();
    await expect(startTestService({ clock, folder: second.folder })).rejects.toThrowCode("KEY_FILE_FORMAT");
    const empty = JSON.stringify({ ...first.credentialsFile, keys: {} });
    writeFileSync(join(second.folder, "data", "credentials.json"), empty, { mode: 0o600 });
    const third = await startTestService({ clock, folder: second.folder });
    try {
      expect(new Set([...Object.values(first.keys), ...Object.values(third.keys)]).size).toBe(10);
      for (const [key, status] of [
        [String(made["key"]), 200],
        [third.keys.issuer, 200],
        [first.keys.issuer, 401],
      ] as const)
        expect((await ask(`${third.url}/v1/entries?limit=1`, { key })).status).toBe(status);
    } finally {
      await third.close();
    }
  });

  it("a restart does not replace a key that was revoked through the API", async () => {
    const first = await startTestService({ clock });
    const verifier = (await all(first)).find(({ name }) => name === "verifier");
    const path = `/v1/api-keys/${String(verifier?.["id"])}`;
    await ask(first.url + path, { key: first.keys.operator, method: "DELETE" });
    const second = await again(first);
    try {
      expect(second.keys.verifier).toBeUndefined();
      expect(second.keys.operator).toBe(first.keys.operator);
      expect((await all(second)).filter(({ name }) => name === "verifier")).toHaveLength(1);
    } finally {
      await second.close();
    }
  });

  it("a start with another secret than the keys were hashed under is refused, for either file", async () => {
    const first = await startTestService({ clock });
    await first.stop();
    const file = join(first.folder, "data", "api-keys.secret");
    const own = readFileSync(file);
    const elsewhere = join(first.folder, "secret");
    writeFileSync(file, "ab".repeat(32));
    const named = { HUFU_API_KEY_SECRET_FILE: elsewhere };
    const start = async (env = {}): Promise<TestService> =>
      await startTestService({ clock, folder: first.folder, env });
    await expect(start()).rejects.toThrowCode("API_KEY_SECRET");
    await expect(start(named)).rejects.toThrowCode("API_KEY_SECRET");
    writeFileSync(elsewhere, "not a secret", { mode: 0o600 });
    await expect(start(named)).rejects.toThrowCode("API_KEY_SECRET");
    writeFileSync(elsewhere, own);
    const second = await start(named);
    try {
      expect(second.keys).toEqual(first.keys);
    } finally {
      await second.close();
    }
  });

  it("a key that was written into the database under another secret is refused", async () => {
    const first = await startTestService({ clock });
    await first.stop();
    const db = new DatabaseSync(join(first.folder, "data", "hufu.db"));
    const { createHash } = await import("node:crypto");
    const key = "hufu_0123456789ab_planted";
    db.prepare("insert into api_key (id, hash, name, role, created_at) values (?, ?, ?, ?, ?)").run(
      "0123456789ab",
      createHash("sha256").update(key).digest(),
      "planted",
      "operator",
      1,
    );
    db.close();
    const second = await startTestService({ clock, folder: first.folder });
    try {
      expect((await ask(`${second.url}/v1/api-keys`, { key })).status).toBe(401);
    } finally {
      await second.close();
    }
  });
});
