/** Decodes the events of directory entries: what each says of the directory. */
import { keccak_256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { toHex } from "../core/bytes.ts";
import {
  INSTITUTION_ROLES,
  INSTITUTION_STATES,
  KEY_PURPOSES,
  scenesOf,
  type InstitutionRole,
  type InstitutionState,
  type KeyPurpose,
  type Names,
  type Profile,
} from "../core/directory.ts";
import { slugOf } from "../core/entry.ts";
import { AppError } from "../core/errors.ts";
import type { Address, Hash, InstitutionId, OperatorId, SceneId, UnixSeconds } from "../core/units.ts";
import { AbiReader } from "./abi.ts";

/** An institution is new, or its profile was replaced. */
interface InstitutionRegistered extends Profile {
  readonly type: "institution-registered";
  readonly admin: Address;
}

interface InstitutionStateSet {
  readonly type: "institution-state-set";
  readonly state: InstitutionState;
}

interface AdminNamed {
  readonly type: "admin-named";
  readonly admin: Address;
  readonly from: UnixSeconds;
  readonly byGovernance: boolean;
}

interface AdminNamingCancelled {
  readonly type: "admin-naming-cancelled";
  readonly admin: Address;
}

interface AdminReplaced {
  readonly type: "admin-replaced";
  readonly admin: Address;
  /** Governance put it in place, or put in place one of those before it. */
  readonly byGovernance: boolean;
}

/** The key is proposed, or has accepted. */
interface KeyOpened {
  readonly type: "key-proposed" | "key-added";
  readonly key: Address;
  readonly from: UnixSeconds;
  /** 0 = no end. */
  readonly until: UnixSeconds;
}

interface KeyRetired {
  readonly type: "key-retired";
  readonly key: Address;
  readonly until: UnixSeconds;
}

/** A report, or its correction; a correction with `since` 0 takes the report back. */
interface KeyReported {
  readonly type: "key-compromised" | "key-report-corrected";
  readonly key: Address;
  readonly since: UnixSeconds;
}

interface OperatorRegistered {
  readonly type: "operator-registered";
  readonly operator: OperatorId;
  readonly name: string;
}

interface OperatorKeyAdded {
  readonly type: "operator-key-added";
  readonly operator: OperatorId;
  /** See `operatorKeyId`. */
  readonly keyId: Hash;
  readonly purpose: KeyPurpose;
  /** The type byte of C2SP signed-note. */
  readonly signatureType: number;
  readonly publicKey: Uint8Array;
  readonly possession: Uint8Array;
  readonly from: UnixSeconds;
  /** 0 = no end. */
  readonly until: UnixSeconds;
}

interface OperatorKeyRetired {
  readonly type: "operator-key-retired";
  readonly keyId: Hash;
  readonly until: UnixSeconds;
}

/** As {@link KeyReported}. */
interface OperatorKeyReported {
  readonly type: "operator-key-compromised" | "operator-key-report-corrected";
  readonly keyId: Hash;
  readonly since: UnixSeconds;
}

interface SceneDefined {
  readonly type: "scene-defined";
  readonly scene: SceneId;
  readonly slug: string;
  readonly names: Names;
  readonly blinded: boolean;
  readonly personal: boolean;
}

interface RoleSet {
  readonly type: "role-set";
  /** Keccak-256 of the role's name; zero for the default admin. */
  readonly role: Hash;
  readonly account: Address;
  readonly granted: boolean;
}

interface PauseSet {
  readonly type: "pause-set";
  readonly paused: boolean;
}

interface SuccessorNamed {
  readonly type: "successor-named";
  readonly registry: Address;
}

type Change =
  | InstitutionRegistered
  | InstitutionStateSet
  | AdminNamed
  | AdminNamingCancelled
  | AdminReplaced
  | KeyOpened
  | KeyRetired
  | KeyReported
  | OperatorRegistered
  | OperatorKeyAdded
  | OperatorKeyRetired
  | OperatorKeyReported
  | SceneDefined
  | RoleSet
  | PauseSet
  | SuccessorNamed;

/** What the event of a directory entry says; the entry itself says where and when it was recorded. */
export type DirectoryFacts = Change & {
  /** The institution concerned; 0 = none. */
  readonly institution: InstitutionId;
  readonly recordedBy: Address;
};

type Decode = (fields: AbiReader) => Change;

/** The contract's events that make directory entries, as it declares them, and what each says. */
const EVENTS: Readonly<Record<string, Decode>> = {
  "InstitutionRegistered(uint64 index, uint32 institution, address admin, uint8 roles, uint256 scenes, string jurisdiction, string officialNumber, string nameZhHans, string nameZhHant, string nameEn, uint64 recordedAt, address recordedBy)":
    (fields) => ({
      type: "institution-registered",
      admin: fields.address("admin"),
      roles: rolesOf(fields.number("roles")),
      scenes: scenesOf(fields.bits("scenes")),
      jurisdiction: fields.text("jurisdiction"),
      officialNumber: fields.text("officialNumber"),
      names: namesOf(fields),
    }),
  "InstitutionStateSet(uint64 index, uint32 institution, uint8 state, uint64 recordedAt, address recordedBy)":
    (fields) => ({
      type: "institution-state-set",
      state: slugOf(INSTITUTION_STATES, fields.number("state"), "state"),
    }),
  "AdminNamed(uint64 index, uint32 institution, address admin, uint64 from, bool byGovernance, uint64 recordedAt, address recordedBy)":
    (fields) => ({
      type: "admin-named",
      admin: fields.address("admin"),
      from: fields.number("from"),
      byGovernance: fields.flag("byGovernance"),
    }),
  "AdminNamingCancelled(uint64 index, uint32 institution, address admin, uint64 recordedAt, address recordedBy)":
    (fields) => ({ type: "admin-naming-cancelled", admin: fields.address("admin") }),
  "AdminReplaced(uint64 index, uint32 institution, address admin, bool byGovernance, uint64 recordedAt, address recordedBy)":
    (fields) => ({
      type: "admin-replaced",
      admin: fields.address("admin"),
      byGovernance: fields.flag("byGovernance"),
    }),
  "KeyProposed(uint64 index, uint32 institution, address key, uint64 from, uint64 until, uint64 recordedAt, address recordedBy)":
    (fields) => ({ type: "key-proposed", key: fields.address("key"), ...windowOf(fields) }),
  "KeyAdded(uint64 index, uint32 institution, address key, uint64 from, uint64 until, uint64 recordedAt, address recordedBy)":
    (fields) => ({ type: "key-added", key: fields.address("key"), ...windowOf(fields) }),
  "KeyRetired(uint64 index, uint32 institution, address key, uint64 until, uint64 recordedAt, address recordedBy)":
    (fields) => ({ type: "key-retired", key: fields.address("key"), until: fields.number("until") }),
  "KeyCompromised(uint64 index, uint32 institution, address key, uint64 since, uint64 recordedAt, address recordedBy)":
    (fields) => ({ type: "key-compromised", key: fields.address("key"), since: fields.number("since") }),
  "KeyReportCorrected(uint64 index, uint32 institution, address key, uint64 since, uint64 recordedAt, address recordedBy)":
    (fields) => ({ type: "key-report-corrected", key: fields.address("key"), since: fields.number("since") }),
  "OperatorRegistered(uint64 index, uint32 operator, uint32 institution, string name, uint64 recordedAt, address recordedBy)":
    (fields) => ({
      type: "operator-registered",
      operator: fields.number("operator"),
      name: fields.text("name"),
    }),
  "OperatorKeyAdded(uint64 index, uint32 operator, bytes32 keyId, uint32 institution, uint8 purpose, uint8 signatureType, bytes publicKey, bytes possession, uint64 from, uint64 until, uint64 recordedAt, address recordedBy)":
    (fields) => ({
      type: "operator-key-added",
      operator: fields.number("operator"),
      keyId: fields.word("keyId"),
      purpose: slugOf(KEY_PURPOSES, fields.number("purpose"), "purpose"),
      signatureType: fields.number("signatureType"),
      publicKey: fields.bytes("publicKey"),
      possession: fields.bytes("possession"),
      ...windowOf(fields),
    }),
  "OperatorKeyRetired(uint64 index, uint32 operator, bytes32 keyId, uint32 institution, uint64 until, uint64 recordedAt, address recordedBy)":
    (fields) => ({
      type: "operator-key-retired",
      keyId: fields.word("keyId"),
      until: fields.number("until"),
    }),
  "OperatorKeyCompromised(uint64 index, uint32 operator, bytes32 keyId, uint32 institution, uint64 since, uint64 recordedAt, address recordedBy)":
    (fields) => ({
      type: "operator-key-compromised",
      keyId: fields.word("keyId"),
      since: fields.number("since"),
    }),
  "OperatorKeyReportCorrected(uint64 index, uint32 operator, bytes32 keyId, uint32 institution, uint64 since, uint64 recordedAt, address recordedBy)":
    (fields) => ({
      type: "operator-key-report-corrected",
      keyId: fields.word("keyId"),
      since: fields.number("since"),
    }),
  "SceneDefined(uint64 index, uint32 scene, string slug, string nameZhHans, string nameZhHant, string nameEn, bool blinded, bool personal, uint64 recordedAt, address recordedBy)":
    (fields) => ({
      type: "scene-defined",
      scene: fields.number("scene"),
      slug: fields.text("slug"),
      names: namesOf(fields),
      blinded: fields.flag("blinded"),
      personal: fields.flag("personal"),
    }),
  "RoleSet(uint64 index, bytes32 role, address account, bool granted, uint64 recordedAt, address recordedBy)":
    (fields) => ({
      type: "role-set",
      role: fields.word("role"),
      account: fields.address("account"),
      granted: fields.flag("granted"),
    }),
  "PauseSet(uint64 index, bool paused, uint64 recordedAt, address recordedBy)": (fields) => ({
    type: "pause-set",
    paused: fields.flag("paused"),
  }),
  "SuccessorNamed(uint64 index, address registry, uint64 recordedAt, address recordedBy)": (fields) => ({
    type: "successor-named",
    registry: fields.address("registry"),
  }),
};

const TOPIC_BYTES = 32;

interface Known {
  readonly name: string;
  /** Of the parameters that a directory entry commits to. */
  readonly parameters: readonly string[];
  readonly decode: Decode;
}

/** By topic0, the Keccak-256 of the event's name and types. */
const BY_TOPIC: ReadonlyMap<string, Known> = new Map(
  Object.entries(EVENTS).map(([declaration, decode]) => {
    const [, name = "", list = ""] = /^(\w+)\((.*)\)$/.exec(declaration) ?? [];
    const parameters = list.split(", ").map((each) => each.split(" ") as [type: string, name: string]);
    const signature = `${name}(${parameters.map(([type]) => type).join(",")})`;
    const names = parameters.map(([, parameter]) => parameter);
    const committed = names.filter((parameter) => parameter !== "index" && parameter !== "recordedAt");
    return [toHex(keccak_256(utf8ToBytes(signature))), { name, parameters: committed, decode }];
  }),
);

/**
 * The change of the directory that an event describes.
 * @param event topic0 ‖ abi.encode(its parameters without index and recordedAt)
 * @throws AppError EVENT_UNREADABLE: it is of no kind that makes directory entries, or its data are not understood
 */
export function decodeDirectoryEvent(event: Uint8Array): DirectoryFacts {
  const known = BY_TOPIC.get(toHex(event.subarray(0, TOPIC_BYTES)));
  if (known === undefined)
    throw new AppError("EVENT_UNREADABLE", { detail: "an event of a kind that makes no directory entry" });
  const fields = new AbiReader(event.subarray(TOPIC_BYTES), known.parameters);
  try {
    const institution = fields.has("institution") ? fields.number("institution") : 0;
    return { ...known.decode(fields), institution, recordedBy: fields.address("recordedBy") };
  } catch (cause) {
    throw new AppError("EVENT_UNREADABLE", { detail: `${known.name} cannot be decoded` }, { cause });
  }
}

function namesOf(fields: AbiReader): Names {
  return {
    "zh-Hans": fields.text("nameZhHans"),
    "zh-Hant": fields.text("nameZhHant"),
    en: fields.text("nameEn"),
  };
}

function windowOf(fields: AbiReader): { from: UnixSeconds; until: UnixSeconds } {
  return { from: fields.number("from"), until: fields.number("until") };
}

/** The roles whose bits are set. @throws RangeError for bits without a meaning */
function rolesOf(bits: number): InstitutionRole[] {
  const roles = Object.keys(INSTITUTION_ROLES) as InstitutionRole[];
  if (bits >> roles.length !== 0) throw new RangeError(`roles ${bits} are unknown`);
  return roles.filter((role) => (bits & INSTITUTION_ROLES[role]) !== 0);
}
