/** Tests that files are placed and replaced whole, for their owner alone, and that their names are synced. */
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  vi,
  type MockInstance,
} from "vitest";
import { makeFolder, moveDurably, placeNew, replaceFile } from "../../src/files/durable.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "hufu-durable-")));
  path = join(folder, "file");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What was synced, in order, and which names its folder had then. */
let synced: { path: string; names: string[] }[];
let spy: MockInstance<FileHandle["sync"]>;
beforeAll(async () => {
  const handle = await open(import.meta.filename);
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  spy = vi.spyOn(prototype, "sync").mockImplementation(async function (this: FileHandle) {
    synced.push({ path: readlinkSync(`/proc/self/fd/${this.fd}`), names: readdirSync(folder) });
    await this.datasync();
  });
});
beforeEach(() => void (synced = []));
afterAll(() => spy.mockRestore());

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const write =
  (text: string) =>
  (file: FileHandle): Promise<void> =>
    file.writeFile(text);
/** Runs out of space in the middle. */
const tearing = async (file: FileHandle): Promise<void> => {
  await file.writeFile("ne");
  throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
};

describe("a file that is placed", () => {
  it("a placed file is synced before its name, and only its owner has access", async () => {
    expect(await placeNew({ path, write: write("new") })).toBe(true);
    expect([readFileSync(path, "utf8"), modeOf(path), readdirSync(folder)]).toEqual(["new", "600", ["file"]]);
    expect(synced.map((sync) => sync.path)).toEqual([expect.stringContaining(`${path}.`), folder]);
    expect(synced.map(({ names }) => names.includes("file"))).toEqual([false, true]);
  });

  it("placing a file never overwrites another, whose name is synced as well", async () => {
    writeFileSync(path, "old");
    expect(await placeNew({ path, write: write("new") })).toBe(false);
    expect([readFileSync(path, "utf8"), readdirSync(folder)]).toEqual(["old", ["file"]]);
    expect(synced.at(-1)).toEqual({ path: folder, names: ["file"] });
  });

  it("many concurrent calls place a file once", async () => {
    const texts = Array.from({ length: 20 }, (_, i) => String(i));
    const placed = await Promise.all(texts.map((text) => placeNew({ path, write: write(text) })));
    expect(placed.filter((isNew) => isNew)).toHaveLength(1);
    expect(readFileSync(path, "utf8")).toBe(texts[placed.indexOf(true)]);
  });

  it("placing a file leaves nothing where the disk is full", async () => {
    await expect(placeNew({ path, write: tearing })).rejects.toMatchObject({ code: "ENOSPC" });
    expect(readdirSync(folder)).toEqual([]);
  });

  it("a placed file replaces what an interrupted process left", async () => {
    const unfinished = join(folder, "unfinished");
    writeFileSync(unfinished, "a longer text, torn", { mode: 0o644 });
    expect(await placeNew({ path, unfinished, write: write("new") })).toBe(true);
    expect([readFileSync(path, "utf8"), modeOf(path), readdirSync(folder)]).toEqual(["new", "600", ["file"]]);
  });
});

describe("a file that is replaced", () => {
  it.each(["old", undefined])("a replaced file is synced before its name, after %s", async (old) => {
    if (old !== undefined) writeFileSync(path, old, { mode: 0o644 });
    await replaceFile(path, "new");
    expect([readFileSync(path, "utf8"), modeOf(path), readdirSync(folder)]).toEqual(["new", "600", ["file"]]);
    expect(synced.map((sync) => sync.path)).toEqual([`${path}.new`, folder]);
    expect(synced.at(-1)?.names).toEqual(["file"]);
  });

  it("a reader finds the old or the new file complete while it is replaced", async () => {
    const [old, renewed] = ["o".repeat(100_000), "n".repeat(200_000)];
    writeFileSync(path, old);
    const state = { replacing: true };
    const replaced = replaceFile(path, renewed).finally(() => (state.replacing = false));
    const read = new Set<string>();
    while (state.replacing) {
      read.add(readFileSync(path, "utf8"));
      await new Promise(setImmediate);
    }
    await replaced;
    read.add(readFileSync(path, "utf8"));
    expect([...read].map((text) => text.length)).toEqual([old.length, renewed.length]);
    expect([...read]).toEqual([old, renewed]);
  });

  it("a file stays as it is where its replacement cannot be synced", async () => {
    writeFileSync(path, "old");
    spy.mockRejectedValueOnce(Object.assign(new Error("i/o error"), { code: "EIO" }));
    await expect(replaceFile(path, "new")).rejects.toMatchObject({ code: "EIO" });
    expect(readFileSync(path, "utf8")).toBe("old");
  });

  it("a replacement overwrites what an interrupted process left", async () => {
    writeFileSync(`${path}.new`, "a longer text, torn", { mode: 0o644 });
    await replaceFile(path, "new");
    expect([readFileSync(path, "utf8"), modeOf(path), readdirSync(folder)]).toEqual(["new", "600", ["file"]]);
  });
});

it("the new name of a moved file is synced", async () => {
  writeFileSync(join(folder, "from"), "new");
  writeFileSync(path, "old");
  await moveDurably(join(folder, "from"), path);
  expect(readFileSync(path, "utf8")).toBe("new");
  expect(synced).toEqual([{ path: folder, names: ["file"] }]);
});

describe("a folder that is made", () => {
  it("only its owner can open a new folder, and each new name on its path is synced", async () => {
    await makeFolder(join(folder, "a", "b", "c"));
    expect(["a", "a/b", "a/b/c"].map((name) => modeOf(join(folder, name)))).toEqual(["700", "700", "700"]);
    expect(synced.map((sync) => sync.path)).toEqual([join(folder, "a", "b"), join(folder, "a"), folder]);
  });

  it("an existing folder stays as it is", async () => {
    await makeFolder(folder);
    expect(synced).toEqual([]);
    expect(existsSync(folder)).toBe(true);
  });

  it("a folder may be relative to the working directory", async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      await makeFolder("x/y");
    } finally {
      process.chdir(before);
    }
    expect(synced.map((sync) => sync.path)).toEqual([join(folder, "x"), folder]);
  });
});
