/** Lists the views of the registry with their answers for the directory of the tests. */
import { id, ZeroAddress } from "ethers";
import {
  ALL_SCENES,
  BANK,
  GOVERNOR_DELAY,
  MADE_AT,
  MAX_TIME,
  NOW,
} from "../../support/contract/directory.ts";
import { DAY, OPERATOR_KEY_IDS, ROLES, WHO } from "../../support/contract/directory.ts";
import type { Registry } from "../../support/contract/registry.ts";

export interface View {
  readonly name: string;
  readonly what: string;
  readonly args?: (registry: Registry) => readonly unknown[];
  readonly answer: (registry: Registry) => readonly unknown[];
}

const NO_NEXT = [ZeroAddress, 0, false];
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
  view(
    "institutionOf",
    `of ${of}`,
    [of],
    [[admin, state, roles, false, keys, ...NO_NEXT, state === 0 ? 0 : ALL_SCENES]],
  );
/** A key that nobody reported. */
const key = (of: number, from = 0, until = 0, retired = false): readonly unknown[] => [
  of,
  MADE_AT,
  from,
  until,
  0,
  ZeroAddress,
  retired,
  0,
];
const NO_KEY = [0, 0, 0, 0, 0, ZeroAddress, false, 0];
/** Reported since it was added. */
const reported = (of: number, by: string): readonly unknown[] => [
  of,
  MADE_AT,
  0,
  0,
  MADE_AT,
  by,
  false,
  by === ZeroAddress ? 0 : MADE_AT,
];
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
    "of one whose admin named the next",
    [BANK.issuer],
    [[WHO.admin1, 1, 1, false, 4, WHO.nextAdmin, MADE_AT + 2 * DAY, false, ALL_SCENES]],
  ),
  view(
    "institutionOf",
    "of a suspended one whose next admin governance named",
    [BANK.suspended],
    [[WHO.admin4, 2, 1, false, 1, WHO.nextAdmin, MADE_AT + 2 * DAY, true, ALL_SCENES]],
  ),
  institution(BANK.verifier, WHO.admin2, 1, 2, 1),
  institution(BANK.both, WHO.admin3, 1, 3, 1),
  institution(BANK.withdrawn, WHO.admin5, 3, 1, 1),
  institution(0, ZeroAddress, 0, 0, 0),
  institution(6, ZeroAddress, 0, 0, 0),
  view("keyOf", "in force", [WHO.issuer], [key(BANK.issuer)]),
  view("keyOf", "retired", [WHO.retired], [key(BANK.issuer, 0, MADE_AT + DAY, true)]),
  view("keyOf", "not yet in force", [WHO.early], [key(BANK.issuer, NOW + DAY)]),
  view("keyOf", "reported by its admin", [WHO.compromised], [reported(BANK.issuer, WHO.admin1)]),
  view("keyOf", "reported by governance", [WHO.reported], [reported(BANK.issuer, ZeroAddress)]),
  view("keyOf", "of no holder", [WHO.stranger], [NO_KEY]),
  view("keyOf", "that has not accepted", [WHO.proposed], [NO_KEY]),
  view("proposalOf", "that stands", [BANK.issuer, WHO.proposed], [[WHO.admin1, 0, 0]]),
  view("proposalOf", "that was accepted", [BANK.issuer, WHO.issuer], [[ZeroAddress, 0, 0]]),
  view("proposalOf", "of another institution", [BANK.both, WHO.proposed], [[ZeroAddress, 0, 0]]),
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
  view("operatorKeyOf", "in use", [OPERATOR_KEY_IDS.witness], [[key(1), 2, 1]]),
  view("operatorKeyOf", "retired", [OPERATOR_KEY_IDS.retired], [[key(1, 0, MADE_AT + DAY, true), 3, 1]]),
  view("operatorKeyOf", "reported", [OPERATOR_KEY_IDS.compromised], [[reported(1, WHO.admin1), 3, 1]]),
  view(
    "operatorKeyOf",
    "reported by governance",
    [OPERATOR_KEY_IDS.reported],
    [[reported(1, ZeroAddress), 3, 1]],
  ),
  view("operatorKeyOf", "of a neutral operator", [OPERATOR_KEY_IDS.ofNone], [[key(2), 1, 1]]),
  view("operatorKeyOf", "of no holder", [ZERO_HASH], [[NO_KEY, 0, 0]]),
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
