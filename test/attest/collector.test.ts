/** Tests the collector of cosignatures: what it asks other operators, and which answers it keeps. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Collector } from "../../src/attest/collector.ts";
import type { RemoteWitness, WitnessAnswer } from "../../src/attest/ports.ts";
import { toHex } from "../../src/core/bytes.ts";
import type { Operator } from "../../src/core/directory.ts";
import { AppError, isAppError, type ErrorCode } from "../../src/core/errors.ts";
import { cosign, formatCheckpoint, parseCheckpoint } from "../../src/log/checkpoint.ts";
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
import { FINALITY, ORIGIN, TestWitness, mineFinal } from "../support/stack/witnessing.ts";

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
  [clock, chain, asked, scripted] = [new TestClock(), new ModelChain(FINALITY), [], undefined];
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
    return (await scripted?.(request)) ?? (await answered(request));
  },
};

/** What the other operator's service would answer. */
async function answered(request: string): Promise<WitnessAnswer> {
  try {
    return { kind: "cosigned", lines: await theirs.witness.cosign(request) };
  } catch (error) {
    if (!isAppError(error)) throw error;
    const { code, fields } = error;
    if (code === "CHECKPOINT_CONFLICT") return { kind: "conflict", size: fields["size"] as number };
    if (error.spec.status === 503) return { kind: "later", after: 1_000, detail: code };
    return { kind: "refused", detail: code, split: fields["split"] };
  }
}

/** As after a start of the process. */
function started(): Collector {
  const { seeds, checkpoints: store, log, splits, logger } = ours;
  return new Collector({ witness, seeds, origin: ORIGIN, store, log, chain, splits, clock, logger });
}

async function grow(count = 5): Promise<void> {
  mineFinal(chain, { kind: "institution" }, { kind: "documents", count });
  await theirs.sync();
  await ours.sync();
}

const sizes = (): number[] => asked.map((request) => parseCosignatureRequest(request).checkpoint.size);
const newest = async (): Promise<string> => (await ours.checkpoints.latest())?.note ?? "";
const signers = async (): Promise<string[]> =>
  parseNote(await newest()).signatures.map(({ name }) => name.slice(ORIGIN.length));
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

  it("a cosigned checkpoint is requested again after a start, and is unchanged", async () => {
    await collector.step();
    const before = await newest();
    clock.advance(100);
    collector = started();
    await collector.step();
    expect(asked.map((request) => parseCosignatureRequest(request).old)).toEqual([0, 0, sizes()[0]]);
    expect(await newest()).toBe(before);
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
    await answered(request);
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
  it("a witness that lags is asked for the same checkpoint until it cosigns, and then for the newest", async () => {
    chain.mine({ kind: "documents", count: 2 });
    for (let i = 0; i < FINALITY; i++) chain.mine();
    await ours.sync();
    await collector.step();
    expect(collector.wait).toBe(1_000);
    const first = (await ours.checkpoints.latest())?.size;
    await grow();
    const second = (await ours.checkpoints.latest())?.size;
    await collector.step();
    await collector.step();
    expect(sizes()).toEqual([first, first, second]);
    expect(await signers()).toEqual(BOTH);
  });

  it("a witness that lags for long is logged, and not each time", async () => {
    scripted = () => ({ kind: "later", after: 1_000, detail: "behind" });
    for (let i = 0; i < 10; i++) {
      await collector.step();
      clock.advance(60);
    }
    expect(new Set(sizes()).size).toBe(1);
    expect(ours.said("not cosigned for long")).toMatchObject([
      { level: 40, witness: "their service", size: sizes()[0], detail: "behind" },
    ]);
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

  it.each([
    ["a size that is larger than all here", () => 10 ** 9, 1],
    ["another size each time", () => asked.length, 2],
  ])("a conflict is refused where the witness names %s", async (_, size, times) => {
    scripted = () => ({ kind: "conflict", size: size() });
    await fails("WITNESS_REFUSED");
    expect(asked.length).toBe(times);
    clock.advance(60);
    scripted = undefined;
    await collector.step();
    expect(await signers()).toEqual(BOTH);
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
    mineFinal(otherChain, { kind: "documents", count: 40 });
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
      const fault: unknown = await another.witness.cosign(request).catch((error: unknown) => error);
      if (!isAppError(fault, "SPLIT_VIEW")) throw new RangeError("no split");
      return {
        kind: "refused",
        detail: "SPLIT_VIEW",
        split: change(fault.fields["split"] as Record<string, unknown>),
      };
    };

  it("a split view is reported on both sides with both roots, and nothing is cosigned", async () => {
    scripted = showing((split) => split);
    for (let i = 0; i < 2; i++) await fails("WITNESS_REFUSED");
    const [seen, ...more] = await ours.splitStore.newest(10);
    const [mirrored] = await another.splitStore.newest(10);
    expect([more, ours.splitsSeen, another.splitsSeen]).toEqual([[], 1, 1]);
    expect(seen).toMatchObject({ size: mirrored?.size, root: mirrored?.ownRoot, ownRoot: mirrored?.root });
    expect(seen?.note).toBe((await another.checkpoints.latest())?.note);
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
    const { size = 0, root = new Uint8Array(), note = "" } = (await theirs.checkpoints.latest()) ?? {};
    const split = formatEvidence({ root, view: { old: size, proof: [], note: parseNote(note) } });
    scripted = () => ({ kind: "refused", detail: "SPLIT_VIEW", split });
    await fails("WITNESS_REFUSED");
    expect(await ours.splitStore.newest(10)).toEqual([]);
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
