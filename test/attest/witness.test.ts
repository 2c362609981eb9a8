/** Tests the witness: which checkpoints of other operators it cosigns. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { identityOf } from "../../src/attest/identity.ts";
import { extensionProof } from "../../src/attest/tree.ts";
import { toHex } from "../../src/core/bytes.ts";
import type { Operator } from "../../src/core/directory.ts";
import { isAppError, type ErrorCode } from "../../src/core/errors.ts";
import type { Hash, TreeSize } from "../../src/core/units.ts";
import { cosign, cosignedAt, formatCheckpoint } from "../../src/log/checkpoint.ts";
import { EMPTY_ROOT } from "../../src/log/hash.ts";
import {
  formatVerifierKey,
  parseNote,
  signNote,
  verifyNote,
  type NoteSignature,
  type NoteSigner,
} from "../../src/log/note.ts";
import { foldSubtrees, frontierOf } from "../../src/log/tree.ts";
import {
  formatCosignatureRequest,
  formatCosignatures,
  parseCosignatureRequest,
  parseCosignatures,
  parseEvidence,
  verifyExtension,
} from "../../src/log/witness.ts";
import { TestClock } from "../support/clock.ts";
import { ModelChain } from "../support/chain/model-chain.ts";
import { cosignerOf, signerOf } from "../support/log/signers.ts";
import { operatorOf, seedsOf, signerFrom } from "../support/log/operators.ts";
import { FINALITY, ORIGIN, TestWitness, mineFinal } from "../support/stack/witnessing.ts";

const OTHERS = seedsOf("theirs");
const [OUR_ID, THEIR_ID] = [7, 8];
const theirLog = signerFrom(OTHERS, "log", { origin: ORIGIN, id: THEIR_ID });
const theirWitness = signerFrom(OTHERS, "witness", { origin: ORIGIN, id: THEIR_ID });

let chain: ModelChain;
let clock: TestClock;
let ours: TestWitness;
let operators: Operator[];

beforeEach(async () => {
  [clock, chain] = [new TestClock(1_800_000_300), new ModelChain(FINALITY)];
  operators = [operatorOf(seedsOf("ours"), OUR_ID), operatorOf(OTHERS, THEIR_ID)];
  ours = await TestWitness.open({ name: "ours", chain, clock, operators: () => operators });
  mineFinal(chain, { kind: "institution" }, { kind: "documents", count: 6 });
  await ours.indexer.sync();
});
afterEach(async () => await ours[Symbol.asyncDispose]());

async function grow(count = 5): Promise<void> {
  mineFinal(chain, { kind: "documents", count });
  await ours.indexer.sync();
}

async function head(): Promise<{ size: TreeSize; root: Hash }> {
  const size = await ours.log.size();
  return { size, root: (await chain.rootAt(size)) ?? new Uint8Array() };
}

/** A request for the newest size, with a right proof from `old`; changed as said. */
async function request(
  old: TreeSize,
  change: { size?: TreeSize; root?: Hash; proof?: Hash[]; origin?: string; signers?: NoteSigner[] } = {},
): Promise<string> {
  const { origin = ORIGIN, signers = [theirLog], ...rest } = change;
  const tree = { ...(await head()), ...rest };
  const text = formatCheckpoint({ origin, ...tree });
  const proof =
    change.proof ??
    (old > tree.size ? [] : await extensionProof(ours.log, { first: old, second: tree.size }));
  return formatCosignatureRequest({
    old,
    proof,
    note: { text, signatures: signers.map((signer) => signNote(text, signer)) },
  });
}

/** When the answer says that this checkpoint was cosigned, by the operator's own key. */
function timeOf(lines: string, asked: string): number | undefined {
  const { text } = parseNote(asked.slice(asked.indexOf("\n\n") + 2));
  const identity = identityOf(ours.seeds, { operators, origin: ORIGIN, now: clock.now() });
  if (identity === undefined) throw new RangeError("no operator has these keys");
  return cosignedAt(parseCosignatures(lines, text), identity.signers.witness.key);
}

async function cosigned(asked: string): Promise<void> {
  expect(timeOf(await ours.witness.cosign(asked), asked)).toBe(clock.now());
}

async function refused(asked: string, code: ErrorCode): Promise<void> {
  await expect(ours.witness.cosign(asked)).rejects.toThrowCode(code);
}

describe("a witness cosigns", () => {
  it("a witness cosigns a first checkpoint, then those that extend it, and any of them again", async () => {
    await cosigned(await request(0));
    const { size: first } = await head();
    await grow();
    clock.advance(60);
    await cosigned(await request(first));
    const { size: second } = await head();
    await cosigned(await request(second));
  });

  it("a witness cosigns a checkpoint that unknown keys have signed as well", async () => {
    const stranger = signerFrom(seedsOf("stranger"), "log", { origin: ORIGIN, id: 9 });
    await cosigned(await request(0, { signers: [stranger, theirLog] }));
  });

  it("a witness cosigns one of two concurrent requests, and answers the other with a conflict", async () => {
    const [first, second] = [await request(0), (await grow(), await request(0))];
    const answers = await Promise.allSettled([ours.witness.cosign(first), ours.witness.cosign(second)]);
    const [failed, ...more] = answers.filter((answer) => answer.status === "rejected");
    expect(more).toEqual([]);
    expect(isAppError(failed?.reason, "CHECKPOINT_CONFLICT")).toBe(true);
  });
});

/** The own log, and another operator's: the origin is the same, and so is what was cosigned last. */
const ownLog = (): NoteSigner => signerFrom(ours.seeds, "log", { origin: ORIGIN, id: OUR_ID });

describe("one state for the log, whichever key signs", () => {
  const conflicts = async (asked: string, size: number): Promise<void> =>
    await expect(ours.witness.cosign(asked)).rejects.toMatchObject({
      code: "CHECKPOINT_CONFLICT",
      fields: { size },
    });

  it("a smaller size with a newer time under another log key is refused, and the larger one is named", async () => {
    const small = await request(0);
    const smallByOther = await request(0, { signers: [ownLog()] });
    const third = signerFrom(seedsOf("third"), "log", { origin: ORIGIN, id: 9 });
    operators = [...operators, operatorOf(seedsOf("third"), 9)];
    const smallByThird = await request(0, { signers: [third] });
    await grow(60);
    await cosigned(await request(0));
    const { size } = await head();
    clock.advance(60);
    for (const asked of [small, smallByOther, smallByThird]) await conflicts(asked, size);
    expect((await ours.checkpoints.latest())?.size).toBe(size);
    await cosigned(await request(size, { signers: [third] }));
  });

  it("what this operator signs itself advances the state, and what it cosigns is not signed beneath", async () => {
    const small = await request(0);
    await grow();
    const own = await ours.publisher.step();
    await conflicts(small, own?.size ?? 0);
    await grow();
    await cosigned(await request(own?.size ?? 0));
    const { size } = await head();
    expect(await ours.publisher.sign(own?.size ?? 0)).toBeUndefined();
    expect(await ours.publisher.step()).toBeUndefined();
    expect(await ours.checkpoints.latest()).toMatchObject({ size });
  });

  it("a signature over a smaller size is never made, in whatever order sizes are asked for and signed", async () => {
    const requests: string[] = [];
    for (let i = 0; i < 6; i++) {
      requests.push(await request(0), await request(0, { signers: [ownLog()] }));
      await grow(1);
    }
    const { size: total } = await head();
    const act = fc.oneof(
      fc.record({ ask: fc.nat({ max: requests.length - 1 }), right: fc.boolean() }),
      fc.constant("sign"),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 12 }), async (acts) => {
        await ours.db.deleteFrom("checkpoint").execute();
        let largest = 0;
        for (const each of acts) {
          clock.advance(1);
          const done =
            typeof each === "string"
              ? ours.publisher.sign(Math.min(largest + 1, total))
              : asking(each, largest);
          await done.catch((error: unknown) => {
            if (!isAppError(error)) throw error;
          });
          const size = (await ours.checkpoints.latest())?.size ?? 0;
          expect(size).toBeGreaterThanOrEqual(largest);
          const notes = await ours.db.selectFrom("checkpoint").selectAll().execute();
          for (const { size: old, note } of notes) {
            const times = parseNote(note).signatures.flatMap(({ name, signature }) =>
              name === `${ORIGIN}/witness/${OUR_ID}` ? [Buffer.from(signature).readBigUInt64BE()] : [],
            );
            // of a size beneath the newest, no signature is of now
            if (old < size) expect(times.every((time) => time < BigInt(clock.now()))).toBe(true);
          }
          largest = size;
        }
      }),
      { numRuns: 15 },
    );

    async function asking({ ask, right }: { ask: number; right: boolean }, last: number): Promise<void> {
      const { old, ...rest } = parseCosignatureRequest(requests[ask] ?? "");
      const from = right && last <= rest.checkpoint.size ? last : old;
      const proof =
        from === 0 ? [] : await extensionProof(ours.log, { first: from, second: rest.checkpoint.size });
      await ours.witness.cosign(formatCosignatureRequest({ old: from, proof, note: rest.note }));
    }
  });

  it("what is cosigned is signed here as well, with the signatures that came with it", async () => {
    const asked = await request(0);
    const cosignature = cosign(parseCosignatureRequest(asked).note.text, theirWitness, clock.now());
    await cosigned(asked + formatCosignatures([cosignature]));
    const stored = parseNote((await ours.checkpoints.latest())?.note ?? "");
    for (const key of [ownLog().key, theirLog.key]) expect(verifyNote(stored, key)).toBe(true);
    expect(cosignedAt(stored, theirWitness.key)).toBe(clock.now());
    expect(stored.signatures).toHaveLength(4);
    expect(await ours.checkpoints.covering(0)).toMatchObject({ size: (await head()).size });
  });

  it("an operator that is ahead keeps the cosignature of one that is behind, though it does not cosign", async () => {
    const small = await request(0);
    const { text } = parseCosignatureRequest(small).note;
    const own = await ours.publisher.step();
    await grow();
    const { size = 0 } = (await ours.publisher.step()) ?? {};
    await conflicts(small + formatCosignatures([cosign(text, theirWitness, clock.now())]), size);
    const stored = parseNote((await ours.checkpoints.at(own?.size ?? 0))?.note ?? "");
    expect(cosignedAt(stored, theirWitness.key)).toBe(clock.now());
  });

  it.each<[string, (text: string) => NoteSignature]>([
    ["does not verify", (text) => cosign(`${text}x\n`, theirWitness, clock.now())],
    ["is of a future time", (text) => cosign(text, theirWitness, clock.now() + 301)],
    ["has no time", (text) => cosign(text, theirWitness, 0)],
    ["is of an unknown key", (text) => cosign(text, cosignerOf("stranger"), clock.now())],
    ["is of an unknown log key", (text) => signNote(text, signerOf("stranger"))],
  ])("a line in a request that %s is not kept", async (_, make) => {
    const asked = await request(0);
    await cosigned(asked + formatCosignatures([make(parseCosignatureRequest(asked).note.text)]));
    expect(parseNote((await ours.checkpoints.latest())?.note ?? "").signatures).toHaveLength(3);
  });
});

describe("a witness refuses", () => {
  it("a request from another size than the last cosigned one is refused, and that size is named", async () => {
    await cosigned(await request(0));
    const { size } = await head();
    await grow();
    for (const old of [0, size - 1, size + 1])
      await expect(ours.witness.cosign(await request(old))).rejects.toMatchObject({
        code: "CHECKPOINT_CONFLICT",
        fields: { size },
      });
  });

  it("a smaller size than the last cosigned one is refused", async () => {
    const early = await request(0);
    const { size } = await head();
    await grow();
    await cosigned(await request(0));
    await refused(early, "CHECKPOINT_CONFLICT");
    await refused(early.replace("old 0", `old ${size}`), "CHECKPOINT_CONFLICT");
  });

  it("an old size above the checkpoint's is refused", async () => {
    await refused(await request((await head()).size + 1), "WITNESS_REQUEST");
  });

  it("a checkpoint of another registry's log is refused with LOG_UNKNOWN", async () => {
    await refused(await request(0, { origin: ORIGIN.replace("0a", "0b") }), "LOG_UNKNOWN");
  });

  it("a checkpoint that no key of the directory signed is refused", async () => {
    const stranger = signerFrom(seedsOf("stranger"), "log", { origin: ORIGIN, id: THEIR_ID });
    const witness = signerFrom(OTHERS, "witness", { origin: ORIGIN, id: THEIR_ID });
    await refused(await request(0, { signers: [stranger] }), "LOG_KEY_UNKNOWN");
    await refused(await request(0, { signers: [witness] }), "LOG_KEY_UNKNOWN");
  });

  it("a known key's signature over another text is refused", async () => {
    const broken: NoteSigner = { key: theirLog.key, sign: () => theirLog.sign(Uint8Array.of(1)) };
    await refused(await request(0, { signers: [broken] }), "LOG_KEY_UNKNOWN");
    await refused(await request(0, { signers: [ownLog(), broken] }), "LOG_KEY_UNKNOWN");
  });

  it.each<[string, (now: number) => object]>([
    ["retired", (now) => ({ until: now })],
    ["for later", (now) => ({ from: now + 1 })],
    ["reported as compromised", () => ({ compromise: { since: 1, entry: 1 } })],
    ["for another purpose", () => ({ purpose: "status" })],
  ])("a checkpoint whose key is %s is refused", async (_, change) => {
    const asked = await request(0);
    const [own, theirs] = operators as [Operator, Operator];
    const keys = theirs.keys.map((key) => (key.purpose === "log" ? { ...key, ...change(clock.now()) } : key));
    operators = [own, { ...theirs, keys }];
    await refused(asked, "LOG_KEY_UNKNOWN");
    operators = [own, theirs];
    await cosigned(asked);
  });

  it.each([1, 500])(
    "a checkpoint with %i extension lines is refused, and nothing of it is kept",
    async (count) => {
      const lines = Array.from(
        { length: count },
        (_, i) => `a stranger's line ${i} ${"x".repeat(60)}\n`,
      ).join("");
      const text = formatCheckpoint({ origin: ORIGIN, ...(await head()) }) + lines;
      const note = { text, signatures: [signNote(text, theirLog)] };
      await expect(
        ours.witness.cosign(formatCosignatureRequest({ old: 0, proof: [], note })),
      ).rejects.toMatchObject({
        code: "WITNESS_REQUEST",
        fields: { at: "line 6" },
      });
      expect(await ours.checkpoints.latest()).toBeUndefined();
    },
  );

  it("an invalid proof is refused, and the last cosigned size stays", async () => {
    await cosigned(await request(0));
    const { size, root } = await head();
    await grow();
    await refused(await request(size, { proof: [] }), "CHECKPOINT_INCONSISTENT");
    await refused(await request(size, { proof: [root, root, root] }), "CHECKPOINT_INCONSISTENT");
    await cosigned(await request(size));
  });

  it("a proof where none is needed is refused", async () => {
    await refused(await request(0, { proof: [new Uint8Array(32)] }), "CHECKPOINT_INCONSISTENT");
  });

  it("a size at which the contract stored no root is refused", async () => {
    const size = (await head()).size - 1;
    const root = await rootOfPrefix(size);
    expect(await chain.rootAt(size)).toBeUndefined();
    await refused(await request(0, { size, root }), "CHECKPOINT_INCONSISTENT");
    expect(ours.splitsSeen).toBe(0);
  });

  it("a size that is not final here is refused until it is", async () => {
    chain.mine({ kind: "documents", count: 3 });
    await ours.indexer.sync();
    const size = (await head()).size + 3;
    const asked = await request(0, { size, root: (await chain.rootAt(size)) ?? new Uint8Array(), proof: [] });
    await refused(asked, "WITNESS_UNAVAILABLE");
    for (let i = 0; i < FINALITY; i++) chain.mine();
    await ours.indexer.sync();
    await cosigned(asked);
  });

  it("a witness refuses to sign while the directory does not have its keys", async () => {
    const asked = await request(0);
    operators = operators.slice(1);
    await refused(asked, "WITNESS_UNAVAILABLE");
  });

  it("a witness refuses to answer while its node or its index may be wrong", async () => {
    const asked = await request(0);
    chain.falseRoot = true;
    await refused(asked, "INDEX_MISMATCH");
    chain.falseRoot = false;
    chain.down = true;
    await refused(asked, "RPC_UNAVAILABLE");
    chain.down = false;
    await ours.store.raiseDoubt({ code: "INDEX_MISMATCH", detail: "a test", since: clock.now() });
    await refused(asked, "INDEX_MISMATCH");
    expect(ours.splitsSeen).toBe(0);
  });

  it("a cosignature that could not be stored is not returned", async () => {
    await ours.db.schema.dropTable("checkpoint").execute();
    await expect(ours.witness.cosign(await request(0))).rejects.toThrow();
  });
});

describe("another root at a size that is final here", () => {
  const other = new Uint8Array(32).fill(1);

  it("another root is not cosigned, is counted each time, and is logged once with both roots and the key", async () => {
    const own = await head();
    for (let i = 0; i < 2; i++) await refused(await request(0, { root: other }), "SPLIT_VIEW");
    expect(ours.said("split view")).toMatchObject([
      {
        level: 50,
        origin: ORIGIN,
        size: own.size,
        root: toHex(other),
        ownRoot: toHex(own.root),
        key: formatVerifierKey(theirLog.key),
      },
    ]);
    expect(ours.splitsSeen).toBe(2);
    const [kept, ...more] = await ours.splitStore.newest(10);
    expect(more).toEqual([]);
    expect(kept).toMatchObject({ size: own.size, root: other, ownRoot: own.root, observedAt: clock.now() });
    expect(parseNote(kept?.note ?? "").signatures).toMatchObject([{ name: ORIGIN }]);
    await cosigned(await request(0));
  });

  it("a thousand split views of one operator hide none of another: it is counted, kept, shown and logged", async () => {
    const third = signerFrom(seedsOf("third"), "log", { origin: ORIGIN, id: 9 });
    operators = [...operators, operatorOf(seedsOf("third"), 9)];
    const rootOf = (i: number): Hash =>
      new Uint8Array(32)
        .fill(7)
        .with(0, i >> 8)
        .with(1, i & 255);
    for (let i = 0; i < 1_000; i++) await refused(await request(0, { root: rootOf(i) }), "SPLIT_VIEW");
    expect(ours.splitsSeen).toBe(1_000);
    expect(ours.said("split view")).toHaveLength(100);
    await refused(await request(0, { root: other, signers: [third] }), "SPLIT_VIEW");
    expect(ours.splitsSeen).toBe(1_001);
    expect(ours.said("split view").at(-1)).toMatchObject({ key: formatVerifierKey(third.key) });
    expect(await ours.splitStore.newest(1)).toMatchObject([{ root: other, signer: third.key.publicKey }]);
    // and what the first shows after that does not take the place of it
    await refused(await request(0, { root: other }), "SPLIT_VIEW");
    expect(ours.said("split view")).toHaveLength(101);
    expect((await ours.splitStore.newest(2)).map(({ signer }) => toHex(signer))).toContain(
      toHex(third.key.publicKey),
    );
  });

  it("of a note with another root the signature of the key that signed it is kept, and no other line", async () => {
    const stranger = signerFrom(seedsOf("stranger"), "log", { origin: ORIGIN, id: 9 });
    const signers = [...new Array<NoteSigner>(30).fill(stranger), theirLog, theirLog];
    await refused(await request(0, { root: other, signers }), "SPLIT_VIEW");
    const [kept] = await ours.splitStore.newest(10);
    const { signatures } = parseNote(kept?.note ?? "");
    expect(signatures.map(({ keyId }) => toHex(keyId))).toEqual([toHex(theirLog.key.id)]);
  });

  it("another root is reported also where the answer is a conflict of sizes", async () => {
    await cosigned(await request(0));
    await refused(await request(0, { root: other }), "CHECKPOINT_CONFLICT");
    expect(ours.splitsSeen).toBe(1);
  });

  it("the refusal of another root carries the evidence of the own tree", async () => {
    const { size = 0, root } = (await ours.publisher.step()) ?? {};
    const asked = await request(size, { root: other });
    const fault: unknown = await ours.witness.cosign(asked).catch((error: unknown) => error);
    if (!isAppError(fault, "SPLIT_VIEW")) throw new RangeError("it was not refused");
    const { checkpoint, ...shown } = parseEvidence(fault.fields["split"]);
    expect(shown).toMatchObject({ root, view: { old: size } });
    expect(checkpoint).toMatchObject({ size, root });
  });

  it("another root at a size that is final here is shown by the proof to one that is not, and reported", async () => {
    const own = await ours.publisher.step();
    const { size = 0 } = own ?? {};
    const otherChain = new ModelChain(FINALITY);
    mineFinal(otherChain, { kind: "documents", count: size }, { kind: "documents", count: 5 });
    await using another = await TestWitness.open({
      name: "theirs",
      chain: otherChain,
      clock,
      operators: () => operators,
    });
    await another.sync();
    const note = parseNote((await another.checkpoints.latest())?.note ?? "");
    const proof = await extensionProof(another.log, { first: size, second: size + 5 });
    const asked = formatCosignatureRequest({ old: size, proof, note });
    const fault: unknown = await ours.witness.cosign(asked).catch((error: unknown) => error);
    if (!isAppError(fault, "SPLIT_VIEW")) throw new RangeError("it was not refused");
    expect(parseEvidence(fault.fields["split"])).toMatchObject({ root: own?.root, view: { old: size } });
    const [kept] = await ours.splitStore.newest(1);
    expect(kept).toMatchObject({ size, ownRoot: own?.root, proof });
    const { root: end } = (await another.checkpoints.latest()) ?? {};
    verifyExtension(kept ?? { size, root: other }, { size: size + 5, root: end ?? other }, proof);
    // a proof that proves nothing shows nothing
    const broken = [...proof.slice(0, -1), other];
    await refused(formatCosignatureRequest({ old: size, proof: broken, note }), "WITNESS_UNAVAILABLE");
    expect(ours.splitsSeen).toBe(1);
  });

  it("another root is not a split view where no operator of the directory has signed it", async () => {
    const stranger = signerFrom(seedsOf("stranger"), "log", { origin: ORIGIN, id: THEIR_ID });
    await refused(await request(0, { root: other, signers: [stranger] }), "LOG_KEY_UNKNOWN");
    expect(await ours.splitStore.newest(10)).toEqual([]);
  });
});

describe("the empty tree", () => {
  it("an empty tree with another root than the empty tree's is refused", async () => {
    await cosigned(await request(0, { size: 0, root: EMPTY_ROOT, proof: [] }));
    await refused(await request(0, { size: 0, root: new Uint8Array(32), proof: [] }), "SPLIT_VIEW");
    await cosigned(await request(0));
  });
});

async function rootOfPrefix(size: TreeSize): Promise<Hash> {
  const frontier = frontierOf(size);
  return foldSubtrees(frontier.map(await ours.log.nodes(frontier)));
}
