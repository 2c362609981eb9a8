import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { fromHex, toHex } from "../../src/core/bytes.ts";
import { formatDigest } from "../../src/core/digest.ts";
import { hashFile, hashStream } from "../../src/hash/file.ts";
import { readVector } from "../support/log/vectors.ts";

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "hufu-hash-"))));
afterAll(() => rmSync(folder, { recursive: true }));

function rewrite(path: string): void {
  const { atime, mtime } = statSync(path);
  writeFileSync(path, Buffer.alloc(2 ** 21, "later"));
  utimesSync(path, atime, mtime);
}

function replace(path: string): void {
  writeFileSync(`${path}.new`, "new");
  renameSync(`${path}.new`, path);
}

const both = { algorithms: ["sha256", "sm3"] } as const;

describe("hashing a file", () => {
  it.each(readVector<{ input_hex: string; sm3: string }[]>("sm3.json"))(
    "the SM3 of $input_hex is that of the vector",
    async ({ input_hex, sm3 }) => {
      const path = join(folder, "sm3");
      writeFileSync(path, fromHex(input_hex));
      const { digests } = await hashFile(path, { algorithms: ["sm3"] });
      expect(digests.map(formatDigest)).toEqual([`sm3:${sm3}`]);
    },
  );

  it("a file of any length has the digests of its exact bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: (1 << 21) + 3 }), fc.nat(255), async (length, fill) => {
        const path = join(folder, "any");
        const content = Buffer.alloc(length, fill);
        writeFileSync(path, content);
        const { bytes, digests } = await hashFile(path, both);
        expect(bytes).toBe(length);
        expect(digests.map(({ algorithm, bytes: hash }) => [algorithm, toHex(hash)])).toEqual([
          ["sha256", createHash("sha256").update(content).digest("hex")],
          ["sm3", createHash("sm3").update(content).digest("hex")],
        ]);
      }),
      { numRuns: 20 },
    );
  });

  it("hashing 1 GB takes less than 150 MB of memory", () => {
    const path = join(folder, "large");
    writeFileSync(path, "");
    truncateSync(path, 2 ** 30);
    const script = `import { hashFile } from ${JSON.stringify(join(import.meta.dirname, "../../src/hash/file.ts"))};
      let most = 0;
      const onProgress = () => (most = Math.max(most, process.memoryUsage.rss()));
      await hashFile(${JSON.stringify(path)}, { algorithms: ["sha256"], onProgress });
      console.log(most);`;
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
    });
    expect(Number(stdout)).toBeGreaterThan(0);
    expect(Number(stdout)).toBeLessThan(150 * 2 ** 20);
    rmSync(path);
  }, 120_000);

  it("hashing reports its progress up to the end", async () => {
    const path = join(folder, "progress");
    writeFileSync(path, Buffer.alloc(3 * 2 ** 20));
    const steps: number[] = [];
    await hashFile(path, { ...both, onProgress: (done, total) => steps.push(done / (total ?? 0)) });
    expect(steps.at(-1)).toBe(1);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
  });
});

describe("an unreadable file", () => {
  it("a missing file is refused with FILE_NOT_FOUND", async () => {
    await expect(hashFile(join(folder, "missing"), both)).rejects.toThrowCode("FILE_NOT_FOUND");
  });

  it("a path below a file is refused with FILE_NOT_FOUND", async () => {
    writeFileSync(join(folder, "file"), "x");
    await expect(hashFile(join(folder, "file", "below"), both)).rejects.toThrowCode("FILE_NOT_FOUND");
  });

  it("a directory is refused with IS_DIRECTORY", async () => {
    await expect(hashFile(folder, both)).rejects.toThrowCode("IS_DIRECTORY");
  });

  it("a pipe without a writer is refused with NOT_REGULAR_FILE and does not block", async () => {
    const path = join(folder, "fifo");
    execFileSync("mkfifo", [path]);
    await expect(hashFile(path, both)).rejects.toThrowCode("NOT_REGULAR_FILE");
  });

  it("a device is refused with NOT_REGULAR_FILE", async () => {
    await expect(hashFile("/dev/null", both)).rejects.toThrowCode("NOT_REGULAR_FILE");
  });

  it("a loop of links is refused with FILE_UNREADABLE", async () => {
    mkdirSync(join(folder, "loop"));
    symlinkSync(join(folder, "loop", "a"), join(folder, "loop", "a"));
    await expect(hashFile(join(folder, "loop", "a"), both)).rejects.toThrowCode("FILE_UNREADABLE");
  });

  it.skipIf(process.getuid?.() === 0)(
    "a file without permission is refused with FILE_PERMISSION (root reads everything)",
    async () => {
      const path = join(folder, "secret");
      writeFileSync(path, "x");
      chmodSync(path, 0);
      await expect(hashFile(path, both)).rejects.toThrowCode("FILE_PERMISSION");
    },
  );

  it("an empty file is refused with EMPTY_FILE, unless empty files are allowed", async () => {
    const path = join(folder, "empty");
    writeFileSync(path, "");
    await expect(hashFile(path, both)).rejects.toThrowCode("EMPTY_FILE");
    expect(await hashFile(path, { ...both, allowEmpty: true })).toMatchObject({ bytes: 0 });
    await expect(hashStream(Readable.from([]), "-", both)).rejects.toThrowCode("EMPTY_FILE");
  });

  it.each<[string, (path: string) => void]>([
    ["is replaced by another", replace],
    ["is written, with its time set back", rewrite],
    ["is cut short", (path) => truncateSync(path, 5)],
  ])("a file that %s while it is read is refused with FILE_CHANGED", async (_, change) => {
    const path = join(folder, "written");
    writeFileSync(path, Buffer.alloc(2 ** 21));
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    let isFirst = true;
    const onProgress = (): void => {
      if (isFirst) change(path);
      isFirst = false;
    };
    await expect(hashFile(path, { ...both, onProgress })).rejects.toThrowCode("FILE_CHANGED");
  });

  it("a file that is written where its times are cached is refused with FILE_CHANGED once it is read twice", async () => {
    const path = join(folder, "cached");
    writeFileSync(path, Buffer.alloc(2 ** 21));
    const cached = statSync(path, { bigint: true });
    onTestFinished(() => {
      vi.restoreAllMocks();
      syncBuiltinESMExports();
    });
    const stat = vi.spyOn(promises, "stat").mockResolvedValue(cached);
    syncBuiltinESMExports();
    const probe = await promises.open(path);
    const handle = Object.getPrototypeOf(probe) as typeof probe;
    await probe.close();
    const ofHandle = vi.spyOn(handle, "stat").mockResolvedValue(cached);
    let writes = 0;
    const onProgress = (): void => writeFileSync(path, Buffer.alloc(2 ** 21, String((writes += 1))));
    const options = { ...both, onProgress };
    expect((await hashFile(path, options)).bytes).toBe(2 ** 21);
    await expect(hashFile(path, { ...options, twice: true })).rejects.toThrowCode("FILE_CHANGED");
    expect([stat.mock.calls.length, ofHandle.mock.calls.length]).toEqual([3, 6]);
  });

  it("a file that grows while it is read is refused with FILE_CHANGED", async () => {
    const path = join(folder, "growing");
    writeFileSync(path, Buffer.alloc(2 ** 21));
    const growing = hashFile(path, { ...both, onProgress: () => appendFileSync(path, "x") });
    await expect(growing).rejects.toThrowCode("FILE_CHANGED");
  });
});
