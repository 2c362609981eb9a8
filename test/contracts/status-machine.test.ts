import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { NOTHING } from "../support/contract/log-copy.ts";
import { call, refusal, describeOutcome, type Call } from "../support/contract/calls.ts";
import { BANK, WHO } from "../support/contract/directory.ts";
import { Registry } from "../support/contract/registry.ts";

const ACTIONS = { revoke: 1, suspend: 2, reinstate: 3, supersede: 4 } as const;
type Action = keyof typeof ACTIONS;
const STATES = { active: 1, suspended: 2, withdrawn: 3 } as const;
type State = keyof typeof STATES;
/** The accounts that set statuses of documents of institution 4, and the institution that they act for. */
const ACTORS = { owner: [WHO.ofSuspended, BANK.suspended], governance: [WHO.accreditor, 0] } as const;
type Actor = keyof typeof ACTORS;
type Step = readonly [Actor, Action];
/** done; "same": it would change nothing; "final": never. What an owner may that is not active is a rule of its own. */
type Cell = "done" | "same" | "final";

const OPEN = { revoke: "done", suspend: "done", reinstate: "same", supersede: "done" } as const;
const SUSPENDED = { revoke: "done", suspend: "same", reinstate: "done", supersede: "done" } as const;
const FINAL = { revoke: "final", suspend: "final", reinstate: "final", supersede: "final" } as const;

/** The state machine: how a document came to its status, and what each action does to it. */
const TABLE: readonly { status: string; steps: readonly Step[]; cells: Readonly<Record<Action, Cell>> }[] = [
  { status: "untouched", steps: [], cells: OPEN },
  { status: "suspended by its owner", steps: [["owner", "suspend"]], cells: SUSPENDED },
  {
    status: "suspended by governance",
    steps: [["governance", "suspend"]],
    cells: SUSPENDED,
  },
  {
    status: "reinstated by its owner",
    steps: [
      ["owner", "suspend"],
      ["owner", "reinstate"],
    ],
    cells: OPEN,
  },
  {
    status: "reinstated by governance",
    steps: [
      ["governance", "suspend"],
      ["governance", "reinstate"],
    ],
    cells: OPEN,
  },
  {
    status: "suspended by its owner again, after governance",
    steps: [
      ["governance", "suspend"],
      ["governance", "reinstate"],
      ["owner", "suspend"],
    ],
    cells: SUSPENDED,
  },
  { status: "revoked by its owner", steps: [["owner", "revoke"]], cells: FINAL },
  { status: "revoked by governance", steps: [["governance", "revoke"]], cells: FINAL },
  { status: "superseded by its owner", steps: [["owner", "supersede"]], cells: FINAL },
  { status: "superseded by governance", steps: [["governance", "supersede"]], cells: FINAL },
];
const CASES = TABLE.flatMap((row) =>
  Object.entries(STATES).map(([state, number]) => ({ ...row, state: state as State, number })),
);

let registry: Registry;
beforeAll(async () => void (registry = await Registry.open()));
afterAll(async () => await registry[Symbol.asyncDispose]());

const documentOf = ({ marks }: Registry): number => marks.ofSuspended;
function step([actor, action]: Step): Call {
  const document = documentOf(registry);
  const successor = action === "supersede" ? registry.inclusion(document + 1) : NOTHING;
  const reason = actor === "owner" ? 2 : 5;
  return call(ACTORS[actor][0], "setStatus", [
    registry.inclusion(document),
    ACTIONS[action],
    reason,
    successor,
  ]);
}

/** A step of the owner is made while its institution is active. */
function inItsState(each: Step): Call[] {
  const put = (state: number): Call => call(WHO.accreditor, "setInstitutionState", [BANK.suspended, state]);
  const [first, next, last] = [put(STATES.active), step(each), put(STATES.suspended)];
  return each[0] === "owner" ? [first, next, last] : [next];
}

/** A suspended institution only suspends its documents. */
const ownerMay = (state: State, action: Action): boolean =>
  state === "active" || (state === "suspended" && action === "suspend");

function expected(cell: Cell, [actor, action]: Step, state: State, last: Action | undefined): string[] {
  const document = documentOf(registry);
  if (actor === "governance" && state === "active")
    return refusal("RegistryInstitutionActive", BANK.suspended);
  if (actor === "owner" && !ownerMay(state, action))
    return refusal("RegistryInstitutionNotActive", BANK.suspended, STATES[state]);
  if (cell === "final")
    return refusal("RegistryEntryFinal", document, last === undefined ? 0 : ACTIONS[last]);
  if (cell === "same") return refusal("RegistryStatusUnchanged", document, ACTIONS[action]);
  return ["done", "StatusSet"];
}

describe.each(CASES)(
  "a document $status, of an institution that is $state",
  ({ status, steps, cells, state, number }) => {
    let back: () => Promise<void>;
    beforeAll(async () => {
      await registry.reset();
      for (const each of steps) await registry.done(...inItsState(each));
      if (number !== STATES.suspended)
        await registry.done(call(WHO.accreditor, "setInstitutionState", [BANK.suspended, number]));
      back = await registry.stay();
    });
    beforeEach(async () => await registry.reset());
    afterAll(async () => await back());

    const statusNow = async (): Promise<unknown> =>
      (await registry.read("statusOf", [documentOf(registry)]))[0];

    it.each(Object.keys(ACTIONS) as Action[])(
      `%s of a document ${status} has the outcome of the table while its institution is ${state}`,
      async (action) => {
        for (const actor of Object.keys(ACTORS) as Actor[]) {
          await registry.reset();
          const before = await statusNow();
          const index = registry.log.size;
          const got = describeOutcome(await registry.send(step([actor, action])));
          expect({ actor, got }).toEqual({
            actor,
            got: expected(cells[action], [actor, action], state, steps.at(-1)?.[1]),
          });
          const after = got[0] === "done" ? statusSet(actor, action, index) : before;
          expect({ actor, status: await statusNow() }).toEqual({ actor, status: after });
          const { contract, events } = await registry.heads();
          expect(contract).toEqual(events);
        }
      },
    );

    function statusSet(actor: Actor, action: Action, index: number): bigint[] {
      const successor = action === "supersede" ? documentOf(registry) + 1 : 0;
      const reason = actor === "owner" ? 2 : 5;
      return [ACTIONS[action], reason, ACTORS[actor][1], successor, index, registry.now].map(BigInt);
    }
  },
);
