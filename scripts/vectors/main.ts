/** Writes the generated vectors below test/vectors; vectors of other projects and fixed ones are not changed. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { allVectors, fileOf } from "./all.ts";

const FOLDER = join(import.meta.dirname, "../../test/vectors");
const vectors = allVectors();
const formats = new Set([...vectors.keys()].map(dirname));
for (const format of formats) rmSync(join(FOLDER, format), { recursive: true, force: true });
for (const [path, vector] of vectors) {
  mkdirSync(join(FOLDER, dirname(path)), { recursive: true });
  writeFileSync(join(FOLDER, path), fileOf(vector));
}
console.log(`${vectors.size} vectors of ${formats.size} formats`);
