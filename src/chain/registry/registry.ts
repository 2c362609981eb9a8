/** Encodes calls of the registry and decodes its events by the ABI of the contract. */
import { AbiCoder, Interface, ParamType, id, keccak256, type EventFragment } from "ethers";
import { z } from "zod";
import { fromHex, toHex } from "../../core/bytes.ts";
import { ALGORITHMS } from "../../core/digest.ts";
import { ACTIONS, ENTRY_KINDS, REASONS, flagsOf, slugOf } from "../../core/entry.ts";
import { AppError } from "../../core/errors.ts";
import type { Address } from "../../core/units.ts";
import type { Call, DocumentGroup, Inclusion } from "../../anchor/ports.ts";
import type { RegistryEvent } from "../../indexer/ports.ts";
import { decodeDirectoryEvent } from "../../log/directory-event.ts";
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

/** An event that makes entries. */
interface EntryEvent {
  readonly name: string;
  readonly topic: string;
  /** Texts as bytes: the contract takes any, and ethers refuses what is not UTF-8. The encoding is the same. */
  readonly inputs: readonly ParamType[];
}

/** By topic0: the events that carry an entry's index. */
const EVENTS: ReadonlyMap<string, EntryEvent> = new Map(
  registry.fragments
    .filter((fragment): fragment is EventFragment => fragment.type === "event")
    .filter(({ inputs }) => inputs[0]?.name === "index")
    .map(({ topicHash: topic, name, inputs }) => [topic, { name, topic, inputs: inputs.map(asBytes) }]),
);

function asBytes({ name, type, indexed }: ParamType): ParamType {
  return ParamType.from({ name, type: type === "string" ? "bytes" : type, indexed }, true);
}

/** topic0 of every event that makes entries. */
export const TOPICS: readonly string[] = [...EVENTS.keys()];

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

/**
 * @throws AppError RPC_INCONSISTENT: the log is of another event than those of {@link TOPICS}
 * @throws AppError EVENT_UNREADABLE: its data are not understood; see `fields.index`
 */
export function decodeLog(log: RawLog): RegistryEvent {
  const event = EVENTS.get(log.topics[0] ?? "");
  const where = `log ${log.logIndex} of block ${log.blockNumber}`;
  if (event === undefined)
    throw new AppError("RPC_INCONSISTENT", { detail: `${where} is no event that makes an entry` });
  try {
    return toEvent(event, log);
  } catch (cause) {
    const index = BigInt(log.topics[1] ?? 0).toString();
    const detail = `${event.name} of entry ${index}, ${where}, transaction ${log.transactionHash}, cannot be decoded`;
    throw new AppError("EVENT_UNREADABLE", { detail, index }, { cause });
  }
}

function toEvent({ name, topic, inputs }: EntryEvent, log: RawLog): RegistryEvent {
  const fields = fieldsOf(valuesOf(inputs, log));
  const base = {
    index: fields.number("index"),
    recordedAt: fields.number("recordedAt"),
    recordedBy: fields.address("recordedBy"),
    block: { number: log.blockNumber, hash: fromHex(log.blockHash) },
    transaction: fromHex(log.transactionHash),
  };
  if (name === "Anchored") return { ...base, ...toAnchored(fields) };
  if (name === "StatusSet") return { ...base, ...toStatusSet(fields) };
  const committed = committedOf(inputs);
  const values = committed.map((input) => fields.value(input.name));
  const event = fromHex(topic + coder.encode(committed, values).slice(2));
  return { ...base, event, ...decodeDirectoryEvent(event) };
}

const coder = AbiCoder.defaultAbiCoder();

/** The parameters of a log: the indexed ones are its topics, a word each. */
function valuesOf(inputs: readonly ParamType[], { topics, data }: RawLog): Map<string, unknown> {
  const decode = (of: readonly ParamType[], bytes: string): [string, unknown][] => {
    const values = coder.decode(of, bytes);
    return of.map(({ name }, i) => [name, values[i]]);
  };
  const [indexed, others] = [
    inputs.filter((input) => input.indexed),
    inputs.filter((input) => !input.indexed),
  ];
  const words = topics.slice(1).map((topic) => topic.slice(2));
  return new Map([...decode(indexed, `0x${words.join("")}`), ...decode(others, data)]);
}

/** What a directory entry commits to, of an event's parameters. */
function committedOf(inputs: readonly ParamType[]): ParamType[] {
  return inputs.filter(({ name }) => name !== "index" && name !== "recordedAt");
}

type Fields = ReturnType<typeof fieldsOf>;

/** Typed access to the parameters of an event. */
function fieldsOf(values: ReadonlyMap<string, unknown>) {
  const value = (field: string): unknown => {
    if (!values.has(field)) throw new TypeError(`there is no ${field}`);
    return values.get(field);
  };
  return {
    value,
    number: (field: string): number => safeNumber(value(field) as bigint),
    address: (field: string): Address => toAddress(value(field) as string),
    hashes: (field: string): Uint8Array[] => Array.from(value(field) as Iterable<string>, fromHex),
  };
}

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
