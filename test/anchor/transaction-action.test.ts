import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  actionFor,
  type TransactionAction,
  type TransactionState,
} from "../../src/anchor/transaction-action.ts";

type Outcome = TransactionState["outcomes"][number];
const OUTCOMES: readonly Outcome[] = ["unknown", "succeeded", "reverted"];

/** One attempt or two, each with any outcome. */
const attempts: readonly (readonly Outcome[])[] = [
  ...OUTCOMES.map((one) => [one]),
  ...OUTCOMES.flatMap((one) => OUTCOMES.map((two) => [one, two])),
];

/** Everything that can be seen of the transaction with nonce 5, but for how far apart the numbers are. */
const states: readonly TransactionState[] = attempts.flatMap((outcomes) =>
  [true, false].flatMap((carries) =>
    [4, 5, 6, 7].flatMap((mined) =>
      [4, 5, 6, 7].flatMap((minedFinal) =>
        [-1, 0, 999, 1_000, 1_001].map((waited) => {
          return { nonce: 5, carries, outcomes, mined, minedFinal, waited, retryAfter: 1_000 };
        }),
      ),
    ),
  ),
);

/** What may be done, said once for each action, each by itself. */
const ALLOWED: Readonly<Record<TransactionAction, (state: TransactionState) => boolean>> = {
  follow: ({ carries, outcomes }) => carries && outcomes.includes("succeeded"),
  close: ({ carries, outcomes, minedFinal, nonce }) =>
    !carries && outcomes.includes("succeeded") && minedFinal > nonce,
  pass: ({ carries, outcomes, minedFinal, nonce }) =>
    minedFinal <= nonce && (outcomes.includes("succeeded") ? !carries : outcomes.includes("reverted")),
  "give-up": ({ outcomes, minedFinal, nonce }) => minedFinal > nonce && !outcomes.includes("succeeded"),
  wait: ({ outcomes, mined, minedFinal, nonce }) =>
    outcomes.every((outcome) => outcome === "unknown") && mined > nonce && minedFinal <= nonce,
  repeat: (state) => isNowhere(state) && state.waited >= 0 && state.waited < state.retryAfter,
  replace: (state) => isNowhere(state) && (state.waited < 0 || state.waited >= state.retryAfter),
};

function isNowhere({ outcomes, mined, minedFinal, nonce }: TransactionState): boolean {
  return outcomes.every((outcome) => outcome === "unknown") && mined <= nonce && minedFinal <= nonce;
}

describe("the action of a transaction", () => {
  it.each(Object.keys(ALLOWED) as TransactionAction[])(
    "the action is %s where that is allowed, and nowhere else",
    (action) => {
      const taken = states.filter((state) => actionFor(state) === action);
      expect(taken).toEqual(states.filter(ALLOWED[action]));
      expect(taken).not.toEqual([]);
    },
  );

  it("exactly one action is allowed in each state", () => {
    const allowed = states.map((state) => Object.values(ALLOWED).filter((may) => may(state)).length);
    expect(new Set(allowed)).toEqual(new Set([1]));
  });

  it("no transaction is given up before its nonce is spent in a final block, or where an attempt succeeded", () => {
    fc.assert(
      fc.property(anyState, (state) => {
        if (actionFor(state) !== "give-up") return;
        expect(state.minedFinal).toBeGreaterThan(state.nonce);
        expect(state.outcomes).not.toContain("succeeded");
      }),
      { numRuns: 2_000 },
    );
  });

  it("bytes are sent only while no attempt is known and the nonce is not spent", () => {
    fc.assert(
      fc.property(anyState, (state) => {
        if (!["repeat", "replace"].includes(actionFor(state))) return;
        expect(isNowhere(state)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it("the action does not depend on the order of the attempts", () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const turned = { ...state, outcomes: state.outcomes.toReversed() };
        expect(actionFor(turned)).toBe(actionFor(state));
      }),
    );
  });
});

const small = fc.nat({ max: 6 });
const anyState: fc.Arbitrary<TransactionState> = fc.record({
  nonce: small,
  carries: fc.boolean(),
  outcomes: fc.array(fc.constantFrom(...OUTCOMES), { minLength: 1, maxLength: 4 }),
  mined: small,
  minedFinal: small,
  waited: fc.integer({ min: -10, max: 200 }),
  retryAfter: fc.integer({ min: 1, max: 100 }),
});
