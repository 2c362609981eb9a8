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
import { anchorSome, contractTree } from "../support/service/anchor-some.ts";
import { startTestService, type TestService } from "../support/service/service.ts";

const run = promisify(execFile);
const SOURCE = join(import.meta.dirname, "../interop");

/** The log is read by the client code of Go's checksum database. */
describe("golang.org/x/mod/sumdb/tlog", () => {
  let folder: string;
  let program: string;
  let service: TestService;
  let size: TreeSize;
  let root: Hash;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "hufu-interop-"));
    program = join(folder, "interop");
    // the installed toolchain and the modules of go.sum
    const env = { ...process.env, GOTOOLCHAIN: "local", GOFLAGS: "-mod=readonly -buildvcs=false" };
    await run("go", ["build", "-o", program, "."], { cwd: SOURCE, env });
    service = await startTestService();
    await anchorSome(service, 600);
    ({ size, root } = await contractTree(service, 1));
  }, 300_000);
  afterAll(async () => {
    await service.close();
    rmSync(folder, { recursive: true });
  });

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
