/** Takes each rule of what an answer establishes out of a copy of the project, and checks that the tests of the rules fail. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Copy, type Change } from "../support/mutants.ts";

const PARTS = ["package.json", "package-lock.json", "tsconfig.json", "scripts", "src", "test"];
const test = (name: string): string => `test/${name}.test.ts`;
const ONE = ["sdk/verify/rules", "sdk/verify/trust"].map(test);
const TWO = ["sdk/verify/two-operators"].map(test);
const KEPT = ["cli/kept-answers"].map(test);

/** By file of `sdk/verify`: the code of a rule, which occurs there once, and what takes its place. */
const RULES: Readonly<Record<string, readonly (readonly [code: string, instead: string])[]>> = {
  "documents.ts": [
    ["asked.algorithm === algorithm &&", "true &&"],
    ["asked.blinded === blinded &&", "true &&"],
    ["equalBytes(asked.bytes, payload) &&", "true &&"],
    [`|| kind !== "document"`, ""],
    ["if (!isAsked ||", "if (false ||"],
    ["requireAsked(proven, { payloads, origin });", ""],
    ["entry.institution === answered.institution.id &&", "true &&"],
    ["formatTime(entry.recordedAt) === answered.recordedAt &&", "true &&"],
    ["(entry.validUntil === 0 ? null : formatTime(entry.validUntil)) === answered.validUntil", "true"],
    ["facts.type === type && facts.institution === institution", "facts.type === type"],
    ['facts.type === "scene-defined" && facts.scene === entry.scene', 'facts.type === "scene-defined"'],
    ["if (!entry.governedAdmin || view === undefined) return {};", "if (view === undefined) return {};"],
    ["if (note !== undefined) requireClaimed(documents, note, answer);", ""],
    ["|| claim.verdict !== verdict", ""],
    ["claimed.institution !== institution ||", ""],
    ["|| !equalBytes(claimed.leaf, leaf)", ""],
    ["new Set([...listed, ...claimOf(note)].map", "new Set([...listed].map"],
    ["if (change?.document === document) return", "if (change !== undefined) return"],
    ["entry.institution === 0 || entry.institution === document.institution", "true"],
    ["|| index <= document.index", ""],
    ["change.document === document.index ? [{ index, entry, change }] : []", "[{ index, entry, change }]"],
    ["change.reason === answered.reason &&", "true &&"],
    ["change.successor === answered.successor &&", "true &&"],
    ["change.institution === answered.institution &&", "true &&"],
    ["change.recordedAt === answered.recordedAt;", "true;"],
  ],
  "established.ts": [
    [`trust === "policy" && `, ""],
    [` && expected !== "any" && FINAL`, " && FINAL"],
    [" && FINAL.includes(verdict)", ""],
    [`if (rests === "operator" && note === undefined) throw`, "if (false) throw"],
    ["const chosen = documents.filter(isOf(expected));", "const chosen = documents;"],
    ["({ entry }) => entry.institution === expected", "() => true"],
    ["officialKey(officialId) === officialKey(expected)", "true"],
    ["if (chosen.length > 0)", "if (false)"],
    [" && answer.decidedIn === undefined", ""],
    ["requireGravest(verdict, own);", ""],
    ["said < 0 ? GRAVEST : GRAVEST.slice(0, said)", "said < 0 ? GRAVEST : []"],
    ["if (own.some(({ index }) => index > decided.index)) throw", "if (false) throw"],
    ["if (withdrawal?.action !== action)", "if (withdrawal === undefined)"],
    ["facts?.institution !== institution", "facts === undefined"],
    [`&& facts.state !== "active"`, ""],
    ["facts.key !== recordedBy ||", ""],
    ["|| facts.since > recordedAt", ""],
    ["validUntil !== 0 && time >= validUntil", "false"],
  ],
  "online.ts": [
    ["requireFresh(answer, proof, reader);", ""],
    ["ACTION_OF[verdict] !== undefined ||", ""],
    [
      "file && (await verifiedNote(file, known, reader))",
      'file && ({ ...file, ...(await import("../../log/answer.ts")).parseAnswer(file.note.text), signers: [] })',
    ],
    ["believed: known,", ""],
    [`if (expected === "any" && countOf(documents) > 1)`, "if (false)"],
    [`if (evidenced.note === undefined) throw`, "if (false) throw"],
  ],
  "answer-proof.ts": [
    [
      'import { JsonReader, verifyEntry, type ProvenEntry } from "../../log/proven-entry.ts";',
      'import { decodeEntry } from "../../core/entry.ts";\nimport { JsonReader, type ProvenEntry } from "../../log/proven-entry.ts";\nconst verifyEntry = ({ entry }: ProvenEntry, _: unknown) => decodeEntry(entry);',
    ],
    ["if (!isEventOf(proven.event, entry))", "if (false)"],
    [
      "await trust.believe(parseNote(proof.checkpoint))",
      '(await import("../../log/trusted-checkpoint.ts")).trustCheckpoint(parseNote(proof.checkpoint), { policy: trust.policy, now: 0 })',
    ],
  ],
  "trust.ts": [
    ["if (!known) throw", "if (false) throw"],
    ["if (newest !== undefined && !isSame(newest, checkpoint))", "if (false)"],
    [`if (this.kind !== "pin") return false;`, ""],
    ["if (held !== undefined) await proveKey", "if (false) await proveKey"],
    ["if (operator === undefined) throw", "if (false) throw"],
    ["this.#policy = narrowed(fresh, before);", "this.#policy = this.#policy;"],
    ["trustCheckpoint(note, { policy, now: now() });", ""],
  ],
  "operator-keys.ts": [
    [`if (kind === "directory" && isAdded) return institution;`, "return institution;"],
    [
      'import { verifyEntry } from "../../log/proven-entry.ts";',
      'import { decodeEntry } from "../../core/entry.ts";\nconst verifyEntry = ({ entry }: { entry: Uint8Array }, _: unknown) => decodeEntry(entry);',
    ],
  ],
  "tiles.ts": [
    ["verifyConsistency({ ...sizes, proof, firstRoot: first.root, secondRoot: second.root });", ""],
  ],
  "agreement.ts": [
    ["return meaningOf(a.answer) === meaningOf(b.answer);", "return true;"],
    [`const isProven = newer.answer.restsOn === "proof";`, "const isProven = true;"],
    ["proven ?? missing ?? {", "results[0] ?? missing ?? {"],
    [
      `answer.verdict === "pending" || entriesOf(answer).some((index) => index >= size)`,
      "entriesOf(answer).length < 0 && size < 0",
    ],
  ],
  "two-operators.ts": [
    ["if (trusts[0].origin !== trusts[1].origin) throw", "if (false) throw"],
    ["institutions[0] !== undefined && institutions[0] === institutions[1]", "false"],
  ],
  "kept-answer.ts": [
    ["if (convictions.length === 0)", "if (convictions.length >= 0)"],
    [
      "const answer = verifyAnswer({ ...file, keys: tree.statusKeys, origin, now, maxLag: Infinity });",
      "const answer = { ...parseAnswer(file.note.text), ...file, signers: [] as string[] };\n  void [verifyAnswer, now];",
    ],
  ],
};

/** The tests that show the rules of these files; those of all others are shown by {@link ONE}. */
const SHOWN_BY: Readonly<Record<string, readonly string[]>> = {
  "agreement.ts": TWO,
  "two-operators.ts": TWO,
  "kept-answer.ts": KEPT,
};

const all = Object.entries(RULES).flatMap(([file, rules]) =>
  rules.map(([code, instead]) => ({
    change: [`sdk/verify/${file}`, code, instead] satisfies Change,
    tests: SHOWN_BY[file] ?? ONE,
  })),
);

let copy: Copy;
beforeAll(() => void (copy = new Copy(PARTS)));
afterAll(() => copy[Symbol.dispose]());

/** Whether the tests fail in the copy. */
async function fails(tests: readonly string[]): Promise<boolean> {
  const vitest = join(copy.folder, "node_modules/vitest/vitest.mjs");
  const args = [vitest, "run", "--config", "scripts/config/vitest.config.ts", "--bail", "1", ...tests];
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST")));
  return await new Promise((resolve) =>
    execFile(
      process.execPath,
      args,
      { cwd: copy.folder, env, timeout: 300_000, maxBuffer: 2 ** 26 },
      (error) => resolve(error !== null),
    ),
  );
}

it("the tests of the rules pass in the unchanged copy", async () => {
  expect(await fails([...ONE, ...TWO, ...KEPT])).toBe(false);
}, 600_000);

it(`none of ${all.length} rules of an answer can be removed unnoticed`, async () => {
  const survivors: string[] = [];
  for (const { change, tests } of all) {
    const isNoticed = await copy.changed([change], () => fails(tests));
    if (!isNoticed) survivors.push(`${change[0]}: ${change[1]}`);
  }
  process.stdout.write(`${JSON.stringify({ rules: all.length, survivors: survivors.length })}\n`);
  expect(survivors).toEqual([]);
}, 3_600_000);
