/** Lists the views of the registry with their answers for the directory of the tests. */
import { id, ZeroAddress } from "ethers";
import { BANK, GOVERNOR_DELAY, keyIdOf, MADE_AT, MAX_TIME, NOW } from "../../support/contract/directory.ts";
import { DAY, OPERATOR_KEYS, ROLES, WHO } from "../../support/contract/directory.ts";
import type { Registry } from "../../support/contract/registry.ts";

export interface View {
  readonly name: string;
  readonly what: string;
  readonly args?: (registry: Registry) => readonly unknown[];
  readonly answer: (registry: Registry) => readonly unknown[];
}

const ZERO_HASH = `0x${"0".repeat(64)}`;
const view = (name: string, what: string, args: readonly unknown[], answer: readonly unknown[]): View => ({
  name,
  what,
  args: () => args,
  answer: () => answer,
});
const constant = (name: string, value: unknown): View =>
  view(name, "is what the interface says", [], [value]);
const institution = (of: number, admin: string, state: number, roles: number, keys: number): View =>
  view("institutionOf", `of ${of}`, [of], [[admin, state, roles, keys, ZeroAddress, 0]]);
const holder = (what: string, key: string, time: number, answer: number): View =>
  view("holderAt", what, [key, time], [answer]);

function provenDocument({ marks, log }: Registry): readonly unknown[] {
  const { entry, index, size, proof } = log.inclusion(marks.open);
  return [entry, index, size, proof];
}

export const VIEWS: readonly View[] = [
  constant("DEFAULT_ADMIN_ROLE", ROLES.governor),
  constant("ACCREDITOR_ROLE", id("ACCREDITOR_ROLE")),
  constant("SCENE_ROLE", id("SCENE_ROLE")),
  constant("PAUSER_ROLE", id("PAUSER_ROLE")),
  constant("ADMIN_DELAY", 2 * DAY),
  constant("MAX_JURISDICTION_BYTES", 16),
  constant("MAX_NAME_BYTES", 256),
  constant("MAX_NUMBER_BYTES", 64),
  constant("MAX_PAYLOADS", 2_000),
  constant("MAX_PUBLIC_KEY_BYTES", 1_312),
  constant("MAX_SLUG_BYTES", 64),
  constant("MAX_TIME", MAX_TIME),
  { name: "head", what: "is the copy's", answer: ({ log }) => [log.size, log.root()] },
  {
    name: "rootAt",
    what: "the head is its root",
    args: ({ log }) => [log.size],
    answer: ({ log }) => [log.root()],
  },
  {
    name: "rootAt",
    what: "an earlier size is the root of then",
    args: ({ marks }) => [marks.open],
    answer: ({ log, marks }) => [log.root(marks.open)],
  },
  view("rootAt", "0 is none", [0], [ZERO_HASH]),
  {
    name: "rootAt",
    what: "a size within a transaction is none",
    args: ({ marks }) => [marks.spare],
    answer: () => [ZERO_HASH],
  },
  {
    name: "verifyInclusion",
    what: "is true of what the log holds",
    args: provenDocument,
    answer: () => [true],
  },
  {
    name: "statusOf",
    what: "an untouched document is nothing",
    args: ({ marks }) => [marks.open],
    answer: () => [[0, 0, 0, 0, 0, 0]],
  },
  {
    name: "statusOf",
    what: "a revoked document is its status entry",
    args: ({ marks }) => [marks.revoked],
    answer: ({ marks }) => [[1, 1, BANK.issuer, 0, marks.status, MADE_AT]],
  },
  view(
    "institutionOf",
    "of one with a scheduled admin",
    [BANK.issuer],
    [[WHO.admin1, 1, 1, 3, WHO.nextAdmin, MADE_AT + 2 * DAY]],
  ),
  institution(BANK.verifier, WHO.admin2, 1, 2, 1),
  institution(BANK.both, WHO.admin3, 1, 3, 1),
  institution(BANK.suspended, WHO.admin4, 2, 1, 1),
  institution(BANK.withdrawn, WHO.admin5, 3, 1, 1),
  institution(0, ZeroAddress, 0, 0, 0),
  institution(6, ZeroAddress, 0, 0, 0),
  view("keyOf", "in force", [WHO.issuer], [[BANK.issuer, MADE_AT, 0, 0, 0]]),
  view("keyOf", "retired", [WHO.retired], [[BANK.issuer, MADE_AT, 0, MADE_AT + DAY, 0]]),
  view("keyOf", "not yet in force", [WHO.early], [[BANK.issuer, MADE_AT, NOW + DAY, 0, 0]]),
  view("keyOf", "reported", [WHO.compromised], [[BANK.issuer, MADE_AT, 0, 0, MADE_AT]]),
  view("keyOf", "of no holder", [WHO.stranger], [[0, 0, 0, 0, 0]]),
  holder("is none before the key was added", WHO.issuer, MADE_AT - 1, 0),
  holder("is the institution from then on", WHO.issuer, MADE_AT, BANK.issuer),
  holder("is the institution without end", WHO.issuer, MAX_TIME, BANK.issuer),
  holder("is the institution in the last second of the window", WHO.retired, MADE_AT + DAY - 1, BANK.issuer),
  holder("is none from the end of the window on", WHO.retired, MADE_AT + DAY, 0),
  holder("is none before the window", WHO.early, NOW + DAY - 1, 0),
  holder("is the institution in the first second of the window", WHO.early, NOW + DAY, BANK.issuer),
  holder("does not mind a report", WHO.compromised, NOW, BANK.issuer),
  holder("does not mind a state", WHO.ofWithdrawn, NOW, BANK.withdrawn),
  holder("is none for a stranger", WHO.stranger, NOW, 0),
  view("institutionOfOperator", "of an institution's", [1], [BANK.issuer]),
  view("institutionOfOperator", "of a neutral one", [2], [0]),
  view("institutionOfOperator", "of none", [3], [0]),
  view("operatorKeyOf", "in use", [keyIdOf(OPERATOR_KEYS.witness)], [[[1, MADE_AT, 0, 0, 0], 2, 1]]),
  view(
    "operatorKeyOf",
    "retired",
    [keyIdOf(OPERATOR_KEYS.retired)],
    [[[1, MADE_AT, 0, MADE_AT + DAY, 0], 3, 1]],
  ),
  view(
    "operatorKeyOf",
    "reported",
    [keyIdOf(OPERATOR_KEYS.compromised)],
    [[[1, MADE_AT, 0, 0, MADE_AT], 3, 1]],
  ),
  view(
    "operatorKeyOf",
    "of a neutral operator",
    [keyIdOf(OPERATOR_KEYS.ofNone)],
    [[[2, MADE_AT, 0, 0, 0], 1, 1]],
  ),
  view("operatorKeyOf", "of no holder", [ZERO_HASH], [[[0, 0, 0, 0, 0], 0, 0]]),
  view("sceneOf", "the first slug", ["enterprise-credit-report"], [1]),
  view("sceneOf", "the second slug", ["personal-credit-report"], [2]),
  view("sceneOf", "no slug", ["unheard-of"], [0]),
  view("counts", "is how many there are", [], [5, 2, 2]),
  view("paused", "is false", [], [false]),
  view("chainOfRegistries", "is empty", [], [ZeroAddress, ZeroAddress]),
  view("defaultAdmin", "is the governor", [], [WHO.governor]),
  view("owner", "is the governor", [], [WHO.governor]),
  view("defaultAdminDelay", "is the constructor's", [], [GOVERNOR_DELAY]),
  view("defaultAdminDelayIncreaseWait", "is five days", [], [5 * DAY]),
  view("pendingDefaultAdmin", "is the scheduled one", [], [WHO.nextGovernor, MADE_AT + GOVERNOR_DELAY]),
  view("pendingDefaultAdminDelay", "is none", [], [0, 0]),
  view("getRoleAdmin", "is the default admin's role", [ROLES.pauser], [ROLES.governor]),
  ...(["governor", "accreditor", "sceneKeeper", "pauser"] as const).flatMap((role) => [
    view("hasRole", `${role} is true of its holder`, [ROLES[role], WHO[role]], [true]),
    view("hasRole", `${role} is false of a stranger`, [ROLES[role], WHO.stranger], [false]),
  ]),
  view("hasRole", "accreditor is false of the governor", [ROLES.accreditor, WHO.governor], [false]),
  view("supportsInterface", "ERC-165", ["0x01ffc9a7"], [true]),
  view("supportsInterface", "IAccessControlDefaultAdminRules", ["0x31498786"], [true]),
  view("supportsInterface", "nothing", ["0xffffffff"], [false]),
];
