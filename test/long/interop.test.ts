import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toHex } from "../../src/core/bytes.ts";
import type { Hash, TreeSize } from "../../src/core/units.ts";
import { originOf } from "../../src/log/checkpoint.ts";
import { formatVerifierKey, type Note } from "../../src/log/note.ts";
import { operatorSeeds } from "../../src/main/secrets.ts";
import { signerFrom } from "../support/log/operators.ts";
import { anchorSome, contractTree } from "../support/service/anchor-some.ts";
import { startTestService, type TestService } from "../support/service/service.ts";
import { TwoOperators, checkpointOf } from "../support/service/two-operators.ts";

const run = promisify(execFile);
const SOURCE = join(import.meta.dirname, "../interop");

let folder: string;
let program: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hufu-interop-"));
  program = join(folder, "interop");
  // the installed toolchain and the modules of go.sum
  const env = { ...process.env, GOTOOLCHAIN: "local", GOFLAGS: "-mod=readonly -buildvcs=false" };
  await run("go", ["build", "-o", program, "."], { cwd: SOURCE, env });
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** The log is read by the client code of Go's checksum database. */
describe("golang.org/x/mod/sumdb/tlog", () => {
  let service: TestService;
  let size: TreeSize;
  let root: Hash;
  beforeAll(async () => {
    service = await startTestService();
    await anchorSome(service, 600);
    ({ size, root } = await contractTree(service, 1));
  }, 300_000);
  afterAll(async () => await service.close());

  const check = async (prefix: string, ofSize: TreeSize, ofRoot: Hash): Promise<unknown> =>
    JSON.parse((await run(program, [prefix, String(ofSize), toHex(ofRoot)])).stdout) as unknown;

  it("Go's client verifies the contract's root, every entry, and every smaller tree", async () => {
    expect(await check(`${service.url}/log`, size, root)).toEqual({
      tiles: 7, // two full ones and a partial one of hashes, as many of entries, and one of the level above
      entries: size,
      inclusion: size,
      consistency: size,
    });
  });

  it("Go's client refuses another root and a size that the log does not have", async () => {
    const other = root.map((byte, i) => (i === 31 ? byte ^ 1 : byte));
    await expect(check(`${service.url}/log`, size, other)).rejects.toThrow(/inconsistent tile/);
    await expect(check(`${service.url}/log`, size - 1, root)).rejects.toThrow(/inconsistent tile/);
    await expect(check(`${service.url}/log`, size + 1, root)).rejects.toThrow(/404 Not Found/);
  });

  it.each([
    ["tile/0/001", 77, /invalid transparency proof/],
    ["tile/1/000.p/2", 5, /inconsistent tile/],
    ["tile/entries/001", 100, /invalid transparency proof/],
    ["tile/entries/000", 1, /bundle/],
  ])("Go's client detects one changed bit of %s, at byte %i", async (path, at, fault) => {
    const server = createServer((request, response) => {
      void fetch(service.url + (request.url ?? "")).then(async (answer) => {
        const bytes = new Uint8Array(await answer.arrayBuffer());
        if (request.url === `/log/${path}`) bytes[at] = (bytes[at] ?? 0) ^ 1;
        response.writeHead(answer.status).end(bytes);
      });
    });
    await new Promise<void>((listens) => server.listen(0, "127.0.0.1", listens));
    try {
      const { port } = server.address() as AddressInfo;
      await expect(check(`http://127.0.0.1:${port}/log`, size, root)).rejects.toThrow(fault);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

/** The witness is asked by a client on Go's package of signed notes, which knows no cosignatures by itself. */
describe("golang.org/x/mod/sumdb/note", () => {
  let both: TwoOperators;
  let origin: string;
  beforeAll(async () => {
    both = await TwoOperators.start();
    origin = originOf({ chainId: 31_337, registry: both.chain.registry });
  }, 300_000);
  afterAll(async () => await both[Symbol.asyncDispose]());

  /** The vkey of an operator. */
  const vkeyOf = async (purpose: "log" | "witness", id: 1 | 2): Promise<string> => {
    const seeds = await operatorSeeds({ dataDir: join(both.services[id - 1]?.folder ?? "", "data") });
    return formatVerifierKey(signerFrom(seeds, purpose, { origin, id }).key);
  };
  const ask = async (log: string, witness: string): Promise<Record<string, unknown>> => {
    const prefixes = [`${both.services[0].url}/log`, `${both.services[1].url}/witness`];
    const { stdout } = await run(program, ["witness", ...prefixes, log, witness]);
    return JSON.parse(stdout) as Record<string, unknown>;
  };

  it("Go's client has a checkpoint cosigned, verifies the cosignature, and reads the same as a monitor", async () => {
    const isWitnessed = ({ signatures }: Note): boolean => signatures.length >= 3;
    const { text } = await checkpointOf(both.services[0], isWitnessed);
    const done = await ask(await vkeyOf("log", 1), await vkeyOf("witness", 2));
    expect(done).toEqual({ text, answered: expect.any(Number) as number, monitored: done["answered"] });
  });

  it("Go's client refuses what another witness key signed", async () => {
    await expect(ask(await vkeyOf("log", 1), await vkeyOf("witness", 1))).rejects.toThrow(
      /no verifiable signatures/,
    );
    await expect(ask(await vkeyOf("log", 2), await vkeyOf("witness", 1))).rejects.toThrow(
      /no verifiable signatures/,
    );
  });
});
