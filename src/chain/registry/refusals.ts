/** Translates the custom errors of the contract into error codes and details. */
import type { ErrorDescription } from "ethers";
import { formatTime } from "../../core/time.ts";
import { ALGORITHMS } from "../../core/digest.ts";
import { INSTITUTION_ROLES, INSTITUTION_STATES, KEY_PURPOSES } from "../../core/directory.ts";
import { ACTIONS, ENTRY_KINDS, REASONS } from "../../core/entry.ts";
import { AppError, type ErrorCode, type Refusal } from "../../core/errors.ts";
import { MAX_TIME } from "../../core/units.ts";
import { GOVERNANCE_ROLES, registry } from "./registry.ts";
import type { RpcRefusal } from "../rpc/rpc.ts";

/** The parameters of an error by their names. */
type Values = Readonly<Record<string, unknown>>;

interface RefusalSpec {
  readonly code: ErrorCode;
  /** What is refused, with every value, and what is allowed. */
  readonly detail: (values: Values) => string;
  /** Whether the reason passes by itself or by an act of another account. */
  readonly waits?: (values: Values) => boolean;
}

const always = (): boolean => true;
const SUSPENDED = BigInt(INSTITUTION_STATES.suspended);

/** By the names of the errors in the contract's ABI. */
export const REFUSALS: Readonly<Record<string, RefusalSpec>> = {
  // what the registry takes now
  RegistryPaused: {
    code: "REGISTRY_PAUSED",
    detail: () =>
      "the registry is paused: it takes no documents, consents and verifications until it is resumed",
    waits: always,
  },
  RegistryHasSuccessor: {
    code: "REGISTRY_SUCCEEDED",
    detail: ({ successor }) => `documents go to the registry at ${show(successor)} now`,
  },
  RegistryPauseUnchanged: {
    code: "PAUSE_UNCHANGED",
    detail: ({ paused }) =>
      `the registry is ${paused === true ? "paused already" : "not paused"} (paused: ${show(paused)})`,
  },
  RegistryNotASuccessor: {
    code: "NOT_A_SUCCESSOR",
    detail: ({ registry: address }) =>
      `${show(address)} is no registry that names this one as its predecessor; deploy it with this one's address`,
  },

  // governance
  AccessControlUnauthorizedAccount: {
    code: "GOVERNANCE_ROLE",
    detail: ({ account, neededRole }) => `${show(account)} has not the role ${roleName(neededRole)}`,
  },
  AccessControlBadConfirmation: {
    code: "GOVERNANCE_RULES",
    detail: () => "a role is renounced by its holder alone",
  },
  AccessControlEnforcedDefaultAdminRules: {
    code: "GOVERNANCE_RULES",
    detail: () =>
      "the default admin changes by beginDefaultAdminTransfer and acceptDefaultAdminTransfer only",
  },
  AccessControlEnforcedDefaultAdminDelay: {
    code: "GOVERNANCE_RULES",
    detail: ({ schedule }) => `the default admin may not change before ${timeText(schedule)}`,
  },
  AccessControlInvalidDefaultAdmin: {
    code: "GOVERNANCE_RULES",
    detail: ({ defaultAdmin }) => `${show(defaultAdmin)} is not the default admin that is scheduled`,
  },
  SafeCastOverflowedUintDowncast: {
    code: "DATE_RANGE",
    detail: ({ bits, value }) => `the time ${show(value)} does not fit ${show(bits)} bits`,
  },
  RegistryLastAdmin: {
    code: "GOVERNANCE_RULES",
    detail: () => "the registry would be left without an admin; name the next one",
  },

  // institutions
  RegistryUnknownInstitution: {
    code: "INSTITUTION_UNKNOWN",
    detail: ({ institution }) => `no institution has the id ${show(institution)}`,
  },
  RegistryInstitutionNotActive: {
    code: "ISSUER_SUSPENDED",
    detail: ({ institution, state }) =>
      `institution ${show(institution)} is ${named(INSTITUTION_STATES, state)}; only an active one records documents, names admins and adds keys, and a suspended one may suspend documents and revoke consents`,
    waits: ({ state }) => state === SUSPENDED,
  },
  RegistryInstitutionActive: {
    code: "INSTITUTION_ACTIVE",
    detail: ({ institution }) =>
      `institution ${show(institution)} is active: its entries are its own; suspend it first`,
  },
  RegistryOfficialNumber: {
    code: "OFFICIAL_NUMBER",
    detail: ({ institution, holder }) =>
      `the jurisdiction and official number are those of institution ${show(holder)} (0: of none); they are unique, and institution ${show(institution)} keeps its own for ever`,
  },
  RegistryUnsupportedScenes: {
    code: "SCENE_CODE",
    detail: ({ scenes }) => `document types ${show(scenes)}: bit 0 stands for none; ids are 1 to 255`,
  },
  RegistrySceneNotAccredited: {
    code: "SCENE_NOT_ACCREDITED",
    detail: ({ institution, scene }) =>
      `institution ${show(institution)} is not accredited for the document type ${show(scene)}`,
  },
  RegistryRoleMissing: {
    code: "INSTITUTION_ROLE",
    detail: ({ institution, roles, needed }) =>
      `institution ${show(institution)} is accredited as ${rolesOf(roles)}; this needs ${rolesOf(needed, " or ")}`,
  },
  RegistryUnsupportedRoles: {
    code: "ROLE_CODE",
    detail: ({ roles }) => `roles ${show(roles)}: expected one or more of ${choiceText(INSTITUTION_ROLES)}`,
  },
  RegistryStateChange: {
    code: "INSTITUTION_STATE",
    detail: ({ institution, from, to }) =>
      `institution ${show(institution)} is ${named(INSTITUTION_STATES, from)} and cannot become ${named(INSTITUTION_STATES, to)}; active and suspended change into each other, and either can be withdrawn for ever`,
  },
  RegistryNotAdmin: {
    code: "NOT_INSTITUTION_ADMIN",
    detail: ({ institution, caller }) =>
      `${show(caller)} is not the admin of institution ${show(institution)}`,
  },
  RegistryAdminNotNamed: {
    code: "ADMIN_NOT_SCHEDULED",
    detail: ({ institution, caller, from }) =>
      from === 0n
        ? `no new admin is named for institution ${show(institution)} (from ${show(from)}), so ${show(caller)} cannot take over`
        : `${show(caller)} is not the named admin of institution ${show(institution)}, or comes before ${timeText(from)}`,
  },
  RegistryNothingToCancel: {
    code: "NOTHING_TO_CANCEL",
    detail: ({ institution, caller }) =>
      `no admin is named for institution ${show(institution)} that ${show(caller)} may cancel; its active admin cancels any, the accreditor its own`,
  },

  // keys
  RegistryUnknownKey: {
    code: "KEY_UNKNOWN",
    detail: ({ key }) => `the key ${show(key)} has accepted to act for no institution`,
    waits: always,
  },
  RegistryKeyNotInForce: {
    code: "KEY_NOT_IN_FORCE",
    detail: ({ key, from, until, time }) =>
      `the key ${show(key)} is in force from ${timeText(from)} until ${endText(until)}, and it is ${timeText(time)}`,
    waits: always,
  },
  RegistryKeyTaken: {
    code: "KEY_TAKEN",
    detail: ({ holder }) =>
      `the key belongs to institution or operator ${show(holder)} for ever, retired or not; make a new one`,
  },
  RegistryKeyWindow: {
    code: "KEY_WINDOW",
    detail: ({ from, until, time }) =>
      `a window from ${timeText(from)} until ${endText(until)} is empty or over: it is ${timeText(time)}`,
  },
  RegistryKeyRetirement: {
    code: "KEY_RETIREMENT",
    detail: ({ until, time }) =>
      `the key's window ends at ${endText(until)}; it may be made to end earlier, from ${timeText(time)} on`,
  },
  RegistryLastKey: {
    code: "LAST_KEY",
    detail: ({ institution }) =>
      `this is the last key of institution ${show(institution)}, which is active; its replacement accepts first`,
  },
  RegistryCompromiseTime: {
    code: "COMPROMISE_TIME",
    detail: ({ since, earliest, latest }) =>
      `${timeText(since)} is not from ${timeText(earliest)} to ${timeText(latest)}: a report is from when the key was added to now, or before the time reported already; a correction is later than the time reported, to now or to what the present admin reported`,
  },
  RegistryKeyNotReported: {
    code: "KEY_NOT_REPORTED",
    detail: () => "no report on the key stands that could be corrected",
  },
  RegistryKeyNotProposed: {
    code: "KEY_NOT_PROPOSED",
    detail: ({ institution, key }) =>
      `the present admin of institution ${show(institution)} has not proposed the key ${show(key)}`,
  },
  RegistryZeroAddress: { code: "ADDRESS_ZERO", detail: () => "the zero address is nobody's" },

  // operators
  RegistryUnknownOperator: {
    code: "OPERATOR_UNKNOWN",
    detail: ({ operator }) => `no operator has the id ${show(operator)}`,
  },
  RegistryUnknownOperatorKey: {
    code: "KEY_UNKNOWN",
    detail: ({ keyId }) => `no operator has added the key ${show(keyId)}`,
  },
  RegistryUnsupportedPurpose: {
    code: "PURPOSE_CODE",
    detail: ({ purpose }) => `purpose ${show(purpose)}: expected ${choiceText(KEY_PURPOSES)}`,
  },

  // texts
  RegistryLength: {
    code: "FIELD_LENGTH",
    detail: ({ length, max }) =>
      `a text, public key or possession of ${show(length)} bytes; 1 to ${show(max)} are allowed`,
  },
  RegistryCharacter: {
    code: "NAME_FORMAT",
    detail: ({ position }) =>
      `character ${show(position)}: a slug has a-z, 0-9 and "-"; a jurisdiction or official number has printable ASCII without spaces`,
  },
  RegistrySlugTaken: {
    code: "SLUG_TAKEN",
    detail: ({ scene }) => `the slug already names scene ${show(scene)}`,
  },
  RegistryTooManyScenes: {
    code: "SCENES_FULL",
    detail: () => "there are 255 document types, and a registry has no more",
  },

  // anchoring
  RegistryEmptyBatch: {
    code: "BATCH_EMPTY",
    detail: ({ group }) => `there is no group, or group ${show(group)} is empty`,
  },
  RegistryTooManyPayloads: {
    code: "BATCH_TOO_LARGE",
    detail: ({ count, max }) => `${show(count)} payloads in one call; at most ${show(max)} are allowed`,
  },
  RegistryZeroPayload: {
    code: "DIGEST_ZERO",
    detail: ({ group, position }) => `payload ${show(position)} of group ${show(group)} is all zeros`,
  },
  RegistryUnsupportedKind: {
    code: "KIND_CODE",
    detail: ({ kind }) =>
      `kind ${named(ENTRY_KINDS, kind)} is not anchored; document, consent and verification are`,
  },
  RegistryUnsupportedAlgorithm: {
    code: "ALGORITHM_UNSUPPORTED",
    detail: ({ kind, algorithm }) =>
      `${named(ENTRY_KINDS, kind)} with algorithm ${show(algorithm)}; documents take ${choiceText(ALGORITHMS)}, all else ${ALGORITHMS.sha256} (sha256)`,
  },
  RegistryUnsupportedFlags: {
    code: "FLAGS_CODE",
    detail: ({ kind, flags }) =>
      `${named(ENTRY_KINDS, kind)} with flags ${show(flags)}; documents take 0 or 1 (blinded), all else 1`,
  },
  RegistryUnknownScene: {
    code: "SCENE_UNKNOWN",
    detail: ({ kind, scene }) =>
      `${named(ENTRY_KINDS, kind)} of scene ${show(scene)}: documents need one that is defined, all else has none (0)`,
  },
  RegistryValidUntilPassed: {
    code: "VALID_UNTIL_PAST",
    detail: ({ validUntil, recordedAt }) =>
      `validity until ${timeText(validUntil)} is not after ${timeText(recordedAt)}, when it would be recorded`,
  },
  RegistryTimeTooLate: {
    code: "DATE_RANGE",
    detail: ({ time, max }) => `the time ${show(time)} is above ${timeText(max)}`,
  },

  // statuses
  RegistryEntryMalformed: {
    code: "ENTRY_MALFORMED",
    detail: ({ length }) => `an entry has 80 bytes and version 1; this one has ${show(length)} bytes`,
  },
  RegistryUnknownSize: {
    code: "TREE_SIZE_UNKNOWN",
    detail: ({ size }) =>
      `the registry holds no root for size ${show(size)}; prove at a size at which a call ended`,
  },
  RegistryProofInvalid: {
    code: "PROOF_INVALID",
    detail: ({ index, size }) =>
      `the proof does not show the entry at ${show(index)} under the root of size ${show(size)}`,
  },
  RegistryNotADocument: {
    code: "NOT_A_DOCUMENT",
    detail: ({ index, kind }) =>
      `entry ${show(index)} is a ${named(ENTRY_KINDS, kind)} entry; statuses are set on documents, and consents are revoked`,
  },
  RegistryNotYourEntry: {
    code: "NOT_YOUR_ENTRY",
    detail: ({ index, institution, caller }) =>
      `entry ${show(index)} was recorded by institution ${show(institution)}, not by ${show(caller)}`,
  },
  RegistryEntryFinal: {
    code: "STATUS_FINAL",
    detail: ({ index, action }) =>
      `entry ${show(index)} is withdrawn for good (${named(ACTIONS, action)}); nothing changes that any more`,
  },
  RegistryStatusUnchanged: {
    code: "STATUS_UNCHANGED",
    detail: ({ index, action }) => `${named(ACTIONS, action)} would change nothing on entry ${show(index)}`,
  },
  RegistryUnsupportedAction: {
    code: "ACTION_CODE",
    detail: ({ action }) => `action ${show(action)}: expected ${choiceText(ACTIONS)}`,
  },
  RegistryUnsupportedReason: {
    code: "REASON_CODE",
    detail: ({ reason }) => `reason ${show(reason)}: expected ${choiceText(REASONS)}`,
  },
  RegistryUnexpectedSuccessor: {
    code: "SUCCESSOR_INVALID",
    detail: ({ action }) => `${named(ACTIONS, action)} takes no successor; supersede does`,
  },
  RegistrySuccessorIsItself: {
    code: "SUCCESSOR_INVALID",
    detail: ({ index }) => `entry ${show(index)} cannot take its own place`,
  },
  RegistrySuccessorWithdrawn: {
    code: "SUCCESSOR_INVALID",
    detail: ({ index, action }) => `entry ${show(index)} is itself withdrawn (${named(ACTIONS, action)})`,
  },
};

/** The refusal for revert data of the registry; undefined where the data is not an error of the registry. */
export function toRefusal(error: RpcRefusal): Refusal | undefined {
  const found = error.data === undefined ? undefined : parseError(error.data);
  if (found === undefined) return undefined;
  const values = found.args.toObject() as Values;
  const shown = found.fragment.inputs.map(({ name }) => show(values[name]));
  const refusal = `${found.name}(${shown.join(", ")})`;
  const { code, detail, waits } = REFUSALS[found.name] ?? UNKNOWN_ERROR;
  const fields = {
    detail: `the registry refuses: ${detail({ refusal, ...values })}`,
    refusal,
    waits: waits?.(values) === true,
  };
  return new AppError(code, fields, { cause: error }) as Refusal;
}

/** For an error that the table lacks; a test checks that there is none. */
const UNKNOWN_ERROR: RefusalSpec = { code: "REGISTRY_REFUSED", detail: ({ refusal }) => show(refusal) };

/** ethers throws for data that is too short, or shorter than its selector promises. */
function parseError(revertData: string): ErrorDescription | undefined {
  try {
    return registry.parseError(revertData) ?? undefined;
  } catch {
    return undefined;
  }
}

function show(value: unknown): string {
  return String(value);
}

/** A time as the contract's number, and as a date where it is within the range of dates. */
function timeText(value: unknown): string {
  const seconds = Number(value);
  return seconds <= MAX_TIME ? `${show(value)} (${formatTime(seconds)})` : show(value);
}

function endText(value: unknown): string {
  return value === 0n ? "0 (no end)" : timeText(value);
}

/** `2 (suspended)`, or the number alone where it is not in the table. */
function named(table: Readonly<Record<string, number>>, value: unknown): string {
  const name = Object.keys(table).find((known) => BigInt(table[known] ?? -1) === value);
  return name === undefined ? show(value) : `${show(value)} (${name})`;
}

function choiceText(table: Readonly<Record<string, number>>): string {
  return Object.entries(table)
    .map(([name, number]) => `${number} (${name})`)
    .join(", ");
}

function rolesOf(bits: unknown, joint = " and "): string {
  const names = Object.entries(INSTITUTION_ROLES).filter(([, bit]) => (Number(bits) & bit) !== 0);
  return `${show(bits)} (${names.map(([name]) => name).join(joint)})`;
}

function roleName(role: unknown): string {
  const name = GOVERNANCE_ROLES[show(role)];
  return name === undefined ? show(role) : `${name} (${show(role)})`;
}
