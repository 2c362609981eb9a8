import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { registry } from "../../src/chain/registry/registry.ts";
import { fromHex, toHex } from "../../src/core/bytes.ts";
import { keyNames, originOf, parseCheckpoint } from "../../src/log/checkpoint.ts";
import { formatVerifierKey, parseNote, verifierKey } from "../../src/log/note.ts";
import { tilePath, tileWidth } from "../../src/log/tiles.ts";
import { EMBEDDED_ENTRIES } from "../support/chain/embedded.ts";
import { hufuHere, type Ran } from "../support/cli/cli.ts";
import { ScriptedNode, altering, forward, type RpcRequest, type Script } from "../support/chain/json-rpc.ts";
import { HttpProxy, flipped, type Change } from "../support/network/http-proxy.ts";
import { anchorSome } from "../support/service/anchor-some.ts";
import { ask, startTestService, type TestService } from "../support/service/service.ts";
import { checkpointOf } from "../support/service/two-operators.ts";

/** So that there are full tiles, and a second level of them. */
const DOCUMENTS = 300;
/** The size of the log once all are recorded. */
const SIZE = EMBEDDED_ENTRIES + 3 + DOCUMENTS;
/** Its last tile, and bundle, of the lowest level. */
const LAST = { index: 1, width: tileWidth({ level: 0, index: 1 }, SIZE) } as const;
const LAST_TILE = tilePath({ level: 0, ...LAST });
const LAST_BUNDLE = tilePath({ level: "entries", ...LAST });
let service: TestService;
let folder: string;
let node: string[];
/** Sizes that a checkpoint is kept of. */
let sizes: number[];

/** Anchors, and waits for the checkpoint. */
async function record(to: TestService, documents: number): Promise<number> {
  const { size } = await newest(to);
  await anchorSome(to, documents);
  for (;;) {
    const now = await newest(to);
    if (now.size >= size + documents) return now.size;
    await sleep(20);
  }
}

async function newest({ url }: { url: string }): Promise<{ size: number; text: string }> {
  for (;;) {
    const response = await fetch(`${url}/log/checkpoint`);
    const text = await response.text();
    if (response.ok) return { size: parseCheckpoint(parseNote(text).text).size, text };
    await sleep(20);
  }
}

beforeAll(async () => {
  service = await startTestService();
  folder = mkdtempSync(join(tmpdir(), "hufu-audit-log-"));
  node = ["--rpc", service.rpc, "--registry", service.registry];
  for (const documents of [1, 2, DOCUMENTS]) await record(service, documents);
  const { body } = await ask(`${service.url}/log/checkpoints`);
  sizes = body["sizes"] as number[];
});
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (args: readonly string[], env: Record<string, string> = {}): Promise<Ran> =>
  hufuHere(["audit", "log", ...args], {
    HUFU_DATA_DIR: join(folder, "none"),
    XDG_CACHE_HOME: join(folder, "cache"),
    ...env,
  });

interface ReportItem {
  code: string;
  source: string;
  [name: string]: unknown;
}
interface Report {
  sources: Record<string, unknown>[];
  comparisons: ReportItem[];
  findings: ReportItem[];
  open: ReportItem[];
  faults: { source: string; error: { code: string } }[];
  limits: string[];
}

async function report(args: readonly string[]): Promise<Report & { exit: number | null }> {
  const ran = await run([...args, "--json"]);
  return { ...(JSON.parse(ran.stdout) as Report), exit: ran.code };
}

const codes = (items: readonly ReportItem[]): string[] => [...new Set(items.map(({ code }) => code))];

describe("a log that is as it should be", () => {
  it("a sound log holds from the node, from the operator, and from both alike", async () => {
    const { exit, ...both } = await report([...node, "--log", service.url]);
    expect({ exit, ...both }).toMatchObject({ exit: 0, findings: [], open: [], faults: [] });
    const shared = { size: SIZE, entries: SIZE, complete: true };
    expect(both.sources).toMatchObject([
      { ...shared, kind: "node" },
      {
        ...shared,
        kind: "log",
        tiles: 5, // bundles 0 and 1, tiles 0/0, 0/1 and 1/0
        checkpoints: { count: sizes.length, largest: SIZE, signers: [{ count: sizes.length }] },
      },
    ]);
    expect(both.sources[0]?.["root"]).toBe(both.sources[1]?.["root"]);
    expect(Number(both.sources[0]?.["contractRoots"])).toBeGreaterThan(10);
    expect(both.comparisons).toMatchObject([{ size: SIZE, agree: true }]);
    expect(both.limits).toEqual(["one-operator", "unlisted"]);
  });

  it("a sound log holds by what the operator serves alone, with keys that its entries prove", async () => {
    const alone = await report(["--log", `${service.url}/`]);
    expect(alone).toMatchObject({ exit: 0, findings: [], open: [], keys: "log" });
    expect(alone.limits).toEqual(["no-contract", "one-operator", "own-keys", "unlisted", "newer"]);
  });

  it("a sound log holds by the node alone, and by what credentials.json names", async () => {
    expect(await report(node)).toMatchObject({ exit: 0, limits: ["no-operator"] });
    const ran = await run([], { HUFU_DATA_DIR: join(service.folder, "data") });
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining(service.url) as string });
  });

  it.each([
    ["en", "Everything that was checked holds.", "have the same first"],
    ["zh-Hans", "所核查的内容全部成立。", "条记录相同"],
    ["zh-Hant", "所核查的內容全部成立。", "項紀錄相同"],
  ])("a sound log is reported in %s", async (language, holds, same) => {
    const { code, stdout } = await run([...node, "--log", service.url, "--lang", language]);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^✓ ${holds}`));
    expect(stdout).toContain(same);
    expect(stdout).not.toMatch(/\{\w+\}|undefined/);
  });
});

describe("a policy", () => {
  let policy: string;
  let other: string;
  beforeAll(async () => {
    const origin = originOf(service);
    const { body } = await ask(`${service.url}/v1/institutions`);
    const [operator] = body["operators"] as {
      id: number;
      keys: { purpose: "log" | "witness"; signatureType: number; publicKey: string }[];
    }[];
    const vkeys = Object.fromEntries(
      (operator?.keys ?? []).map(({ purpose, signatureType: type, publicKey }) => [
        purpose,
        formatVerifierKey(
          verifierKey({ name: keyNames[purpose](origin, 1), type, publicKey: fromHex(publicKey) }),
        ),
      ]),
    );
    const file = (name: string, log: string): string => {
      const path = join(folder, name);
      writeFileSync(path, `log ${log}\nwitness w ${vkeys["witness"] ?? ""}\nquorum w\n`);
      return path;
    };
    const stranger = verifierKey({ name: origin, type: 1, publicKey: new Uint8Array(32).fill(7) });
    policy = file("policy", vkeys["log"] ?? "");
    other = file("other", formatVerifierKey(stranger));
  });

  it("a policy pins the keys, and its quorum is counted", async () => {
    const pinned = await report(["--log", service.url, "--policy", policy]);
    expect(pinned).toMatchObject({ exit: 0, keys: "policy" });
    expect(pinned.sources[0]?.["checkpoints"]).toMatchObject({ withQuorum: sizes.length });
    expect(pinned.limits).not.toContain("own-keys");
  });

  it("a policy with another key finds every checkpoint unsigned", async () => {
    const { exit, findings } = await report(["--log", service.url, "--policy", other]);
    expect([exit, codes(findings), findings.length]).toEqual([1, ["checkpoint-unsigned"], sizes.length]);
  });
});

describe("an operator that does not serve what it should", () => {
  let proxy: HttpProxy;
  beforeEach(async () => void (proxy = await HttpProxy.start(service.url)));
  afterEach(async () => await proxy[Symbol.asyncDispose]());

  const at =
    (wanted: string, change: (body: Uint8Array) => Uint8Array | string): Change =>
    ({ path, body }) =>
      path === wanted ? { body: change(body) } : undefined;
  const gone =
    (wanted: string): Change =>
    ({ path }) =>
      path === wanted ? { status: 404, body: "" } : undefined;
  const audit = (rest: readonly string[] = []): ReturnType<typeof report> =>
    report(["--log", proxy.url, "--patience", "0", ...rest]);

  it("a changed entry is found in tiles, in checkpoints, and by comparison with the node", async () => {
    proxy.change = at("/log/tile/entries/000", (body) => flipped(body, 82 * 100 + 40));
    const alone = await audit();
    expect([alone.exit, codes(alone.findings)]).toEqual([1, ["checkpoint-root", "tile-differs"]]);
    expect(alone.findings.filter(({ code }) => code === "tile-differs")).toMatchObject([
      { tile: "tile/0/000", place: 100 },
      { tile: "tile/1/000.p/1", place: 0 },
    ]);
    const { findings, comparisons } = await audit(node);
    expect(codes(findings)).toEqual(["checkpoint-root", "entries-differ", "tile-differs"]); // it signed the right log
    expect(findings.find(({ code }) => code === "entries-differ")).toMatchObject({ index: 100 });
    expect(comparisons).toMatchObject([{ agree: false }]);
  });

  it.each([
    ["a tile changed", `/log/${LAST_TILE}`, "tile-differs", { tile: LAST_TILE, place: 1 }],
    ["a tile of a higher level changed", "/log/tile/1/000.p/1", "tile-differs", { place: 1 }],
  ])("an operator with %s is reported with the tile", async (_, path, code, values) => {
    proxy.change = at(path, (body) => flipped(body, Math.min(32, body.length - 1)));
    const { exit, findings } = await audit();
    const place = path.includes("/1/000") ? { place: 0 } : {};
    expect([exit, findings]).toMatchObject([1, [{ code, ...values, ...place }]]);
  });

  it("a tile that is cut off or too long is reported as unreadable", async () => {
    proxy.change = at("/log/tile/0/000", (body) => body.subarray(1));
    expect((await audit()).findings).toMatchObject([{ code: "tile-malformed", tile: "tile/0/000" }]);
    proxy.change = at("/log/tile/0/000", () => new Uint8Array(1_000_000));
    expect((await audit()).findings).toMatchObject([{ code: "tile-malformed" }]);
  });

  it("a missing tile or entry bundle is reported", async () => {
    proxy.change = gone("/log/tile/0/000");
    expect(await audit()).toMatchObject({
      exit: 1,
      findings: [{ code: "tile-missing", tile: "tile/0/000" }],
    });
    proxy.change = gone(`/log/${LAST_BUNDLE}`);
    const { exit, findings, sources } = await audit();
    expect([exit, codes(findings)]).toEqual([1, ["entries-missing"]]);
    expect(sources).toMatchObject([{ complete: false, entries: 256 }]);
  });

  it("entries that do not end where they should are reported", async () => {
    proxy.change = at("/log/tile/entries/000", (body) => flipped(body, 1));
    expect(codes((await audit()).findings)).toContain("entries-malformed");
  });

  it("a kept checkpoint of another root is reported with both roots", async () => {
    const [, size = 0] = sizes;
    const root = /(?<=\n)[A-Za-z0-9+/]{43}=(?=\n)/;
    proxy.change = at(`/log/checkpoints/${size}`, (body) =>
      new TextDecoder().decode(body).replace(root, Buffer.alloc(32, 7).toString("base64")),
    );
    const { exit, findings } = await audit();
    expect([exit, codes(findings)]).toEqual([
      1,
      ["checkpoint-root", "checkpoint-signature", "cosignature-invalid"],
    ]);
    expect(findings[0]).toMatchObject({ size, signed: "07".repeat(32) });
    expect(findings[0]?.["root"]).toMatch(/^[0-9a-f]{64}$/);
  });

  it("directory events that are missing, changed, cut off or of other entries are reported", async () => {
    const path = "/log/directory/0";
    proxy.change = gone(path);
    expect(await audit()).toMatchObject({ exit: 1, findings: [{ code: "directory-missing", file: 0 }] });
    const changes: ((text: string) => string)[] = [
      (text) => text.replace('"event":"AA', '"event":"BB').replace(/"event":"[^A]/, '"event":"A'),
      (text) => text.slice(0, -1),
      (text) => text.slice(text.indexOf("\n") + 1),
      (text) => text.replace('"index":0', '"index":1'),
      () => "",
    ];
    for (const change of changes) {
      proxy.change = at(path, (body) => change(new TextDecoder().decode(body)));
      expect(await audit()).toMatchObject({ exit: 1, findings: [{ code: "directory-differs", file: 0 }] });
    }
  });

  it("a missing checkpoint is reported with its size", async () => {
    const [first = 0] = sizes;
    proxy.change = gone(`/log/checkpoints/${first}`);
    expect(await audit()).toMatchObject({ exit: 1, findings: [{ code: "checkpoint-missing", size: first }] });
  });

  it("a checkpoint that is served and not listed is reported", async () => {
    const last = sizes.at(-1) ?? 0;
    proxy.change = at("/log/checkpoints?after=0", () => JSON.stringify({ sizes: sizes.slice(0, -1) }));
    expect(await audit()).toMatchObject({ exit: 1, findings: [{ code: "checkpoint-unlisted", size: last }] });
  });

  it("a list of sizes in pages is read to the last page", async () => {
    const [first = 0, second = 0] = sizes;
    const asked: string[] = [];
    proxy.change = ({ path }) => {
      if (path.startsWith("/log/checkpoints?")) asked.push(path);
      const page = { sizes: [first, second], next: second };
      return path === "/log/checkpoints?after=0" ? { body: JSON.stringify(page) } : undefined;
    };
    const { exit, sources } = await audit();
    expect([exit, asked.length]).toEqual([0, 2]);
    expect(sources[0]?.["checkpoints"]).toMatchObject({ count: sizes.length });
  });

  it("a list from an outdated copy is requested again", async () => {
    let looks = 0;
    proxy.change = ({ path }) => {
      const old = path === "/log/checkpoints?after=0" && looks++ === 0;
      return old ? { body: JSON.stringify({ sizes: sizes.slice(0, -1) }) } : undefined;
    };
    expect(await audit()).toMatchObject({ exit: 0, findings: [] });
  });

  it("an operator that answers with Retry-After is asked again", async () => {
    let tiles = 0;
    proxy.change = ({ path }) =>
      path.includes("/tile/") && tiles++ === 0 ? { status: 429, body: "" } : undefined;
    const ran = await run(["--log", proxy.url]);
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining("HTTP 429") as string });
  });

  it("a newest checkpoint that is older than a kept one is reported as a shrunken log", async () => {
    const [, size = 0] = sizes;
    const kept = await (await fetch(`${service.url}/log/checkpoints/${size}`)).text();
    proxy.change = at("/log/checkpoint", () => kept);
    const { exit, findings } = await audit();
    expect([exit, findings]).toMatchObject([1, [{ code: "log-shrank", size, listed: sizes.at(-1) }]]);
  });

  it("an operator of another log is not compared", async () => {
    const other = (text: string): string => text.replaceAll(service.registry, `0x${"ab".repeat(20)}`);
    proxy.change = at("/log/checkpoint", (body) => other(new TextDecoder().decode(body)));
    const { exit, findings, comparisons } = await audit(["--log", service.url, ...node]);
    expect([exit, findings]).toMatchObject([1, [{ code: "checkpoint-other-log", source: proxy.url }]]);
    expect(comparisons).toHaveLength(1);
  });

  it.each(["en", "zh-Hans", "zh-Hant"])("findings are reported in %s, the worst first", async (language) => {
    proxy.change = at("/log/tile/entries/000", (body) => flipped(body, 82 * 100 + 40));
    const { code, stdout } = await run(["--log", proxy.url, ...node, "--lang", language]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^✕/);
    expect(stdout.indexOf("(checkpoint-root)")).toBeLessThan(stdout.indexOf("(tile-differs)"));
    expect(stdout).not.toMatch(/\{\w+\}|undefined/);
  });

  describe("for which a fault is to blame", () => {
    it.each<[string, Change]>([
      ["answers 503", ({ path }) => (path.includes("/tile/") ? { status: 503, body: "" } : undefined)],
      ["breaks off", ({ path }) => (path.includes("/tile/") ? Promise.reject(new Error("cut")) : undefined)],
      ["answers 500", ({ path }) => (path.includes("checkpoints/") ? { status: 500, body: "" } : undefined)],
      ["gives a page instead of the newest", at("/log/checkpoint", () => "<!doctype html><p>Welcome</p>")],
      ["gives no list", gone("/log/checkpoints?after=0")],
      ["gives a list that is none", at("/log/checkpoints?after=0", () => '{"sizes":[3,"4"]}')],
      ["gives a list out of order", at("/log/checkpoints?after=0", () => '{"sizes":[4,3]}')],
      ["gives a list that never ends", at("/log/checkpoints?after=0", () => '{"sizes":[],"next":0}')],
      ["gives a list longer than is read", at("/log/checkpoints?after=0", () => " ".repeat(100_000))],
      ["gives keys that are none", at("/v1/institutions", (body) => keysAs(body, "xyz"))],
    ])("an operator that %s is at fault, and causes no finding", async (_, change) => {
      proxy.change = change;
      const { exit, findings, faults } = await audit();
      expect([exit, findings]).toEqual([3, []]);
      expect(faults).toHaveLength(1);
      expect(["SERVER_UNREACHABLE", "NOT_THE_SERVICE"]).toContain(faults[0]?.error.code);
    });

    it("keys that the log's entries do not prove cause no finding", async () => {
      proxy.change = ({ path, body }) => {
        if (path === "/v1/institutions") return { body: windowsAs(body) };
        return undefined;
      };
      const { exit, findings, open } = await audit();
      expect([exit, findings, codes(open)]).toEqual([3, [], ["key-unproven"]]);
    });
  });
});

/** The directory with every key of operators said to be `key`. */
function keysAs(body: Uint8Array, key: string): string {
  return new TextDecoder().decode(body).replaceAll(/"publicKey":"[0-9a-f]*"/g, `"publicKey":"${key}"`);
}

/** The directory with every key of operators said to begin at another time. */
function windowsAs(body: Uint8Array): string {
  const directory = JSON.parse(new TextDecoder().decode(body)) as {
    operators: { keys: { from: unknown }[] }[];
  };
  for (const { keys } of directory.operators) for (const key of keys) key.from = "2001-01-01T00:00:00Z";
  return JSON.stringify(directory);
}

describe("a node", () => {
  const through = async (script: Script): Promise<Awaited<ReturnType<typeof report>>> => {
    await using scripted = await ScriptedNode.start(script);
    const args = ["--rpc", scripted.url, "--registry", service.registry, "--log", service.url];
    return await report([...args, "--patience", "0"]);
  };
  const rootOf = (size: number): string => registry.encodeFunctionData("rootAt", [size]);
  const isCall = ({ method, params }: RpcRequest, data: string): boolean =>
    method === "eth_call" && (params[0] as { data: string }).data === data;

  it("a contract root that differs from the entries' root is reported with both", async () => {
    const size = EMBEDDED_ENTRIES + 1;
    const { exit, findings } = await through((request) =>
      isCall(request, rootOf(size)) ? { result: `0x${"07".repeat(32)}` } : forward(service.rpc, request),
    );
    expect([exit, findings]).toMatchObject([1, [{ code: "contract-root", size, contract: "07".repeat(32) }]]);
    const none = await through((request) =>
      isCall(request, rootOf(size)) ? { result: `0x${"00".repeat(32)}` } : forward(service.rpc, request),
    );
    expect(none.findings).toMatchObject([{ code: "contract-root", size, contract: "-" }]);
  });

  it("a node that gives another event has another log than the contract", async () => {
    const { exit, findings } = await through(
      altering(service.rpc, "eth_getLogs", (logs: { data: string }[]) =>
        logs.map((log, i) =>
          i < logs.length - 1 ? log : { ...log, data: log.data.replace(/.{64}$/, "5".repeat(64)) },
        ),
      ),
    );
    expect([exit, findings]).toMatchObject([1, [{ code: "contract-root", size: SIZE }]]);
  });

  it("a node that is behind leaves open what it does not have yet", async () => {
    const behind = await through(async (request) => {
      const [tag, ...rest] = request.params;
      if (request.method !== "eth_getBlockByNumber" || tag !== "finalized")
        return await forward(service.rpc, request);
      return await forward(service.rpc, { ...request, params: ["0x11", ...rest] });
    });
    expect([behind.exit, behind.findings, codes(behind.open)]).toEqual([3, [], ["node-behind"]]);
    expect(behind.open[0]).toMatchObject({ otherSize: SIZE });
  });

  it("a node that leaves events out is at fault, and causes no finding", async () => {
    const { exit, findings, faults } = await through(
      altering(service.rpc, "eth_getLogs", (logs: unknown[]) => logs.slice(0, -1)),
    );
    expect([exit, findings, faults]).toMatchObject([3, [], [{ error: { code: "RPC_INCONSISTENT" } }]]);
  });
});

describe("two operators", () => {
  let second: TestService;
  beforeAll(async () => {
    second = await startTestService(); // the same chain, the same registry and keys: it goes on in its own way
    await checkpointOf(second, (_, size) => size >= EMBEDDED_ENTRIES);
  });
  afterAll(async () => await second.close());

  it("two operators, one of which is behind for a moment, agree", async () => {
    const { exit, comparisons } = await report(["--log", service.url, "--log", second.url]);
    expect([exit, comparisons]).toMatchObject([0, [{ agree: true, size: EMBEDDED_ENTRIES }]]);
  });

  it("two forked logs are a finding, with both roots and both signed checkpoints", async () => {
    const size = await record(second, 1);
    const [mine, theirs] = await Promise.all(
      [service, second].map(async ({ url }) => {
        const text = await (await fetch(`${url}/log/checkpoints/${size}`)).text();
        return { text, root: toHex(parseCheckpoint(parseNote(text).text).root) };
      }),
    );
    const urls = ["--log", second.url, "--log", service.url];
    const { exit, findings, limits } = await report(urls);
    expect([exit, codes(findings)]).toEqual([1, ["split-view"]]);
    expect(findings[0]).toMatchObject({
      source: second.url,
      other: service.url,
      index: EMBEDDED_ENTRIES,
      size,
      root: theirs?.root,
      otherRoot: mine?.root,
      notes: [theirs?.text, mine?.text],
    });
    expect(limits).not.toContain("one-operator");
    const ran = await run(urls);
    expect(ran.code).toBe(1);
    for (const root of [mine?.root, theirs?.root]) expect(ran.stdout).toContain(root);
  });

  it("an unreachable operator leaves the other one checked, and the whole not established", async () => {
    const gone = await HttpProxy.start(service.url);
    const { url } = gone;
    await gone[Symbol.asyncDispose]();
    const { exit, sources, faults } = await report(["--log", url, "--log", service.url]);
    expect([exit, sources.length, faults]).toMatchObject([
      3,
      1,
      [{ source: url, error: { code: "SERVER_UNREACHABLE" } }],
    ]);
    const noNode = await report(["--rpc", url, "--registry", service.registry, "--log", service.url]);
    expect(noNode).toMatchObject({ exit: 3, findings: [], faults: [{ error: { code: "RPC_UNAVAILABLE" } }] });
  });
});

describe("wrong use", () => {
  it.each([
    [[]],
    [["--log", "ftp://example.org"]],
    [["--log", "http://me:secret@example.org"]],
    [["--log", "http://a.example", "--log", "http://a.example/"]],
    [["--rpc", "http://127.0.0.1:1"]],
    [["--log", "http://127.0.0.1:1", "--policy", "/no/such/policy"]],
    [["--log", "http://127.0.0.1:1", "--patience", "long"]],
    [["--log"]],
    [["entries"]],
  ])("the arguments %j are refused with exit code 2", async (args) => {
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).not.toBe("");
    expect(stderr).not.toContain("secret");
  });
});
