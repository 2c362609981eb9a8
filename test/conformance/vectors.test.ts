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
/** The output of `npm run vectors`; the other folders are from elsewhere, or kept. */
const made = allVectors();
const FORMATS = [...new Set([...made.values()].map(({ format }) => format))];
const all = FORMATS.flatMap((format) => readVectors<Vector>(format));
const kept = readVectors<Vector>("kept");

describe("the vectors", () => {
  it("the vectors are those that npm run vectors makes", () => {
    const texts = new Map(all.map(({ name }) => [name, readFileSync(join(FOLDER, name), "utf8")]));
    expect([...texts.keys()].sort()).toEqual([...made.keys()].sort());
    for (const [name, vector] of made) expect([name, texts.get(name)]).toEqual([name, fileOf(vector)]);
  });

  it("every format has vectors that verify and vectors that are refused", () => {
    for (const format of FORMATS) {
      const outcomes = all
        .filter(({ vector }) => vector.format === format)
        .map(({ vector }) => vector.expect);
      expect([format, outcomes.some((expected) => "ok" in expected)]).toEqual([format, true]);
      expect([format, outcomes.some((expected) => "code" in expected)]).toEqual([format, true]);
    }
  });

  it("every vector has a description, and is in the folder of its format", () => {
    for (const { name, vector } of [...all, ...kept])
      expect([name, vector.description.length > 0]).toEqual([name, true]);
    const folders = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).sort()).toEqual([...FORMATS, "hufu", "kept", "rfc6962"].sort());
  });
});

describe.each<[string, () => Promise<(vector: Vector) => Outcome>]>([
  ["in Node", () => Promise.resolve(judge)],
  ["bundled for a browser, with the globals of a page", judgeInBrowser],
])("TypeScript %s", (_, load) => {
  let judged: (vector: Vector) => Outcome;
  beforeAll(async () => void (judged = await load()));

  it.each(FORMATS)("the implementation agrees with every vector of the format %s", (format) => {
    const ours = all.filter(({ vector }) => vector.format === format);
    for (const { name, vector } of ours) expect([name, judged(vector)]).toEqual([name, vector.expect]);
  });

  it("every receipt that was ever issued verifies with the same answer", () => {
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

  it("the contract agrees with every vector of an inclusion proof", async () => {
    for (const { name, vector } of of("inclusion")) {
      const { root, ...claim } = vector.input as unknown as Claim & { root: string };
      const isEncodable = claim.proof.every((hash) => hash.length === 64) && claim.index >= 0;
      const isInteger = [claim.index, claim.size].every((number) => Number.isSafeInteger(number));
      if (!isEncodable || !isInteger || "leaf" in claim) continue; // cannot be passed to the contract
      await contract.setRoot(claim.size, root);
      expect([name, await contract.includes(claim)]).toEqual([name, "ok" in vector.expect]);
    }
  });

  it("the contract agrees with every vector of an entry on its leaf, and refuses other lengths", async () => {
    for (const { name, vector } of of("entry")) {
      const entry = String(vector.input["entry"]);
      await contract.setRoot(1, toHex(leafByDefinition(fromHex(entry))));
      const holds = await contract.includes({ entry, index: 0, size: 1, proof: [] });
      expect([name, holds]).toEqual([name, entry.length === 160]);
      if ("code" in vector.expect) continue;
      await contract.setRoot(1, (vector.expect.ok as { leaf: string }).leaf);
      expect([name, await contract.includes({ entry, index: 0, size: 1, proof: [] })]).toEqual([name, true]);
    }
  });

  it("the contract records the registration, the document and the revocation of the vectors byte for byte", async () => {
    const document = readVector<Vector>("entry/a-document.json");
    const { payload, validUntil } = (document.expect as { ok: { payload: string; validUntil: number } }).ok;
    await contract.record(payload, validUntil);
    const indexes: unknown[] = [];
    for (const name of ["registration/an-institution-that-issues", "entry/a-document", "entry/a-revocation"])
      indexes.push(await contract.indexOf(String(readVector<Vector>(`${name}.json`).input["entry"])));
    expect(indexes).toEqual([4, 8, 9]);
    expect(await contract.indexOf(String(readVector<Vector>("entry/a-suspension.json").input["entry"]))).toBe(
      undefined,
    );
  });
});
