import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { buildPage, openPage, readPage } from "../../src/main/page.ts";
import type { PageFiles } from "../../src/core/page-files.ts";

const ROOT = resolve(import.meta.dirname, "../..");

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** What makes the page, in a folder of its own. */
function checkout(...names: string[]): { root: string; build: () => Promise<PageFiles> } {
  const folder = mkdtempSync(join(tmpdir(), "hufu-page-"));
  folders.push(folder);
  const root = join(folder, ...names);
  mkdirSync(root, { recursive: true });
  for (const part of ["src", "scripts/config", "package.json", "tsconfig.json"])
    cpSync(join(ROOT, part), join(root, part), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
  const out = join(folder, "out");
  return {
    root,
    build: async () => {
      await buildPage({ root, folder: out });
      return await readPage(out);
    },
  };
}

const hashes = (files: PageFiles): string[] =>
  files.map(({ path, bytes }) => `${path} ${createHash("sha256").update(bytes).digest("hex")}`);

describe("the bundle of the page", () => {
  it("the bundle is byte-identical from two folders, and is what a service of this checkout serves", async () => {
    const short = await checkout("a").build();
    const long = await checkout("a folder", "of another", "depth").build();
    expect(hashes(short)).toEqual(hashes(long));
    expect(hashes(short)).toEqual(hashes(await openPage()));
    expect(short.map(({ path }) => path)).toContain("index.html");
  });

  it("a changed source gives another bundle", async () => {
    const { root, build } = checkout("b");
    const before = hashes(await build());
    writeFileSync(join(root, "src/web/style.css"), "body { margin: 0 }");
    const after = hashes(await build());
    expect(after).not.toEqual(before);
  });

  it("the bundle names no folder of the machine that built it", async () => {
    const { root, build } = checkout("c");
    const texts = (await build()).map(({ bytes }) => Buffer.from(bytes).toString());
    for (const text of texts) for (const place of [root, ROOT, tmpdir()]) expect(text).not.toContain(place);
  });

  it("npm ci builds the page for every user of the machine, whatever the umask", () => {
    const { root } = checkout("d");
    for (const part of ["scripts/postinstall.js", "scripts/build-page.ts", "package-lock.json"])
      cpSync(join(ROOT, part), join(root, part));
    const env = { PATH: process.env["PATH"] ?? "" };
    execFileSync("sh", ["-c", 'umask 077; exec "$0" scripts/postinstall.js', process.execPath], {
      cwd: root,
      env,
    });
    const made = ["", ...readdirSync(join(root, ".cache"), { recursive: true, encoding: "utf8" })];
    expect(made.filter((path) => path.endsWith("index.html"))).toHaveLength(1);
    for (const path of made) {
      const found = statSync(join(root, ".cache", path));
      const all = found.isDirectory() ? 0o555 : 0o444;
      expect([path, found.mode & all]).toEqual([path, all]);
    }
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: object };
    expect(scripts).toMatchObject({ postinstall: "node scripts/postinstall.js" });
  });

  it("the page loads less than 120 KB of compressed script and style", async () => {
    const files = await openPage();
    const html = Buffer.from(files.find(({ path }) => path === "index.html")?.bytes ?? "").toString();
    const first = files.filter(({ path }) => /\.(js|css)$/.test(path) && html.includes(`/${path}`));
    expect(first.length).toBeGreaterThan(1);
    const bytes = first.reduce((sum, file) => sum + gzipSync(file.bytes, { level: 9 }).length, 0);
    process.stdout.write(`first load: ${(bytes / 1000).toFixed(1)} KB of script and style, gzip\n`);
    expect(bytes).toBeLessThan(120_000);
  });
});
