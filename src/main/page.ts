/** Builds the page at `/` from this checkout, and keeps it until a source of it changes. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { AppError } from "../core/errors.ts";
import type { PageFiles } from "../core/page-files.ts";

const ROOT = join(import.meta.dirname, "../..");
const CONFIG = "scripts/config/vite.config.ts";

let opened: Promise<PageFiles> | undefined;

/**
 * The page of this checkout, built where it is missing.
 * @throws AppError PAGE_NOT_BUILT
 */
export async function openPage(): Promise<PageFiles> {
  opened ??= builtPage(ROOT);
  return await opened;
}

/** The page of the checkout in `root`, from `.cache/page/<hash of the sources>` or built into it. */
async function builtPage(root: string): Promise<PageFiles> {
  const pages = join(root, ".cache/page");
  const folder = join(pages, await sourcesHash(root));
  try {
    return await readPage(folder);
  } catch {
    // not built yet
  }
  try {
    await mkdir(pages, { recursive: true });
    const made = await mkdtemp(join(pages, "building-"));
    await buildPage({ root, folder: made });
    // part of the checkout, which other users run too, whatever the umask of the first
    await chmod(dirname(pages), 0o755);
    await promisify(execFile)("chmod", ["-R", "a+rX", pages]);
    // another process may have made the same meanwhile
    await rename(made, folder).catch(() => rm(made, { recursive: true }));
    const old = (await readdir(pages)).filter(
      (name) => /^[0-9a-f]+$/.test(name) && name !== basename(folder),
    );
    for (const name of old) await rm(join(pages, name), { recursive: true, force: true });
    return await readPage(folder);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const detail = `the page could not be built into ${pages}: ${why}`;
    throw new AppError("PAGE_NOT_BUILT", { detail, at: pages }, { cause });
  }
}

/**
 * Builds the page of the checkout in `root`; other files in `folder` are removed. It runs in a process without this one's
 * environment, so that the output follows from the sources alone.
 */
export async function buildPage({ root, folder }: { root: string; folder: string }): Promise<void> {
  const vite = join(root, "node_modules/vite/bin/vite.js");
  const args = ["build", "--config", join(root, CONFIG), "--configLoader", "native", "--outDir", folder];
  await promisify(execFile)(process.execPath, [vite, ...args], {
    env: { NODE_ENV: "production" },
    cwd: root,
  });
}

/** The files of a built page. */
export async function readPage(folder: string): Promise<PageFiles> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = found.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
  return await Promise.all(
    paths.sort().map(async (path) => ({
      path: path.slice(folder.length + 1).replaceAll("\\", "/"),
      bytes: await readFile(path),
    })),
  );
}

/** Covers everything that may change the output: the sources, the configuration, and the versions of the packages. */
async function sourcesHash(root: string): Promise<string> {
  const sources = await readdir(join(root, "src"), { recursive: true, withFileTypes: true });
  const paths = sources.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
  const hash = createHash("sha256");
  for (const path of [...paths.sort(), join(root, CONFIG), join(root, "package-lock.json")]) {
    const bytes = await readFile(path);
    hash.update(`${path.slice(root.length)}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex").slice(0, 32);
}
