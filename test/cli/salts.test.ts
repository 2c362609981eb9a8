import { randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Terminal } from "../../src/cli/context.ts";
import { openSalts } from "../../src/main/salts.ts";
import { hufu, hufuHere, type Ran } from "../support/cli/cli.ts";
import { ask, startTestService, type TestService } from "../support/service/service.ts";

const PERSONAL = "personal-credit-report";
const OPEN = "enterprise-credit-report";
let service: TestService;
let base: string;
let folder: string;

beforeAll(async () => {
  service = await startTestService();
  base = mkdtempSync(join(tmpdir(), "hufu-salts-"));
});
afterAll(async () => {
  await service.close();
  rmSync(base, { recursive: true, force: true });
});
beforeEach(() => void (folder = mkdtempSync(join(base, "machine-"))));

function file(name: string, content: string | Buffer = randomBytes(100)): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** The account of a person or of cron: a home of its own, in which the salts are unless they are named. */
const as = (account: string): Record<string, string> => ({
  HUFU_DATA_DIR: join(service.folder, "data"),
  XDG_STATE_HOME: join(folder, account, ".local", "state"),
  XDG_CACHE_HOME: join(folder, account, ".cache"),
});
const saltsOf = (account: string): string => join(folder, account, ".local", "state", "hufu", "salts");
const run = (account: string, args: readonly string[], options: { terminal?: Terminal } = {}): Promise<Ran> =>
  hufuHere(args, as(account), options);
const never: Terminal = {
  ask: () => {
    throw new RangeError("nothing is asked about salts");
  },
};

/** Entries of the log, of which a document about a person must have one. */
async function entries(): Promise<number> {
  const { body } = await ask(`${service.url}/v1/entries?limit=1000`, { key: service.keys.auditor });
  return (body["entries"] as { kind: string }[]).filter(({ kind }) => kind === "document").length;
}

describe("a machine's first document about a person", () => {
  const anchor = (path: string, ...rest: string[]): string[] => [
    "anchor",
    path,
    "--scene",
    PERSONAL,
    ...rest,
  ];

  it("without a terminal it is refused, nothing is sent, and no folder is made", async () => {
    const before = await entries();
    const ran = await run("cron", anchor(file("person.pdf")));
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining("(SALTS_MISSING)") as string });
    expect(ran.stderr).toMatch(/--salts DIR[^]*hufu salts init/);
    expect(existsSync(join(folder, "cron"))).toBe(false);
    expect(await entries()).toBe(before);
  });

  it("a process of its own without a terminal is refused too", async () => {
    const env = { ...as("cron"), HUFU_SALT_DIR: join(folder, "named") };
    const ran = await hufu(anchor(file("person.pdf")), { env, cwd: folder });
    expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining("(SALTS_MISSING)")]);
    expect(existsSync(join(folder, "named"))).toBe(false);
  });

  it.each([
    ["en", "the salts of this machine"],
    ["zh-Hans", "盐值"],
    ["zh-Hant", "鹽值"],
  ])("on a terminal the folder is made, and said (%s)", async (language, said) => {
    const path = file("person.pdf");
    const ran = await run("person", anchor(path, "--lang", language), { terminal: never });
    expect(ran.code).toBe(0);
    expect(ran.stderr).toContain(said);
    expect(ran.stderr).toContain(saltsOf("person"));
    expect(await run("person", anchor(path), { terminal: never })).toMatchObject({ code: 0, stderr: "" });
  });

  it("cron gets the same entry by --salts, by HUFU_SALT_DIR and in a feed, and none by its own home", async () => {
    const path = file("person.pdf");
    expect((await run("person", ["salts", "init"])).code).toBe(0);
    expect((await run("person", anchor(path))).code).toBe(0);
    const before = await entries();
    expect((await run("cron", anchor(path))).code).toBe(2);
    const salts = ["--salts", saltsOf("person")];
    const manifest = file("night.csv", `path,scene,reference\nperson.pdf,${PERSONAL},CR-1\n`);
    for (const args of [anchor(path, ...salts), ["anchor", "--manifest", manifest, ...salts]])
      expect(await run("cron", args)).toMatchObject({ code: 0 });
    const named = await hufuHere(anchor(path), { ...as("cron"), HUFU_SALT_DIR: saltsOf("person") });
    expect(named.stdout).toContain("was already registered");
    expect(await entries()).toBe(before);
    for (const args of [
      ["verify", path],
      ["receipt", "--reference", "CR-1"],
      ["revoke", path, "--reason", "other"],
    ])
      expect((await run("cron", [...args, ...salts])).code).toBe(0);
    expect(existsSync(join(folder, "cron", ".local"))).toBe(false);
  });

  it("a folder that holds something else, and no salts, is not taken for one of salts", async () => {
    mkdirSync(saltsOf("cron"), { recursive: true, mode: 0o700 });
    writeFileSync(join(saltsOf("cron"), "trust.json"), '{"v":1,"trusted":{}}', { mode: 0o600 });
    expect((await run("cron", anchor(file("person.pdf")))).stderr).toContain("(SALTS_MISSING)");
    expect(existsSync(join(saltsOf("cron"), "salts.db"))).toBe(false);
    await expect(openSalts(saltsOf("cron"))).rejects.toThrowCode("SALTS_MISSING");
  });

  it("a document of an open type needs none", async () => {
    expect((await run("cron", ["anchor", file("open.pdf"), "--scene", OPEN])).code).toBe(0);
    expect(existsSync(saltsOf("cron"))).toBe(false);
  });
});

describe("hufu salts init", () => {
  it("the folder is for its owner alone, and a second run leaves it as it is", async () => {
    const named = join(folder, "of the night");
    const made = await run("cron", ["salts", "init", named, "--json"]);
    expect([made.code, JSON.parse(made.stdout)]).toEqual([0, { folder: named, made: true }]);
    expect(statSync(named).mode & 0o777).toBe(0o700);
    expect(statSync(join(named, "salts.db")).mode & 0o777).toBe(0o600);
    const anchored = ["anchor", file("person.pdf"), "--scene", PERSONAL, "--salts", named];
    expect((await run("cron", anchored)).code).toBe(0);
    const before = readFileSync(join(named, "salts.db"));
    const again = await run("cron", ["salts", "init", named, "--json"]);
    expect([again.code, JSON.parse(again.stdout)]).toEqual([0, { folder: named, made: false }]);
    expect(readFileSync(join(named, "salts.db"))).toEqual(before);
  });

  it("without a folder it makes the one that the commands use", async () => {
    expect((await run("person", ["salts", "init"])).stdout).toContain(saltsOf("person"));
    expect(existsSync(join(saltsOf("person"), "salts.db"))).toBe(true);
  });

  it("a folder that others can read is refused", async () => {
    const shared = join(folder, "shared");
    mkdirSync(shared, { mode: 0o755 });
    chmodSync(shared, 0o755);
    expect(await run("person", ["salts", "init", shared])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("(KEY_FILE_PERMISSIONS)") as string,
    });
  });
});

describe("a verification where nothing can be kept", () => {
  it("a folder that cannot be made is said, and each run is a first contact", async () => {
    const path = file("open.pdf");
    expect((await run("person", ["anchor", path, "--scene", OPEN])).code).toBe(0);
    symlinkSync(join(folder, "nowhere", "below"), join(folder, "home")); // no account can make a folder in it
    const env = { ...as("cron"), HUFU_SALT_DIR: join(folder, "home", "salts") };
    for (let i = 0; i < 2; i++) {
      const ran = await hufuHere(["verify", path], env);
      expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining("✓ Matches") as string });
      expect(ran.stderr).toContain("First contact");
      expect(ran.stderr.match(/could not be kept.*\/home\/salts/g)).toHaveLength(1);
    }
  });

  it("what cron keeps at its first contact is held against the service from then on", async () => {
    const path = file("open.pdf");
    await run("person", ["anchor", path, "--scene", OPEN]);
    expect((await run("cron", ["verify", path])).stderr).toContain("First contact");
    expect(await run("cron", ["verify", path])).toMatchObject({ code: 0, stderr: "" });
    expect(existsSync(join(saltsOf("cron"), "salts.db"))).toBe(false);
  });
});
