import type { ErrorDescription } from "ethers";
import { formatTime } from "../../core/time.ts";
import { ALGORITHMS } from "../../core/digest.ts";
import { INSTITUTION_ROLES, INSTITUTION_STATES, KEY_PURPOSES } from "../../core/directory.ts";
import { ACTIONS, ENTRY_KINDS, REASONS } from "../../core/entry.ts";
import { AppError, quote, type ErrorCode, type Refusal } from "../../core/errors.ts";
import { MAX_TIME } from "../../core/units.ts";
import { GOVERNANCE_ROLES, registry } from "./registry.ts";
import type { RpcRefusal } from "../rpc/rpc.ts";

/** The values of an error by their names. */
type Values = Readonly<Record<string, unknown>>;

interface Row {
  readonly code: ErrorCode;
  /** What is refused, with every value, and what is allowed. */
  readonly says: (values: Values) => string;
  /** Whether the reason passes by itself or by somebody else's act. */
  readonly waits?: (values: Values) => boolean;
}

const always = (): boolean => true;
const SUSPENDED = BigInt(INSTITUTION_STATES.suspended);

/** One row for each error of the contract's ABI. */
export const REFUSALS: Readonly<Record<string, Row>> = {
  // what the registry takes now
  RegistryPaused: {
    code: "REGISTRY_PAUSED",
    says: () =>
      "the registry is paused: it takes no documents, consents and verifications until it is resumed",
    waits: always,
  },
  RegistryHasSuccessor: {
    code: "REGISTRY_SUCCEEDED",
    says: ({ successor }) => `documents go to the registry at ${show(successor)} now`,
  },
  RegistryPauseUnchanged: {
    code: "PAUSE_UNCHANGED",
    says: ({ paused }) =>
      `the registry is ${paused === true ? "paused already" : "not paused"} (paused: ${show(paused)})`,
  },
  RegistryNotASuccessor: {
    code: "NOT_A_SUCCESSOR",
    says: ({ registry: address }) =>
      `${show(address)} is no registry that names this one as its predecessor; deploy it with this one's address`,
  },

  // governance
  AccessControlUnauthorizedAccount: {
    code: "GOVERNANCE_ROLE",
    says: ({ account, neededRole }) => `${show(account)} has not the role ${roleName(neededRole)}`,
  },
  AccessControlBadConfirmation: {
    code: "GOVERNANCE_RULES",
    says: () => "a role is renounced by its holder alone",
  },
  AccessControlEnforcedDefaultAdminRules: {
    code: "GOVERNANCE_RULES",
    says: () => "the default admin changes by beginDefaultAdminTransfer and acceptDefaultAdminTransfer only",
  },
  AccessControlEnforcedDefaultAdminDelay: {
    code: "GOVERNANCE_RULES",
    says: ({ schedule }) => `the default admin may not change before ${moment(schedule)}`,
  },
  AccessControlInvalidDefaultAdmin: {
    code: "GOVERNANCE_RULES",
    says: ({ defaultAdmin }) => `${show(defaultAdmin)} is not the default admin that is scheduled`,
  },
  SafeCastOverflowedUintDowncast: {
    code: "DATE_RANGE",
    says: ({ bits, value }) => `the time ${show(value)} does not fit ${show(bits)} bits`,
  },
  RegistryLastAdmin: {
    code: "GOVERNANCE_RULES",
    says: () => "the registry would be left without an admin; name the next one",
  },

  // institutions
  RegistryUnknownInstitution: {
    code: "INSTITUTION_UNKNOWN",
    says: ({ institution }) => `no institution has the id ${show(institution)}`,
  },
  RegistryInstitutionNotActive: {
    code: "ISSUER_SUSPENDED",
    says: ({ institution, state }) =>
      `institution ${show(institution)} is ${named(INSTITUTION_STATES, state)}; only an active one records documents`,
    waits: ({ state }) => state === SUSPENDED,
  },
  RegistryInstitutionActive: {
    code: "INSTITUTION_ACTIVE",
    says: ({ institution }) =>
      `institution ${show(institution)} is active: its documents are its own; suspend it first`,
  },
  RegistryRoleMissing: {
    code: "INSTITUTION_ROLE",
    says: ({ institution, roles, needed }) =>
      `institution ${show(institution)} is accredited as ${rolesOf(roles)}; this needs ${rolesOf(needed, " or ")}`,
  },
  RegistryUnsupportedRoles: {
    code: "ROLE_CODE",
    says: ({ roles }) => `roles ${show(roles)}: expected one or more of ${choices(INSTITUTION_ROLES)}`,
  },
  RegistryStateChange: {
    code: "INSTITUTION_STATE",
    says: ({ institution, from, to }) =>
      `institution ${show(institution)} is ${named(INSTITUTION_STATES, from)} and cannot become ${named(INSTITUTION_STATES, to)}; active and suspended change into each other, and either can be withdrawn for ever`,
  },
  RegistryNotAdmin: {
    code: "NOT_INSTITUTION_ADMIN",
    says: ({ institution, caller }) => `${show(caller)} is not the admin of institution ${show(institution)}`,
  },
  RegistryAdminNotScheduled: {
    code: "ADMIN_NOT_SCHEDULED",
    says: ({ institution, caller, from }) =>
      from === 0n
        ? `no new admin is scheduled for institution ${show(institution)} (from ${show(from)}), so ${show(caller)} cannot take over`
        : `${show(caller)} is not the scheduled admin of institution ${show(institution)}, or comes before ${moment(from)}`,
  },

  // keys
  RegistryUnknownKey: {
    code: "KEY_UNKNOWN",
    says: ({ key }) => `no institution has added the key ${show(key)}`,
    waits: always,
  },
  RegistryKeyNotInForce: {
    code: "KEY_NOT_IN_FORCE",
    says: ({ key, from, until, time }) =>
      `the key ${show(key)} is in force from ${moment(from)} until ${end(until)}, and it is ${moment(time)}`,
    waits: always,
  },
  RegistryKeyTaken: {
    code: "KEY_TAKEN",
    says: ({ holder }) =>
      `the key belongs to institution or operator ${show(holder)} for ever, retired or not; make a new one`,
  },
  RegistryKeyWindow: {
    code: "KEY_WINDOW",
    says: ({ from, until, time }) =>
      `a window from ${moment(from)} until ${end(until)} is empty or over: it is ${moment(time)}`,
  },
  RegistryKeyRetirement: {
    code: "KEY_RETIREMENT",
    says: ({ until, time }) =>
      `the key's window ends at ${end(until)}; it may be made to end earlier, from ${moment(time)} on`,
  },
  RegistryLastKey: {
    code: "LAST_KEY",
    says: ({ institution }) =>
      `this is the last key of institution ${show(institution)}; add its replacement first`,
  },
  RegistryCompromiseTime: {
    code: "COMPROMISE_TIME",
    says: ({ since, earliest, latest }) =>
      `${moment(since)} is not from ${moment(earliest)}, when the key was added, to ${moment(latest)}: now, or before the time reported already`,
  },
  RegistryZeroAddress: { code: "ADDRESS_ZERO", says: () => "the zero address is nobody's" },

  // operators
  RegistryUnknownOperator: {
    code: "OPERATOR_UNKNOWN",
    says: ({ operator }) => `no operator has the id ${show(operator)}`,
  },
  RegistryUnknownOperatorKey: {
    code: "KEY_UNKNOWN",
    says: ({ keyId }) => `no operator has added the key ${show(keyId)}`,
  },
  RegistryUnsupportedPurpose: {
    code: "PURPOSE_CODE",
    says: ({ purpose }) => `purpose ${show(purpose)}: expected ${choices(KEY_PURPOSES)}`,
  },

  // texts
  RegistryLength: {
    code: "FIELD_LENGTH",
    says: ({ length, max }) => `a text or public key of ${show(length)} bytes; 1 to ${show(max)} are allowed`,
  },
  RegistrySlugMalformed: {
    code: "SLUG_FORMAT",
    says: ({ slug }) => `the slug ${quote(show(slug))} is not 1 to 64 characters of a-z, 0-9 and "-"`,
  },
  RegistrySlugTaken: {
    code: "SLUG_TAKEN",
    says: ({ slug, scene }) => `the slug ${quote(show(slug))} already names scene ${show(scene)}`,
  },

  // anchoring
  RegistryEmptyBatch: {
    code: "BATCH_EMPTY",
    says: ({ group }) => `there is no group, or group ${show(group)} is empty`,
  },
  RegistryTooManyPayloads: {
    code: "BATCH_TOO_LARGE",
    says: ({ count, max }) => `${show(count)} payloads in one call; at most ${show(max)} are allowed`,
  },
  RegistryZeroPayload: {
    code: "DIGEST_ZERO",
    says: ({ group, position }) => `payload ${show(position)} of group ${show(group)} is all zeros`,
  },
  RegistryUnsupportedKind: {
    code: "KIND_CODE",
    says: ({ kind }) =>
      `kind ${named(ENTRY_KINDS, kind)} is not anchored; document, consent and verification are`,
  },
  RegistryUnsupportedAlgorithm: {
    code: "ALGORITHM_UNSUPPORTED",
    says: ({ kind, algorithm }) =>
      `${named(ENTRY_KINDS, kind)} with algorithm ${show(algorithm)}; documents take ${choices(ALGORITHMS)}, all else ${ALGORITHMS.sha256} (sha256)`,
  },
  RegistryUnsupportedFlags: {
    code: "FLAGS_CODE",
    says: ({ kind, flags }) =>
      `${named(ENTRY_KINDS, kind)} with flags ${show(flags)}; documents take 0 or 1 (blinded), all else 1`,
  },
  RegistryUnknownScene: {
    code: "SCENE_UNKNOWN",
    says: ({ kind, scene }) =>
      `${named(ENTRY_KINDS, kind)} of scene ${show(scene)}: documents need one that is defined, all else has none (0)`,
  },
  RegistryValidUntilPassed: {
    code: "VALID_UNTIL_PAST",
    says: ({ validUntil, recordedAt }) =>
      `validity until ${moment(validUntil)} is not after ${moment(recordedAt)}, when it would be recorded`,
  },
  RegistryTimeTooLate: {
    code: "DATE_RANGE",
    says: ({ time, max }) => `the time ${show(time)} is above ${moment(max)}`,
  },

  // statuses
  RegistryEntryMalformed: {
    code: "ENTRY_MALFORMED",
    says: ({ length }) => `an entry has 80 bytes and version 1; this one has ${show(length)} bytes`,
  },
  RegistryUnknownSize: {
    code: "TREE_SIZE_UNKNOWN",
    says: ({ size }) =>
      `the registry holds no root for size ${show(size)}; prove at a size at which a call ended`,
  },
  RegistryProofInvalid: {
    code: "PROOF_INVALID",
    says: ({ index, size }) =>
      `the proof does not show the entry at ${show(index)} under the root of size ${show(size)}`,
  },
  RegistryNotADocument: {
    code: "NOT_A_DOCUMENT",
    says: ({ index, kind }) => `entry ${show(index)} is a ${named(ENTRY_KINDS, kind)} entry, not a document`,
  },
  RegistryNotYourEntry: {
    code: "NOT_YOUR_ENTRY",
    says: ({ index, institution, caller }) =>
      `entry ${show(index)} was recorded by institution ${show(institution)}, not by ${show(caller)}`,
  },
  RegistryEntryFinal: {
    code: "STATUS_FINAL",
    says: ({ index, action }) =>
      `entry ${show(index)} is withdrawn for good (${named(ACTIONS, action)}); nothing changes that any more`,
  },
  RegistryStatusUnchanged: {
    code: "STATUS_UNCHANGED",
    says: ({ index, action }) => `${named(ACTIONS, action)} would change nothing on entry ${show(index)}`,
  },
  RegistryHeldByGovernance: {
    code: "HELD_BY_GOVERNANCE",
    says: ({ index }) =>
      `governance suspended entry ${show(index)}; an institution that is not active does not lift that`,
  },
  RegistryUnsupportedAction: {
    code: "ACTION_CODE",
    says: ({ action }) => `action ${show(action)}: expected ${choices(ACTIONS)}`,
  },
  RegistryUnsupportedReason: {
    code: "REASON_CODE",
    says: ({ reason }) => `reason ${show(reason)}: expected ${choices(REASONS)}`,
  },
  RegistryUnexpectedSuccessor: {
    code: "SUCCESSOR_INVALID",
    says: ({ action }) => `${named(ACTIONS, action)} takes no successor; supersede does`,
  },
  RegistrySuccessorIsItself: {
    code: "SUCCESSOR_INVALID",
    says: ({ index }) => `entry ${show(index)} cannot take its own place`,
  },
  RegistrySuccessorWithdrawn: {
    code: "SUCCESSOR_INVALID",
    says: ({ index, action }) => `entry ${show(index)} is itself withdrawn (${named(ACTIONS, action)})`,
  },
};

/** The fault for revert data of the registry; undefined where the data is no error of the registry. */
export function toRefusal(error: RpcRefusal): Refusal | undefined {
  const found = error.data === undefined ? undefined : parseError(error.data);
  if (found === undefined) return undefined;
  const values = found.args.toObject() as Values;
  const shown = found.fragment.inputs.map(({ name, type }) =>
    type === "string" ? quote(show(values[name])) : show(values[name]),
  );
  const refusal = `${found.name}(${shown.join(", ")})`;
  const { code, says, waits } = REFUSALS[found.name] ?? UNNAMED;
  const fields = {
    detail: `the registry refuses: ${says({ refusal, ...values })}`,
    refusal,
    waits: waits?.(values) === true,
  };
  return new AppError(code, fields, { cause: error }) as Refusal;
}

/** An error that the table does not know; a test holds that there is none. */
const UNNAMED: Row = { code: "REGISTRY_REFUSED", says: ({ refusal }) => show(refusal) };

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

/** A time with the number that the contract has, which need not be one that can be written. */
function moment(value: unknown): string {
  const seconds = Number(value);
  return seconds <= MAX_TIME ? `${show(value)} (${formatTime(seconds)})` : show(value);
}

function end(value: unknown): string {
  return value === 0n ? "0 (no end)" : moment(value);
}

/** `2 (suspended)`, or the number alone where it stands for nothing. */
function named(table: Readonly<Record<string, number>>, value: unknown): string {
  const name = Object.keys(table).find((known) => BigInt(table[known] ?? -1) === value);
  return name === undefined ? show(value) : `${show(value)} (${name})`;
}

function choices(table: Readonly<Record<string, number>>): string {
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
