import { createHash, randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { EMBEDDED_ENTRIES } from "../support/chain/embedded.ts";
import { diskPath, nameOf } from "../../src/hash/names.ts";
import { hufu } from "../support/cli/cli.ts";
import { gbk } from "../support/cli/gbk.ts";
import { FeedProxy, KillableService, readResults, startFeed, type ResultRow } from "../support/cli/feed.ts";

const OPEN = "enterprise-credit-report";
let base: string;
let data: string;
let service: KillableService;
let folder: string;

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), "hufu-feed-test-"));
  data = join(base, "data");
  service = new KillableService(data);
  await service.start();
});
afterAll(async () => {
  await service.kill();
  rmSync(base, { recursive: true, force: true });
});
beforeEach(() => void (folder = mkdtempSync(join(base, "night-"))));

function file(name: string, content: string | Buffer = randomBytes(200)): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

async function feed(
  args: readonly string[],
  input?: string,
): Promise<{ end: unknown; stderr: string; stdout: string }> {
  return await startFeed(args, { data, cwd: folder, ...(input === undefined ? {} : { input }) }).ended;
}

const sha256 = (content: string | Buffer): string =>
  `sha256:${createHash("sha256").update(content).digest("hex")}`;
const digestOfFile = (path: string): string => sha256(readFileSync(path));
const results = (): ResultRow[] => readResults(join(folder, "results.csv"));
const columns = (...names: string[]): string[][] =>
  results().map((row) => names.map((name) => row[name] ?? ""));

/** A manifest of digests that no run before had. */
function digests(count: number): { manifest: string; all: string[] } {
  const all = Array.from({ length: count }, () => sha256(randomBytes(16)));
  return { manifest: file("manifest.csv", `digest\n${all.join("\n")}\n`), all };
}

/** That each document has a final result of its own, and stands in the log once. */
async function expectOnce(all: readonly string[]): Promise<void> {
  const rows = results();
  expect(rows.map(({ digest }) => digest)).toEqual(all);
  expect(rows.map(({ line }) => Number(line))).toEqual(all.map((_, i) => i + 2));
  expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(["final"]));
  expect(new Set(rows.map(({ index }) => index)).size).toBe(all.length);
  const times = new Map<string, number>();
  for (const digest of await service.documents()) times.set(digest, (times.get(digest) ?? 0) + 1);
  expect(all.filter((digest) => times.get(digest) !== 1)).toEqual([]);
}

describe("the results", () => {
  it("the results have one row for each line, in order, with its state or its fault", async () => {
    const [one, three] = [file("one.pdf"), file("three.pdf")];
    const manifest = file(
      "manifest.csv",
      [
        "path,digest,scene,valid_until,reference",
        `one.pdf,,${OPEN},2099-12-31,Q-1`,
        "one.pdf,sha256:12,,,",
        `"three.pdf",,${OPEN},,"Q-3, second ""copy"""`,
        `missing.pdf,,${OPEN},,Q-4`,
        `"unclosed.pdf,,${OPEN},,Q-5`,
        `,${sha256("six")},no-such-scene,,Q-6`,
        `,${sha256("seven")},${OPEN},2020-01-01,Q-7`,
        `one.pdf,,${OPEN},,Q-1`,
        `,${sha256("nine")},${OPEN},,Q-9`,
      ].join("\r\n"),
    );
    const ran = await feed(["--manifest", manifest, "--results", "results.csv"]);
    expect(ran.end).toBe(2);
    expect(columns("line", "path", "digest", "reference", "state")).toEqual([
      ["2", "one.pdf", digestOfFile(one), "Q-1", "final"],
      ["3", "one.pdf", "", "", "refused"],
      ["4", "three.pdf", digestOfFile(three), 'Q-3, second "copy"', "final"],
      ["5", "missing.pdf", "", "Q-4", "refused"],
      ["6", "", "", "", "refused"],
      ["7", "", "", "Q-6", "refused"],
      ["8", "", sha256("seven"), "Q-7", "refused"],
      ["9", "one.pdf", "", "Q-1", "refused"],
      ["10", "", sha256("nine"), "Q-9", "final"],
    ]);
    const [first] = results();
    expect(first).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      index: expect.stringMatching(/^\d+$/) as string,
      transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/) as string,
      recorded_at: expect.stringMatching(/Z$/) as string,
      error: "",
    });
    const bad = results().filter(({ state }) => state === "refused");
    expect(bad.map(({ error = "" }) => error.split(":")[0])).toEqual([
      "BATCH_LINE",
      "FILE_NOT_FOUND",
      "BATCH_LINE",
      "BATCH_LINE",
      "VALID_UNTIL_PAST",
      "BATCH_LINE",
    ]);
    const reported = [...ran.stderr.matchAll(/line (\d+):/g)].map(([, line]) => line);
    expect(reported).toEqual(["3", "5", "6", "7", "8", "9"]);
    expect(ran.stdout).toContain("9 lines: 3 registered, 0 accepted and not final, 6 refused");
  });

  it("a second feed of the same lines gives the same results, and records nothing twice", async () => {
    const { manifest, all } = digests(30);
    const args = ["--manifest", manifest, "--scene", OPEN, "--results", "results.csv"];
    expect((await feed(args)).end).toBe(0);
    const before = readFileSync(join(folder, "results.csv"), "utf8");
    expect((await feed(args)).end).toBe(0);
    expect(readFileSync(join(folder, "results.csv"), "utf8")).toBe(before);
    await expectOnce(all);
  });

  it("the results hold no text that a spreadsheet reads as a formula", async () => {
    const names = ["=cmd()", "+1", "-1", "@SUM(A1)"];
    for (const name of names) file(`${name}.pdf`);
    const rows = names.map((name) => `${name}.pdf,"${name}"`);
    const manifest = file("manifest.csv", `path,reference\n${rows.join("\n")}\nnone.pdf,\t=2\n`);
    const args = ["--manifest", manifest, "--scene", OPEN, "--results", "results.csv"];
    expect((await feed(args)).end).toBe(2);
    expect(columns("path", "reference").slice(0, 4)).toEqual(
      names.map((name) => [`'${name}.pdf`, `'${name}`]),
    );
    const cells = results().flatMap((row) => Object.values(row));
    expect(cells.filter((cell) => /^[=+\-@\t\r]/.test(cell))).toEqual([]);
  });

  it("the results warn where a reference is repeated with another document", async () => {
    const manifest = file(
      "manifest.csv",
      `digest,reference\n${sha256(randomBytes(9))},W-1\n${sha256(randomBytes(9))},W-1\n`,
    );
    const ran = await feed(["--manifest", manifest, "--scene", OPEN, "--results", "results.csv"]);
    expect(ran.end).toBe(0);
    const [first, second] = results();
    expect(first?.["warning"]).toBe("");
    expect(second?.["warning"]).toMatch(new RegExp(`^REFERENCE_REUSED: .* anchor ${first?.["id"] ?? ""}`));
    expect(ran.stderr).toContain("(REFERENCE_REUSED)");
  });

  it("results that cannot be written stop the feed before anything is sent", async () => {
    const { manifest, all } = digests(2);
    mkdirSync(join(folder, "taken"));
    for (const place of ["no-such-folder/results.csv", "taken"]) {
      const ran = await feed(["--manifest", manifest, "--scene", OPEN, "--results", place]);
      expect(ran).toMatchObject({
        end: 2,
        stderr: expect.stringContaining("(RESULTS_UNWRITABLE)") as string,
      });
    }
    const own = await feed(["--manifest", manifest, "--scene", OPEN, "--results", manifest]);
    expect(own).toMatchObject({ end: 2, stderr: expect.stringContaining("(USAGE)") as string });
    expect((await service.documents()).filter((digest) => all.includes(digest))).toEqual([]);
  });
});

describe("a folder", () => {
  it("a folder is fed with its regular files; links, hidden files and results are skipped and reported", async () => {
    mkdirSync(join(folder, "in", "deep", "er"), { recursive: true });
    file("outside.pdf");
    const paths = ["in/b.pdf", "in/deep/a.pdf", "in/deep/er/c.pdf"];
    for (const path of paths) file(path);
    file("in/.hidden.pdf");
    symlinkSync("..", join(folder, "in/deep/loop"));
    symlinkSync("../outside.pdf", join(folder, "in/link.pdf"));
    const args = ["--manifest", "in", "--scene", OPEN, "--results", "in/results.csv", "--settle", "0"];
    for (let i = 0; i < 2; i++) {
      const ran = await feed(args);
      expect(ran.end).toBe(0);
      const rows = readResults(join(folder, "in/results.csv"));
      expect(rows.map(({ path, digest, state }) => [path, digest, state])).toEqual(
        paths.map((path) => [path, digestOfFile(join(folder, path)), "final"]),
      );
      expect(ran.stderr).toContain("1 passed over (hidden; --include takes them): in/.hidden.pdf");
      expect(ran.stderr).toContain("2 passed over (links): in/deep/loop, in/link.pdf");
      const own = /passed over \(what the feed itself reads and writes\): .*in\/results\.csv\n/;
      expect(own.test(ran.stderr)).toBe(i === 1);
    }
  });

  it("a folder without a scene, or without files, is refused", async () => {
    mkdirSync(join(folder, "empty"));
    expect((await feed(["--manifest", "empty", "--scene", OPEN])).end).toBe(2);
    file("empty/a.pdf");
    expect(await feed(["--manifest", "empty"])).toMatchObject({
      end: 2,
      stderr: expect.stringContaining("--scene") as string,
    });
  });
});

describe("a night in China", () => {
  it("a GBK manifest finds Chinese names in GBK and in the other Unicode form, and its results are a register", async () => {
    const reference = ["-2026/001", "+85212345678", "＝3", "编-4"];
    const names = ["报告（2027）.pdf", "信用.pdf", "Ame\u0301lie.pdf", "四.pdf"];
    for (const [i, name] of names.entries())
      writeFileSync(diskPath(join(folder, i < 2 ? nameOf(gbk(name)) : name)), randomBytes(200));
    const rows = names.map(
      (name, i) => `${name.normalize("NFC")}\t2099年1月${i + 1}日\t${reference[i] ?? ""}`,
    );
    const manifest = file("manifest.csv", gbk(`文件\t有效期至\t编号\r\n${rows.join("\r\n")}\r\n\t\t\r\n`));
    const ran = await feed(["--manifest", manifest, "--scene", OPEN, "--results", "results.csv"]);
    expect(ran).toMatchObject({
      end: 0,
      stderr: `hufu: ${manifest} is read as GB18030, separated by tabs\n`,
    });
    expect(readFileSync(join(folder, "results.csv")).subarray(0, 3)).toEqual(Buffer.from("\ufeff"));
    expect(columns("path", "reference", "state")).toEqual(
      names.map((name, i) => [name.normalize("NFC"), `${i < 3 ? "'" : ""}${reference[i] ?? ""}`, "final"]),
    );
    const env = { HUFU_DATA_DIR: data, HOME: folder };
    const audit = await hufu(["audit", "mine", "--register", join(folder, "results.csv"), "--json"], { env });
    expect(JSON.parse(audit.stdout)).toMatchObject({ matched: 4, notInLog: [], different: [], badLines: [] });
  });

  it("a refused manifest leaves no results of yesterday, and says in the reader's language what it is", async () => {
    file("results.csv", "of last night\n");
    const workbook = file(
      "清单.xlsx",
      Buffer.concat([Buffer.from("PK\x03\x04"), Buffer.alloc(26), Buffer.from("xl/")]),
    );
    const manifests = {
      NOT_CSV: workbook,
      FILE_NOT_FOUND: "missing.csv",
      BATCH_LINE: file("no.csv", "a,b\n"),
    };
    for (const [code, manifest] of Object.entries(manifests)) {
      const args = ["--manifest", manifest, "--scene", OPEN, "--results", "results.csv", "--lang", "zh-Hans"];
      const ran = await feed(args);
      expect([ran.end, ran.stderr]).toEqual([2, expect.stringContaining(`(${code})`)]);
      expect(ran.stderr).toMatch(/CSV UTF-8|无法读取|表头须有/);
      expect(columns("state", "error")).toEqual([["refused", expect.stringMatching(`^${code}: `)]]);
    }
  });

  it("a file with a name in GBK is hashed as a shell names it, and shown by its name", async () => {
    const name = gbk("信用报告.pdf");
    writeFileSync(diskPath(join(folder, nameOf(name))), "x");
    const { code, stdout } = await hufu([
      "hash",
      join(folder, name.toString("utf8")),
      "--algorithm",
      "sha256",
    ]);
    expect([code, stdout]).toEqual([0, `${sha256("x")}  ${join(folder, "信用报告.pdf")}\n`]);
  });

  it("two hundred equal faults are reported once, with their count and their first lines", async () => {
    const good = file("good.pdf");
    const rows = Array.from({ length: 200 }, (_, i) => `gone-${i}.pdf,4.40301E+17`);
    const manifest = file("manifest.csv", ["path,reference", ...rows, "good.pdf,R"].join("\n"));
    const ran = await feed(["--manifest", manifest, "--scene", OPEN, "--results", "results.csv"]);
    expect([ran.end, ran.stderr.split("\n").length]).toEqual([2, 5]);
    expect(ran.stderr).toContain(
      "200 lines alike (2, 3, 4, 5, 6 …): There is no such file (FILE_NOT_FOUND): ",
    );
    expect(ran.stderr).toContain(
      "200 lines alike (2, 3, 4, 5, 6 …): a spreadsheet has shortened the reference",
    );
    expect(results().at(-1)).toMatchObject({ state: "final", digest: digestOfFile(good) });
    expect(results()[0]?.["warning"]).toMatch(/^REFERENCE_FORMAT: .*"4.40301E\+17"/);
  });

  it("a file that is still written is left to the next run, and a file that is named is taken at once", async () => {
    const one = file("in/one.pdf");
    file("in/Thumbs.db");
    const args = ["--manifest", "in", "--scene", OPEN, "--results", "results.csv"];
    const first = await feed(args);
    expect(first).toMatchObject({
      end: 0,
      stdout: expect.stringContaining("0 lines: 0 registered") as string,
    });
    expect(first.stderr).toContain(
      "1 passed over (modified within the last 60 seconds; left to the next run): in/one.pdf",
    );
    expect(results()).toEqual([]);
    utimesSync(one, new Date(Date.now() - 120_000), new Date(Date.now() - 120_000));
    expect((await feed(args)).end).toBe(0);
    expect(columns("path", "digest", "state")).toEqual([["in/one.pdf", digestOfFile(one), "final"]]);
    expect((await feed([file("two.pdf"), "--scene", OPEN])).stdout).toContain("✓");
  });
});

describe("standard input", () => {
  it("a manifest on standard input names files from the working directory", async () => {
    file("piped.pdf");
    const args = ["--manifest", "-", "--scene", OPEN, "--results", "results.csv"];
    expect((await feed(args, "path\npiped.pdf\n")).end).toBe(0);
    expect(columns("path", "state")).toEqual([["piped.pdf", "final"]]);
  });
});

/** What lies in the folder beside what the test put there. */
const leftovers = (): string[] => readdirSync(folder).filter((name) => name.startsWith("."));

describe("a feed that ends half-way", () => {
  const COUNT = 120;
  const slow = ["--scene", OPEN, "--results", "results.csv", "--batch", "10"];

  it("a killed feed leaves the earlier results whole, and the next run records every document once", async () => {
    const { manifest, all } = digests(COUNT);
    file("results.csv", "of last night\n");
    const size = (await service.documents()).length + EMBEDDED_ENTRIES;
    const HEARD = 5;
    using between = await FeedProxy.start(service, (batch) => (batch > HEARD ? "silence" : undefined));
    const killed = startFeed(["--manifest", manifest, ...slow, "--server", between.url], {
      data,
      cwd: folder,
    });
    await service.recorded(size + 10 * (HEARD + 1));
    killed.child.kill("SIGKILL");
    expect((await killed.ended).end).toBe("SIGKILL");
    expect((await service.documents()).filter((digest) => all.includes(digest))).toHaveLength(
      10 * (HEARD + 1),
    );
    expect(readFileSync(join(folder, "results.csv"), "utf8")).toBe("of last night\n");
    expect(leftovers()).toHaveLength(1);
    expect((await feed(["--manifest", manifest, ...slow])).end).toBe(0);
    expect(leftovers()).toEqual([]);
    await expectOnce(all);
  });

  it("a feed that Ctrl-C ends exits with 130, and leaves no unfinished file", async () => {
    const { manifest } = digests(COUNT);
    const size = (await service.documents()).length + EMBEDDED_ENTRIES;
    const stopped = startFeed(["--manifest", manifest, ...slow], { data, cwd: folder });
    await service.recorded(size + 20);
    stopped.child.kill("SIGINT");
    expect((await stopped.ended).end).toBe(130);
    expect([existsSync(join(folder, "results.csv")), leftovers()]).toEqual([false, []]);
  });

  it("a feed never shows an incomplete file of results", async () => {
    const { manifest, all } = digests(COUNT);
    const running = startFeed(["--manifest", manifest, ...slow], { data, cwd: folder });
    const path = join(folder, "results.csv");
    const seen = new Set<number>();
    while (running.child.exitCode === null) {
      if (existsSync(path)) seen.add(readFileSync(path, "utf8").split("\r\n").length);
      await sleep(1);
    }
    expect((await running.ended).end).toBe(0);
    expect(new Set([...seen, all.length + 2])).toEqual(new Set([all.length + 2]));
    expect(statSync(path).size).toBeGreaterThan(0);
  });

  it("a feed continues after its service is killed and started again", async () => {
    const { manifest, all } = digests(COUNT);
    const size = (await service.documents()).length + EMBEDDED_ENTRIES;
    const running = startFeed(["--manifest", manifest, ...slow], { data, cwd: folder });
    await service.recorded(size + COUNT / 3);
    await service.kill();
    await service.start();
    const { end, stderr } = await running.ended;
    expect([end, stderr]).toEqual([0, stderr]);
    await expectOnce(all);
  });

  it("a feed of an unreachable service exits with 3 within its patience, and keeps the old results", async () => {
    const { manifest, all } = digests(COUNT);
    file("results.csv", "of last night\n");
    const size = (await service.documents()).length + EMBEDDED_ENTRIES;
    const running = startFeed(["--manifest", manifest, ...slow, "--patience", "2"], { data, cwd: folder });
    await service.recorded(size + 20);
    await service.kill();
    const { end, stderr } = await running.ended;
    expect([end, stderr]).toEqual([3, expect.stringContaining("(SERVER_UNREACHABLE)")]);
    expect(stderr).toContain("asking again in");
    expect(readFileSync(join(folder, "results.csv"), "utf8")).toBe("of last night\n");
    await service.start();
    expect((await feed(["--manifest", manifest, ...slow])).end).toBe(0);
    await expectOnce(all);
  });
});

describe("a service that asks to come back later", () => {
  it.each([
    ["429 with Retry-After", 429, { "retry-after": "2" }],
    ["503 with Retry-After", 503, { "retry-after": "2" }],
    ["a proxy's 502", 502, {}],
  ])(
    "a service that answers with %s is asked again, not sooner, and nothing is lost or doubled",
    async (_, status, headers) => {
      const { manifest, all } = digests(15);
      let asked = 0;
      using between = await FeedProxy.start(service, (batch) => {
        asked = batch;
        return batch % 2 === 0 ? { status, headers } : undefined;
      });
      const server = between.url;
      const args = ["--manifest", manifest, "--scene", OPEN, "--results", "results.csv", "--server", server];
      const ran = await feed([...args, "--batch", "15"]);
      expect(ran.end).toBe(0);
      expect(asked).toBeGreaterThan(2);
      const pauses = [...ran.stderr.matchAll(/asking again in (\d+) s/g)].map(([, seconds]) =>
        Number(seconds),
      );
      expect(pauses.length).toBe(Math.floor(asked / 2));
      if ("retry-after" in headers) expect(Math.min(...pauses)).toBe(2);
      await expectOnce(all);
    },
  );
});
