/** Reads the vectors below test/vectors. */
import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";

const root = join(import.meta.dirname, "../../vectors");

export function readVector<T>(path: string): T {
  return JSON.parse(readFileSync(join(root, path), "utf8")) as T;
}

/** The JSON files of a folder below test/vectors, by path. */
export function readVectors<T>(folder: string): { name: string; vector: T }[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && file.name.endsWith(".json"))
    .map((file) => relative(root, join(file.parentPath, file.name)))
    .sort()
    .map((name) => ({ name, vector: readVector<T>(name) }));
}
