/** Tests the collector of cosignatures: what it asks other operators, and which answers it keeps. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Collector } from "../../src/attest/collector.ts";
import type { RemoteWitness, WitnessAnswer } from "../../src/attest/ports.ts";
import { toHex } from "../../src/core/bytes.ts";
import type { Operator } from "../../src/core/directory.ts";
import { AppError, type ErrorCode } from "../../src/core/errors.ts";
import { cosign, cosignedAt, formatCheckpoint, parseCheckpoint } from "../../src/log/checkpoint.ts";
import { parseNote, signNote, type NoteSigner } from "../../src/log/note.ts";
import { parsePolicy, formatPolicy } from "../../src/log/policy.ts";
import { policyOf } from "../../src/log/policy-of.ts";
import { trustCheckpoint } from "../../src/log/trusted-checkpoint.ts";
import {
  formatCosignatureRequest,
  formatCosignatures,
  formatEvidence,
  parseCosignatureRequest,
} from "../../src/log/witness.ts";
import { TestClock } from "../support/clock.ts";
import { ModelChain } from "../support/chain/model-chain.ts";
import { operatorOf, seedsOf, signerFrom } from "../support/log/operators.ts";
import { cosignerOf } from "../support/log/signers.ts";
import { FINALITY, ORIGIN, RENEWAL, TestWitness, mineFinal } from "../support/stack/witnessing.ts";

const [OUR_ID, THEIR_ID] = [7, 8];

let chain: ModelChain;
let clock: TestClock;
let ours: TestWitness;
let theirs: TestWitness;
let operators: Operator[];
/** What the witness was asked. */
let asked: string[];
/** A scripted answer; undefined where the witness answers correctly. */
let scripted: ((request: string) => WitnessAnswer | Promise<WitnessAnswer>) | undefined;
let collector: Collector;

beforeEach(async () => {
  [clock, chain, asked, scripted] = [new TestClock(1_800_000_300), new ModelChain(FINALITY), [], undefined];
  operators = [operatorOf(seedsOf("ours"), OUR_ID), operatorOf(seedsOf("theirs"), THEIR_ID)];
  const shared = { chain, clock, operators: () => operators };
  ours = await TestWitness.open({ name: "ours", ...shared });
  theirs = await TestWitness.open({ name: "theirs", ...shared });
  collector = started();
  await grow();
});
afterEach(async () => {
  await ours[Symbol.asyncDispose]();
  await theirs[Symbol.asyncDispose]();
});

const witness: RemoteWitness = {
  name: "their service",
  addCheckpoint: async (request) => {
    asked.push(request);
    return (await scripted?.(request)) ?? (await theirs.answer(request));
  },
};

/** As after a start of the process. */
const started = (): Collector => ours.collector(witness);

async function grow(count = 5): Promise<void> {
  mineFinal(chain, { kind: "institution" }, { kind: "documents", count });
  await theirs.indexer.sync();
  await ours.sync();
}

const sizes = (): number[] => asked.map((request) => parseCosignatureRequest(request).checkpoint.size);
const newest = async (): Promise<string> => (await ours.checkpoints.latest())?.note ?? "";
const signers = async (): Promise<string[]> =>
  parseNote(await newest()).signatures.map(({ name }) => name.slice(ORIGIN.length));
/** When this operator and the other one cosigned the newest checkpoint. */
const times = async (): Promise<(number | undefined)[]> => {
  const note = parseNote(await newest());
  return [OUR_ID, THEIR_ID].map((id) => {
    const seeds = seedsOf(id === OUR_ID ? "ours" : "theirs");
    return cosignedAt(note, signerFrom(seeds, "witness", { origin: ORIGIN, id }).key);
  });
};
const BOTH = ["", `/witness/${OUR_ID}`, `/witness/${THEIR_ID}`];
const OWN = BOTH.slice(0, 2);

/** A step that ends with a fault; nothing is added to what is kept. */
async function fails(code: ErrorCode): Promise<void> {
  const before = await newest();
  await expect(collector.step()).rejects.toThrowCode(code);
  expect(await newest()).toBe(before);
}

describe("a checkpoint that another operator cosigned", () => {
  it("a cosigned checkpoint carries both signatures, and satisfies the directory's policy", async () => {
    await collector.step();
    expect(await signers()).toEqual(BOTH);
    const note = parseNote(await newest());
    const directory = {
      operators: operators.map((operator) => ({ ...operator, institution: operator.id })),
      institutions: [],
    };
    const [log, issued] = [parseCheckpoint(note.text), clock.now()];
    const policy = policyOf(directory, { log, issued, urls: new Map(), only: undefined });
    const reader = { policy: parsePolicy(formatPolicy(policy)), now: issued };
    const { cosigners } = trustCheckpoint(note, reader);
    expect(cosigners.map(({ witness: { name } }) => name)).toEqual([
      `operator-${OUR_ID}-1`,
      `operator-${THEIR_ID}-1`,
    ]);
  });

  it("each checkpoint is requested once, and the next one from its size on", async () => {
    for (let i = 0; i < 3; i++) await collector.step();
    const [first = 0] = sizes();
    await grow();
    await collector.step();
    expect(asked.map((request) => parseCosignatureRequest(request).old)).toEqual([0, first]);
    expect(await signers()).toEqual(BOTH);
  });

  it("receipts prefer a cosigned checkpoint to newer ones", async () => {
    await collector.step();
    const { size = 0, note } = (await ours.checkpoints.latest()) ?? {};
    await grow();
    const newer = await ours.checkpoints.latest();
    expect(await ours.checkpoints.covering(0)).toMatchObject({ size });
    expect((await ours.checkpoints.covering(0))?.note).toBe(note);
    expect(await ours.checkpoints.covering(size - 1)).toMatchObject({ size });
    expect(await ours.checkpoints.covering(size)).toEqual(newer);
    expect(await ours.checkpoints.covering(newer?.size ?? 0)).toBeUndefined();
    await collector.step();
    expect(await ours.checkpoints.covering(0)).toMatchObject({ size: newer?.size });
  });

  it("a cosigned checkpoint is requested again after a start, and has the newer time", async () => {
    await collector.step();
    clock.advance(100);
    collector = started();
    await collector.step();
    expect(asked.map((request) => parseCosignatureRequest(request).old)).toEqual([0, 0, sizes()[0]]);
    expect(await signers()).toEqual(BOTH);
    expect(await times()).toEqual([clock.now() - 100, clock.now()]);
  });

  it("a checkpoint without a cosignature when the process ended is requested at the next start", async () => {
    scripted = () => Promise.reject(new AppError("SERVER_UNREACHABLE", { detail: "away" }));
    await fails("SERVER_UNREACHABLE");
    scripted = undefined;
    collector = started();
    await collector.step();
    expect(await signers()).toEqual(BOTH);
  });
});

it("an answer that was lost is requested again, also after a start", async () => {
  scripted = async (request) => {
    await theirs.answer(request);
    throw new AppError("SERVER_UNREACHABLE", { detail: "the line was cut" });
  };
  await fails("SERVER_UNREACHABLE");
  scripted = undefined;
  collector = started();
  await collector.step();
  expect(await signers()).toEqual(BOTH);
});

describe("a witness that is unreachable", () => {
  it("an unreachable witness is asked less and less often, and cosigns the newest when it is back", async () => {
    scripted = () => Promise.reject(new AppError("SERVER_UNREACHABLE", { detail: "away" }));
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      await fails("SERVER_UNREACHABLE");
      waits.push(collector.wait);
      clock.advance(collector.wait / 1_000);
      expect(collector.wait).toBe(0);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    await grow();
    scripted = undefined;
    await collector.step();
    expect(await signers()).toEqual(BOTH);
    expect(collector.wait).toBe(0);
  });

  it("a slow witness delays no checkpoint", async () => {
    let give: (answer: WitnessAnswer) => void = () => undefined;
    scripted = () => new Promise((resolve) => (give = resolve));
    const step = collector.step();
    await grow();
    const { size } = parseCheckpoint(parseNote(await newest()).text);
    expect(await ours.checkpoints.covering(size - 1)).toMatchObject({ size });
    give({ kind: "later", after: undefined, detail: "slow" });
    await step;
    expect(collector.wait).toBe(1_000);
  });
});

describe("a witness that is behind", () => {
  it("a witness that lags is asked for the same checkpoint until it cosigns, and then for the next", async () => {
    chain.mine({ kind: "documents", count: 2 });
    for (let i = 0; i < FINALITY; i++) chain.mine();
    await ours.sync();
    await collector.step();
    expect(collector.wait).toBe(1_000);
    const first = (await ours.checkpoints.latest())?.size;
    await grow();
    const second = (await ours.checkpoints.latest())?.size;
    await grow();
    const third = (await ours.checkpoints.latest())?.size;
    for (let i = 0; i < 4; i++) await collector.step();
    expect(sizes()).toEqual([first, first, second, third]);
    expect(await signers()).toEqual(BOTH);
  });

  it("a witness that was away for long is asked for the newest alone", async () => {
    await collector.step();
    const [first] = sizes();
    for (let i = 0; i < 60; i++) chain.mine({ kind: "documents", count: 1 });
    mineFinal(chain);
    for (const { indexer } of [ours, theirs]) await indexer.sync();
    for (let size = 7; size <= 66; size++) await ours.publisher.sign(size);
    await collector.step();
    await collector.step();
    expect(sizes()).toEqual([first, 66]);
    expect(await signers()).toEqual(BOTH);
  });

  it("a witness that lags for long is logged every two minutes", async () => {
    scripted = () => ({ kind: "later", after: 1_000, detail: "behind" });
    for (let i = 0; i < 10; i++) {
      await collector.step();
      clock.advance(60);
    }
    expect(new Set(sizes()).size).toBe(1);
    const line = { level: 40, witness: "their service", size: sizes()[0], detail: "behind" };
    expect(ours.said("not cosigned for long")).toMatchObject(new Array(4).fill(line));
  });

  it("a witness is not asked again before the time it names, and within a minute in any case", async () => {
    scripted = () => ({ kind: "later", after: 86_400_000, detail: "busy" });
    await collector.step();
    expect(collector.wait).toBe(60_000);
  });
});

describe("a witness that has cosigned another size", () => {
  it("a witness that has cosigned another size is asked from that size on", async () => {
    await collector.step();
    const [size] = sizes();
    await grow();
    collector = started();
    await collector.step();
    expect(asked.slice(1).map((request) => parseCosignatureRequest(request).old)).toEqual([0, size]);
    expect(await signers()).toEqual(BOTH);
  });

  it("a conflict is refused where the witness names another size each time", async () => {
    scripted = () => ({ kind: "conflict", size: asked.length });
    await fails("WITNESS_REFUSED");
    expect(asked.length).toBe(2);
    clock.advance(60);
    scripted = undefined;
    await collector.step();
    expect(await signers()).toEqual(BOTH);
  });

  it("a conflict is refused where the contract stored no root at the size that the witness names", async () => {
    chain.mine({ kind: "documents", count: 2 });
    for (let i = 0; i < FINALITY; i++) chain.mine();
    await ours.indexer.sync();
    scripted = () => ({ kind: "conflict", size: 7 });
    await fails("WITNESS_REFUSED");
    expect(asked.length).toBe(1);
  });

  it("a larger size that is final here is signed here, and both have cosigned it", async () => {
    mineFinal(chain, { kind: "documents", count: 2 });
    await theirs.sync();
    await ours.indexer.sync();
    await collector.step();
    expect(sizes()).toEqual([6, 8]);
    expect((await ours.checkpoints.latest())?.size).toBe(8);
    expect(await signers()).toEqual(BOTH);
  });

  it("a larger size that is not final here is no fault: it is asked for again, and signed once it is final", async () => {
    mineFinal(chain, { kind: "documents", count: 2 });
    await theirs.sync();
    await collector.step();
    expect(collector.wait).toBe(1_000);
    expect(await signers()).toEqual(OWN);
    await ours.indexer.sync();
    await collector.step();
    expect((await ours.checkpoints.latest())?.size).toBe(8);
    expect(await signers()).toEqual(BOTH);
    expect(ours.said("not cosigned for long")).toEqual([]);
  });

  it("a witness that names a size beyond the log is asked less and less often, and that is logged", async () => {
    scripted = () => ({ kind: "conflict", size: 10 ** 9 });
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      await collector.step();
      waits.push(collector.wait);
      clock.advance(60);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    expect(ours.said("not cosigned for long")).toHaveLength(3);
    scripted = undefined;
    await collector.step();
    expect(await signers()).toEqual(BOTH);
  });
});

describe("a quiet log", () => {
  it("the newest checkpoint is cosigned again by both once its cosignatures are old, and not before", async () => {
    await collector.step();
    for (let i = 0; i < 3; i++) {
      const before = await newest();
      clock.advance(RENEWAL - 1);
      expect(await ours.publisher.step()).toBeUndefined();
      await collector.step();
      expect(await newest()).toBe(before);
      clock.advance(1);
      await ours.publisher.step();
      await collector.step();
      expect(await times()).toEqual([clock.now(), clock.now()]);
      expect(await signers()).toEqual(BOTH);
    }
    expect(await ours.checkpoints.sizes({ after: 0, limit: 10 })).toEqual([6]);
  });

  it("two operators that cosign each other's do so once for each interval, not once for each other's answer", async () => {
    const back: string[] = [];
    const other = theirs.collector({
      name: "our service",
      addCheckpoint: async (request) => {
        back.push(request);
        return await ours.answer(request);
      },
    });
    for (let second = 0; second < 4 * RENEWAL; second++) {
      for (const side of [ours, theirs]) await side.publisher.step();
      for (const each of [collector, other]) if (each.wait === 0) await each.step();
      clock.advance(1);
    }
    expect(asked.length + back.length).toBeLessThanOrEqual(2 * 5);
    for (const { checkpoints } of [ours, theirs]) {
      const note = parseNote((await checkpoints.latest())?.note ?? "");
      for (const { name, signature } of note.signatures)
        if (name !== ORIGIN)
          expect(Number(Buffer.from(signature).readBigUInt64BE())).toBeGreaterThanOrEqual(
            clock.now() - RENEWAL,
          );
    }
  });
});

describe("a witness outside of the directory", () => {
  const outside = cosignerOf("witness.example/w1");
  const lines = (request: string, signer: NoteSigner): string =>
    formatCosignatures([cosign(parseCosignatureRequest(request).note.text, signer, clock.now())]);

  it("its cosignature is verified by the key in the settings and kept, and does not count as an operator's", async () => {
    collector = ours.collector(witness, outside.key);
    scripted = (request) => ({ kind: "cosigned", lines: lines(request, outside) });
    await collector.step();
    const note = parseNote(await newest());
    expect(cosignedAt(note, outside.key)).toBe(clock.now());
    const { size = 0 } = (await ours.checkpoints.latest()) ?? {};
    await grow();
    expect(await ours.checkpoints.covering(size - 1)).toMatchObject({ size: size + 6 });
  });

  it.each<[string, NoteSigner, ErrorCode]>([
    ["another key", cosignerOf("witness.example/w2"), "NOT_ENOUGH_WITNESSES"],
    [
      "an operator's key",
      signerFrom(seedsOf("theirs"), "witness", { origin: ORIGIN, id: THEIR_ID }),
      "NOT_ENOUGH_WITNESSES",
    ],
    [
      "its name and id over another text",
      { ...outside, sign: () => outside.sign(Uint8Array.of(1)) },
      "SIGNATURE_INVALID",
    ],
  ])("an answer signed with %s is refused", async (_, signer, code) => {
    collector = ours.collector(witness, outside.key);
    scripted = (request) => ({ kind: "cosigned", lines: lines(request, signer) });
    await fails(code);
  });
});

describe("an answer that is not a cosignature", () => {
  const their = (purpose: "witness" | "log"): NoteSigner =>
    signerFrom(seedsOf("theirs"), purpose, { origin: ORIGIN, id: THEIR_ID });
  const own = signerFrom(seedsOf("ours"), "witness", { origin: ORIGIN, id: OUR_ID });
  const stranger = signerFrom(seedsOf("stranger"), "witness", { origin: ORIGIN, id: THEIR_ID });
  const textIn = (request: string): string => parseCosignatureRequest(request).note.text;
  const lines = (text: string, signer: NoteSigner, time = clock.now()): string =>
    formatCosignatures([cosign(text, signer, time)]);

  it.each<[string, ErrorCode, (text: string) => string]>([
    ["nothing", "NOTE_SYNTAX", () => ""],
    ["garbage", "NOTE_SYNTAX", () => "\u0000\u0001<html>"],
    [
      "a signature beneath another text",
      "NOTE_SYNTAX",
      (text) => `x\n\n${lines(`${text}\nx\n`, their("witness"))}`,
    ],
    ["a cosignature of our own key", "NOT_ENOUGH_WITNESSES", (text) => lines(text, own)],
    ["a cosignature of an unknown key", "NOT_ENOUGH_WITNESSES", (text) => lines(text, stranger)],
    [
      "a signature of the log key",
      "NOT_ENOUGH_WITNESSES",
      (text) => formatCosignatures([signNote(text, their("log"))]),
    ],
    [
      "a cosignature of another checkpoint",
      "SIGNATURE_INVALID",
      (text) => lines(text.replace(/\n\d+\n/, "\n1\n"), their("witness")),
    ],
    ["a cosignature without a time", "SIGNATURE_INVALID", (text) => lines(text, their("witness"), 0)],
    [
      "a cosignature of a future time",
      "SIGNATURE_INVALID",
      (text) => lines(text, their("witness"), clock.now() + 301),
    ],
  ])("an answer with %s is refused", async (_, code, make) => {
    scripted = (request) => ({ kind: "cosigned", lines: make(textIn(request)) });
    await fails(code);
    expect(await signers()).toEqual(OWN);
    expect(collector.wait).toBe(1_000);
    scripted = undefined;
    await collector.step();
    expect(await signers()).toEqual(BOTH);
  });

  it.each<[string, object]>([
    ["retired", { until: 1 }],
    ["reported", { compromise: { since: 1, entry: 1 } }],
  ])("an answer with a cosignature of a key that is %s is refused", async (_, change) => {
    const [first, second] = operators as [Operator, Operator];
    scripted = (request) => ({ kind: "cosigned", lines: lines(textIn(request), their("witness")) });
    operators = [first, { ...second, keys: second.keys.map((key) => ({ ...key, ...change })) }];
    await fails("NOT_ENOUGH_WITNESSES");
  });

  it("signatures by unknown keys in an answer are not stored", async () => {
    scripted = (request) => {
      const text = textIn(request);
      return {
        kind: "cosigned",
        lines: lines(text, stranger) + lines(text, their("witness")) + lines(text, own),
      };
    };
    await collector.step();
    expect(await signers()).toEqual(BOTH);
  });

  it("a refusal is reported as WITNESS_REFUSED", async () => {
    scripted = () => ({ kind: "refused", detail: "HTTP 403", split: undefined });
    await fails("WITNESS_REFUSED");
  });
});

describe("a witness with another tree", () => {
  let otherChain: ModelChain;
  let another: TestWitness;
  beforeEach(async () => {
    otherChain = new ModelChain(FINALITY);
    mineFinal(otherChain, { kind: "documents", count: await ours.log.size() });
    another = await TestWitness.open({
      name: "theirs",
      chain: otherChain,
      clock,
      operators: () => operators,
    });
    await another.sync();
  });
  afterEach(async () => await another[Symbol.asyncDispose]());

  /** As it answers, with what it shows changed. */
  const showing =
    (change: (split: Record<string, unknown>) => unknown) =>
    async (request: string): Promise<WitnessAnswer> => {
      const answer = await another.answer(request);
      if (answer.kind !== "refused") return answer;
      return { ...answer, split: change(answer.split as Record<string, unknown>) };
    };

  it("a split view is reported on both sides with both roots, and nothing is cosigned", async () => {
    scripted = showing((split) => split);
    for (let i = 0; i < 2; i++) await fails("WITNESS_REFUSED");
    const [seen, ...more] = await ours.splitStore.newest(10);
    const [mirrored] = await another.splitStore.newest(10);
    expect([more, ours.splitsSeen]).toEqual([[], 2]);
    for (const side of [ours, another]) expect(side.said("split view")).toHaveLength(1);
    expect(seen).toMatchObject({ size: mirrored?.size, root: mirrored?.ownRoot, ownRoot: mirrored?.root });
    const { text, signatures } = parseNote((await another.checkpoints.latest())?.note ?? "");
    expect(parseNote(seen?.note ?? "")).toEqual({ text, signatures: signatures.slice(0, 1) });
    expect(ours.lines).toContainEqual(
      expect.objectContaining({
        msg: "split view",
        origin: ORIGIN,
        root: toHex(seen?.root ?? new Uint8Array()),
        ownRoot: toHex(seen?.ownRoot ?? new Uint8Array()),
      }),
    );
    expect(await signers()).toEqual(OWN);
  });

  it.each<[string, ErrorCode, (split: Record<string, unknown>) => unknown]>([
    ["has no evidence", "NOTE_SYNTAX", () => ({})],
    [
      "has another root than was signed",
      "PROOF_INVALID",
      (split) => ({ ...split, root: `${"A".repeat(43)}=` }),
    ],
    [
      "is not signed",
      "WITNESS_REFUSED",
      (split) => ({ ...split, view: String(split["view"]).replace(new RegExp(`— ${ORIGIN} .*\n`), "") }),
    ],
    [
      "has an invalid signature",
      "SIGNATURE_INVALID",
      (split) => ({ ...split, view: broken(String(split["view"])) }),
    ],
  ])("a claim of a split view that %s is refused", async (_, code, change) => {
    scripted = showing(change);
    await fails(code);
    expect(await ours.splitStore.newest(10)).toEqual([]);
  });

  it("evidence of the same tree is not reported as a split view", async () => {
    const { size = 0, root = new Uint8Array(), note = "" } = (await theirs.publisher.step()) ?? {};
    const split = formatEvidence({ root, view: { old: size, proof: [], note: parseNote(note) } });
    scripted = () => ({ kind: "refused", detail: "SPLIT_VIEW", split });
    await fails("WITNESS_REFUSED");
    expect(await ours.splitStore.newest(10)).toEqual([]);
  });

  it("evidence about the empty tree, or a size that is not final here, is not reported as a split view", async () => {
    const { size = 0, note = "" } = (await theirs.publisher.step()) ?? {};
    const signed = parseNote(note);
    const root = new Uint8Array(32).fill(1);
    const larger = formatCheckpoint({ origin: ORIGIN, size: size + 9, root });
    const signer = signerFrom(seedsOf("theirs"), "log", { origin: ORIGIN, id: THEIR_ID });
    const beyond = { text: larger, signatures: [signNote(larger, signer)] };
    for (const view of [
      { old: 0, proof: [], note: signed },
      { old: size + 9, proof: [], note: beyond },
    ]) {
      scripted = () => ({ kind: "refused", detail: "SPLIT_VIEW", split: formatEvidence({ root, view }) });
      await fails("WITNESS_REFUSED");
    }
    expect(ours.splitsSeen).toBe(0);
  });

  it("evidence of another log, or signed by another key, is not reported as a split view", async () => {
    const size = (await ours.log.size()) + 1;
    const root = new Uint8Array(32).fill(1);
    const shown = (origin: string, signer: NoteSigner): unknown => {
      const text = formatCheckpoint({ origin, size: size - 1, root });
      return formatEvidence({
        root,
        view: { old: size - 1, proof: [], note: { text, signatures: [signNote(text, signer)] } },
      });
    };
    const other = ORIGIN.replace("0a", "0b");
    for (const split of [
      shown(other, signerFrom(seedsOf("theirs"), "log", { origin: other, id: THEIR_ID })),
      shown(ORIGIN, signerFrom(seedsOf("stranger"), "log", { origin: ORIGIN, id: THEIR_ID })),
      shown(ORIGIN, signerFrom(seedsOf("ours"), "log", { origin: ORIGIN, id: OUR_ID })),
    ]) {
      scripted = () => ({ kind: "refused", detail: "SPLIT_VIEW", split });
      await fails("WITNESS_REFUSED");
    }
    expect(ours.splitsSeen).toBe(0);
  });
});

/** With a bit of the log's signature changed. */
function broken(request: string): string {
  const { old, proof, note } = parseCosignatureRequest(request);
  const signatures = note.signatures.map((each) =>
    each.name === ORIGIN
      ? { ...each, signature: each.signature.with(9, (each.signature[9] ?? 0) ^ 1) }
      : each,
  );
  return formatCosignatureRequest({ old, proof, note: { ...note, signatures } });
}

it("a witness is not asked while there is no checkpoint to cosign", async () => {
  await ours.db.deleteFrom("checkpoint").execute();
  await collector.step();
  expect(asked).toEqual([]);
});
