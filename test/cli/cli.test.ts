import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SAMPLE_INSTITUTIONS } from "../../src/chain/embedded/samples.ts";
import { formatOfficialId } from "../../src/core/official-id.ts";
import { originOf } from "../../src/log/checkpoint.ts";
import { fill, wordsIn } from "../../src/words/index.ts";
import { hufu, hufuHere, type Ran } from "../support/cli/cli.ts";
import { ask, startTestService, type TestService } from "../support/service/service.ts";

const OPEN = "enterprise-credit-report";
let service: TestService;
let folder: string;

beforeAll(async () => {
  service = await startTestService();
  folder = mkdtempSync(join(tmpdir(), "hufu-cli-"));
});
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A file of its own content, and what it is called. */
function file(name: string, content: string | Buffer = randomBytes(5_000)): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const settings = (): Record<string, string> => ({
  HUFU_DATA_DIR: join(service.folder, "data"),
  XDG_CACHE_HOME: join(folder, "cache"),
});

/** The command line beside the service's credentials.json. */
async function run(args: readonly string[], env: Record<string, string> = {}, input?: Buffer): Promise<Ran> {
  const options = { env: { ...settings(), ...env }, cwd: folder };
  return await hufu(args, { ...options, ...(input === undefined ? {} : { input }) });
}

/** The same within this process, which takes a fifth of the time. */
async function here(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  return await hufuHere(args, { ...settings(), ...env });
}

const json = ({ stdout }: Ran): Record<string, unknown> => JSON.parse(stdout) as Record<string, unknown>;
const firstOf = (ran: Ran, list: string): Record<string, unknown> =>
  (json(ran)[list] as Record<string, unknown>[])[0] ?? {};

describe("the main path", () => {
  it("anchor, verify and revoke exit with the codes that scripts rely on", async () => {
    const report = file("report.pdf");
    const anchored = await run([
      "anchor",
      report,
      "--scene",
      OPEN,
      "--valid-until",
      "2099-12-31",
      "--reference",
      "R-7",
    ]);
    expect(anchored).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/registered as entry \d+/) as string,
    });
    const valid = await run(["verify", report]);
    expect(valid).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/First contact with the log eip155:[^]*: [0-9a-f]{64}\n$/) as string,
    });
    expect(await run(["verify", report])).toMatchObject({ code: 0, stderr: "" });
    expect(valid.stdout).toMatch(
      /✓ Matches, and in force\.[^]*Shenzhen Tiger Tally[^]*2099-12-31 23:59:59 UTC\+8/,
    );

    const bytes = readFileSync(report);
    bytes[2_500] = (bytes[2_500] ?? 0) ^ 1;
    const tampered = await run(["verify", file("tampered.pdf", bytes)]);
    expect(tampered).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("No record of exactly this file.") as string,
    });
    expect(tampered.stdout.toLowerCase()).not.toContain("forged");

    const revoked = await run(["revoke", report, "--reason", "content-corrected"]);
    expect(revoked).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("content corrected") as string,
    });
    expect(await run(["verify", report])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("✕ Withdrawn.") as string,
    });
  });

  it("a command with --json prints one JSON document, and nothing else on stdout", async () => {
    const path = file("json.pdf");
    const anchored = await run(["anchor", path, "--scene", OPEN, "--json"]);
    expect(firstOf(anchored, "anchors")).toMatchObject({ file: path, state: "final" });
    const verified = await run(["verify", path, "--json"]);
    expect(json(verified)).toMatchObject({
      verdict: "valid",
      results: [{ file: path, verdict: "valid", bytes: 5_000 }],
    });
    const hashed = await run(["hash", path, "--json"]);
    const sha256 = createHash("sha256").update(readFileSync(path)).digest("hex");
    expect(firstOf(hashed, "files")["digests"]).toEqual([`sha256:${sha256}`, expect.stringMatching(/^sm3:/)]);
    const { index } = firstOf(anchored, "anchors");
    expect(json(await run(["revoke", String(index), "--reason", "other", "--json"]))).toMatchObject({
      document: index,
      state: "final",
    });
    const audited = json(await run(["audit", "--json"]));
    expect(audited).toMatchObject({ proof: { proven: true } });
    const failed = await run(["verify", join(folder, "missing"), "--json"]);
    expect(firstOf(failed, "results")).toMatchObject({ error: { code: "FILE_NOT_FOUND" } });
    expect(json(await run(["revoke", "99999", "--reason", "other", "--json"]))).toMatchObject({
      error: { code: "ENTRY_NOT_FOUND" },
    });
  });

  it("the gravest exit code of several files counts: 2, else 1, else 0", async () => {
    const good = file("good.pdf");
    const bad = file("unknown.pdf");
    await run(["anchor", good, "--scene", OPEN]);
    expect((await run(["verify", good])).code).toBe(0);
    expect((await run(["verify", good, bad])).code).toBe(1);
    const all = await run(["verify", good, bad, join(folder, "missing")]);
    expect(all.code).toBe(2);
    expect(all.stdout).toContain("Matches, and in force.");
  });

  it("a file anchored with SM3 is verified without naming the algorithm", async () => {
    const path = file("sm3.pdf");
    await run(["anchor", path, "--scene", OPEN, "--algorithm", "sm3"]);
    expect((await run(["verify", path])).code).toBe(0);
    expect((await run(["verify", path, "--algorithm", "sha256"])).code).toBe(1);
  });

  it("the same file given twice is anchored once", async () => {
    const path = file("twice.pdf");
    await run(["anchor", path, "--scene", OPEN]);
    expect((await run(["anchor", path, "--scene", OPEN])).stdout).toContain("was already registered");
  });

  it("standard input is read under the name -, and names that look like options after --", async () => {
    const content = randomBytes(100);
    const path = file("-odd\nname 💾.pdf", content);
    expect((await run(["hash", "-", "--algorithm", "sha256"], {}, content)).stdout).toContain(
      createHash("sha256").update(content).digest("hex"),
    );
    const { code, stdout } = await run(["hash", "--", path]);
    expect([code, stdout.includes("\nname")]).toEqual([0, false]);
    expect(stdout).toContain(String.raw`\u{A}`);
  });

  it("output is in the reader's language", async () => {
    const path = file("languages.pdf");
    expect((await run(["verify", path, "--lang", "zh-Hant"])).stdout).toContain(
      "沒有與此檔案完全相同的紀錄。",
    );
    expect((await run(["verify", path], { LANG: "zh_CN.UTF-8" })).stdout).toContain(
      "没有与此文件完全相同的记录。",
    );
    expect((await run(["verify", path], { HUFU_LANG: "zh-HK" })).stdout).toContain(
      "沒有與此檔案完全相同的紀錄。",
    );
  });
});

describe("straight against a node", () => {
  it("a verification against a node gives the answer of the service, which is that operator's word", async () => {
    const { rpc } = service.credentialsFile;
    const path = file("direct.pdf");
    await here(["anchor", path, "--scene", OPEN]);
    const node = ["--rpc", rpc, "--registry", originOf(service)];
    // only an answer that is proven entry by entry shows the names of a document type
    const withoutNames = (member: string, value: unknown): unknown =>
      member === "sceneNames" ? undefined : value;
    for (const known of [path, file("direct-unknown.pdf")]) {
      const served = await here(["verify", known, "--json"]);
      const direct = await here(["verify", known, "--json", ...node]);
      expect(direct.code).toBe(served.code);
      const answerOf = (ran: Ran): Record<string, unknown> =>
        (
          JSON.parse(ran.stdout.replace(/"time": "[^"]+"/, '"time": ""'), withoutNames) as {
            results: [Record<string, unknown>];
          }
        ).results[0];
      const { restsOn, statedBy, notes, ...word } = answerOf(served);
      expect([restsOn, statedBy, notes]).toEqual(["operator", [expect.any(String)], [expect.any(String)]]);
      expect(answerOf(direct)).toMatchObject({ ...word, restsOn: "proof" });
    }
    expect((await here(["audit", ...node])).code).toBe(0);
  });

  it.each<[string, (rpc: string, registry: string) => string[], number, string]>([
    [
      "another chain",
      (rpc, registry) => ["--rpc", rpc, "--registry", `eip155:1:${registry}`],
      3,
      "CHAIN_ID_MISMATCH",
    ],
    ["no contract", (rpc) => ["--rpc", rpc, "--registry", `0x${"11".repeat(20)}`], 3, "NO_CONTRACT"],
    [
      "no node",
      (_, registry) => ["--rpc", "http://127.0.0.1:9", "--registry", registry],
      3,
      "RPC_UNAVAILABLE",
    ],
    ["no address", (rpc) => ["--rpc", rpc, "--registry", "0x12"], 2, "USAGE"],
    ["no registry", (rpc) => ["--rpc", rpc], 2, "USAGE"],
    ["no URL", (_, registry) => ["--rpc", "localhost:1", "--registry", registry], 2, "USAGE"],
  ])("a verification against %s gives no verdict", async (_, options, code, name) => {
    const { rpc, registry } = service.credentialsFile;
    const ran = await here(["verify", file("node.pdf"), ...options(rpc, registry)]);
    expect(ran).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(`(${name})`) as string });
  });
});

describe("a manifest", () => {
  it("a manifest anchors files and digests with their own fields; CRLF and a byte order mark are accepted", async () => {
    file("m1.pdf");
    const digest = `sha256:${createHash("sha256").update(randomBytes(32)).digest("hex")}`;
    const rows = [
      "path,digest,scene,valid_until,reference",
      "m1.pdf,,,2098-01-01,M-1",
      `,${digest},${OPEN},,"M-2, second"`,
      "",
    ];
    const manifest = file("manifest.csv", `\ufeff${rows.join("\r\n")}`);
    const ran = await here(["anchor", "--manifest", manifest, "--scene", OPEN, "--json"]);
    expect(ran.code).toBe(0);
    expect(json(ran)["anchors"]).toMatchObject([
      { state: "final", validUntil: "2098-01-01T15:59:59Z", reference: "M-1" },
      { state: "final", digest, reference: "M-2, second", validUntil: null },
    ]);
  });

  it("a manifest with bad lines lists them all, anchors the others, and exits with 2", async () => {
    file("m2.pdf");
    const lines = [
      "path,digest,scene,valid_until,reference",
      `m2.pdf,,${OPEN},,A`,
      `,sha256:123,${OPEN},,B`,
      ",,enterprise-credit-report,,C",
      `m2.pdf,sha256:${"ab".repeat(32)},${OPEN},,D`,
      "m2.pdf,,no-such-scene,,E",
      `m2.pdf,,${OPEN},2026-02-30,F`,
      `m2.pdf,,${OPEN}`,
      `m2.pdf,,${OPEN},,A`,
      `,sha256:${"cd".repeat(31)},kyc-report,,H`,
    ];
    const ran = await here(["anchor", "--manifest", file("bad.csv", lines.join("\n"))]);
    expect(ran).toMatchObject({ code: 2, stdout: expect.stringContaining("1 registered") as string });
    expect(ran.stderr).toContain("(BATCH_LINE)");
    expect([...ran.stderr.matchAll(/line (\d+):/g)].map(([, line]) => Number(line))).toEqual([
      3, 6, 7, 8, 9, 10,
    ]);
    expect(ran.stderr).toContain("2 lines alike (4, 5): expected either a path or a digest");
    const { body } = await ask(`${service.url}/v1/entries?reference=A`, { key: service.keys.auditor });
    expect(body["entries"]).toHaveLength(1);
  });

  it.each([
    ["a file that is not there", "path,scene\nnothing.pdf,enterprise-credit-report\n", "line 2"],
    ["an unknown column", "path,colour\nx,y\n", "line 1"],
    ["no header", "m1.pdf\n", "line 1"],
    ["no lines", "path,scene\n", "no documents"],
    ["a line that is no UTF-8", Buffer.from([...Buffer.from("digest\n"), 0xb1, 0xe0, 0x0a]), "line 2"],
    ["an open quote", 'path,scene\n"x,y\n', "line"],
    ["nothing in it", "", "line 1"],
  ])("a manifest with %s is refused with the line, and registers nothing", async (_, content, where) => {
    const ran = await here(["anchor", "--manifest", file("wrong.csv", content)]);
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining(where) as string });
    expect(ran.stderr).toContain("(BATCH_LINE)");
    expect(ran.stdout).not.toMatch(/✓|[1-9] registered/);
  });

  it("a manifest of more documents than one request holds is sent in several", async () => {
    const digests = Array.from(
      { length: 2_500 },
      (_, i) => `sha256:${createHash("sha256").update(`bulk ${i}`).digest("hex")}`,
    );
    const manifest = file("bulk.csv", `digest\n${digests.join("\n")}\n`);
    const ran = await here(["anchor", "--manifest", manifest, "--scene", OPEN, "--json"]);
    const anchors = json(ran)["anchors"] as { state: string; index: number }[];
    expect(anchors.every(({ state }) => state === "final")).toBe(true);
    expect(new Set(anchors.map(({ index }) => index)).size).toBe(2_500);
  });
});

describe("wrong arguments", () => {
  it.each<[string[], RegExp]>([
    [[], /Usage: hufu/],
    [["verfy", "x"], /Did you mean verify/],
    [["verify"], /missing required argument/],
    [["verify", "x", "--jsn"], /Did you mean --json/],
    [["hash", "x", "--algorithm", "md5"], /Allowed choices are sha256, sm3/],
    [["revoke", "1"], /--reason/],
    [["anchor", "x"], /--scene/],
    [["anchor", "--scene", OPEN], /name the files/],
    [["verify", "x", "--lang", "fr"], /en, zh-Hans, zh-Hant/],
    [["verify", "x", "--api-key", "hufu_secret"], /SECRET_IN_ARGV/],
    [["verify", "x", "--api-key=hufu_secret"], /SECRET_IN_ARGV/],
    [["audit", "--as", "nobody"], /CREDENTIALS/],
    [["verify", "x", "--expected-issuer", "zero"], /--expected-issuer/],
  ])("the arguments %j exit with 2, and the fault names what is expected", async (args, message) => {
    const ran = await here(args);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(message);
    expect(ran.stderr).not.toContain("hufu_secret");
  });

  it("help and version exit with 0", async () => {
    expect(await here(["--help"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("Usage: hufu") as string,
    });
    expect(await here(["--version"])).toMatchObject({ code: 0, stdout: "0.2.0\n" });
  });

  it.each([
    ["a file that is not there", (): string => join(folder, "none.pdf"), "FILE_NOT_FOUND"],
    ["a directory", (): string => folder, "IS_DIRECTORY"],
    ["an empty file", (): string => file("empty.pdf", ""), "EMPTY_FILE"],
    ["a device", (): string => "/dev/null", "NOT_REGULAR_FILE"],
  ])("%s cannot be anchored or verified", async (_, path, code) => {
    for (const args of [
      ["anchor", path(), "--scene", OPEN],
      ["verify", path()],
      ["hash", path()],
    ]) {
      const ran = await here(args);
      expect(ran).toMatchObject({
        code: 2,
        stdout: "",
        stderr: expect.stringContaining(`(${code})`) as string,
      });
    }
  });

  it("an empty file is verified with --allow-empty, with a warning", async () => {
    const ran = await here(["verify", file("empty.pdf", ""), "--allow-empty"]);
    expect(ran).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("fingerprint of an empty file") as string,
    });
  });

  it.each([
    ["an unknown scene", ["--scene", "nothing"], "SCENE_UNKNOWN"],
    ["a past date", ["--scene", OPEN, "--valid-until", "2020-01-01"], "VALID_UNTIL_PAST"],
    ["an impossible date", ["--scene", OPEN, "--valid-until", "2026-02-30"], "DATE_INVALID"],
    ["the verifier's key", ["--scene", OPEN, "--as", "verifier"], "SCOPE_REQUIRED"],
  ])("a request with %s anchors nothing", async (_, options, code) => {
    const path = file(`refused-${code}.pdf`);
    const ran = await here(["anchor", path, ...options]);
    expect(ran.code).toBe(2);
    expect(ran.stdout + ran.stderr).toContain(`(${code})`);
    expect((await here(["verify", path])).code).toBe(1);
  });

  it("an unknown key from any source is refused", async () => {
    const key = `hufu_${"B".repeat(43)}`;
    const path = file("key.pdf");
    const fromEnv = await here(["anchor", path, "--scene", OPEN], { HUFU_API_KEY: key });
    const keyFile = file("key.txt", `${key}\n`);
    chmodSync(keyFile, 0o600);
    const fromFile = await here(["anchor", path, "--scene", OPEN, "--api-key-file", keyFile]);
    for (const ran of [fromEnv, fromFile]) {
      expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining("(AUTH_INVALID)") as string });
      expect(ran.stdout + ran.stderr).not.toContain(key);
    }
    chmodSync(keyFile, 0o644);
    const readable = await here(["anchor", path, "--scene", OPEN, "--api-key-file", keyFile]);
    expect(readable).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("(KEY_FILE_PERMISSIONS)") as string,
    });
    const missing = await here(["anchor", path, "--scene", OPEN, "--api-key-file", `${keyFile}.none`]);
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining("(CREDENTIALS)") as string });
  });

  it("another institution's entry cannot be revoked, by index or by file", async () => {
    const path = file("not-yours.pdf");
    const anchored = await here(["anchor", path, "--scene", OPEN, "--json"]);
    const { index } = firstOf(anchored, "anchors");
    for (const target of [String(index), path]) {
      const ran = await here(["revoke", target, "--reason", "other", "--as", "issuer2"]);
      expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining("(NOT_YOUR_ENTRY)") as string });
    }
    expect((await here(["verify", path])).code).toBe(0);
  });

  it("each of two institutions revokes its own entry of a shared file", async () => {
    const path = file("ours.pdf");
    await here(["anchor", path, "--scene", OPEN]);
    await here(["anchor", path, "--scene", OPEN, "--as", "issuer2"]);
    expect((await here(["revoke", path, "--reason", "other"])).code).toBe(0);
    expect((await here(["verify", path, "--expected-issuer", "1"])).code).toBe(1);
    expect((await here(["verify", path, "--expected-issuer", "2"])).code).toBe(0);
    const several = await here(["verify", path]);
    expect(several.code).toBe(3);
    expect(several.stdout).toContain(wordsIn("en").verdicts["several-issuers"].title);
    const both = SAMPLE_INSTITUTIONS.map(
      (issuer, i) => [issuer, (["revoked", "valid"] as const)[i]] as const,
    );
    for (const [issuer, verdict = "valid"] of both) {
      const official = formatOfficialId(issuer);
      const { title } = wordsIn("en").verdicts[verdict];
      expect(several.stdout).toContain(`${issuer.names.en} (${official}): ${title}`);
      const chosen = await here(["verify", path, "--expected-issuer", official]);
      expect([chosen.code, chosen.stdout]).toEqual([verdict === "valid" ? 0 : 1, chosen.stdout]);
      expect(chosen.stdout).toContain(title);
      expect(chosen.stdout).toContain(wordsIn("en").notes.chosenByCaller);
      expect(chosen.stdout).toContain(fill(wordsIn("en").notes.others, { count: 1 }));
    }
  });

  it("an unknown reason is refused with the list of all reasons", async () => {
    const ran = await here(["revoke", "12", "--reason", "because"]);
    expect(ran).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("court-or-regulator-order") as string,
    });
  });
});

describe("a service that is not there", () => {
  const nowhere = { HUFU_DATA_DIR: "/nonexistent/hufu", HUFU_SERVER: "http://127.0.0.1:9" };

  it("an unreachable service gives no verdict: exit code 3 and advice", async () => {
    const path = file("nowhere.pdf");
    for (const args of [
      ["verify", path],
      ["anchor", path, "--scene", OPEN],
      ["revoke", "1", "--reason", "other"],
      ["audit"],
    ]) {
      const ran = await run(args, nowhere);
      expect(ran).toMatchObject({
        code: 3,
        stdout: "",
        stderr: expect.stringContaining("(SERVER_UNREACHABLE)") as string,
      });
      expect(ran.stderr).toContain("npm start");
    }
  });

  it("another service at the address gives no verdict", async () => {
    const stranger = createServer((_, response) =>
      response.setHeader("content-type", "text/html").end("<h1>hello</h1>"),
    );
    await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
    const { port } = stranger.address() as AddressInfo;
    const ran = await run(["verify", file("stranger.pdf"), "--server", `http://127.0.0.1:${port}`]);
    expect(ran).toMatchObject({
      code: 3,
      stdout: "",
      stderr: expect.stringContaining("(NOT_THE_SERVICE)") as string,
    });
    stranger.close();
  });

  it("a service does not get a key of another service", async () => {
    const seen: (string | undefined)[] = [];
    const stranger = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end("{}");
    });
    await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
    const { port } = stranger.address() as AddressInfo;
    await run(["verify", file("stranger.pdf"), "--server", `http://127.0.0.1:${port}`]);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.filter((key) => key !== undefined)).toEqual([]);
    stranger.close();
  });
});

describe("serve refuses to start", () => {
  const start = async (env: Record<string, string>): Promise<Ran> =>
    await hufu(["serve"], {
      env: { HUFU_LISTEN: "127.0.0.1:0", HUFU_DATA_DIR: mkdtempSync(join(folder, "data-")), ...env },
      cwd: folder,
    });

  it("a start with a data directory in use is refused, and names the process", async () => {
    const ran = await start({ HUFU_DATA_DIR: join(service.folder, "data") });
    expect(ran).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("(DATA_DIR_LOCKED)") as string,
    });
    expect(ran.stderr).toContain(`process ${process.pid}`);
  });

  it("a start with a port in use is refused, and names the setting", async () => {
    const ran = await start({ HUFU_LISTEN: new URL(service.url).host });
    expect(ran).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("(PORT_IN_USE)") as string,
    });
    expect(ran.stderr).toContain("HUFU_LISTEN");
  });

  it.each<[string, () => Record<string, string>, string, number]>([
    [
      "on another chain",
      () => ({ HUFU_REGISTRY_ADDRESS: `eip155:1:${service.registry}` }),
      "CHAIN_ID_MISMATCH",
      3,
    ],
    [
      "where there is no contract",
      () => ({ HUFU_REGISTRY_ADDRESS: `0x${"22".repeat(20)}` }),
      "NO_CONTRACT",
      3,
    ],
    ["where there is no node", () => ({ HUFU_CHAIN_RPC_URL: "http://127.0.0.1:9" }), "RPC_UNAVAILABLE", 3],
  ])("a start %s is refused", async (_, env, code, exit) => {
    const ran = await start({
      HUFU_CHAIN_RPC_URL: service.rpc,
      HUFU_REGISTRY_ADDRESS: service.registry,
      ...env(),
    });
    expect(ran).toMatchObject({
      code: exit,
      stdout: "",
      stderr: expect.stringContaining(`(${code})`) as string,
    });
  });

  it("a start with a wrong setting is refused with its name, format and an example", async () => {
    const ran = await start({
      HUFU_FINALITY: "soon",
      HUFU_MAX_LAG: "-1",
      HUFU_LITSEN: "x",
      HUFU_DATABASE_URL: "postgres://",
    });
    expect(ran).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("(CONFIG)") as string });
    for (const text of [
      "HUFU_FINALITY is not",
      "HUFU_FINALITY=finalized",
      "HUFU_MAX_LAG=600",
      "HUFU_LITSEN",
      "HUFU_DATABASE_URL is not",
    ]) {
      expect(ran.stderr).toContain(text);
    }
  });

  it("a start with a key file that others can read is refused", async () => {
    const data = mkdtempSync(join(folder, "keys-"));
    mkdirSync(join(data, "keys"));
    writeFileSync(join(data, "keys", "mine.key"), "11".repeat(32), { mode: 0o644 });
    const ran = await start({
      HUFU_DATA_DIR: data,
      HUFU_CHAIN_RPC_URL: service.rpc,
      HUFU_REGISTRY_ADDRESS: service.registry,
    });
    expect(ran).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("(KEY_FILE_PERMISSIONS)") as string,
    });
    expect(ran.stderr).not.toContain("1111");
  });
});

it("a closed pipe is not a fault", () => {
  const path = file("pipe.pdf");
  const hufuPath = join(import.meta.dirname, "../../src/bin/hufu.js");
  const files = Array.from({ length: 2_000 }, () => path);
  const out = execFileSync(
    "sh",
    ["-c", `"$0" "$1" hash "$@" 2>&1 | head -1`, process.execPath, hufuPath, ...files],
    { encoding: "utf8" },
  );
  expect(out).not.toMatch(/EPIPE|Error/);
});
