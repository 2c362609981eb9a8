import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { toHex } from "../../src/core/bytes.ts";
import { formatDigest, type Digest } from "../../src/core/digest.ts";
import type { SaltRecord } from "../../src/core/salt.ts";
import { commit } from "../../src/hash/blinding.ts";
import { initSalts } from "../../src/main/salts.ts";
import { formatReceipt, parseReceipt, type Receipt } from "../../src/log/receipt.ts";
import { SqlSalts } from "../../src/store/access/salts.ts";
import { hufuHere, type Ran } from "../support/cli/cli.ts";
import { readResults, startFeed } from "../support/cli/feed.ts";
import { randomFrom } from "../support/random.ts";
import { recordTo, type Recorder } from "../support/network/recorder.ts";
import { ask, startTestService, type TestService } from "../support/service/service.ts";

const CLIENT = join(import.meta.dirname, "../support/cli/dying-client.ts");
const BLINDED = "personal-credit-report";
const OPEN = "enterprise-credit-report";
const lines: string[] = [];
let service: TestService;
let recorder: Recorder;
let folder: string;
let saltDir: string;

beforeAll(async () => {
  service = await startTestService({ lines });
  recorder = await recordTo(service.url);
});
afterAll(async () => {
  await recorder.close();
  await service.close();
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "hufu-blinding-"));
  saltDir = join(folder, "salts");
  (await initSalts(saltDir))[Symbol.dispose]();
});
afterEach(() => {
  recorder.lie = undefined;
  rmSync(folder, { recursive: true });
});

function file(name: string, content: string | Buffer = randomBytes(300)): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const settings = (): Record<string, string> => ({
  HUFU_DATA_DIR: join(service.folder, "data"),
  XDG_CACHE_HOME: join(folder, "cache"),
  HUFU_SALT_DIR: saltDir,
});
/** The command line of an issuer's machine, through a proxy that records every request. */
const run = (args: readonly string[], env: Record<string, string> = {}): Promise<Ran> =>
  hufuHere([...args, "--server", recorder.url, "--as", "issuer"], { ...settings(), ...env });
/** The machine of a person who has the file and not the salt. */
const elsewhere = (args: readonly string[]): Promise<Ran> =>
  run(args, { HUFU_SALT_DIR: join(folder, "elsewhere") });

const json = ({ stdout }: Ran): Record<string, unknown> => JSON.parse(stdout) as Record<string, unknown>;
const digestsOf = (path: string): Digest[] =>
  (["sha256", "sm3"] as const).map((algorithm) => ({
    algorithm,
    bytes: Uint8Array.from(createHash(algorithm).update(readFileSync(path)).digest()),
  }));

async function keptOf(path: string): Promise<SaltRecord[]> {
  using salts = await SqlSalts.find(saltDir);
  return digestsOf(path).flatMap((digest) => salts?.ofDigest(digest) ?? []);
}

async function anchorOne(path: string, ...rest: string[]): Promise<Record<string, unknown>> {
  const ran = await run(["anchor", path, "--scene", BLINDED, "--json", ...rest]);
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  return (json(ran)["anchors"] as Record<string, unknown>[])[0] ?? {};
}

/** Indexes of all documents of the log, by what they hold. */
async function recorded(): Promise<Map<string, number[]>> {
  const { body } = await ask(`${service.url}/v1/entries?limit=1000`, { key: service.keys.auditor });
  const found = new Map<string, number[]>();
  for (const { index, digest, commitment } of body["entries"] as {
    index: number;
    digest?: string;
    commitment?: string;
  }[]) {
    const name = digest ?? commitment ?? "";
    found.set(name, [...(found.get(name) ?? []), index]);
  }
  return found;
}

/** Every secret of a file, in the ways in which it could be written. */
async function secretsOf(path: string): Promise<Buffer[]> {
  const secrets = [
    ...digestsOf(path).map(({ bytes }) => bytes),
    ...(await keptOf(path)).map(({ salt }) => salt),
  ];
  return secrets.flatMap((bytes) => [
    Buffer.from(bytes),
    Buffer.from(toHex(bytes)),
    Buffer.from(toHex(bytes).toUpperCase()),
    Buffer.from(Buffer.from(bytes).toString("base64").replace(/=+$/, "")),
    Buffer.from(Buffer.from(bytes).toString("base64url")),
  ]);
}

/** Everything that was stored under a folder. */
function filesUnder(root: string): { name: string; bytes: Buffer }[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((name) => ({ name, bytes: readFileSync(name) }));
}

function holdersOf(secrets: readonly Buffer[]): string[] {
  const places = [
    ...filesUnder(service.folder),
    { name: "the log", bytes: Buffer.from(lines.join("\n")) },
    { name: "the requests", bytes: Buffer.from(JSON.stringify(recorder.requests)) },
  ];
  return places
    .filter(({ bytes }) => secrets.some((secret) => bytes.includes(secret)))
    .map(({ name }) => name);
}

describe("a file of a blinded type", () => {
  it("a blinded file is anchored by a commitment whose salt is kept, and again as the same entry", async () => {
    const path = file("report.pdf");
    const anchored = await anchorOne(path);
    const kept = await keptOf(path);
    expect(kept).toMatchObject([{ institution: 1, scene: BLINDED }]);
    for (const record of kept) {
      expect(formatDigest(commit(record.digest, record))).toBe(anchored["commitment"]);
      expect(formatDigest(record.commitment)).toBe(anchored["commitment"]);
      expect(record.origin).toMatch(new RegExp(`^eip155:\\d+:${service.registry}$`));
    }
    expect(await anchorOne(path)).toMatchObject({ index: anchored["index"], duplicate: true });
    expect(await keptOf(path)).toEqual(kept);
    expect((await recorded()).get(anchored["commitment"] as string)).toEqual([anchored["index"]]);
  });

  it("a blinded file is found on the machine that has its salt, by its commitment only", async () => {
    const path = file("report.pdf");
    const { index, commitment } = await anchorOne(path);
    const [{ origin } = { origin: "" }] = await keptOf(path);
    recorder.requests.length = 0;
    const ran = await run(["verify", path, "--json"]);
    expect(ran.code).toBe(0);
    expect(json(ran)["results"]).toMatchObject([{ verdict: "valid", decidedBy: index }]);
    const asked = recorder.requests.filter(({ method }) => method === "POST");
    expect(asked.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      { commitment, institution: 1, origin, proof: true, note: true },
    ]);
    expect(recorder.requests.every(({ method, body }) => method === "POST" || body === "")).toBe(true);
    const said = await run(["verify", path]);
    expect(said.stdout).toMatch(/✓ Matches, and in force\.[^]*commitment +sha256:[0-9a-f]{64}/);
    const { rpc, registry } = service.credentialsFile;
    const direct = await hufuHere(["verify", path, "--rpc", rpc, "--registry", registry], settings());
    expect(direct.code).toBe(0);
  });

  it("a blinded file is recognised whichever algorithm is asked for or was used", async () => {
    const path = file("report.pdf");
    await anchorOne(path, "--algorithm", "sm3");
    for (const rest of [[], ["--algorithm", "sha256"], ["--algorithm", "sm3"]])
      expect((await run(["verify", path, ...rest])).code).toBe(0);
    await anchorOne(path);
    expect((await run(["verify", path])).stdout).toContain("✓ Matches");
    expect(holdersOf(await secretsOf(path))).toEqual([]);
  });

  it.each([
    ["en", "Personal documents are found only with their receipt."],
    ["zh-Hans", "个人类文件须与登记凭证一并核验。"],
    ["zh-Hant", "個人文件須連同登記憑證一併核實。"],
  ])(
    "a blinded file is not found elsewhere by the file alone, and the answer says why (%s)",
    async (language, words) => {
      const path = file("report.pdf");
      await anchorOne(path);
      const ran = await elsewhere(["verify", path, "--lang", language]);
      expect(ran).toMatchObject({ code: 1, stdout: expect.stringContaining(words) as string });
    },
  );

  it("a blinded file is found elsewhere by its receipt, of which only the commitment is sent", async () => {
    const [path, other] = [file("report.pdf"), file("other.pdf")];
    const { index } = await anchorOne(path);
    const receipt = join(folder, "report.tlog-proof");
    expect((await run(["receipt", String(index), "--out", receipt])).code).toBe(0);
    recorder.requests.length = 0;
    const ran = await elsewhere(["verify", path, "--receipt", receipt]);
    expect(ran).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("✓ Matches, and in force.") as string,
    });
    const [asked, ...more] = recorder.requests.filter(({ method }) => method === "POST");
    expect([asked?.path, more]).toEqual(["/v1/verifications", []]);
    const [kept] = await keptOf(path);
    expect(JSON.parse(asked?.body ?? "")).toEqual({
      commitment: kept && formatDigest(kept.commitment),
      institution: 1,
      origin: kept?.origin,
      proof: true,
      note: true,
    });
    expect(await elsewhere(["verify", other, "--receipt", receipt])).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("(DOCUMENT_MISMATCH)") as string,
    });
    await run(["revoke", path, "--reason", "issued-in-error"]);
    const revoked = await elsewhere(["verify", path, "--receipt", receipt]);
    expect(revoked).toMatchObject({ code: 1, stdout: expect.stringContaining("✕ Withdrawn.") as string });
  });

  it("a blinded document is revoked, and made a successor, by its file", async () => {
    const [path, corrected] = [file("report.pdf"), file("corrected.pdf")];
    const { index } = await anchorOne(path);
    const { index: successor } = await anchorOne(corrected);
    const reason = ["--reason", "content-corrected"];
    const superseded = await run(["supersede", path, "--by", corrected, ...reason, "--json"]);
    expect(json(superseded)).toMatchObject({ document: index, successor, state: "final" });
    expect((await elsewhere(["revoke", corrected, ...reason])).stderr).toContain("(ENTRY_NOT_FOUND)");
    const revoked = await run(["revoke", corrected, ...reason, "--json"]);
    expect(json(revoked)).toMatchObject({ document: successor, state: "final" });
    expect((await run(["verify", corrected])).stdout).toContain("✕ Withdrawn.");
  });

  it("a blinded file is not sent while its salt cannot be kept", async () => {
    const path = file("report.pdf");
    chmodSync(saltDir, 0o755);
    recorder.requests.length = 0;
    const ran = await run(["anchor", path, "--scene", BLINDED]);
    expect(ran).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("(KEY_FILE_PERMISSIONS)") as string,
    });
    expect(recorder.requests.filter(({ method }) => method === "POST")).toEqual([]);
  });

  it("a file is not asked for by its digest while the salts cannot be read", async () => {
    const path = file("report.pdf");
    await anchorOne(path);
    chmodSync(join(saltDir, "salts.db"), 0o644);
    recorder.requests.length = 0;
    const ran = await run(["verify", path]);
    expect(ran).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("(KEY_FILE_PERMISSIONS)") as string,
    });
    expect(recorder.requests).toEqual([]);
  });

  it("a blinded file is not sent where the kept salt does not make the kept commitment", async () => {
    const path = file("report.pdf");
    await anchorOne(path);
    const db = new DatabaseSync(join(saltDir, "salts.db"));
    db.exec("update salt set salt = zeroblob(32)");
    db.close();
    recorder.requests.length = 0;
    const ran = await run(["anchor", path, "--scene", BLINDED]);
    expect(ran).toMatchObject({ code: 3, stderr: expect.stringContaining("(STORAGE_FAILED)") as string });
    expect(recorder.requests.filter(({ method }) => method === "POST")).toEqual([]);
  });

  it("a file of an open type needs no salt", async () => {
    const path = file("open.pdf");
    const none = join(folder, "none");
    expect((await run(["anchor", path, "--scene", OPEN, "--salts", none])).code).toBe(0);
    expect((await elsewhere(["verify", path])).code).toBe(0);
    expect(existsSync(none)).toBe(false);
  });
});

describe("a service that names another log or institution than before", () => {
  const OTHER = `eip155:31337:0x${"bb".repeat(20)}`;
  const lies = {
    log: (path: string, answer: string): string =>
      path === "/v1/institutions" ? answer.replace(/eip155:\d+:0x[0-9a-f]{40}/, OTHER) : answer,
    institution: (path: string, answer: string): string =>
      path === "/v1/me" ? answer.replace('"institution":1', '"institution":2') : answer,
  };
  const anchor = async (path: string, ...rest: string[]): Promise<Ran> =>
    await run(["anchor", path, "--scene", BLINDED, ...rest]);
  const refused = { code: 1, stdout: "", stderr: expect.stringContaining("(BOUND_TO_ANOTHER)") as string };
  const posted = (): number => recorder.requests.filter(({ method }) => method === "POST").length;
  const originOf = async (path: string): Promise<string> => (await keptOf(path))[0]?.origin ?? "";

  it.each(["log", "institution"] as const)(
    "a service that names another %s is refused before anything is sent, and after it the true one goes on",
    async (what) => {
      const [path, other] = [file("report.pdf"), file("other.pdf")];
      await anchorOne(path);
      recorder.requests.length = 0;
      recorder.lie = lies[what];
      for (const each of [path, other]) expect(await anchor(each)).toMatchObject(refused);
      expect(posted()).toBe(0);
      expect(await keptOf(other)).toEqual([]);
      recorder.lie = undefined;
      expect((await anchor(other)).code).toBe(0);
    },
  );

  it("a key that is named by its file is bound to the service's address", async () => {
    const key = join(folder, "api.key");
    writeFileSync(key, service.keys.issuer, { mode: 0o600 });
    const args = ["--scene", BLINDED, "--server", recorder.url, "--api-key-file", key];
    const path = file("report.pdf");
    expect((await hufuHere(["anchor", path, ...args], settings())).code).toBe(0);
    writeFileSync(key, service.keys.issuer2, { mode: 0o600 });
    recorder.requests.length = 0;
    expect(await hufuHere(["anchor", path, ...args], settings())).toMatchObject(refused);
    expect(posted()).toBe(0);
    using salts = await SqlSalts.find(saltDir);
    expect(salts?.bindingOf(recorder.url)).toEqual({ origin: await originOf(path), institution: 1 });
  });

  it("a change is confirmed by --bind-to, and holds from then on", async () => {
    const path = file("report.pdf");
    await anchorOne(path);
    const [before] = await keptOf(path);
    recorder.lie = lies.log; // as a service that has moved to a successor
    expect(await anchor(path)).toMatchObject(refused);
    expect(await anchor(path, "--bind-to", `${OTHER}/2`)).toMatchObject(refused);
    expect(await anchor(path)).toMatchObject(refused);
    expect((await anchor(path, "--bind-to", `${OTHER}/1`)).code).toBe(0);
    expect((await anchor(path)).code).toBe(0);
    const kept = await keptOf(path);
    expect(kept.map(({ origin }) => origin).sort()).toEqual([OTHER, before?.origin].sort());
    for (const record of kept) {
      expect(record.salt).toEqual(before?.salt); // made again of the kept salt
      expect(commit(record.digest, record)).toEqual(record.commitment);
      expect((await recorded()).get(formatDigest(record.commitment))).toHaveLength(1);
    }
    recorder.lie = undefined;
    expect(await anchor(path)).toMatchObject(refused);
  });

  it("a first use is checked against --bind-to too, and a refused one keeps nothing", async () => {
    const path = file("report.pdf");
    recorder.requests.length = 0;
    expect(await anchor(path, "--bind-to", `${OTHER}/1`)).toMatchObject(refused);
    expect([posted(), await keptOf(path)]).toEqual([0, []]);
    expect((await anchor(path)).code).toBe(0);
    expect((await anchor(path, "--bind-to", `${await originOf(path)}/1`)).code).toBe(0);
  });

  it.each(["7", "eip155:1:0xabc/1", OTHER, `${OTHER}/0`, `${OTHER}/4294967296`, `${OTHER}/1x`])(
    "--bind-to %s is wrong use",
    async (text) => {
      const ran = await anchor(file("report.pdf"), "--bind-to", text);
      expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining("--bind-to") as string });
    },
  );

  it("a service that was set up afresh on this machine is another one", async () => {
    await anchorOne(file("report.pdf"));
    const data = join(folder, "data");
    mkdirSync(data, { mode: 0o700 });
    const credentials = { ...service.credentialsFile, registry: `0x${"bb".repeat(20)}` };
    writeFileSync(join(data, "credentials.json"), JSON.stringify(credentials), { mode: 0o600 });
    recorder.lie = lies.log;
    const args = ["anchor", file("other.pdf"), "--scene", BLINDED];
    expect((await run(args, { HUFU_DATA_DIR: data })).code).toBe(0);
    recorder.lie = undefined;
    expect(await run(args, { HUFU_DATA_DIR: data })).toMatchObject(refused);
    expect((await run(args)).code).toBe(0);
  });

  it("an origin that is none is no service's", async () => {
    recorder.lie = (path, answer) =>
      path === "/v1/institutions"
        ? answer.replace(/"origin":"[^"]*"/, '"origin":"eip155:1:0x\\u0000"')
        : answer;
    expect(await anchor(file("report.pdf"))).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("(NOT_THE_SERVICE)") as string,
    });
  });

  it.each<[string, (entry: string) => string]>([
    ["the entry of another institution", (entry) => `${entry.slice(0, 8)}00000002${entry.slice(16)}`],
    ["an entry that is not blinded", (entry) => `${entry.slice(0, 6)}00${entry.slice(8)}`],
    ["an entry of something else", (entry) => `${entry.slice(0, 56)}${"ab".repeat(32)}${entry.slice(120)}`],
    ["an entry that is none", (entry) => `02${entry.slice(2)}`],
    ["no entry", () => ""],
  ])("a document is not registered where the service shows %s for it", async (_, change) => {
    recorder.lie = (path, answer) =>
      path.startsWith("/v1/anchors")
        ? answer.replace(/"entry":"([0-9a-f]+)",/, (_, entry: string) => {
            const lie = change(entry);
            return lie === "" ? "" : `"entry":"${lie}",`;
          })
        : answer;
    const path = file("report.pdf");
    const ran = await anchor(path, "--json");
    expect(ran.code).toBe(1);
    expect(json(ran)["anchors"]).toMatchObject([{ state: "failed", error: { code: "BOUND_TO_ANOTHER" } }]);
    expect((await anchor(path)).stdout).not.toContain("✓");
    recorder.lie = undefined;
    expect((await anchor(path)).stdout).toContain("✓");
  });
});

describe("a feed with blinded documents", () => {
  const feed = (manifest: string, ...rest: string[]): Promise<Ran> =>
    run(["anchor", "--manifest", manifest, "--results", join(folder, "results.csv"), ...rest]);

  it("a feed anchors blinded documents by commitments, and its results hold no digest of them, twice alike", async () => {
    const paths = Array.from({ length: 6 }, (_, i) => file(`${i}.pdf`));
    const [known = ""] = digestsOf(file("known.pdf")).map(formatDigest);
    const rows = [
      "path,digest,scene",
      ...paths.map((path, i) => `${path},,${i % 2 === 0 ? BLINDED : OPEN}`),
      `,${known.toUpperCase().replace("SHA256", "sha256")},${BLINDED}`,
    ];
    const manifest = file("night.csv", rows.join("\n"));
    const ran = await feed(manifest);
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining("7 registered") as string });
    const results = readResults(join(folder, "results.csv"));
    for (const [i, { digest = "", commitment = "", state, index }] of results.entries()) {
      expect([state, digest === "", commitment !== ""]).toEqual(["final", i % 2 === 0, i % 2 === 0]);
      expect((await recorded()).get(digest + commitment)).toEqual([Number(index)]);
    }
    const text = readFileSync(join(folder, "results.csv"));
    const secrets = await secretsOf(join(folder, "known.pdf"));
    for (const path of paths.filter((_, i) => i % 2 === 0)) secrets.push(...(await secretsOf(path)));
    expect(secrets.filter((secret) => text.includes(secret) || ran.stdout.includes(String(secret)))).toEqual(
      [],
    );
    expect(holdersOf(secrets)).toEqual([]);
    await feed(manifest);
    const again = readResults(join(folder, "results.csv"));
    expect(again.map(({ index }) => index)).toEqual(results.map(({ index }) => index));
  });

  it("a feed does not show a malformed digest of a blinded document", async () => {
    const bad = `sha256:${"5e".repeat(31)}`;
    const manifest = file("bad.csv", `digest,scene\n${bad},${BLINDED}\n`);
    const ran = await feed(manifest, "--json");
    expect(ran.code).toBe(2);
    const said = ran.stdout + ran.stderr + readFileSync(join(folder, "results.csv"), "utf8");
    expect(said).toContain("DIGEST_LENGTH");
    expect(said).not.toContain("5e5e");
  });

  it("a feed refuses a blinded document of no bytes, and anchors the others", async () => {
    file("empty.pdf", "");
    file("full.pdf");
    const empty = `sha256:${createHash("sha256").digest("hex")}`;
    const rows = ["path,digest", "empty.pdf,", `,${empty}`, "full.pdf,"].join("\n");
    const ran = await feed(file("empty.csv", rows), "--scene", BLINDED, "--allow-empty");
    expect(ran.code).toBe(2);
    const results = readResults(join(folder, "results.csv"));
    expect(results.map(({ state, error = "" }) => [state, error.split(":")[0]])).toEqual([
      ["refused", "DIGEST_OF_EMPTY_INPUT"],
      ["refused", "DIGEST_OF_EMPTY_INPUT"],
      ["final", ""],
    ]);
  });

  it("two simultaneous feeds make one salt and one entry for each document", async () => {
    const paths = Array.from({ length: 60 }, (_, i) => file(`${i}.pdf`));
    const rows = ["path,scene", ...paths.map((path) => `${path},${BLINDED}`)].join("\n");
    const manifest = file("night.csv", rows);
    const before = await recorded();
    const at = { data: join(service.folder, "data"), cwd: folder, saltDir };
    const feeds = ["a", "b"].map((name) =>
      startFeed(["--manifest", manifest, "--results", join(folder, `${name}.csv`), "--batch", "3"], at),
    );
    for (const { ended } of feeds) expect(await ended).toMatchObject({ end: 0, stderr: "" });
    const mine = [...(await recorded())].filter(([name]) => !before.has(name));
    expect(mine.map(([, indexes]) => indexes.length)).toEqual(paths.map(() => 1));
    const [a = [], b = []] = ["a", "b"].map((name) =>
      readResults(join(folder, `${name}.csv`)).map(({ commitment, index }) => [commitment, index]),
    );
    expect(a).toEqual(b);
  });

  it("a feed's documents are compared with the register, by commitment or by digest", async () => {
    await run(["anchor", file("one.pdf"), "--scene", BLINDED, "--as", "issuer2"]);
    const manifest = file("night.csv", `path,scene\none.pdf,${BLINDED}\n`);
    const results = join(folder, "results.csv");
    await hufuHere(["anchor", "--manifest", manifest, "--results", results, "--as", "issuer2"], settings());
    const mine = (register: string, env = {}): Promise<Ran> =>
      hufuHere(["audit", "mine", "--register", register, "--as", "issuer2", "--json"], {
        ...settings(),
        ...env,
      });
    const [digest = ""] = digestsOf(join(folder, "one.pdf")).map(formatDigest);
    const byDigest = file("register.csv", `digest\n${digest}\n`);
    const equal = { matched: 1, notInRegister: [], notInLog: [] };
    const ran = await mine(results);
    expect([ran.code, json(ran)]).toMatchObject([0, equal]);
    expect(json(await mine(byDigest))).toMatchObject(equal);
    const unsalted = await mine(byDigest, { HUFU_SALT_DIR: join(folder, "elsewhere") });
    expect([unsalted.code, json(unsalted)]).toMatchObject([1, { matched: 0 }]);
    const nothing = await mine(
      file("empty.csv", `digest\n${formatDigest({ algorithm: "sm3", bytes: randomBytes(32) })}\n`),
    );
    expect(json(nothing)["notInRegister"]).toMatchObject([{ commitment: expect.any(String) as string }]);
    expect(nothing.stdout).not.toContain(digest);
    const both = await mine(file("both.csv", `digest,commitment\n${digest},${digest}\n`));
    expect(both.code).toBe(2);
  });
});

describe("the data of the service", () => {
  it("no data of the service holds the digest or the salt of a blinded document", async () => {
    const path = file("secret.pdf");
    const { commitment } = await anchorOne(path, "--reference", "S-77");
    await run(["verify", path]);
    await run(["revoke", path, "--reason", "subject-request"]);
    await run(["audit"]);
    expect(holdersOf(await secretsOf(path))).toEqual([]);
    // what is looked for would be found: the commitment is, in the database, the chain's journal and the requests
    const hex = (commitment as string).slice(7);
    const places = holdersOf([Buffer.from(hex), Buffer.from(hex, "hex")]).join(" ");
    for (const place of [/hufu\.db/, /chain/, /the requests/]) expect(places).toMatch(place);
  });
});

describe("SIGKILL of the client", () => {
  /** What became of the process. */
  async function live(at: string, args: readonly string[]): Promise<number | string | null> {
    const env = { PATH: process.env["PATH"] ?? "", LANG: "C", DIE_AT: at, ...settings() };
    const child = spawn(process.execPath, [CLIENT, ...args], { env, cwd: folder, stdio: "ignore" });
    await once(child, "exit");
    return child.exitCode ?? child.signalCode;
  }

  it.each([
    ["before-salts", 0, 0],
    ["after-salts", 1, 0],
    ["before-request", 1, 0],
    ["before-answer", 1, 1],
  ])(
    "a SIGKILL at %s leaves nothing unfinished, and the next run makes one entry",
    async (moment, salts, entries) => {
      const path = file("report.pdf");
      const args = ["anchor", path, "--scene", BLINDED];
      const count = async (): Promise<number> => [...(await recorded()).values()].flat().length;
      const before = await count();
      expect(await live(moment, args)).toBe("SIGKILL");
      await expect.poll(count, { timeout: 5_000 }).toBe(before + entries);
      const first = await keptOf(path);
      expect(first).toHaveLength(salts);
      expect(await live("never", args)).toBe(0);
      const kept = await keptOf(path);
      expect(kept).toHaveLength(1);
      if (salts === 1) expect(kept).toEqual(first);
      const now = await recorded();
      expect(kept.map(({ commitment }) => now.get(formatDigest(commitment))?.length)).toEqual([1]);
      expect(await count()).toBe(before + 1);
      expect(holdersOf(await secretsOf(path))).toEqual([]);
    },
  );

  it("a SIGKILL during a feed makes no document twice, and loses no salt of a recorded one", async () => {
    const random = randomFrom(inject("seed"));
    const paths = Array.from({ length: 40 }, (_, i) => file(`${i}.pdf`));
    const manifest = file(
      "night.csv",
      ["path,scene", ...paths.map((path) => `${path},${BLINDED}`)].join("\n"),
    );
    const before = await recorded();
    const data = join(service.folder, "data");
    const args = ["--manifest", manifest, "--results", join(folder, "results.csv"), "--batch", "5"];
    for (let kills = 0; kills < 5; kills++) {
      const { child, ended } = startFeed(args, { data, cwd: folder, saltDir });
      await sleep(150 + random() * 700);
      child.kill("SIGKILL");
      await ended;
    }
    const { end, stderr } = await startFeed(args, { data, cwd: folder, saltDir }).ended;
    expect([end, stderr]).toEqual([0, ""]);
    const mine = [...(await recorded())].filter(([name]) => !before.has(name));
    const kept = (await Promise.all(paths.map(keptOf))).flat();
    expect(mine.map(([name, indexes]) => [name, indexes.length]).sort()).toEqual(
      kept.map(({ commitment }) => [formatDigest(commitment), 1]).sort(),
    );
    expect(kept).toHaveLength(paths.length);
  });
});

describe("the receipt of a blinded document", () => {
  const lieAbout = (change: (receipt: Receipt) => Receipt): void => {
    recorder.lie = (path, answer) =>
      path.endsWith("/receipt") && answer.startsWith("c2sp.org/tlog-proof")
        ? formatReceipt(change(parseReceipt(new TextEncoder().encode(answer))))
        : answer;
  };
  const ofLog = ({ checkpoint, ...rest }: Receipt): Receipt => ({
    ...rest,
    checkpoint: { ...checkpoint, text: checkpoint.text.replace(/0x[0-9a-f]{40}/, `0x${"bb".repeat(20)}`) },
  });
  const ofInstitution = ({ extra, ...rest }: Receipt): Receipt => ({
    ...rest,
    extra: { ...extra, entry: extra.entry.with(7, 2) },
  });

  it.each([
    ["another log", ofLog],
    ["another institution", ofInstitution],
  ])("a receipt of %s is not kept, and the document is not called registered", async (_, change) => {
    const [path, receipts] = [file("report.pdf"), join(folder, "receipts")];
    lieAbout(change);
    const ran = await run(["anchor", path, "--scene", BLINDED, "--receipts", receipts, "--json"]);
    expect(ran.code).toBe(1);
    const error = { code: "BOUND_TO_ANOTHER" };
    expect(json(ran)["anchors"]).toMatchObject([{ state: "failed", error, receiptError: error }]);
    expect(readdirSync(receipts)).toEqual([]);
    const said = await run(["anchor", path, "--scene", BLINDED, "--receipts", receipts]);
    expect([said.code, said.stdout.includes("✓")]).toEqual([1, false]);
    recorder.lie = undefined;
    const { index } = await anchorOne(path);
    lieAbout(change);
    expect(await run(["receipt", String(index)])).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("(BOUND_TO_ANOTHER)") as string,
    });
  });

  it("the receipt of a copy gets no salt, and shows nothing elsewhere", async () => {
    const path = file("report.pdf");
    const { commitment } = await anchorOne(path);
    const body = { documents: [{ commitment, scene: BLINDED }] };
    const copied = await ask(`${service.url}/v1/anchors?wait=final`, { key: service.keys.issuer2, body });
    const [{ index } = { index: -1 }] = copied.body["anchors"] as { index: number }[];
    const ran = await run(["receipt", String(index)]);
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining("(BOUND_TO_ANOTHER)") as string });
    const bare = join(folder, "copy.tlog-proof");
    expect((await elsewhere(["receipt", String(index), "--out", bare])).code).toBe(0);
    const [kept] = await keptOf(path);
    const receipt = parseReceipt(readFileSync(bare));
    const forged = file(
      "forged.tlog-proof",
      formatReceipt({ ...receipt, extra: { ...receipt.extra, salt: kept?.salt } }),
    );
    expect(await elsewhere(["verify", path, "--receipt", forged])).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("(DOCUMENT_MISMATCH)") as string,
    });
  });
});
