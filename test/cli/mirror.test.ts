/** Tests `hufu mirror` from a node and from an operator, and that `hufu verify --mirror` requests nothing. */
import { createHash } from "node:crypto";
import { rmSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../src/chain/registry/reader.ts";
import { JsonRpc } from "../../src/chain/rpc/rpc.ts";
import { toHex } from "../../src/core/bytes.ts";
import { lockFolder } from "../../src/files/lock.ts";
import { wordsIn } from "../../src/words/index.ts";
import { hufu, hufuHere, type Ran } from "../support/cli/cli.ts";
import { MirrorFolder } from "../support/log/mirror-folder.ts";
import { ownPolicy } from "../support/service/own-policy.ts";
import { ask, startTestService, type TestService } from "../support/service/service.ts";

let service: TestService;
let folder: string;
let node: readonly string[];
let anchored = 0;
beforeAll(async () => {
  service = await startTestService();
  folder = mkdtempSync(join(tmpdir(), "hufu-mirrors-"));
  node = ["--rpc", service.rpc, "--registry", service.registry, "--finality", "1"];
  writeFileSync(join(folder, "policy"), await ownPolicy(service));
  writeFileSync(join(folder, "a.pdf"), contentOf(0));
  writeFileSync(join(folder, "b.pdf"), "never registered");
  await anchor(3);
});
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

const contentOf = (n: number): string => `mirrored ${n}`;
const cli = async (...args: readonly string[]): Promise<Ran> =>
  await hufuHere(args, {
    HUFU_DATA_DIR: join(folder, "none"),
    HUFU_SALT_DIR: join(folder, "salts"),
    XDG_CACHE_HOME: join(folder, "cache"),
  });
async function mirrored(...args: readonly string[]): Promise<Record<string, unknown>> {
  const ran = await cli("mirror", ...args, "--json");
  expect([args, ran.code, ran.stderr]).toEqual([args, 0, ""]);
  return JSON.parse(ran.stdout) as Record<string, unknown>;
}

async function anchor(count: number): Promise<void> {
  const documents = Array.from({ length: count }, () => {
    const digest = createHash("sha256").update(contentOf(anchored++)).digest("hex");
    return { digest: `sha256:${digest}`, scene: "enterprise-credit-report" };
  });
  const answer = await ask(`${service.url}/v1/anchors?wait=final`, {
    key: service.keys.issuer,
    body: { documents },
  });
  expect(answer.status).toBe(200);
  for (;;) {
    const note = await (await fetch(`${service.url}/log/checkpoint`)).text();
    if (Number(note.split("\n")[1]) >= (await atNode()).size) return;
    await sleep(50);
  }
}

async function atNode(): Promise<{ size: number; root: string }> {
  const chain = await connect(new JsonRpc(service.rpc), { registry: service.registry, finality: 1 });
  const { size, root } = await chain.treeAt((await chain.heads()).latest.number);
  return { size, root: toHex(root) };
}

const content = (of: MirrorFolder): unknown =>
  ["bundle", "event"].map((table) => of.rows(`select * from ${table} order by 1`));

describe("hufu mirror", () => {
  it("from a node, from an operator, and continued: byte for byte the same, with the contract's root", async () => {
    using fromNode = new MirrorFolder();
    using fromTiles = new MirrorFolder();
    using mixed = new MirrorFolder();
    const tiles = ["--server", service.url, "--policy", join(folder, "policy")];
    for (const count of [0, 1, 300]) {
      if (count > 0) await anchor(count);
      const first = await mirrored(...node, "--dir", fromNode.path);
      expect(first).toMatchObject({
        ...(await atNode()),
        by: "node",
        ...(count > 0 ? { added: count } : {}),
      });
      expect(await mirrored(...tiles, "--dir", fromTiles.path)).toMatchObject({
        ...(await atNode()),
        by: "policy",
      });
      await mirrored(...(count === 1 ? tiles : node), "--dir", mixed.path);
      using fresh = new MirrorFolder();
      await mirrored(...node, "--dir", fresh.path);
      for (const each of [fromNode, fromTiles, mixed]) expect(content(each)).toEqual(content(fresh));
    }
  });

  it("without a policy pins the operator, says so once, and answers by its word", async () => {
    using mirror = new MirrorFolder();
    const first = await cli("mirror", "--server", service.url, "--dir", mirror.path);
    expect([first.code, first.stderr]).toEqual([0, expect.stringContaining("First contact")]);
    const second = await cli("mirror", "--server", service.url, "--dir", mirror.path);
    expect([second.code, second.stderr]).toEqual([0, ""]);
    const answer = await cli("verify", join(folder, "a.pdf"), "--mirror", mirror.path, "--json");
    expect(JSON.parse(answer.stdout)).toMatchObject({ results: [{ verdict: "valid", restsOn: "operator" }] });
  });

  it("of a policy is not continued by a pin, nor is one of a node", async () => {
    using byPolicy = new MirrorFolder();
    using byNode = new MirrorFolder();
    await mirrored("--server", service.url, "--policy", join(folder, "policy"), "--dir", byPolicy.path);
    expect(await mirrored("--server", service.url, "--dir", byPolicy.path)).toMatchObject({ by: "policy" });
    await mirrored(...node, "--dir", byNode.path);
    const ran = await cli("mirror", "--server", service.url, "--dir", byNode.path);
    expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining("--rpc")]);
  });

  it("of another registry is refused, and the mirror stays", async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), "hufu-other-"));
    await using other = await startTestService({ folder: elsewhere });
    using mirror = new MirrorFolder();
    await mirrored(...node, "--dir", mirror.path);
    const before = mirror.dump();
    const where = ["--rpc", other.rpc, "--registry", other.registry, "--finality", "1"];
    const ran = await cli("mirror", ...where, "--dir", mirror.path);
    expect([ran.code, ran.stderr]).toEqual([3, expect.stringContaining("LOG_CHANGED")]);
    expect(mirror.dump()).toEqual(before);
    const named = await cli(
      "mirror",
      "--server",
      other.url,
      "--registry",
      service.registry,
      "--dir",
      mirror.path,
    );
    expect([named.code, named.stderr]).toEqual([3, expect.stringContaining("LOG_CHANGED")]);
  });

  it("has one writer", async () => {
    using mirror = new MirrorFolder();
    const lock = await lockFolder(mirror.path);
    const ran = await cli("mirror", ...node, "--dir", mirror.path);
    expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining("DATA_DIR_LOCKED")]);
    lock.release();
    await mirrored(...node, "--dir", mirror.path);
  });
});

describe("hufu verify --mirror", () => {
  it("opens no socket, looks up no name, and fetches nothing", async () => {
    using mirror = new MirrorFolder();
    await mirrored(...node, "--dir", mirror.path);
    // the service of this process sends requests of its own
    const refuse = `
      import net from "node:net";
      import dns from "node:dns";
      const refuse = (what) => () => { process.stderr.write("REQUESTED " + what); process.exit(99); };
      net.Socket.prototype.connect = refuse("a socket");
      dns.lookup = refuse("a name");
      globalThis.fetch = refuse("a page");`;
    const preload = `--import=data:text/javascript,${encodeURIComponent(refuse)}`;
    const env = { NODE_OPTIONS: preload, HUFU_SALT_DIR: join(folder, "salts"), HUFU_SERVER: service.url };
    const files = [join(folder, "a.pdf"), join(folder, "b.pdf")];
    const asked = await hufu(["verify", ...files], { env, cwd: folder });
    expect([asked.code, asked.stderr]).toEqual([99, expect.stringContaining("REQUESTED")]);
    const ran = await hufu(["verify", ...files, "--mirror", mirror.path], { env, cwd: folder });
    const { verdicts, restsOn } = wordsIn("en");
    expect([ran.code, ran.stderr]).toEqual([1, ""]);
    for (const text of [verdicts.valid.title, verdicts["not-found"].title, restsOn.proof, "complete as of"])
      expect(ran.stdout).toContain(text);
  });

  it.each([
    ["--server", "http://127.0.0.1:1"],
    ["--rpc", "http://127.0.0.1:1"],
    ["--policy", "policy"],
  ])("refuses %s beside it", async (option, value) => {
    const ran = await cli("verify", join(folder, "a.pdf"), "--mirror", folder, option, value);
    expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining(option)]);
  });

  it("of a folder without a mirror is told so", async () => {
    const ran = await cli("verify", join(folder, "a.pdf"), "--mirror", folder);
    expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining("MIRROR_MISSING")]);
  });
});
