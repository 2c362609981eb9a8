import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { allVectors, fileOf } from "../../scripts/vectors/all.ts";
import { fromHex, toHex } from "../../src/core/bytes.ts";
import { leafByDefinition } from "../support/log/tree.ts";
import { readVector, readVectors } from "../support/log/vectors.ts";
import { judgeInBrowser } from "./bundle.ts";
import { Contract, type Claim } from "./contract.ts";
import { judge, type Format, type Outcome, type Vector } from "./judge.ts";

const FOLDER = join(import.meta.dirname, "../vectors");
/** What `npm run vectors` makes; the other folders are of others, or kept. */
const made = allVectors();
const FORMATS = [...new Set([...made.values()].map(({ format }) => format))];
const all = FORMATS.flatMap((format) => readVectors<Vector>(format));
const kept = readVectors<Vector>("kept");

describe("the vectors", () => {
  it("are those that npm run vectors makes", () => {
    const texts = new Map(all.map(({ name }) => [name, readFileSync(join(FOLDER, name), "utf8")]));
    expect([...texts.keys()].sort()).toEqual([...made.keys()].sort());
    for (const [name, vector] of made) expect([name, texts.get(name)]).toEqual([name, fileOf(vector)]);
  });

  it("show of each format what holds and what does not", () => {
    for (const format of FORMATS) {
      const outcomes = all
        .filter(({ vector }) => vector.format === format)
        .map(({ vector }) => vector.expect);
      expect([format, outcomes.some((expected) => "ok" in expected)]).toEqual([format, true]);
      expect([format, outcomes.some((expected) => "code" in expected)]).toEqual([format, true]);
    }
  });

  it("are described in words of their own, each in the folder of its format", () => {
    for (const { name, vector } of [...all, ...kept])
      expect([name, vector.description.length > 0]).toEqual([name, true]);
    const folders = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).sort()).toEqual([...FORMATS, "hufu", "kept", "rfc6962"].sort());
  });
});

describe.each<[string, () => Promise<(vector: Vector) => Outcome>]>([
  ["in Node", () => Promise.resolve(judge)],
  ["bundled for a browser, with what a page has", judgeInBrowser],
])("TypeScript %s", (_, load) => {
  let judged: (vector: Vector) => Outcome;
  beforeAll(async () => void (judged = await load()));

  it.each(FORMATS)("agrees with every vector of the format %s", (format) => {
    const ours = all.filter(({ vector }) => vector.format === format);
    for (const { name, vector } of ours) expect([name, judged(vector)]).toEqual([name, vector.expect]);
  });

  it("verifies every receipt that was ever issued, with the same answer", () => {
    expect(kept.length).toBeGreaterThan(3);
    for (const { name, vector } of kept) {
      expect([name, judged(vector)]).toEqual([name, vector.expect]);
      expect([name, Object.keys(vector.expect)]).toEqual([name, ["ok"]]);
    }
  });
});

describe("the contract", () => {
  let contract: Contract;
  beforeEach(async () => void (contract = await Contract.create()));
  afterEach(async () => await contract[Symbol.asyncDispose]());
  const of = (format: Format) => all.filter(({ vector }) => vector.format === format);

  it("agrees with every vector of an inclusion proof", async () => {
    for (const { name, vector } of of("inclusion")) {
      const { root, ...claim } = vector.input as unknown as Claim & { root: string };
      const carried = claim.proof.every((hash) => hash.length === 64) && claim.index >= 0;
      const whole = [claim.index, claim.size].every((number) => Number.isSafeInteger(number));
      if (!carried || !whole || "leaf" in claim) continue; // no call of the contract can say such a thing
      await contract.plant(claim.size, root);
      expect([name, await contract.includes(claim)]).toEqual([name, "ok" in vector.expect]);
    }
  });

  it("agrees with every vector of an entry on its leaf, and takes nothing of another length", async () => {
    for (const { name, vector } of of("entry")) {
      const entry = String(vector.input["entry"]);
      await contract.plant(1, toHex(leafByDefinition(fromHex(entry))));
      const holds = await contract.includes({ entry, index: 0, size: 1, proof: [] });
      expect([name, holds]).toEqual([name, entry.length === 160]);
      if ("code" in vector.expect) continue;
      await contract.plant(1, (vector.expect.ok as { leaf: string }).leaf);
      expect([name, await contract.includes({ entry, index: 0, size: 1, proof: [] })]).toEqual([name, true]);
    }
  });

  it("records the registration, the document and the revocation of the vectors byte for byte", async () => {
    const document = readVector<Vector>("entry/a-document.json");
    const { payload, validUntil } = (document.expect as { ok: { payload: string; validUntil: number } }).ok;
    await contract.record(payload, validUntil);
    const places: unknown[] = [];
    for (const name of ["registration/an-institution-that-issues", "entry/a-document", "entry/a-revocation"])
      places.push(await contract.placeOf(String(readVector<Vector>(`${name}.json`).input["entry"])));
    expect(places).toEqual([4, 7, 8]);
    expect(await contract.placeOf(String(readVector<Vector>("entry/a-suspension.json").input["entry"]))).toBe(
      undefined,
    );
  });
});
