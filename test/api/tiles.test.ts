/** Tests the log tiles that a service publishes. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toHex } from "../../src/core/bytes.ts";
import { systemClock } from "../../src/core/clock.ts";
import type { Hash, TreeSize } from "../../src/core/units.ts";
import { hashLeaf } from "../../src/log/hash.ts";
import {
  assembleProof,
  consistencyRanges,
  inclusionRanges,
  nodesOf,
  verifyConsistency,
  verifyInclusion,
} from "../../src/log/proof.ts";
import {
  decodeBundle,
  decodeTile,
  hashesFrom,
  tilePath,
  tileWidth,
  tilesFor,
  type HashTile,
  type TileId,
} from "../../src/log/tiles.ts";
import { foldSubtrees, frontierOf, type NodeId, type Range } from "../../src/log/tree.ts";
import { startTestChain, type TestChain } from "../support/chain/embedded.ts";
import { ScriptedNode, forward } from "../support/chain/json-rpc.ts";
import { anchorSome, contractTree } from "../support/service/anchor-some.ts";
import { ask, startTestService, type TestService } from "../support/service/service.ts";

const DOCUMENTS = 600;

/** A client that has nothing but the log's prefix. */
class TileReader {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  async get(path: string, init: RequestInit = {}): Promise<Response> {
    return await fetch(`${this.#prefix}/${path}`, init);
  }

  async bytes(tile: TileId): Promise<Uint8Array> {
    const response = await this.get(tilePath(tile));
    expect([tilePath(tile), response.status]).toEqual([tilePath(tile), 200]);
    return new Uint8Array(await response.arrayBuffer());
  }

  async hashesFor(nodes: readonly NodeId[], size: TreeSize): Promise<(node: NodeId) => Hash> {
    const tiles: [HashTile, Hash[]][] = [];
    for (const tile of tilesFor(nodes, size)) tiles.push([tile, decodeTile(await this.bytes(tile), tile)]);
    return hashesFrom(tiles);
  }

  async root(size: TreeSize): Promise<Hash> {
    const frontier = frontierOf(size);
    return foldSubtrees(frontier.map(await this.hashesFor(frontier, size)));
  }

  async prove(ranges: readonly Range[], size: TreeSize): Promise<Hash[]> {
    return assembleProof(ranges, await this.hashesFor(nodesOf(ranges), size));
  }

  async entries(size: TreeSize): Promise<Uint8Array[]> {
    const entries: Uint8Array[] = [];
    for (let index = 0; index * 256 < size; index++) {
      const bundle = {
        level: "entries",
        index,
        width: tileWidth({ level: "entries", index }, size),
      } as const;
      entries.push(...decodeBundle(await this.bytes(bundle), bundle));
    }
    return entries;
  }
}

const readerOf = ({ url }: TestService): TileReader => new TileReader(`${url}/log`);

function expectNotCached(response: Response): void {
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(response.headers.get("content-type")).toMatch(/^application\/problem\+json/);
}

describe("the log as tiles", () => {
  let service: TestService;
  let tiles: TileReader;
  let size: TreeSize;
  let root: Hash;
  beforeAll(async () => {
    service = await startTestService();
    await anchorSome(service, DOCUMENTS);
    tiles = readerOf(service);
    ({ size, root } = await contractTree(service, 1));
  });
  afterAll(async () => await service.close());

  it("the tiles lead to the contract's root", async () => {
    expect(size).toBeGreaterThan(DOCUMENTS);
    expect(toHex(await tiles.root(size))).toBe(toHex(root));
  });

  it("the bundles have every entry, as in the list and in the tree", async () => {
    const entries = await tiles.entries(size);
    expect(entries).toHaveLength(size);
    const { body } = await ask(`${service.url}/v1/entries?limit=1000`, { key: service.keys.auditor });
    expect(entries.map(toHex)).toEqual((body["entries"] as { entry: string }[]).map(({ entry }) => entry));
    const leaves = await tiles.hashesFor(
      entries.map((_, index) => ({ level: 0, index })),
      size,
    );
    expect(entries.map((entry) => toHex(hashLeaf(entry)))).toEqual(
      entries.map((_, index) => toHex(leaves({ level: 0, index }))),
    );
  });

  it("the tiles prove the inclusion of entries and the consistency with earlier trees", async () => {
    const entries = await tiles.entries(size);
    for (const index of [0, 255, 256, 300, size - 1]) {
      const proof = await tiles.prove(inclusionRanges({ index, size }), size);
      const leafHash = hashLeaf(entries[index] ?? new Uint8Array());
      verifyInclusion({ leafHash, index, size, proof, root });
    }
    for (const first of [1, 255, 256, 257, 512, size]) {
      const proof = await tiles.prove(consistencyRanges({ first, second: size }), size);
      verifyConsistency({
        first,
        second: size,
        proof,
        firstRoot: await tiles.root(first),
        secondRoot: root,
      });
    }
  });

  it("partial tiles of every width are kept beside the full one", async () => {
    for (const path of ["tile/0/000", "tile/entries/000"]) {
      const full = Buffer.from(await (await tiles.get(path)).arrayBuffer());
      const step = path.includes("entries") ? 82 : 32;
      expect(full).toHaveLength(256 * step);
      for (const width of [1, 2, 99, 254, 255]) {
        const partial = Buffer.from(await (await tiles.get(`${path}.p/${width}`)).arrayBuffer());
        expect(partial.equals(full.subarray(0, width * step))).toBe(true);
      }
    }
  });

  it("tiles are public, and caches keep them permanently", async () => {
    for (const path of ["tile/0/000", "tile/1/000.p/2", "tile/entries/001.p/7"]) {
      const response = await tiles.get(path, { headers: { accept: "text/html" } });
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe("application/octet-stream");
      expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(response.headers.get("content-encoding")).toBeNull();
    }
  });

  it("HEAD of a tile is answered as GET, without the bytes", async () => {
    const head = await tiles.get("tile/0/001", { method: "HEAD" });
    expect([head.status, (await head.arrayBuffer()).byteLength]).toEqual([200, 0]);
    expect(head.headers.get("content-length")).toBe("8192");
    expect(head.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    const missing = await tiles.get("tile/0/999", { method: "HEAD" });
    expect([missing.status, missing.headers.get("cache-control")]).toEqual([404, "no-store"]);
  });

  it("tiles beyond the final tree are refused, and caches do not keep the refusal", async () => {
    const last = Math.floor(size / 256);
    const beyond: TileId[] = [
      { level: 0, index: last, width: (size % 256) + 1 },
      { level: 0, index: last, width: 256 },
      { level: 0, index: last + 1, width: 1 },
      { level: "entries", index: last, width: (size % 256) + 1 },
      { level: "entries", index: last, width: 256 },
      { level: 1, index: 0, width: last + 1 },
      { level: 1, index: 0, width: 256 },
      { level: 2, index: 0, width: 1 },
      { level: 63, index: 0, width: 1 },
      { level: 63, index: Number.MAX_SAFE_INTEGER, width: 256 },
    ];
    for (const tile of beyond) {
      const response = await tiles.get(tilePath(tile));
      expect([tilePath(tile), response.status]).toEqual([tilePath(tile), 404]);
      expectNotCached(response);
      expect(await response.json()).toMatchObject({ code: "TILE_NOT_FOUND" });
    }
  });

  it.each([
    ["tile/0/0", 400, "ID_FORMAT"],
    ["tile/00/000", 400, "ID_FORMAT"],
    ["tile/64/000", 400, "ID_FORMAT"],
    ["tile/-1/000", 400, "ID_FORMAT"],
    ["tile/0/x000/000", 400, "ID_FORMAT"],
    ["tile/0/001/000", 400, "ID_FORMAT"],
    ["tile/0/000.p/0", 400, "ID_FORMAT"],
    ["tile/0/000.p/256", 400, "ID_FORMAT"],
    ["tile/0/000.p/01", 400, "ID_FORMAT"],
    ["tile/0/000/", 400, "ID_FORMAT"],
    ["tile/0/000.p/1/", 400, "ID_FORMAT"],
    ["tile/entries/0", 400, "ID_FORMAT"],
    ["tile/Entries/000", 400, "ID_FORMAT"],
    ["tile/0/%00", 400, "ID_FORMAT"],
    ["tile/0/%c0%af", 400, "ID_FORMAT"],
    [`tile/0/${"x001/".repeat(20)}000`, 400, "ID_FORMAT"],
    ["tile/0", 400, "ID_FORMAT"],
    ["tile/", 400, "ID_FORMAT"],
    ["tile", 404, "ROUTE"],
    ["tiles/0/000", 404, "ROUTE"],
  ])("GET /log/%s is refused with %i %s", async (path, status, code) => {
    const response = await tiles.get(path);
    expect(response.status).toBe(status);
    expectNotCached(response);
    expect(await response.json()).toMatchObject({ code });
  });

  it("the OpenAPI description has tiles as bytes", async () => {
    const { body } = await ask(`${service.url}/openapi.json`);
    const { get } = (body["paths"] as Record<string, Record<string, object>>)["/log/tile/{*}"] ?? {};
    expect(get).toMatchObject({
      parameters: [{ name: "*", in: "path", required: true }],
      responses: { 200: { content: { "application/octet-stream": {} } } },
    });
  });

  it("the routes of the log refuse other methods", async () => {
    const response = await tiles.get("tile/0/000", { method: "DELETE" });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    expectNotCached(response);
  });
});

describe("the log of a service whose chain takes three blocks to be final", () => {
  const FINALITY = 3;
  let chain: TestChain;
  let node: ScriptedNode;
  let folder: string;
  let service: TestService;
  /** Whether the node has lost the contract. */
  let strange = false;
  beforeAll(async () => {
    chain = await startTestChain({ clock: systemClock });
    node = await ScriptedNode.start(async (request) => {
      if (strange && request.method === "eth_getCode") return { result: "0x" };
      if (strange && request.method === "eth_call")
        return { error: { code: -32_000, message: "no contract" } };
      return await forward(chain.url, request);
    });
    folder = mkdtempSync(join(tmpdir(), "hufu-tiles-"));
    mkdirSync(join(folder, "data", "keys"), { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, "data", "keys", "issuer.key"), chain.hotKeys[0].privateKey, { mode: 0o600 });
    const env = {
      HUFU_CHAIN_RPC_URL: node.url,
      HUFU_REGISTRY_ADDRESS: chain.registry,
      HUFU_FINALITY: String(FINALITY),
    };
    service = await startTestService({ env, config: { pollInterval: 50 }, folder });
  });
  afterAll(async () => {
    await service.close();
    await node[Symbol.asyncDispose]();
    await chain.close();
  });

  /** Records one document in a block of its own, and waits until the index has it. */
  async function record(): Promise<TreeSize> {
    const id = await anchorSome(service, 1, "");
    const url = `${service.url}/v1/anchors/${id}`;
    for (let tries = 0; tries < 400; tries++) {
      const { body } = await ask(url, { key: service.keys.issuer });
      if (body["state"] === "included") return (body["index"] as number) + 1;
      await sleep(25);
    }
    throw new Error("the document is in no block");
  }

  async function status(tile: TileId): Promise<number> {
    const response = await readerOf(service).get(tilePath(tile));
    if (response.status !== 200) expectNotCached(response);
    return response.status;
  }

  /** Status of the tile and the bundle that a tree of this size ends with. */
  const at = async (size: TreeSize): Promise<[number, number]> => {
    const place = { index: 0, width: size };
    return [await status({ level: 0, ...place }), await status({ level: "entries", ...place })];
  };

  it("the tiles end with the final tree, and grow with it", async () => {
    const sizes: TreeSize[] = [];
    for (let i = 0; i < 5; i++) {
      sizes.push(await record());
      const final = await contractTree({ rpc: chain.url, registry: chain.registry }, FINALITY);
      expect(final.size).toBeLessThan(sizes.at(-1) ?? 0);
      await expect.poll(() => at(final.size)).toEqual([200, 200]);
      expect(await at(final.size + 1)).toEqual([404, 404]);
      expect(await at(sizes.at(-1) ?? 0)).toEqual([404, 404]);
      expect(toHex(await readerOf(service).root(final.size))).toBe(toHex(final.root));
    }
    expect(await at(sizes[0] ?? 0)).toEqual([200, 200]);
  });

  it("an index in doubt serves no tiles, and the same ones afterwards", async () => {
    const { size } = await contractTree({ rpc: chain.url, registry: chain.registry }, FINALITY);
    const before = await readerOf(service).bytes({ level: 0, index: 0, width: size });
    strange = true;
    await expect.poll(() => at(size), { timeout: 20_000 }).toEqual([503, 503]);
    const refused = await readerOf(service).get("tile/0/000.p/1");
    expect(await refused.json()).toMatchObject({ code: "NO_CONTRACT" });
    strange = false;
    await expect.poll(() => at(size), { timeout: 20_000 }).toEqual([200, 200]);
    expect(await readerOf(service).bytes({ level: 0, index: 0, width: size })).toEqual(before);
  });
});
