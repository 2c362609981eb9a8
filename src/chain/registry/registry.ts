/** Encodes calls of the registry and decodes its events by the ABI of the contract. */
import { AbiCoder, Interface, id, keccak256, sha256, type EventFragment, type LogDescription } from "ethers";
import { z } from "zod";
import { fromHex, toHex } from "../../core/bytes.ts";
import { ALGORITHMS } from "../../core/digest.ts";
import {
  INSTITUTION_ROLES,
  INSTITUTION_STATES,
  KEY_PURPOSES,
  sceneBits,
  scenesOf,
  type InstitutionRole,
  type Names,
} from "../../core/directory.ts";
import { ACTIONS, ENTRY_KINDS, REASONS, flagsOf, slugOf } from "../../core/entry.ts";
import { AppError } from "../../core/errors.ts";
import type { Address, Hash } from "../../core/units.ts";
import type { Call, DocumentGroup, Inclusion } from "../../anchor/ports.ts";
import type { DirectoryChange, RegistryEvent } from "../../indexer/ports.ts";
import artifact from "./registry.artifact.json" with { type: "json" };
import { address20, data, hash32, quantity } from "../rpc/rpc.ts";

export const registry: Interface = new Interface(artifact.abi);

/** Seconds between the two steps by which the registry's admin hands over to another. */
const ADMIN_DELAY = 172_800;

const ZERO_ADDRESS: Address = `0x${"0".repeat(40)}`;

/** Creation code of a registry with its constructor's parameters. */
export function creationCode(governor: Address, predecessor: Address = ZERO_ADDRESS): string {
  return artifact.bytecode + registry.encodeDeploy([ADMIN_DELAY, governor, predecessor]).slice(2);
}

/** The roles of governance, by Keccak-256 of their names; the default admin's is zero. */
export const GOVERNANCE_ROLES: Readonly<Record<string, string>> = {
  [`0x${"0".repeat(64)}`]: "DEFAULT_ADMIN_ROLE",
  ...Object.fromEntries(["ACCREDITOR_ROLE", "SCENE_ROLE", "PAUSER_ROLE"].map((name) => [id(name), name])),
};

/** Keccak-256 of the deployed code that this version supports. */
export const CODE_HASH: Uint8Array = fromHex(keccak256(artifact.deployedBytecode));

export function codeHashOf(code: string): Uint8Array {
  return fromHex(keccak256(code));
}

/** topic0 of every event that makes entries: those that carry the entry's index. */
export const TOPICS: readonly string[] = registry.fragments
  .filter((fragment): fragment is EventFragment => fragment.type === "event")
  .filter(({ inputs }) => inputs[0]?.name === "index")
  .map(({ topicHash }) => topicHash);

/** A log of `eth_getLogs`. */
export const rawLog = z.object({
  address: address20,
  topics: z.array(hash32).min(1).max(4),
  data,
  blockNumber: quantity,
  blockHash: hash32,
  transactionHash: hash32,
  logIndex: quantity,
  removed: z.literal(false).optional(),
});
export type RawLog = z.infer<typeof rawLog>;

/** @throws AppError RPC_INCONSISTENT: the log is not an event of the registry */
export function decodeLog(log: RawLog): RegistryEvent {
  try {
    const description = registry.parseLog(log);
    if (description === null) throw new TypeError(`unknown topic ${log.topics[0] ?? ""}`);
    return toEvent(description, log);
  } catch (cause) {
    const detail = `log ${log.logIndex} of block ${log.blockNumber} cannot be decoded`;
    throw new AppError("RPC_INCONSISTENT", { detail }, { cause });
  }
}

function toEvent(description: LogDescription, log: RawLog): RegistryEvent {
  const fields = fieldsOf(description);
  const base = {
    index: fields.number("index"),
    recordedAt: fields.number("recordedAt"),
    recordedBy: fields.address("recordedBy"),
    block: { number: log.blockNumber, hash: fromHex(log.blockHash) },
    transaction: fromHex(log.transactionHash),
  };
  if (description.name === "Anchored") return { ...base, ...toAnchored(fields) };
  if (description.name === "StatusSet") return { ...base, ...toStatusSet(fields) };
  const { topic, fragment, args } = description;
  const institution = fragment.inputs.some(({ name }) => name === "institution")
    ? fields.number("institution")
    : 0;
  const change = { ...base, institution, payload: directoryPayload(topic, fragment.inputs, args) };
  return { ...change, ...toChange(description.name, fields) };
}

type Fields = ReturnType<typeof fieldsOf>;

/** Typed access to the parameters of an event. */
function fieldsOf({ args }: LogDescription) {
  const text = (field: string): string => args.getValue(field) as string;
  const number = (field: string): number => safeNumber(args.getValue(field) as bigint);
  return {
    text,
    number,
    bits: (field: string): bigint => args.getValue(field) as bigint,
    flag: (field: string): boolean => args.getValue(field) as boolean,
    bytes: (field: string): Uint8Array => fromHex(text(field)),
    address: (field: string): Address => toAddress(text(field)),
    hashes: (field: string): Uint8Array[] => (args.getValue(field) as string[]).map(fromHex),
    names: (): Names => ({
      "zh-Hans": text("nameZhHans"),
      "zh-Hant": text("nameZhHant"),
      en: text("nameEn"),
    }),
    window: () => ({ from: number("from"), until: number("until") }),
  };
}

type WithoutBase<T> = T extends unknown
  ? Omit<T, "index" | "recordedAt" | "recordedBy" | "block" | "transaction" | "payload" | "institution">
  : never;

function toAnchored(fields: Fields) {
  return {
    type: "anchored",
    institution: fields.number("institution"),
    scene: fields.number("scene"),
    kind: slugOf(ENTRY_KINDS, fields.number("kind"), "kind"),
    algorithm: slugOf(ALGORITHMS, fields.number("algorithm"), "algorithm"),
    ...flagsOf(fields.number("flags")),
    validUntil: fields.number("validUntil"),
    payloads: fields.hashes("payloads"),
  } as const;
}

function toStatusSet(fields: Fields) {
  const action = slugOf(ACTIONS, fields.number("action"), "action");
  return {
    type: "status-set",
    institution: fields.number("institution"),
    document: fields.number("document"),
    action,
    reason: slugOf(REASONS, fields.number("reason"), "reason"),
    successor: action === "supersede" ? fields.number("successor") : undefined,
    governedAdmin: flagsOf(fields.number("flags")).governedAdmin,
  } as const;
}

function toChange(name: string, fields: Fields): WithoutBase<DirectoryChange> {
  switch (name) {
    case "InstitutionRegistered":
      return {
        type: "institution-registered",
        admin: fields.address("admin"),
        roles: rolesOf(fields.number("roles")),
        scenes: scenesOf(fields.bits("scenes")),
        jurisdiction: fields.text("jurisdiction"),
        officialNumber: fields.text("officialNumber"),
        names: fields.names(),
      };
    case "InstitutionStateSet":
      return {
        type: "institution-state-set",
        state: slugOf(INSTITUTION_STATES, fields.number("state"), "state"),
      };
    case "AdminNamed":
      return {
        type: "admin-named",
        admin: fields.address("admin"),
        from: fields.number("from"),
        byGovernance: fields.flag("byGovernance"),
      };
    case "AdminNamingCancelled":
      return { type: "admin-naming-cancelled", admin: fields.address("admin") };
    case "AdminReplaced":
      return {
        type: "admin-replaced",
        admin: fields.address("admin"),
        byGovernance: fields.flag("byGovernance"),
      };
    case "KeyProposed":
      return { type: "key-proposed", key: fields.address("key"), ...fields.window() };
    case "KeyAdded":
      return { type: "key-added", key: fields.address("key"), ...fields.window() };
    case "KeyRetired":
      return { type: "key-retired", key: fields.address("key"), until: fields.number("until") };
    case "KeyCompromised":
      return { type: "key-compromised", key: fields.address("key"), since: fields.number("since") };
    case "KeyReportCorrected":
      return { type: "key-report-corrected", key: fields.address("key"), since: fields.number("since") };
    case "OperatorRegistered":
      return {
        type: "operator-registered",
        operator: fields.number("operator"),
        name: fields.text("name"),
      };
    case "OperatorKeyAdded":
      return {
        type: "operator-key-added",
        operator: fields.number("operator"),
        keyId: fields.bytes("keyId"),
        purpose: slugOf(KEY_PURPOSES, fields.number("purpose"), "purpose"),
        signatureType: fields.number("signatureType"),
        publicKey: fields.bytes("publicKey"),
        possession: fields.bytes("possession"),
        ...fields.window(),
      };
    case "OperatorKeyRetired":
      return { type: "operator-key-retired", keyId: fields.bytes("keyId"), until: fields.number("until") };
    case "OperatorKeyCompromised":
      return {
        type: "operator-key-compromised",
        keyId: fields.bytes("keyId"),
        since: fields.number("since"),
      };
    case "OperatorKeyReportCorrected":
      return {
        type: "operator-key-report-corrected",
        keyId: fields.bytes("keyId"),
        since: fields.number("since"),
      };
    case "SceneDefined":
      return {
        type: "scene-defined",
        scene: fields.number("scene"),
        slug: fields.text("slug"),
        names: fields.names(),
        blinded: fields.flag("blinded"),
        personal: fields.flag("personal"),
      };
    case "RoleSet":
      return {
        type: "role-set",
        role: fields.bytes("role"),
        account: fields.address("account"),
        granted: fields.flag("granted"),
      };
    case "PauseSet":
      return { type: "pause-set", paused: fields.flag("paused") };
    case "SuccessorNamed":
      return { type: "successor-named", registry: fields.address("registry") };
    default:
      throw new TypeError(`${name} makes no entry`);
  }
}

/** The roles whose bits are set. @throws RangeError for bits without a meaning */
function rolesOf(bits: number): InstitutionRole[] {
  const roles = Object.keys(INSTITUTION_ROLES) as InstitutionRole[];
  if (bits >> roles.length !== 0) throw new RangeError(`roles ${bits} are unknown`);
  return roles.filter((role) => (bits & INSTITUTION_ROLES[role]) !== 0);
}

/** SHA-256(topic0 ‖ abi.encode(all parameters of the event in order, without index and recordedAt)). */
function directoryPayload(
  topic: string,
  inputs: LogDescription["fragment"]["inputs"],
  args: LogDescription["args"],
): Uint8Array {
  return hashOf(encodeParameters(topic, inputs, (name) => args.getValue(name) as unknown));
}

/** The payload of the directory entry of a change. */
export function payloadOf(change: DirectoryChange): Hash {
  return hashOf(eventOf(change));
}

/** What the directory entry of a change commits to: topic0 ‖ abi.encode(its parameters). */
export function eventOf(change: DirectoryChange): Uint8Array {
  const name = change.type.replace(/(?:^|-)(\w)/g, (_, initial: string) => initial.toUpperCase());
  const event = registry.getEvent(name);
  if (event === null) throw new TypeError(`the registry has no event ${name}`);
  const values = parametersOf(change);
  return encodeParameters(event.topicHash, event.inputs, (parameter) => values[parameter]);
}

/** The parameters of the event of a change, by their names. */
function parametersOf(change: DirectoryChange): Readonly<Record<string, unknown>> {
  const names =
    "names" in change
      ? {
          nameZhHans: change.names["zh-Hans"],
          nameZhHant: change.names["zh-Hant"],
          nameEn: change.names.en,
        }
      : {};
  const roles =
    "roles" in change
      ? { roles: change.roles.reduce((bits, role) => bits | INSTITUTION_ROLES[role], 0) }
      : {};
  const scenes = "scenes" in change ? { scenes: sceneBits(change.scenes) } : {};
  const state = "state" in change ? { state: INSTITUTION_STATES[change.state] } : {};
  const purpose = "purpose" in change ? { purpose: KEY_PURPOSES[change.purpose] } : {};
  return { ...change, ...names, ...roles, ...scenes, ...state, ...purpose };
}

function encodeParameters(
  topic: string,
  inputs: LogDescription["fragment"]["inputs"],
  valueOf: (name: string) => unknown,
): Uint8Array {
  const parameters = inputs.filter(({ name }) => name !== "index" && name !== "recordedAt");
  const values = parameters.map(({ name }) => valueOf(name));
  const encoded = AbiCoder.defaultAbiCoder().encode([...parameters], values);
  return fromHex(topic + encoded.slice(2));
}

function hashOf(event: Uint8Array): Hash {
  return fromHex(sha256(event));
}

/** The data of a transaction that makes `call`. */
export function encodeCall(call: Call): string {
  if (call.kind === "heartbeat") return "0x";
  if (call.kind === "anchor") return registry.encodeFunctionData("anchor", [call.groups.map(toGroup)]);
  const { document, action, reason, successor } = call;
  return registry.encodeFunctionData("setStatus", [
    toInclusion(document),
    ACTIONS[action],
    REASONS[reason],
    successor === undefined ? NO_INCLUSION : toInclusion(successor),
  ]);
}

const NO_INCLUSION = { entry: "0x", index: 0, size: 0, proof: [] };

function toInclusion({ entry, index, size, proof }: Inclusion): object {
  return { entry, index, size, proof: proof.map((hash) => `0x${toHex(hash)}`) };
}

function toGroup(group: DocumentGroup): object {
  return {
    kind: ENTRY_KINDS.document,
    scene: group.scene,
    algorithm: ALGORITHMS[group.algorithm],
    flags: group.blinded ? 1 : 0,
    validUntil: group.validUntil,
    payloads: group.payloads.map((hash) => `0x${toHex(hash)}`),
  };
}

export function toAddress(text: string): Address {
  return text.toLowerCase() as Address;
}

function safeNumber(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${value} is beyond 2^53`);
  return number;
}
