/** Tests that an entry of another institution with the bytes of a commitment changes no answer, wherever it stands. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RegistryReader } from "../../src/chain/registry/reader.ts";
import type { Submitter } from "../../src/anchor/ports.ts";
import type { SoughtPayload } from "../../src/core/digest.ts";
import type { Hash } from "../../src/core/units.ts";
import { originOf } from "../../src/log/checkpoint.ts";
import { SqlEvidenceSource } from "../../src/store/index/evidence.ts";
import type { DocumentEvidence } from "../../src/verify/ports.ts";
import { startAnvil, type Anvil } from "../support/chain/anvil.ts";
import { anchorCall, documentGroup, submit, submitterAt } from "../support/chain/submit.ts";
import { TestClock } from "../support/clock.ts";
import { openStack, type Stack } from "../support/stack/stack.ts";

const GENUINE = 1;
const COPIER = 2;
let anvil: Anvil;
let stack: Stack<RegistryReader>;
let submitters: readonly Submitter[];

beforeAll(async () => {
  anvil = await startAnvil({ mining: "manual" });
  const chain = new RegistryReader(anvil.rpc, { registry: anvil.registry, finality: 1 });
  stack = await openStack({ chain, clock: new TestClock() });
  submitters = anvil.hotKeys.map((key) => submitterAt({ ...anvil, hotKeys: [key] }));
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
  await anvil.close();
});

const commitmentOf = (name: string): Hash => Uint8Array.from(createHash("sha256").update(name).digest());

async function record(institution: number, payload: Hash): Promise<void> {
  const submitter = submitters[institution - 1];
  if (submitter === undefined) throw new RangeError("no such institution");
  await submit(submitter, { call: anchorCall(documentGroup([payload], { scene: 2, blinded: true })) });
}

/** Records in each of the blocks what these institutions send, in their order. */
async function recordIn(blocks: readonly (readonly number[])[], payload: Hash): Promise<void> {
  for (const senders of blocks) {
    for (const institution of senders) await record(institution, payload);
    await anvil.mine();
  }
  await stack.sync();
}

interface Found {
  readonly verdict: string;
  readonly documents: readonly DocumentEvidence[];
}

async function ask(bytes: Hash, boundTo?: NonNullable<SoughtPayload["boundTo"]>): Promise<Found> {
  const payloads = [{ algorithm: "sha256", bytes, blinded: true, ...(boundTo && { boundTo }) }] as const;
  const { latest } = await stack.chain.heads();
  stack.clock.advance(latest.time - stack.clock.now());
  const { verdict } = await stack.verifier.verify({ payloads });
  const { documents } = await new SqlEvidenceSource(stack.db).gather({ payloads });
  return { verdict: verdict.kind, documents };
}

describe("a commitment that another institution records too", () => {
  it.each([
    ["in the block before", [[COPIER], [GENUINE]]],
    ["in the block after", [[GENUINE], [COPIER]]],
    ["in the same block, sent first", [[COPIER, GENUINE]]],
    ["in the same block, sent last", [[GENUINE, COPIER]]],
    ["twice around it", [[COPIER], [GENUINE, COPIER]]],
  ])("a copy %s is no entry of the document", async (name, blocks) => {
    const payload = commitmentOf(name);
    await recordIn(blocks, payload);
    const all = (await ask(payload)).documents; // the newest copy is there
    expect(new Set(all.map(({ institution }) => institution.id))).toEqual(new Set(blocks.flat()));
    const origin = originOf(anvil);
    for (const boundTo of [{ institution: GENUINE }, { institution: GENUINE, origin }]) {
      const { verdict, documents } = await ask(payload, boundTo);
      expect(verdict).toBe("valid");
      expect(documents.map(({ institution }) => institution.id)).toEqual([GENUINE]);
    }
  });

  it.each([
    ["another institution", () => ({ institution: 3 })],
    ["another chain", () => ({ institution: GENUINE, origin: originOf({ ...anvil, chainId: 1 }) })],
    ["another registry", () => ({ institution: GENUINE, origin: `eip155:31337:0x${"0a".repeat(20)}` })],
  ])("a commitment that is bound to %s is not found", async (name, boundTo) => {
    const payload = commitmentOf(name);
    await recordIn([[GENUINE, COPIER]], payload);
    expect(await ask(payload, boundTo())).toEqual({ verdict: "not-found", documents: [] });
  });
});
