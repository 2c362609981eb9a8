import { AbiCoder, Interface, ZeroAddress } from "ethers";
import { inject } from "vitest";
import { Evm, type Outcome } from "./evm.ts";
import { LogCopy, type Inclusion } from "./log-copy.ts";
import artifact from "../../../src/chain/registry/registry.artifact.json" with { type: "json" };
import { call, told, type Call } from "./calls.ts";
import { addressOf, group, GOVERNOR_DELAY, MADE_AT, NOW, stock, WHO, type Landmarks } from "./directory.ts";

/** What a registry is made from. */
export interface RegistryCode {
  readonly abi: readonly unknown[];
  /** Creation code. */
  readonly bytecode: string;
}

declare module "vitest" {
  interface ProvidedContext {
    /** The code under test, where it is not the repository's. */
    registryArtifact?: RegistryCode;
    /** Which of the changes that are compiled into that code is switched on; 0 = none. */
    activeMutant?: number;
  }
}

/** The balance of this account is the number of the mutant that is switched on. */
const MUTANT_SWITCH = "0x00000000000000000000000000000000004d7574";

/**
 * A registry with a stock directory on a node in this process, the log of it as the events tell it, and a way back to
 * where it began.
 */
export class Registry implements AsyncDisposable {
  readonly evm: Evm;
  readonly code: RegistryCode;
  readonly abi: Interface;
  readonly log: LogCopy;
  /** Tree sizes at which a transaction ended. */
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

  /** @param code the creation code and ABI; else what the run provides; else the repository's */
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
    await registry.#keep();
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

  /** Sends a call that has to be done. @returns index of its first entry */
  async done(...calls: readonly Call[]): Promise<number> {
    const first = this.log.size;
    for (const each of calls) {
      const outcome = await this.send(each);
      if (outcome.kind === "refused") throw new Error(`${each.name} was refused: ${told(outcome).join(" ")}`);
    }
    return first;
  }

  /** Sends bytes as they are. */
  async sendRaw(from: string, data: string, value = 0n): Promise<Outcome> {
    this.#clean = false;
    await this.evm.setTime(this.now);
    return this.#copy(await this.evm.sendRaw(from, data, value));
  }

  /** What a view returns. */
  async read(name: string, args: readonly unknown[] = []): Promise<unknown[]> {
    return await this.evm.read(name, args);
  }

  /** See {@link LogCopy.inclusion}. */
  inclusion(index: number, size?: number): Inclusion {
    return this.log.inclusion(index, size);
  }

  /** The size and root that the contract has, and those that its events tell. */
  async heads(): Promise<{ contract: unknown[]; events: unknown[] }> {
    return { contract: await this.read("head"), events: [BigInt(this.log.size), this.log.root()] };
  }

  /** Goes back to where {@link open} ended. */
  async reset(): Promise<void> {
    if (this.#clean) return;
    await this.evm.request("evm_revert", [this.#start.snapshot]);
    this.log.truncate(this.#start.size);
    this.sizes.clear();
    for (const size of this.#start.sizes) this.sizes.add(size);
    this.now = NOW;
    await this.#keep();
  }

  /** Makes the present state the one that {@link reset} goes back to, until `back` is called. */
  async stay(): Promise<() => Promise<void>> {
    const before = this.#start;
    await this.#keep();
    return async () => {
      this.#start = before;
      this.#clean = false;
      await this.reset();
    };
  }

  /** Puts `code` at `address`: a contract that the registry may meet. */
  async place(address: string, code: string): Promise<void> {
    this.#clean = false;
    await this.evm.request("hardhat_setCode", [address, code]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.evm[Symbol.asyncDispose]();
  }

  async #keep(): Promise<void> {
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

/** Creation code with its arguments. */
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

/** Where a contract is that names the registry as its predecessor. */
export const SUCCESSOR = addressOf("a registry that continues this one");
