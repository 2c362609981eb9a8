import { AbiCoder, Interface, keccak256, sha256, type ErrorDescription, type LogDescription } from "ethers";
import { z } from "zod";
import { fromHex, toHex } from "../core/bytes.ts";
import { ALGORITHMS } from "../core/digest.ts";
import type { Names } from "../core/directory.ts";
import { ACTIONS, ENTRY_KINDS, REASONS, slugOf } from "../core/entry.ts";
import { AppError } from "../core/errors.ts";
import type { Address } from "../core/units.ts";
import type { Call, DocumentGroup } from "../anchor/ports.ts";
import type { RegistryEvent } from "../indexer/ports.ts";
import artifact from "./registry.artifact.json" with { type: "json" };
import { address20, data, hash32, quantity, type RpcRefusal } from "./rpc.ts";

/** The registry's ABI. */
export const registry: Interface = new Interface(artifact.abi);

/** Code that creates a registry, and its constructor's parameter. */
export function creationCode(governor: Address): string {
  return artifact.bytecode + registry.encodeDeploy([governor]).slice(2);
}

/** Keccak-256 of the code that this version works with. */
export const CODE_HASH: Uint8Array = fromHex(keccak256(artifact.deployedBytecode));

export function codeHashOf(code: string): Uint8Array {
  return fromHex(keccak256(code));
}

const EVENTS = ["Anchored", "StatusSet", "InstitutionRegistered", "KeyAuthorized", "SceneDefined"] as const;

/** topic0 of every event that makes entries. */
export const TOPICS: readonly string[] = EVENTS.map((name) => registry.getEvent(name)?.topicHash ?? "");

/** A log as `eth_getLogs` gives it. */
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

/** @throws AppError RPC_INCONSISTENT: the log is not one that the registry writes */
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

function toEvent({ name, args, topic, fragment }: LogDescription, log: RawLog): RegistryEvent {
  const number = (field: string): number => safeNumber(args.getValue(field) as bigint);
  const text = (field: string): string => args.getValue(field) as string;
  const account = (field: string): Address => toAddress(text(field));
  const names = (): Names => ({
    "zh-Hans": text("nameZhHans"),
    "zh-Hant": text("nameZhHant"),
    en: text("nameEn"),
  });
  const base = {
    index: number("index"),
    recordedAt: number("recordedAt"),
    recordedBy: account("recordedBy"),
    block: { number: log.blockNumber, hash: fromHex(log.blockHash) },
    transaction: fromHex(log.transactionHash),
  };
  const directory = (): { payload: Uint8Array } => ({
    payload: directoryPayload(topic, fragment.inputs, args),
  });
  switch (name as (typeof EVENTS)[number]) {
    case "Anchored":
      return {
        ...base,
        type: "anchored",
        institution: number("institution"),
        scene: number("scene"),
        kind: slugOf(ENTRY_KINDS, number("kind"), "kind"),
        algorithm: slugOf(ALGORITHMS, number("algorithm"), "algorithm"),
        blinded: number("flags") === 1,
        validUntil: number("validUntil"),
        payloads: (args.getValue("payloads") as string[]).map(fromHex),
      };
    case "StatusSet": {
      const action = slugOf(ACTIONS, number("action"), "action");
      return {
        ...base,
        type: "status-set",
        institution: number("institution"),
        document: number("document"),
        action,
        reason: slugOf(REASONS, number("reason"), "reason"),
        successor: action === "supersede" ? number("successor") : undefined,
      };
    }
    case "InstitutionRegistered":
      return {
        ...base,
        ...directory(),
        type: "institution-registered",
        institution: number("institution"),
        admin: account("admin"),
        names: names(),
      };
    case "KeyAuthorized":
      return {
        ...base,
        ...directory(),
        type: "key-authorized",
        institution: number("institution"),
        key: account("key"),
        from: number("from"),
        until: number("until"),
      };
    case "SceneDefined":
      return {
        ...base,
        ...directory(),
        type: "scene-defined",
        scene: number("scene"),
        slug: text("slug"),
        names: names(),
        blinded: args.getValue("blinded") as boolean,
      };
  }
}

/** SHA-256(topic0 ‖ abi.encode(all parameters of the event in order, without index and recordedAt)). */
function directoryPayload(
  topic: string,
  inputs: LogDescription["fragment"]["inputs"],
  args: LogDescription["args"],
): Uint8Array {
  const parameters = inputs.filter(({ name }) => name !== "index" && name !== "recordedAt");
  const values = parameters.map(({ name }) => args.getValue(name) as unknown);
  const encoded = AbiCoder.defaultAbiCoder().encode([...parameters], values);
  return fromHex(sha256(topic + encoded.slice(2)));
}

/** The data of a transaction that makes `call`. */
export function encodeCall(call: Call): string {
  if (call.kind === "anchor") return registry.encodeFunctionData("anchor", [call.groups.map(toGroup)]);
  const { entry, document, size, proof, action, reason } = call;
  return registry.encodeFunctionData("setStatus", [
    entry,
    document,
    size,
    proof.map((hash) => `0x${toHex(hash)}`),
    ACTIONS[action],
    REASONS[reason],
  ]);
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

/** Errors that are about who calls, not about what the call holds. */
const ABOUT_CALLER = new Set(["RegistryUnknownKey", "RegistryKeyNotInForce"]);

/** The fault for revert data of the registry; undefined where the data is no error of the registry. */
export function toRefusal(error: RpcRefusal): AppError | undefined {
  const found = error.data === undefined ? undefined : parseError(error.data);
  if (found === undefined) return undefined;
  const refusal = `${found.name}(${found.args.join(", ")})`;
  const fields = {
    detail: `the registry refuses: ${refusal}`,
    refusal,
    caller: ABOUT_CALLER.has(found.name),
  };
  return new AppError("REGISTRY_REFUSED", fields, { cause: error });
}

/** ethers throws for data that is too short, or shorter than its selector promises. */
function parseError(revertData: string): ErrorDescription | undefined {
  try {
    return registry.parseError(revertData) ?? undefined;
  } catch {
    return undefined;
  }
}

export function toAddress(text: string): Address {
  return text.toLowerCase() as Address;
}

function safeNumber(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${value} is beyond 2^53`);
  return number;
}
