/** Runs a registry with the stock directory in this process, with a copy of its log and a reset. */
import { AbiCoder, Interface, ZeroAddress } from "ethers";
import { inject } from "vitest";
import { Evm, type Outcome } from "./evm.ts";
import { LogCopy, type Inclusion } from "./log-copy.ts";
import artifact from "../../../src/chain/registry/registry.artifact.json" with { type: "json" };
import { call, describeOutcome, type Call } from "./calls.ts";
import { addressOf, group, GOVERNOR_DELAY, MADE_AT, NOW, stock, WHO, type Landmarks } from "./directory.ts";

export interface RegistryCode {
  readonly abi: readonly unknown[];
  /** Creation code. */
  readonly bytecode: string;
}

declare module "vitest" {
  interface ProvidedContext {
    /** The code under test, by default that of the repository. */
    registryArtifact?: RegistryCode;
    /** Id of the active mutant in that code; 0 = none. */
    activeMutant?: number;
  }
}

/** The balance of this account is the id of the active mutant. */
const MUTANT_SWITCH = "0x00000000000000000000000000000000004d7574";

export class Registry implements AsyncDisposable {
  readonly evm: Evm;
  readonly code: RegistryCode;
  readonly abi: Interface;
  readonly log: LogCopy;
  /** Tree sizes after each transaction. */
  readonly sizes = new Set<number>();
  marks!: Landmarks;
  /** Block time of the calls that follow. */
  now = MADE_AT;
  #start = { snapshot: "", size: 0, sizes: [0] };
  #clean = false;

  private constructor(evm: Evm, code: RegistryCode) {
    this.evm = evm;
    this.code = code;
    this.abi = new Interface(code.abi as never);
    this.log = new LogCopy(this.abi);
  }

  /** @param code by default the code that the run provides, else that of the repository */
  static async open(code: RegistryCode = inject("registryArtifact") ?? artifact): Promise<Registry> {
    const evm = await Evm.create(code.abi as never);
    const registry = new Registry(evm, code);
    const mutant = inject("activeMutant") ?? 0;
    await evm.request("hardhat_setBalance", [MUTANT_SWITCH, `0x${mutant.toString(16)}`]);
    await registry.#deploy(code.bytecode);
    await registry.place(SUCCESSOR, answering(registry.address, "0x0"));
    registry.marks = await stock(registry);
    registry.now = NOW;
    await registry.done(call(WHO.issuer, "anchor", [[group()]]));
    await registry.#takeSnapshot();
    return registry;
  }

  get address(): string {
    return this.evm.address.toLowerCase();
  }

  /** Sends a call and copies what it recorded. */
  async send({ from, name, args, at = this.now }: Call): Promise<Outcome> {
    this.#clean = false;
    this.now = at;
    await this.evm.setTime(at);
    return this.#copy(await this.evm.send(from, name, args));
  }

  /** Sends calls that must succeed. @returns index of their first entry */
  async done(...calls: readonly Call[]): Promise<number> {
    const first = this.log.size;
    for (const each of calls) {
      const outcome = await this.send(each);
      if (outcome.kind === "refused")
        throw new Error(`${each.name} was refused: ${describeOutcome(outcome).join(" ")}`);
    }
    return first;
  }

  /** Sends raw calldata. */
  async sendRaw(from: string, data: string, value = 0n): Promise<Outcome> {
    this.#clean = false;
    await this.evm.setTime(this.now);
    return this.#copy(await this.evm.sendRaw(from, data, value));
  }

  /** Calls a view. */
  async read(name: string, args: readonly unknown[] = []): Promise<unknown[]> {
    return await this.evm.read(name, args);
  }

  /** See {@link LogCopy.inclusion}. */
  inclusion(index: number, size?: number): Inclusion {
    return this.log.inclusion(index, size);
  }

  /** Size and root by the contract, and by its events. */
  async heads(): Promise<{ contract: unknown[]; events: unknown[] }> {
    return { contract: await this.read("head"), events: [BigInt(this.log.size), this.log.root()] };
  }

  /** Reverts to the state after {@link open}. */
  async reset(): Promise<void> {
    if (this.#clean) return;
    await this.evm.request("evm_revert", [this.#start.snapshot]);
    this.log.truncate(this.#start.size);
    this.sizes.clear();
    for (const size of this.#start.sizes) this.sizes.add(size);
    this.now = NOW;
    await this.#takeSnapshot();
  }

  /** Makes the present state the target of {@link reset}. @returns restores the previous target */
  async stay(): Promise<() => Promise<void>> {
    const before = this.#start;
    await this.#takeSnapshot();
    return async () => {
      this.#start = before;
      this.#clean = false;
      await this.reset();
    };
  }

  /** Sets the code at an address. */
  async place(address: string, code: string): Promise<void> {
    this.#clean = false;
    await this.evm.request("hardhat_setCode", [address, code]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.evm[Symbol.asyncDispose]();
  }

  async #takeSnapshot(): Promise<void> {
    const snapshot = (await this.evm.request("evm_snapshot", [])) as string;
    this.#start = { snapshot, size: this.log.size, sizes: [...this.sizes] };
    this.#clean = true;
  }

  async #deploy(bytecode: string): Promise<void> {
    await this.evm.setTime(this.now);
    this.#copy(await this.evm.deploy(WHO.governor, creation(bytecode)));
  }

  #copy(outcome: Outcome): Outcome {
    if (outcome.kind === "refused") return outcome;
    this.log.add(outcome.events);
    this.sizes.add(this.log.size);
    return outcome;
  }
}

/** Creation code with constructor arguments. */
export function creation(bytecode: string, predecessor: string = ZeroAddress): string {
  const types = ["uint48", "address", "address"];
  const args = AbiCoder.defaultAbiCoder().encode(types, [GOVERNOR_DELAY, WHO.governor, predecessor]);
  return bytecode + args.slice(2);
}

/** Code of a contract that answers every call with `words`. */
export function answering(...words: string[]): string {
  const stores = words.map((word, i) => `7f${word.replace("0x", "").padStart(64, "0")}60${byte(32 * i)}52`);
  return `0x${stores.join("")}60${byte(32 * words.length)}6000f3`;
}
const byte = (value: number): string => value.toString(16).padStart(2, "0");

/** Address of a contract that names the registry as its predecessor. */
export const SUCCESSOR = addressOf("a registry that continues this one");
