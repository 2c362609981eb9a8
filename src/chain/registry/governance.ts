/** Sends acts of governance to the registry, each as one transaction. */
import type { Act, ActOutcome } from "../../core/act.ts";
import { fromHex, toHex } from "../../core/bytes.ts";
import {
  INSTITUTION_ROLES,
  INSTITUTION_STATES,
  KEY_PURPOSES,
  sceneBits,
  type Names,
  type Profile,
} from "../../core/directory.ts";
import { AppError } from "../../core/errors.ts";
import type { Address, Hash } from "../../core/units.ts";
import type { RegistryEvent } from "../../indexer/ports.ts";
import { decodeLog, registry, toAddress } from "./registry.ts";
import type { JsonRpc } from "../rpc/rpc.ts";
import type { Signer } from "../keys/signer.ts";
import { estimateGas, transact, type TransactionReceipt } from "./transactions.ts";

/** An act that the contract would accept in its present state. */
export interface PreparedAct {
  /**
   * Sends one transaction, and waits until it is included.
   * @throws AppError as `transact`
   */
  send(): Promise<ActOutcome>;
}

/** Acts of governance with one key. */
export class Governance {
  readonly #rpc: JsonRpc;
  readonly #key: Signer;
  readonly #timeout: number | undefined;
  readonly registry: Address;
  readonly chainId: number;
  /** Address of the key. */
  readonly signer: Address;

  /** @param options.timeout milliseconds until a transaction is included */
  constructor(rpc: JsonRpc, options: { registry: Address; chainId: number; key: Signer; timeout?: number }) {
    this.#rpc = rpc;
    this.#key = options.key;
    this.#timeout = options.timeout;
    this.registry = options.registry;
    this.chainId = options.chainId;
    this.signer = options.key.address;
  }

  /**
   * Simulates the act on the node, without sending it.
   * @throws Refusal the contract would refuse it, for the reason that the code names
   */
  async prepare(act: Act): Promise<PreparedAct> {
    const effect = { to: this.registry, data: encodeAct(act) };
    const gas = await estimateGas(this.#rpc, { from: this.signer, ...effect });
    const timeout = this.#timeout === undefined ? {} : { timeout: this.#timeout };
    const transaction = { ...effect, ...timeout, gas, chainId: this.chainId };
    return {
      send: async () => this.#outcome(await transact(this.#rpc, this.#key, transaction)),
    };
  }

  async execute(act: Act): Promise<ActOutcome> {
    return await (await this.prepare(act)).send();
  }

  #outcome({ transactionHash, blockNumber, logs }: TransactionReceipt): ActOutcome {
    const own = logs.find(({ address }) => toAddress(address) === this.registry);
    if (own === undefined) {
      const detail = `the node at ${this.#rpc.endpoint} gave a receipt of ${transactionHash} without the registry's event`;
      throw new AppError("RPC_INCONSISTENT", { detail });
    }
    const event = decodeLog(own);
    const { index, recordedAt } = event;
    return {
      transaction: fromHex(transactionHash),
      block: blockNumber,
      index,
      recordedAt,
      given: assignedBy(event),
    };
  }
}

/** The values that an event assigned; most events assign none. */
function assignedBy(event: RegistryEvent): ActOutcome["given"] {
  if (event.type === "institution-registered") return { institution: event.institution };
  if (event.type === "operator-registered") return { operator: event.operator };
  if (event.type === "scene-defined") return { scene: event.scene };
  if (event.type === "operator-key-added") return { keyId: event.keyId };
  if (event.type === "admin-named") return { from: event.from };
  const retired = event.type === "key-retired" || event.type === "operator-key-retired";
  return retired ? { until: event.until } : {};
}

/** The data of the transaction of `act`. */
function encodeAct(act: Act): string {
  const [name, values] = callOf(act);
  return registry.encodeFunctionData(name, values);
}

/** The contract's function, and its parameters in order. */
function callOf(act: Act): [name: string, values: readonly unknown[]] {
  switch (act.act) {
    case "register-institution":
      return ["registerInstitution", [act.admin, toProfile(act.profile)]];
    case "amend-institution":
      return ["amendInstitution", [act.institution, toProfile(act.profile)]];
    case "set-state":
      return ["setInstitutionState", [act.institution, INSTITUTION_STATES[act.state]]];
    case "name-admin":
      return ["nameAdmin", [act.institution, act.admin]];
    case "cancel-admin":
      return ["cancelAdmin", [act.institution]];
    case "accept-admin":
      return ["acceptAdmin", [act.institution]];
    case "add-key":
      return ["addKey", [act.institution, act.key, act.from, act.until]];
    case "accept-key":
      return ["acceptKey", [act.institution]];
    case "retire-key":
      return ["retireKey", [act.key, act.until]];
    case "report-key":
      return ["reportKey", [act.key, act.since]];
    case "correct-key-report":
      return ["correctKeyReport", [act.key, act.since]];
    case "register-operator":
      return ["registerOperator", [act.institution, act.name]];
    case "add-operator-key": {
      const { operator, purpose, signatureType: type, publicKey, possession, from, until } = act;
      const bytes = [prefixed(publicKey), from, until, prefixed(possession)];
      return ["addOperatorKey", [operator, KEY_PURPOSES[purpose], type, ...bytes]];
    }
    case "retire-operator-key":
      return ["retireOperatorKey", [prefixed(act.keyId), act.until]];
    case "report-operator-key":
      return ["reportOperatorKey", [prefixed(act.keyId), act.since]];
    case "correct-operator-key-report":
      return ["correctOperatorKeyReport", [prefixed(act.keyId), act.since]];
    case "define-scene":
      return ["defineScene", [act.slug, toNames(act.names), act.blinded, act.personal]];
    case "set-paused":
      return ["setPaused", [act.paused]];
    case "name-successor":
      return ["nameSuccessor", [act.registry]];
  }
}

function prefixed(bytes: Hash | Uint8Array): string {
  return `0x${toHex(bytes)}`;
}

function toProfile({ roles, scenes, jurisdiction, officialNumber, names }: Profile): readonly unknown[] {
  const bits = roles.reduce((sum, role) => sum | INSTITUTION_ROLES[role], 0);
  return [bits, sceneBits(scenes), jurisdiction, officialNumber, toNames(names)];
}

function toNames(names: Names): readonly string[] {
  return [names["zh-Hans"], names["zh-Hant"], names.en];
}
