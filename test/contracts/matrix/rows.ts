/** Lists who may make each call that changes state, and the outcome for all others. */
import { NOTHING } from "../../support/contract/log-copy.ts";
import { refusal } from "../../support/contract/calls.ts";
import {
  BANK,
  GOVERNOR_DELAY,
  group,
  MADE_AT,
  NAMES,
  NOW,
  profile,
} from "../../support/contract/directory.ts";
import { OPERATOR_KEY_IDS, POSSESSION, publicKey, ROLES, WHO } from "../../support/contract/directory.ts";
import { SUCCESSOR, type Registry } from "../../support/contract/registry.ts";

/** The accounts that make each call, by their relation to institution 1 and its documents. */
export const ACTORS = {
  "default admin": WHO.governor,
  "scheduled default admin": WHO.nextGovernor,
  accreditor: WHO.accreditor,
  "scene keeper": WHO.sceneKeeper,
  pauser: WHO.pauser,
  admin: WHO.admin1,
  "another's admin": WHO.admin3,
  "suspended one's admin": WHO.admin4,
  "withdrawn one's admin": WHO.admin5,
  "named admin": WHO.nextAdmin,
  key: WHO.issuer,
  "retired key": WHO.retired,
  "key not yet in force": WHO.early,
  "compromised key": WHO.compromised,
  "proposed key": WHO.proposed,
  "another's key": WHO.both,
  "suspended one's key": WHO.ofSuspended,
  "withdrawn one's key": WHO.ofWithdrawn,
  stranger: WHO.stranger,
} as const;
export type Actor = keyof typeof ACTORS;
export const ALL_ACTORS = Object.keys(ACTORS) as Actor[];
export type State = "open" | "paused" | "succeeded";

/** One call and what each actor gets: the events where it may, the refusal where it may not. */
export interface Row {
  readonly name: string;
  /** Distinguishes calls of the same name. */
  readonly of?: string;
  readonly args: (registry: Registry, who: string, state: State) => readonly unknown[];
  readonly may: readonly Actor[];
  readonly events: readonly string[];
  /** The outcome for the other actors. */
  readonly refused: (who: string, registry: Registry, actor: Actor) => string[];
  /** The outcome for all actors in a state other than the open one, where it differs. */
  readonly instead?: (who: string, state: State) => string[] | undefined;
}

const T1 = MADE_AT + 2 * 86_400;
const lacksRole =
  (role: string) =>
  (who: string): string[] =>
    refusal("AccessControlUnauthorizedAccount", who, role);
const notAdmin = (who: string): string[] => refusal("RegistryNotAdmin", BANK.issuer, who);

const governed = (name: string, args: Row["args"], ...events: string[]): Row => ({
  name,
  args,
  may: ["default admin"],
  events,
  refused: lacksRole(ROLES.governor),
});
const accredited = (name: string, args: readonly unknown[], ...events: string[]): Row => ({
  name,
  args: () => args,
  may: ["accreditor"],
  events,
  refused: lacksRole(ROLES.accreditor),
});
const administered = (name: string, args: readonly unknown[], event: string, ...also: Actor[]): Row => ({
  name,
  args: () => args,
  may: ["admin", ...also],
  events: [event],
  refused: notAdmin,
});

/** What only the admin of an active institution may do: for a suspended one, and a withdrawn one. */
const inactive = (name: string, args: (institution: number) => readonly unknown[]): Row[] =>
  (
    [
      ["suspended", 2],
      ["withdrawn", 3],
    ] as const
  ).map(([of, state]) => ({
    name,
    of: `of a ${of} institution`,
    args: () => args(BANK[of]),
    may: [],
    events: [],
    refused: (who, _, actor) =>
      actor === `${of} one's admin`
        ? refusal("RegistryInstitutionNotActive", BANK[of], state)
        : refusal("RegistryNotAdmin", BANK[of], who),
  }));

/** The refusal of an actor without a key in force. */
function withoutKey(who: string, actor: Actor): string[] {
  if (actor === "retired key") return refusal("RegistryKeyNotInForce", who, 0, MADE_AT + 86_400, NOW);
  if (actor === "key not yet in force") return refusal("RegistryKeyNotInForce", who, NOW + 86_400, 0, NOW);
  return refusal("RegistryUnknownKey", who);
}

/** The refusal of an actor without a key in force of an active institution. */
function withoutActiveKey(who: string, actor: Actor): string[] {
  if (actor === "suspended one's key") return refusal("RegistryInstitutionNotActive", BANK.suspended, 2);
  if (actor === "withdrawn one's key") return refusal("RegistryInstitutionNotActive", BANK.withdrawn, 3);
  return withoutKey(who, actor);
}

const HOLDERS: Partial<Record<Actor, number>> = {
  key: BANK.issuer,
  "compromised key": BANK.issuer,
  "another's key": BANK.both,
  "suspended one's key": BANK.suspended,
  "withdrawn one's key": BANK.withdrawn,
};
const STATES: Readonly<Record<number, number>> = { [BANK.suspended]: 2, [BANK.withdrawn]: 3 };
const status = (
  of: string,
  document: (registry: Registry) => number,
  owner: number,
  may: readonly Actor[],
  action = 1,
): Row => ({
  name: "setStatus",
  of,
  args: (registry) => [registry.inclusion(document(registry)), action, 1, NOTHING],
  may,
  events: ["StatusSet"],
  refused: (who, registry, actor) => {
    const holder = HOLDERS[actor];
    if (actor === "accreditor") return refusal("RegistryInstitutionActive", owner);
    if (holder === undefined) return withoutKey(who, actor);
    if (holder === owner) return refusal("RegistryInstitutionNotActive", owner, STATES[owner]);
    return refusal("RegistryNotYourEntry", document(registry), owner, holder);
  },
});

export const ROWS: readonly Row[] = [
  {
    name: "anchor",
    args: () => [[group()]],
    may: ["key", "compromised key", "another's key"],
    events: ["Anchored"],
    refused: (who, _, actor) => withoutActiveKey(who, actor),
    instead: (_, state) =>
      state === "paused" ? refusal("RegistryPaused") : refusal("RegistryHasSuccessor", SUCCESSOR),
  },
  status("of an active institution", ({ marks }) => marks.open, BANK.issuer, ["key", "compromised key"]),
  status("of a suspended institution", ({ marks }) => marks.ofSuspended, BANK.suspended, ["accreditor"]),
  status(
    "that suspends, of a suspended institution",
    ({ marks }) => marks.ofSuspended,
    BANK.suspended,
    ["suspended one's key", "accreditor"],
    2,
  ),
  status("of a withdrawn institution", ({ marks }) => marks.ofWithdrawn, BANK.withdrawn, ["accreditor"]),
  status(
    "that suspends, of a withdrawn institution",
    ({ marks }) => marks.ofWithdrawn,
    BANK.withdrawn,
    ["accreditor"],
    2,
  ),
  status("of a consent", ({ marks }) => marks.consent, BANK.issuer, ["key", "compromised key"]),
  status("of a suspended institution's consent", ({ marks }) => marks.consentOfSuspended, BANK.suspended, [
    "suspended one's key",
    "accreditor",
  ]),
  accredited("registerInstitution", [WHO.newcomer, profile(1)], "InstitutionRegistered"),
  accredited("amendInstitution", [BANK.issuer, profile(3, BANK.issuer)], "InstitutionRegistered"),
  accredited("setInstitutionState", [BANK.issuer, 2], "InstitutionStateSet"),
  {
    ...accredited("nameAdmin", [BANK.issuer, WHO.newcomer], "AdminNamed"),
    may: ["admin", "accreditor"],
  },
  {
    ...accredited("nameAdmin", [BANK.suspended, WHO.newcomer], "AdminNamed"),
    of: "of a suspended institution",
  },
  {
    ...accredited("nameAdmin", [BANK.withdrawn, WHO.newcomer], "AdminNamed"),
    of: "of a withdrawn institution",
    may: [],
    refused: (who, _, actor) =>
      actor === "accreditor"
        ? refusal("RegistryInstitutionNotActive", BANK.withdrawn, 3)
        : lacksRole(ROLES.accreditor)(who),
  },
  {
    name: "cancelAdmin",
    args: () => [BANK.issuer],
    may: ["admin"],
    events: ["AdminNamingCancelled"],
    refused: (who) => refusal("RegistryNothingToCancel", BANK.issuer, who),
  },
  {
    name: "cancelAdmin",
    of: "of a suspended institution",
    args: () => [BANK.suspended],
    may: ["accreditor"],
    events: ["AdminNamingCancelled"],
    refused: (who) => refusal("RegistryNothingToCancel", BANK.suspended, who),
  },
  {
    name: "acceptAdmin",
    args: () => [BANK.issuer],
    may: ["named admin"],
    events: ["AdminReplaced"],
    refused: (who) => refusal("RegistryAdminNotNamed", BANK.issuer, who, T1),
  },
  administered("addKey", [BANK.issuer, WHO.newcomer, 0, 0], "KeyProposed"),
  ...inactive("addKey", (institution) => [institution, WHO.newcomer, 0, 0]),
  {
    name: "acceptKey",
    args: () => [BANK.issuer],
    may: ["proposed key"],
    events: ["KeyAdded"],
    refused: (who) => refusal("RegistryKeyNotProposed", BANK.issuer, who),
  },
  administered("retireKey", [WHO.issuer, 0], "KeyRetired"),
  administered("reportKey", [WHO.issuer, NOW], "KeyCompromised", "accreditor"),
  accredited("correctKeyReport", [WHO.reported, 0], "KeyReportCorrected"),
  accredited("registerOperator", [0, "Another operator"], "OperatorRegistered"),
  administered("addOperatorKey", [1, 1, 1, publicKey("new"), 0, 0, POSSESSION], "OperatorKeyAdded"),
  {
    ...accredited("addOperatorKey", [2, 1, 1, publicKey("new"), 0, 0, POSSESSION], "OperatorKeyAdded"),
    of: "of an operator without institution",
  },
  administered("retireOperatorKey", [OPERATOR_KEY_IDS.log, 0], "OperatorKeyRetired"),
  {
    ...accredited("retireOperatorKey", [OPERATOR_KEY_IDS.ofNone, 0], "OperatorKeyRetired"),
    of: "of an operator without institution",
  },
  administered("reportOperatorKey", [OPERATOR_KEY_IDS.log, NOW], "OperatorKeyCompromised", "accreditor"),
  {
    ...accredited("reportOperatorKey", [OPERATOR_KEY_IDS.ofNone, NOW], "OperatorKeyCompromised"),
    of: "of an operator without institution",
  },
  {
    name: "defineScene",
    args: () => ["another-scene", NAMES, false, false],
    may: ["scene keeper"],
    events: ["SceneDefined"],
    refused: lacksRole(ROLES.sceneKeeper),
  },
  {
    name: "setPaused",
    args: (_, __, state) => [state !== "paused"],
    may: ["pauser"],
    events: ["PauseSet"],
    refused: lacksRole(ROLES.pauser),
  },
  {
    ...governed("nameSuccessor", () => [SUCCESSOR], "SuccessorNamed"),
    instead: (who, state) =>
      state === "succeeded" && who === WHO.governor ? refusal("RegistryHasSuccessor", SUCCESSOR) : undefined,
  },
  governed("grantRole", () => [ROLES.pauser, WHO.newcomer], "RoleGranted", "RoleSet"),
  governed("revokeRole", () => [ROLES.pauser, WHO.pauser], "RoleRevoked", "RoleSet"),
  { ...governed("grantRole", () => [ROLES.pauser, WHO.pauser]), of: "to one who has it" },
  { ...governed("revokeRole", () => [ROLES.pauser, WHO.stranger]), of: "from one who does not have it" },
  ...["grantRole", "revokeRole"].map((name) => ({
    ...governed(name, () => [ROLES.governor, WHO.governor]),
    of: "of the default admin's role",
    may: [],
    refused: () => refusal("AccessControlEnforcedDefaultAdminRules"),
  })),
  {
    name: "renounceRole",
    args: (_, who) => [ROLES.pauser, who],
    may: ["pauser"],
    events: ["RoleRevoked", "RoleSet"],
    refused: () => ["done"], // nothing is lost that one does not have, and nothing is recorded
  },
  {
    name: "renounceRole",
    of: "for another",
    args: () => [ROLES.pauser, WHO.newcomer],
    may: [],
    events: [],
    refused: () => refusal("AccessControlBadConfirmation"),
  },
  {
    name: "renounceRole",
    of: "of the default admin's role",
    args: (_, who) => [ROLES.governor, who],
    may: [],
    events: [],
    refused: (who) =>
      who === WHO.governor ? refusal("AccessControlEnforcedDefaultAdminDelay", T1) : ["done"],
  },
  accredited("correctOperatorKeyReport", [OPERATOR_KEY_IDS.reported, 0], "OperatorKeyReportCorrected"),
  governed(
    "beginDefaultAdminTransfer",
    () => [WHO.newcomer],
    "DefaultAdminTransferCanceled",
    "DefaultAdminTransferScheduled",
  ),
  {
    name: "acceptDefaultAdminTransfer",
    args: () => [],
    may: ["scheduled default admin"],
    events: ["RoleRevoked", "RoleSet", "RoleGranted", "RoleSet"],
    refused: (who) => refusal("AccessControlInvalidDefaultAdmin", who),
  },
  governed("cancelDefaultAdminTransfer", () => [], "DefaultAdminTransferCanceled"),
  governed("changeDefaultAdminDelay", () => [GOVERNOR_DELAY + 1], "DefaultAdminDelayChangeScheduled"),
  governed("rollbackDefaultAdminDelay", () => []),
];
