/** Names of files that are not UTF-8, as unpacking a ZIP of a Chinese Windows leaves them, and names that look alike. */
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { INVISIBLE } from "../core/visible.ts";

const RAW = /[\udc80-\udcff]/u;
const RAW_NAMES = /[^/]*[\udc80-\udcff][^/]*/gu;

/** A name as a string that {@link diskPath} turns back: where it is not UTF-8, each byte above 0x7F as U+DC00 + byte (PEP 383). */
export function nameOf(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  if (Buffer.from(text).equals(bytes)) return text;
  return Array.from(bytes, (byte) => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)).join("");
}

/** The path for the file system. */
export function diskPath(path: string): string | Buffer {
  if (!RAW.test(path)) return path;
  return Buffer.concat(
    Array.from(path, (c) => (RAW.test(c) ? Buffer.of(c.charCodeAt(0) - 0xdc00) : Buffer.from(c))),
  );
}

/** The path for a person: what is not UTF-8 is read as GB18030. */
export function shownPath(path: string): string {
  return path.replace(RAW_NAMES, (name) => fromGb18030(Buffer.from(diskPath(name))) ?? name);
}

function fromGb18030(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder("gb18030", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Finds files by names as people, archives and shells write them. Listings of folders are kept. */
export class FileNames {
  readonly #folders = new Map<string, Promise<ReadonlyMap<string, readonly string[]>>>();

  /**
   * The one path whose names look like these: in the other Unicode form, in other bytes, with the separators of Windows, or
   * without invisible characters. The path itself where there is none, or more than one.
   */
  async alike(path: string): Promise<string> {
    const named = path.replaceAll("\\", "/");
    const [folder, name] = [dirname(named), basename(named)];
    if (folder === named) return path;
    const parent = (await this.#namesIn(folder)).size > 0 ? folder : await this.alike(folder);
    const found = new Set((await this.#namesIn(parent)).get(look(name)));
    const [only] = found;
    return found.size === 1 && only !== undefined ? join(parent, only) : path;
  }

  #namesIn(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
    const names = this.#folders.get(folder) ?? namesByLook(folder);
    this.#folders.set(folder, names);
    return names;
  }
}

async function namesByLook(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const names = new Map<string, string[]>();
  for (const bytes of await readdir(diskPath(folder), { encoding: "buffer" }).catch(() => [])) {
    const name = nameOf(bytes);
    // as GB18030, though it may be UTF-8 by chance, and as Node decodes an argument
    for (const text of [fromGb18030(bytes) ?? "", bytes.toString("utf8")])
      names.set(look(text), [...(names.get(look(text)) ?? []), name]);
  }
  return names;
}

function look(name: string): string {
  return name.normalize("NFC").replace(new RegExp(INVISIBLE, "gu"), "");
}
