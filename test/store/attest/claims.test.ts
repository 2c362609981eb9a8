import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, inject, it } from "vitest";
import { AnswerNotes } from "../../../src/attest/answers.ts";
import type { VerifierAnswer } from "../../../src/verify/verifier.ts";
import type { SoughtPayload } from "../../../src/core/digest.ts";
import { originOf } from "../../../src/log/checkpoint.ts";
import { readAnswerNote, readAnswers, verifyAnswer, type SignedAnswer } from "../../../src/log/answer.ts";
import { convict, isOtherRoot } from "../../../src/log/conviction.ts";
import { keysInForce } from "../../../src/attest/identity.ts";
import { SqlClaims } from "../../../src/store/attest/claims.ts";
import { SqlFinalLog } from "../../../src/store/attest/final-log.ts";
import { ModelChain, type Change } from "../../support/chain/model-chain.ts";
import { entriesAbout, claimed } from "../../support/log/answers.ts";
import { operatorOf, seedsOf } from "../../support/log/operators.ts";
import { TestLog } from "../../support/log/receipts.ts";
import { randomFrom } from "../../support/random.ts";
import { openStack, type Stack } from "../../support/stack/stack.ts";

const PAYLOAD = sha256(new Uint8Array(1));
const OTHER = sha256(new Uint8Array(2));
const SOUGHT: readonly SoughtPayload[] = [{ algorithm: "sha256", bytes: PAYLOAD, blinded: false }];
/** Blocks after which one is final. */
const DEPTH = 4;
/** The log of the operators of the tests, so that their keys are possessed. */
const REGISTRY = { chainId: 31_337, registry: `0x${"0a".repeat(20)}` } as const;

const seeds = seedsOf("ours");
const operators = [operatorOf(seeds, 7)];

/** The notes of an operator over the index of a stack. */
function notesOf({ db, clock }: Stack): AnswerNotes {
  const log = new SqlFinalLog(db);
  log.operators = () => Promise.resolve(operators);
  return new AnswerNotes({ seeds, origin: originOf(REGISTRY), clock, log, claims: new SqlClaims(db) });
}

/** The note of an answer, verified; undefined: there is no verdict, or nothing is final. */
async function noted(stack: Stack, { verdict, asOf }: VerifierAnswer): Promise<SignedAnswer | undefined> {
  const block = asOf?.head.final?.number;
  if (verdict.kind === "indeterminate" || block === undefined || asOf === undefined) return undefined;
  const question = { payloads: SOUGHT, expectedIssuer: undefined };
  const { time } = asOf;
  const made = await notesOf(stack).of({ question, verdict: verdict.kind, block, time });
  const origin = originOf(REGISTRY);
  const now = stack.clock.now();
  return verifyAnswer({
    note: readAnswerNote(made?.note ?? ""),
    answers: readAnswers(made?.answers),
    questions: [question],
    keys: keysInForce(operators, "status", { origin, now }).map((key) => ({ key })),
    origin,
    now: time,
    maxLag: 0,
  });
}

/** The log as the index has it, up to a size. */
async function logOf(stack: Stack, size: number): Promise<TestLog> {
  const log = new TestLog(REGISTRY);
  for await (const bytes of stack.store.allEntryBytes()) if (log.size < size) log.append(bytes);
  return log;
}

/** What the next block records. */
function nextChanges(random: () => number): Change[] {
  const by = 1 + Math.floor(random() * 2);
  const payload = random() < 0.7 ? PAYLOAD : OTHER;
  const kinds: readonly Change[] = [
    { kind: "document", by, payload },
    { kind: "document", by, payload, times: 3 },
    { kind: "withdrawal", by, payload },
    { kind: "documents", count: 2 },
  ];
  return random() < 0.4 ? [] : [kinds[Math.floor(random() * kinds.length)] ?? { kind: "institution" }];
}

describe("what an answer note claims", () => {
  it("convicts of nothing, through reorgs above its size and whatever comes later", async () => {
    const random = randomFrom(inject("seed"));
    const chain = new ModelChain(DEPTH);
    chain.mine({ kind: "institution" }, { kind: "institution" });
    for (let blocks = 1; blocks < DEPTH; blocks++) chain.mine(); // no reorg drops the institutions
    await using stack = await openStack({ chain, emptyBlocks: false });
    const notes: SignedAnswer[] = [];
    for (let round = 0; round < 40; round++) {
      if (random() < 0.3) chain.drop(1 + Math.floor(random() * (DEPTH - 1)));
      for (let blocks = 0; blocks < 3; blocks++) chain.mine(...nextChanges(random));
      await stack.sync();
      const note = await noted(stack, await stack.verifier.verify({ payloads: SOUGHT }));
      if (note !== undefined) notes.push(note);
    }
    expect(notes.length).toBeGreaterThan(20);
    expect(notes.some(({ answers }) => (answers[0]?.entries.length ?? 0) > 1)).toBe(true);
    for (const note of notes) {
      const log = await logOf(stack, note.size);
      const question = { payloads: SOUGHT, expectedIssuer: undefined };
      expect(isOtherRoot(note, log)).toBe(false);
      expect(note.answers[0]?.entries).toEqual(claimed(log, question));
      expect(
        convict(
          note,
          entriesAbout(log, question).map((index) => log.prove(index)),
        ),
      ).toEqual([]);
    }
  });
});
