/** Lists changes of the directory with the parameters of their events. */
import { call, type Call } from "../../support/contract/calls.ts";
import {
  ALL_SCENES,
  BANK,
  DAY,
  keyIdOf,
  NAMES,
  NOW,
  OPERATOR_KEY_IDS,
} from "../../support/contract/directory.ts";
import { POSSESSION, profile, publicKey, ROLES, WHO } from "../../support/contract/directory.ts";
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
const { log, ofNone, reported } = OPERATOR_KEY_IDS;

export const CHANGES: readonly Change[] = [
  change(
    "InstitutionRegistered",
    accredit("registerInstitution", WHO.newcomer, profile(3)),
    [6, WHO.newcomer, 3, ALL_SCENES, "HK", "12345676", ...NAMES],
    6,
  ),
  change(
    "InstitutionRegistered",
    accredit("amendInstitution", BANK.verifier, profile(1, BANK.verifier).with(1, 6)),
    [BANK.verifier, WHO.admin2, 1, 6, "HK", "12345672", ...NAMES],
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
    "AdminNamed",
    administer("nameAdmin", BANK.issuer, WHO.newcomer),
    [BANK.issuer, WHO.newcomer, NOW + 2 * DAY, false],
    BANK.issuer,
  ),
  change(
    "AdminNamed",
    accredit("nameAdmin", BANK.issuer, WHO.newcomer),
    [BANK.issuer, WHO.newcomer, NOW + 7 * DAY, true],
    BANK.issuer,
    "by governance",
  ),
  change(
    "AdminNamed",
    accredit("nameAdmin", BANK.suspended, WHO.newcomer),
    [BANK.suspended, WHO.newcomer, NOW + 2 * DAY, true],
    BANK.suspended,
    "of a suspended institution",
  ),
  change(
    "AdminNamingCancelled",
    administer("cancelAdmin", BANK.issuer),
    [BANK.issuer, WHO.nextAdmin],
    BANK.issuer,
  ),
  change(
    "AdminReplaced",
    call(WHO.nextAdmin, "acceptAdmin", [BANK.issuer]),
    [BANK.issuer, WHO.nextAdmin, false],
    BANK.issuer,
  ),
  change(
    "AdminReplaced",
    call(WHO.nextAdmin, "acceptAdmin", [BANK.suspended]),
    [BANK.suspended, WHO.nextAdmin, true],
    BANK.suspended,
    "by governance",
  ),
  change(
    "KeyAdded",
    call(WHO.proposed, "acceptKey", [BANK.issuer]),
    [BANK.issuer, WHO.proposed, 0, 0],
    BANK.issuer,
  ),
  change(
    "KeyProposed",
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
    "KeyReportCorrected",
    accredit("correctKeyReport", WHO.reported, NOW - 7),
    [BANK.issuer, WHO.reported, NOW - 7],
    BANK.issuer,
  ),
  change(
    "KeyReportCorrected",
    accredit("correctKeyReport", WHO.reported, 0),
    [BANK.issuer, WHO.reported, 0],
    BANK.issuer,
    "taken back",
  ),
  change(
    "OperatorKeyReportCorrected",
    accredit("correctOperatorKeyReport", reported, 0),
    [1, reported, BANK.issuer, 0],
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
    administer("addOperatorKey", 1, 2, 6, KEY, NOW + 5, NOW + 9, POSSESSION),
    [1, keyIdOf(1, 2, KEY, 6), BANK.issuer, 2, 6, KEY, POSSESSION, NOW + 5, NOW + 9],
    BANK.issuer,
  ),
  change(
    "OperatorKeyAdded",
    accredit("addOperatorKey", 2, 3, 4, KEY, 0, 0, POSSESSION),
    [2, keyIdOf(2, 3, KEY, 4), 0, 3, 4, KEY, POSSESSION, 0, 0],
    0,
    "of no institution",
  ),
  change(
    "OperatorKeyRetired",
    administer("retireOperatorKey", log, 0),
    [1, log, BANK.issuer, NOW],
    BANK.issuer,
  ),
  change(
    "OperatorKeyRetired",
    accredit("retireOperatorKey", ofNone, NOW + 3),
    [2, ofNone, 0, NOW + 3],
    0,
    "of no institution",
  ),
  change(
    "OperatorKeyCompromised",
    accredit("reportOperatorKey", log, NOW - 7),
    [1, log, BANK.issuer, NOW - 7],
    BANK.issuer,
  ),
  change(
    "OperatorKeyCompromised",
    accredit("reportOperatorKey", ofNone, NOW),
    [2, ofNone, 0, NOW],
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
