/** Tests the witness: which checkpoints of other operators it cosigns. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { identityOf } from "../../src/attest/identity.ts";
import { extensionProof } from "../../src/attest/tree.ts";
import { toHex } from "../../src/core/bytes.ts";
import type { Operator } from "../../src/core/directory.ts";
import { isAppError, type ErrorCode } from "../../src/core/errors.ts";
import type { Hash, TreeSize } from "../../src/core/units.ts";
import { cosignedAt, formatCheckpoint } from "../../src/log/checkpoint.ts";
import { EMPTY_ROOT } from "../../src/log/hash.ts";
import { parseNote, signNote, type NoteSigner } from "../../src/log/note.ts";
import { foldSubtrees, frontierOf } from "../../src/log/tree.ts";
import { formatCosignatureRequest, parseCosignatures, parseEvidence } from "../../src/log/witness.ts";
import { TestClock } from "../support/clock.ts";
import { ModelChain } from "../support/chain/model-chain.ts";
import { operatorOf, seedsOf, signerFrom } from "../support/log/operators.ts";
import { FINALITY, ORIGIN, TestWitness, mineFinal } from "../support/stack/witnessing.ts";

const OTHERS = seedsOf("theirs");
const [OUR_ID, THEIR_ID] = [7, 8];
const theirLog = signerFrom(OTHERS, "log", { origin: ORIGIN, id: THEIR_ID });

let chain: ModelChain;
let clock: TestClock;
let ours: TestWitness;
let operators: Operator[];

beforeEach(async () => {
  [clock, chain] = [new TestClock(), new ModelChain(FINALITY)];
  operators = [operatorOf(seedsOf("ours"), OUR_ID), operatorOf(OTHERS, THEIR_ID)];
  ours = await TestWitness.open({ name: "ours", chain, clock, operators: () => operators });
  mineFinal(chain, { kind: "institution" }, { kind: "documents", count: 6 });
  await ours.sync();
});
afterEach(async () => await ours[Symbol.asyncDispose]());

async function grow(count = 5): Promise<void> {
  mineFinal(chain, { kind: "documents", count });
  await ours.sync();
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

  it("a witness cosigns for each signing key from the size that it cosigned for that key", async () => {
    await cosigned(await request(0));
    const own = signerFrom(ours.seeds, "log", { origin: ORIGIN, id: OUR_ID });
    await cosigned(await request(0, { signers: [own] }));
    await refused(await request(0), "CHECKPOINT_CONFLICT");
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
    const own = signerFrom(ours.seeds, "log", { origin: ORIGIN, id: OUR_ID });
    await refused(await request(0, { signers: [broken] }), "LOG_KEY_UNKNOWN");
    await refused(await request(0, { signers: [own, broken] }), "LOG_KEY_UNKNOWN");
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
    await ours.sync();
    const size = (await head()).size + 3;
    const asked = await request(0, { size, root: (await chain.rootAt(size)) ?? new Uint8Array(), proof: [] });
    await refused(asked, "WITNESS_UNAVAILABLE");
    for (let i = 0; i < FINALITY; i++) chain.mine();
    await ours.sync();
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
    await ours.db.schema.dropTable("witnessed_log").execute();
    await expect(ours.witness.cosign(await request(0))).rejects.toThrow();
  });
});

describe("another root at a size that is final here", () => {
  const other = new Uint8Array(32).fill(1);

  it("another root is not cosigned, and is reported once with both roots", async () => {
    const own = await head();
    for (let i = 0; i < 2; i++) await refused(await request(0, { root: other }), "SPLIT_VIEW");
    expect(ours.said("split view")).toMatchObject([
      { level: 50, origin: ORIGIN, size: own.size, root: toHex(other), ownRoot: toHex(own.root) },
    ]);
    expect(ours.splitsSeen).toBe(1);
    const [kept, ...more] = await ours.splitStore.newest(10);
    expect(more).toEqual([]);
    expect(kept).toMatchObject({ size: own.size, root: other, ownRoot: own.root, observedAt: clock.now() });
    expect(parseNote(kept?.note ?? "").signatures).toMatchObject([{ name: ORIGIN }]);
    await cosigned(await request(0));
  });

  it("another root is reported also where the answer is a conflict of sizes", async () => {
    await cosigned(await request(0));
    await refused(await request(0, { root: other }), "CHECKPOINT_CONFLICT");
    expect(ours.splitsSeen).toBe(1);
  });

  it("the refusal of another root carries the evidence of the own tree", async () => {
    const { size, root } = await head();
    await grow();
    const asked = await request(0, { size, root: other, proof: [] });
    const fault: unknown = await ours.witness.cosign(asked).catch((error: unknown) => error);
    if (!isAppError(fault, "SPLIT_VIEW")) throw new RangeError("it was not refused");
    const { checkpoint, ...shown } = parseEvidence(fault.fields["split"]);
    expect(shown).toMatchObject({ root, view: { old: size } });
    expect(checkpoint.size).toBe((await head()).size);
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
