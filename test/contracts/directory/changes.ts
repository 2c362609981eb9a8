/** Lists changes of the directory with the parameters of their events. */
import { call, type Call } from "../../support/contract/calls.ts";
import { BANK, DAY, keyIdOf, NAMES, NOW, OPERATOR_KEYS } from "../../support/contract/directory.ts";
import { profile, publicKey, ROLES, WHO } from "../../support/contract/directory.ts";
import { SUCCESSOR } from "../../support/contract/registry.ts";

/** A change of the directory: the call, the event, and all its parameters but index, recordedAt and recordedBy. */
export interface Change {
  readonly event: string;
  readonly of?: string;
  readonly call: Call;
  readonly values: readonly unknown[];
  /** The institution concerned; 0 = none. */
  readonly institution: number;
}

export const change = (
  event: string,
  made: Call,
  values: readonly unknown[],
  institution = 0,
  of?: string,
): Change => ({
  event,
  call: made,
  values,
  institution,
  ...(of === undefined ? {} : { of }),
});
const accredit = (name: string, ...args: unknown[]): Call => call(WHO.accreditor, name, args);
const administer = (name: string, ...args: unknown[]): Call => call(WHO.admin1, name, args);
const KEY = publicKey("new");
const { log, ofNone } = OPERATOR_KEYS;

export const CHANGES: readonly Change[] = [
  change(
    "InstitutionRegistered",
    accredit("registerInstitution", WHO.newcomer, profile(3)),
    [6, WHO.newcomer, 3, "HK", "12345678", ...NAMES],
    6,
  ),
  change(
    "InstitutionRegistered",
    accredit("amendInstitution", BANK.verifier, profile(1)),
    [BANK.verifier, WHO.admin2, 1, "HK", "12345678", ...NAMES],
    BANK.verifier,
    "amended",
  ),
  change(
    "InstitutionStateSet",
    accredit("setInstitutionState", BANK.issuer, 3),
    [BANK.issuer, 3],
    BANK.issuer,
  ),
  change(
    "AdminScheduled",
    accredit("scheduleAdmin", BANK.issuer, WHO.newcomer),
    [BANK.issuer, WHO.newcomer, NOW + 2 * DAY],
    BANK.issuer,
  ),
  change(
    "AdminReplaced",
    call(WHO.nextAdmin, "acceptAdmin", [BANK.issuer]),
    [BANK.issuer, WHO.nextAdmin],
    BANK.issuer,
  ),
  change(
    "KeyAdded",
    administer("addKey", BANK.issuer, WHO.newcomer, NOW + 5, NOW + 9),
    [BANK.issuer, WHO.newcomer, NOW + 5, NOW + 9],
    BANK.issuer,
  ),
  change(
    "KeyRetired",
    administer("retireKey", WHO.issuer, NOW + 7),
    [BANK.issuer, WHO.issuer, NOW + 7],
    BANK.issuer,
  ),
  change(
    "KeyRetired",
    administer("retireKey", WHO.issuer, 0),
    [BANK.issuer, WHO.issuer, NOW],
    BANK.issuer,
    "immediately",
  ),
  change(
    "KeyCompromised",
    administer("reportKey", WHO.issuer, NOW - 7),
    [BANK.issuer, WHO.issuer, NOW - 7],
    BANK.issuer,
  ),
  change(
    "OperatorRegistered",
    accredit("registerOperator", BANK.both, "New operator"),
    [3, BANK.both, "New operator"],
    BANK.both,
  ),
  change(
    "OperatorRegistered",
    accredit("registerOperator", 0, "New operator"),
    [3, 0, "New operator"],
    0,
    "of no institution",
  ),
  change(
    "OperatorKeyAdded",
    administer("addOperatorKey", 1, 2, 6, KEY, NOW + 5, NOW + 9),
    [1, keyIdOf(KEY), BANK.issuer, 2, 6, KEY, NOW + 5, NOW + 9],
    BANK.issuer,
  ),
  change(
    "OperatorKeyAdded",
    accredit("addOperatorKey", 2, 3, 4, KEY, 0, 0),
    [2, keyIdOf(KEY), 0, 3, 4, KEY, 0, 0],
    0,
    "of no institution",
  ),
  change(
    "OperatorKeyRetired",
    administer("retireOperatorKey", keyIdOf(log), 0),
    [1, keyIdOf(log), BANK.issuer, NOW],
    BANK.issuer,
  ),
  change(
    "OperatorKeyRetired",
    accredit("retireOperatorKey", keyIdOf(ofNone), NOW + 3),
    [2, keyIdOf(ofNone), 0, NOW + 3],
    0,
    "of no institution",
  ),
  change(
    "OperatorKeyCompromised",
    accredit("reportOperatorKey", keyIdOf(log), NOW - 7),
    [1, keyIdOf(log), BANK.issuer, NOW - 7],
    BANK.issuer,
  ),
  change(
    "OperatorKeyCompromised",
    accredit("reportOperatorKey", keyIdOf(ofNone), NOW),
    [2, keyIdOf(ofNone), 0, NOW],
    0,
    "of no institution",
  ),
  change("SceneDefined", call(WHO.sceneKeeper, "defineScene", ["new-scene", NAMES, true, false]), [
    3,
    "new-scene",
    ...NAMES,
    true,
    false,
  ]),
  change(
    "SceneDefined",
    call(WHO.sceneKeeper, "defineScene", ["new-scene", NAMES, false, true]),
    [3, "new-scene", ...NAMES, false, true],
    0,
    "the other way",
  ),
  change(
    "RoleSet",
    call(WHO.governor, "grantRole", [ROLES.pauser, WHO.newcomer]),
    [ROLES.pauser, WHO.newcomer, true],
    0,
    "granted",
  ),
  change(
    "RoleSet",
    call(WHO.governor, "revokeRole", [ROLES.pauser, WHO.pauser]),
    [ROLES.pauser, WHO.pauser, false],
    0,
    "revoked",
  ),
  change(
    "RoleSet",
    call(WHO.pauser, "renounceRole", [ROLES.pauser, WHO.pauser]),
    [ROLES.pauser, WHO.pauser, false],
    0,
    "renounced",
  ),
  change(
    "RoleSet",
    call(WHO.nextGovernor, "acceptDefaultAdminTransfer"),
    [ROLES.governor, WHO.governor, false],
    0,
    "of the default admin",
  ),
  change("PauseSet", call(WHO.pauser, "setPaused", [true]), [true]),
  change("SuccessorNamed", call(WHO.governor, "nameSuccessor", [SUCCESSOR]), [SUCCESSOR]),
];
