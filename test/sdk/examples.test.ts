/** The examples of the SDK's README: they compile, they run against a service, and they send nothing that they should not. */
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Digest } from "../../src/core/digest.ts";
import { parseReceipt } from "../../src/log/receipt.ts";
import { initSalts } from "../../src/main/salts.ts";
import { SqlSalts } from "../../src/store/access/salts.ts";
import { RecordingProxy } from "../support/network/recording-proxy.ts";
import { compile, examples, run, SOURCES, writeExamples } from "../support/sdk/examples.ts";
import { TwoOperators } from "../support/service/two-operators.ts";

const OPEN = "enterprise-credit-report";
const BLINDED = "personal-credit-report";
const EXAMPLES = [
  "verify-node",
  "two-operators",
  "verify-browser",
  "issue-one",
  "issue-many",
  "receipts",
  "offline",
  "mirror",
];
const IN_BROWSER = ["verify-browser"];
const ISSUER = { jurisdiction: "CN", officialNumber: "91440300MA00SAMP01" };
const files: string[] = [];
let folder: string;
let operators: TwoOperators;
let proxy: RecordingProxy;
let policy: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hufu-examples-"));
  writeExamples(folder, examples());
  operators = await TwoOperators.start();
  proxy = await RecordingProxy.start("program", operators.services[0].url);
  policy = join(folder, "policy.txt");
  writeFileSync(policy, await operators.policy());
  (await initSalts(saltFolder()))[Symbol.dispose]();
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await operators[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

function file(name: string): string {
  const path = join(folder, name);
  writeFileSync(path, randomBytes(300));
  files.push(path);
  return path;
}

const saltFolder = (): string => join(folder, "salts");
const issuing = (): object => ({
  server: proxy.url,
  apiKey: operators.services[0].keys.issuer,
  saltFolder: saltFolder(),
});
const verifying = (): object => ({
  server: proxy.url,
  apiKey: operators.services[0].keys.verifier,
  stateFolder: join(folder, "state"),
});
const example = async (name: string, call: string, options: object): Promise<unknown> =>
  await run(join(folder, `${name}.ts`), call, options);
const sent = (): string[] => proxy.exchanges.map(({ request }) => request.toString("latin1"));

describe("the examples", () => {
  it("the README has an example of each kind, imported by the names of its table", () => {
    expect(examples().map(({ name }) => name)).toEqual(EXAMPLES);
    expect([...SOURCES.keys()]).toEqual(["hufu-verify", "hufu-verify/node", "hufu/sdk"]);
    expect(examples().filter(({ text }) => text.includes(' from "hufu'))).toEqual([]);
  });

  it.each([
    ["tsconfig.json", false],
    ["src/web/tsconfig.json", true],
  ] as const)("the examples compile under the strict settings of %s", (settings, inBrowser) => {
    const some = examples().filter(({ name }) => IN_BROWSER.includes(name) === inBrowser);
    const paths = some.map(({ name }) => join(folder, `${name}.ts`));
    expect(compile(paths, settings)).toEqual([]);
  });

  it("an example that is wrong does not compile", () => {
    const one = examples().find(({ name }) => name === "issue-one");
    const text = one?.text.replace("issued.index", "issued.indices") ?? "";
    const paths = writeExamples(folder, [{ name: "wrong", text }]);
    expect(compile(paths, "tsconfig.json").join()).toContain("'indices' does not exist");
  });
});

describe("an issuing program", () => {
  it.each([OPEN, BLINDED])("a document is issued, and again as the same entry (%s)", async (scene) => {
    const options = { ...issuing(), file: file(`one-${scene}.pdf`), scene, reference: "R-1" };
    const index = await example("issue-one", "issueOne", options);
    expect(index).toBeTypeOf("number");
    expect(await example("issue-one", "issueOne", options)).toBe(index);
  });

  it("a night of documents is issued, and run again with the same requests and outcome", async () => {
    const night = Array.from({ length: 6 }, (_, i) => file(`night-${i}.pdf`));
    const options = { ...issuing(), night: "2026-11-30", files: night, scene: BLINDED };
    const issued = (await example("issue-many", "issueMany", options)) as { kind: string; index: number }[];
    expect(issued.map(({ kind }) => kind)).toEqual(night.map(() => "final"));
    expect(new Set(issued.map(({ index }) => index)).size).toBe(night.length);
    const again = (await example("issue-many", "issueMany", options)) as typeof issued;
    expect(again.map(({ index }) => index)).toEqual(issued.map(({ index }) => index));
    const named = sent().filter((request) => request.includes(" idempotency-key 2026-11-30/1 "));
    expect([named.length, new Set(named.map(bodyOf)).size]).toEqual([2, 1]);
  });

  it.each([OPEN, BLINDED])("its documents are verified, online and offline (%s)", async (scene) => {
    const path = file(`kept-${scene}.pdf`);
    const options = { ...issuing(), file: path };
    const index = await example("issue-one", "issueOne", { ...options, scene, reference: "R-2" });
    const paths = (await example("receipts", "keepEvidence", { ...options, index })) as Paths;
    const { salt } = parseReceipt(readFileSync(paths.receipt)).extra;
    expect(salt === undefined).toBe(scene === OPEN);
    const before = proxy.exchanges.length;
    const evidence = [policy, paths.receipt, paths.statement];
    const offline = { file: path, evidence, issuer: ISSUER };
    expect(await example("offline", "verifyOffline", offline)).toMatchObject({
      kind: "offline",
      answer: { verdict: "valid", index, chosenBy: "caller" },
    });
    expect(proxy.exchanges).toHaveLength(before);
    const { receipt } = paths;
    const online = { ...verifying(), file: path, issuer: ISSUER, ...(scene === BLINDED && { receipt }) };
    expect(await example("verify-node", "verifyFile", online)).toBe("valid, by operator");
    const other = { ...ISSUER, officialNumber: "91440100MA00SAMP02" };
    expect(await example("verify-node", "verifyFile", { ...online, issuer: other })).toMatch(/^not-found/);
    expect(await example("offline", "verifyOffline", { ...offline, issuer: other })).toMatchObject({
      kind: "fault",
      fault: { code: "ISSUER_MISMATCH" },
    });
  });
});

describe("a program that asks two operators", () => {
  const serverOf = ({ url, keys }: TwoOperators["services"][0]): object => ({
    server: url,
    apiKey: keys.verifier,
  });

  it("what both say rests on both", async () => {
    const path = file("asked-of-two.pdf");
    await example("issue-one", "issueOne", { ...issuing(), file: path, scene: OPEN, reference: "R-1" });
    const [first, second] = operators.services;
    const options = { file: path, issuer: ISSUER, stateFolder: join(folder, "state-of-two") };
    const servers = [serverOf(first), serverOf(second)];
    expect(await example("two-operators", "verifyWithTwo", { ...options, servers })).toBe(
      "valid, by operators",
    );
  });
});

describe("a program with a mirror", () => {
  it("it verifies without a request what was issued before its checkpoint", async () => {
    const [registered, other] = [file("mirrored.pdf"), file("other.pdf")];
    const issued = { ...issuing(), file: registered, scene: OPEN, reference: "R-1" };
    const index = (await example("issue-one", "issueOne", issued)) as number;
    const mirror = join(folder, "mirror");
    const update = async (): Promise<unknown> =>
      await example("mirror", "update", { ...verifying(), mirror });
    await expect.poll(update, { interval: 500 }).toBeGreaterThan(index);
    const before = proxy.exchanges.length;
    const options = { files: [registered, other], issuer: ISSUER, mirror };
    expect(await example("mirror", "verifyByMirror", options)).toEqual(["valid", "not-found"]);
    expect(proxy.exchanges).toHaveLength(before);
  });
});

interface Paths {
  readonly receipt: string;
  readonly statement: string;
}

/** The JSON of a request; empty without any. */
const bodyOf = (request: string): string => /\{.*$/s.exec(request)?.[0] ?? "";

describe("what the examples send", () => {
  /** Text in the ways in which it could be written. */
  const written = (bytes: Uint8Array): string[] => {
    const buffer = Buffer.from(bytes);
    const hex = buffer.toString("hex");
    return [
      buffer.toString("latin1"),
      hex,
      hex.toUpperCase(),
      ...(["base64", "base64url"] as const).map((as) => buffer.toString(as).replace(/=+$/, "")),
    ];
  };

  it("no file's name or bytes, no salt, and no digest of a blinded document", async () => {
    using salts = await SqlSalts.find(saltFolder());
    const secrets: string[] = [];
    for (const path of files) {
      const bytes = readFileSync(path);
      secrets.push(basename(path), basename(path, ".pdf"), ...written(bytes.subarray(100, 120)));
      for (const digest of digestsOf(bytes)) {
        const kept = salts?.ofDigest(digest) ?? [];
        if (path.includes(BLINDED) || path.includes("night")) secrets.push(...written(digest.bytes));
        secrets.push(...kept.flatMap(({ salt }) => written(salt)));
      }
    }
    expect(secrets.length).toBeGreaterThan(150);
    const all = sent();
    expect(all.filter((request) => bodyOf(request) !== "").length).toBeGreaterThan(10);
    expect(secrets.filter((secret) => all.some((request) => request.includes(secret)))).toEqual([]);
  });

  it("nothing but digests, commitments, references and document types", () => {
    const bodies = sent()
      .map(bodyOf)
      .filter((body) => body !== "");
    const found = bodies.flatMap((body) => leavesOf(JSON.parse(body)));
    const known = found.filter(([name, value]) => FIELDS[name]?.test(value) !== true);
    expect(found.length).toBeGreaterThan(20);
    expect(known).toEqual([]);
  });
});

const DIGEST = /^(sha256|sm3):[0-9a-f]{64}$/;
/** What may be sent, by the name of its field. */
const FIELDS: Readonly<Record<string, RegExp>> = {
  digest: DIGEST,
  commitment: DIGEST,
  scene: /^[a-z-]+$/,
  reference: /^R-[12]$/,
  alsoDigests: DIGEST,
  institution: /^1$/,
  origin: /^eip155:\d+:0x[0-9a-f]{40}$/,
  expectedIssuer: /^CN:91440[13]00MA00SAMP0[12]$/,
  proof: /^true$/,
  note: /^true$/,
};

/** Values that are no list and no object, with the names of their fields. */
function leavesOf(value: unknown, name = ""): [string, string][] {
  if (typeof value !== "object" || value === null) return [[name, String(value)]];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, Array.isArray(value) ? name : key));
}

function digestsOf(bytes: Uint8Array): Digest[] {
  return (["sha256", "sm3"] as const).map((algorithm) => ({
    algorithm,
    bytes: Uint8Array.from(createHash(algorithm).update(bytes).digest()),
  }));
}
