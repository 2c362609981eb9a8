/** Tests the index through random schedules of reorgs, lies of the node, restarts and cuts. */
import fc from "fast-check";
import { expect, inject, it } from "vitest";
import { sized } from "../support/scale.ts";
import { stateHash } from "../../src/store/index/state-hash.ts";
import { stockedChain } from "../support/chain/model-chains.ts";
import type { Change, ModelChain } from "../support/chain/model-chain.ts";
import { Observer } from "../support/stack/observer.ts";
import { openStack, rebuilt } from "../support/stack/stack.ts";

const SCHEDULES = sized({ short: 100, full: 1_000 });
const FINALITY = 5;

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant("documents" as const), count: fc.integer({ min: 1, max: 6 }) }),
  fc.constant({ kind: "institution" as const }),
  fc.record({ kind: fc.constant("directory" as const), pick: fc.nat({ max: 200 }) }),
);
const blocks = fc.array(fc.array(change, { maxLength: 3 }), { maxLength: 5 });
const step = fc.record({
  mined: blocks,
  dropped: fc.integer({ min: 0, max: FINALITY - 1 }),
  moved: fc.boolean(),
  after: blocks,
  lie: fc.constantFrom("none", "hidden", "twice", "behind", "down"),
  restart: fc.boolean(),
  cut: fc.boolean(),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** One turn of the chain; a fork is followed once it is as long. */
function turn(chain: ModelChain, { mined, dropped, moved, after }: Step): void {
  for (const changes of mined) chain.mine(...changes);
  const height = chain.height;
  const moves = moved && dropped > 0;
  chain.drop(moves ? dropped - 1 : dropped);
  if (moves) chain.remineLast();
  for (const changes of after) chain.mine(...changes);
  while (chain.height < height) chain.mine();
}

/** Makes the node lie. @returns ends the lie */
function lieOf(chain: ModelChain, lie: Step["lie"]): () => void {
  const events = chain.events.bind(chain);
  if (lie === "hidden") chain.hides = ({ index }) => index % 3 === 0;
  if (lie === "twice")
    chain.events = async (range) => (await events(range)).flatMap((event) => [event, event]);
  if (lie === "behind") chain.behind = Math.min(2, chain.height);
  if (lie === "down") chain.down = true;
  return () => {
    chain.hides = undefined;
    chain.events = events;
    chain.behind = 0;
    chain.down = false;
  };
}

it(`${SCHEDULES} schedules of reorgs, lies, restarts and cuts each leave the index of a fresh rebuild`, async () => {
  const counted = { schedules: 0, rounds: 0, refused: 0, right: 0, indeterminate: 0, wrong: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
      const { chain, known } = await stockedChain(FINALITY);
      await using opened = await openStack({ chain });
      let stack = opened;
      await stack.sync();
      // the model suspends institutions too: what counts is that the document is there and not withdrawn
      const observer = new Observer(async (digest) => {
        const { kind } = (await stack.verifier.verify({ payloads: [{ ...digest, blinded: false }] })).verdict;
        return kind === "issuer-not-in-good-standing" ? "valid" : kind;
      }, known);
      for (const each of steps) {
        turn(chain, each);
        if (each.restart) stack = stack.restarted();
        const honest = lieOf(chain, each.lie);
        if (each.cut) setImmediate(() => (chain.down = true));
        await observer.during(async () => {
          await stack.sync().catch(() => (counted.refused += 1));
        });
        honest();
        await stack.sync();
        expect(await stack.dump()).toEqual(await rebuilt(chain));
        counted.rounds += 1;
      }
      expect(await stack.doubt()).toBeUndefined();
      expect((await stateHash(stack.db)).length).toBe(32);
      const { right, indeterminate, wrong } = observer.observed;
      expect(wrong).toEqual([]);
      counted.schedules += 1;
      counted.right += right;
      counted.indeterminate += indeterminate;
      counted.wrong += wrong.length;
    }),
    { numRuns: SCHEDULES, seed: inject("seed"), endOnFailure: true },
  );
  process.stdout.write(`${JSON.stringify({ seed: inject("seed"), ...counted })}\n`);
  expect(counted.refused).toBeGreaterThan(SCHEDULES / 4); // the lies were noticed
  expect(counted.right).toBeGreaterThan(SCHEDULES);
}, 3_600_000);
