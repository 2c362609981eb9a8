/** Runs sequences of calls on the contract and the model and compares them. */
import { inspect, isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import type { Outcome } from "../../support/contract/evm.ts";
import { Draw, account } from "./draw.ts";
import type { Event } from "./log.ts";
import { MOVES } from "./moves.ts";
import { Refusal } from "./refusal.ts";
import type { RegistryModel } from "./registry.ts";
import type { Stage } from "./stage.ts";
import { waitingTime } from "./time.ts";
import { drawnView, headOf, viewsOf, type View } from "./views.ts";

/** One step of a run: a function of the registry, "wait" or "read", and what its parts are chosen by. */
export interface Step {
  readonly name: string;
  readonly picks: readonly number[];
}

/** How often each function was accepted and refused. */
export type Tally = Map<string, { accepted: number; refused: number }>;

const STRANGER = account(0xff);

/** How much more often than once a step is taken. */
const WEIGHTS: Readonly<Record<string, number>> = {
  wait: 10,
  read: 6,
  anchor: 14,
  setStatus: 14,
  addKey: 4,
  acceptKey: 6,
  correctKeyReport: 2,
  correctOperatorKeyReport: 2,
  retireKey: 4,
  setInstitutionState: 4,
  nameAdmin: 3,
  acceptAdmin: 4,
  addOperatorKey: 3,
  acceptDefaultAdminTransfer: 2,
  registerOperator: 2,
};

/** Steps with which every run begins, so that most of what follows has something to work on. */
const PRELUDE: readonly Step[] = [
  ["registerInstitution", [0, 10]],
  ["registerInstitution", [0, 20]],
  ["addKey", []],
  ["acceptKey", []],
  ["addKey", [10]],
  ["acceptKey", []],
  ["defineScene", []],
  ["registerOperator", []],
  ["registerOperator", [20]],
  ["addOperatorKey", []],
  ["anchor", []],
  ["anchor", [10]],
  ["anchor", [0, 10]],
].map(([name, picks]) => ({ name: name as string, picks: picks as number[] }));

/** Picks by which a plain call differs from all zeros: two days from now; on; a registry that continues this one. */
const PLAIN: Readonly<Record<string, readonly number[]>> = {
  wait: [0, 20, 30],
  setPaused: [0, 10],
  nameSuccessor: [0, 50],
  grantRole: [0, 0, 10],
  renounceRole: [0, 0],
};

/** Every function in turn, such that each call is accepted. */
const EVERY: readonly Step[] = [
  "amendInstitution",
  "nameAdmin",
  "cancelAdmin",
  "nameAdmin",
  "grantRole",
  "changeDefaultAdminDelay",
  "rollbackDefaultAdminDelay",
  "beginDefaultAdminTransfer",
  "cancelDefaultAdminTransfer",
  "beginDefaultAdminTransfer",
  "wait",
  "acceptAdmin",
  "acceptDefaultAdminTransfer",
  "setStatus",
  "addKey",
  "acceptKey",
  "retireKey",
  "reportKey",
  "correctKeyReport",
  "retireOperatorKey",
  "reportOperatorKey",
  "correctOperatorKeyReport",
  "setInstitutionState",
  "setPaused",
  "nameSuccessor",
  "grantRole",
  "revokeRole",
  "grantRole",
  "renounceRole",
].map((name) => ({ name, picks: PLAIN[name] ?? [] }));

/** Plays a call of every function, after the same by a stranger. @throws Error where contract and model differ */
export async function playEvery(stage: Stage, tally: Tally): Promise<void> {
  const model = await stage.reset();
  for (const step of [...PRELUDE, ...EVERY]) {
    if (step.name !== "wait") await call(stage, new Draw(model, step.picks), step.name, tally, STRANGER);
    await take(stage, model, step, tally);
  }
  await check(stage, viewsOf(model));
}

/** Plays every function with each of its parts chosen in each other way. @throws Error as {@link playEvery} */
export async function playNeighbours(stage: Stage, tally: Tally): Promise<void> {
  const model = await stage.reset();
  for (const step of PRELUDE) await take(stage, model, step, tally);
  for (const name of Object.keys(MOVES)) {
    const plain = Array.from({ length: 40 }, (_, i) => PLAIN[name]?.[i] ?? 0);
    const probe = new Draw(model, plain);
    MOVES[name]?.(probe);
    for (const [position, others] of probe.others.entries()) {
      for (const pick of others) await take(stage, model, { name, picks: plain.with(position, pick) }, tally);
    }
  }
  await check(stage, viewsOf(model));
}

/** Sequences of up to `length` steps. */
export function stepsOf(length: number): fc.Arbitrary<Step[]> {
  const names = [...Object.keys(MOVES), "wait", "read"].map((value) => ({
    arbitrary: fc.constant(value),
    weight: WEIGHTS[value] ?? 1,
  }));
  const pick = fc.noBias(fc.nat(2 ** 30));
  const picks = fc.array(pick, { minLength: 24, maxLength: 24 });
  const step = fc.record({ name: fc.oneof(...names), picks });
  return fc.array(step, { minLength: 1, maxLength: length, size: "max" });
}

/** Plays `steps` on the contract and on the model. @throws Error where the two differ */
export async function play(stage: Stage, steps: readonly Step[], tally: Tally): Promise<void> {
  const model = await stage.reset();
  compare("deployment", { kind: "done", events: model.events }, plainOutcome(stage.deployed));
  for (const [position, step] of [...PRELUDE, ...steps].entries()) {
    await take(stage, model, step, tally);
    if (position % 32 === 31) await check(stage, viewsOf(model));
  }
  await check(stage, viewsOf(model));
}

async function take(stage: Stage, model: RegistryModel, { name, picks }: Step, tally: Tally): Promise<void> {
  const draw = new Draw(model, picks);
  if (name === "wait") model.blockTime = waitingTime(draw);
  else if (name === "read") await check(stage, [drawnView(draw)]);
  else await call(stage, draw, name, tally);
}

/** @param by the sender, where it is not the drawn one */
async function call(stage: Stage, draw: Draw, name: string, tally: Tally, by?: string): Promise<void> {
  const { model } = draw;
  const move = MOVES[name];
  if (move === undefined) throw new RangeError(`no move ${name}`);
  const drawn = move(draw);
  const { args } = drawn;
  const sender = by ?? drawn.sender;
  const expected = outcomeOf(model, sender, name, args);
  await stage.evm.setTime(model.blockTime);
  const actual = plainOutcome(await stage.evm.send(sender, name, args));
  compare(`${name} by ${sender} of ${inspect(args, { depth: 6 })}`, expected, actual);
  count(tally, name, expected);
  if (expected.kind === "done") await check(stage, [headOf(model)]);
}

type PlainOutcome =
  | { readonly kind: "done"; readonly events: readonly Event[] }
  | { readonly kind: "refused"; readonly error: string; readonly args: unknown };

/** What the call does by the model. */
function outcomeOf(
  model: RegistryModel,
  sender: string,
  name: string,
  args: readonly unknown[],
): PlainOutcome {
  model.sender = sender;
  model.events = [];
  try {
    (model as unknown as Record<string, (...values: unknown[]) => void>)[name]?.(...args);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { kind: "refused", error: error.error, args: error.args };
  }
  return { kind: "done", events: model.events };
}

function plainOutcome(outcome: Outcome): PlainOutcome {
  if (outcome.kind === "refused") return { ...outcome, args: plain(outcome.args) };
  const events = outcome.events.map(({ name, args }) => ({
    name,
    args: plain(args) as Record<string, unknown>,
  }));
  return { kind: "done", events };
}

/** Values as the model has them, where ethers has classes of its own. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return Array.from(value, plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

async function check(stage: Stage, views: readonly View[]): Promise<void> {
  for (const { name, args, result } of views) {
    compare(`${name} of ${inspect(args)}`, result, plain(await stage.evm.read(name, args)));
  }
}

function compare(what: string, expected: unknown, actual: unknown): void {
  if (isDeepStrictEqual(expected, actual)) return;
  const show = (value: unknown): string => inspect(value, { depth: 6 });
  throw new Error(`${what}\nby the model: ${show(expected)}\nby the contract: ${show(actual)}`);
}

function count(tally: Tally, name: string, { kind }: PlainOutcome): void {
  const counts = tally.get(name) ?? { accepted: 0, refused: 0 };
  tally.set(name, counts);
  counts[kind === "done" ? "accepted" : "refused"] += 1;
}
