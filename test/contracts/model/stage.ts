/** Deploys the registry on a chain of its own, on which runs begin. */
import { AbiCoder, Interface, type InterfaceAbi } from "ethers";
import { EVM_START, Evm, type Outcome } from "../../support/contract/evm.ts";
import { GOVERNOR, account } from "./draw.ts";
import { RegistryModel } from "./registry.ts";

/** Delay of a default admin's transfer, in seconds. */
const DEFAULT_ADMIN_DELAY = 1000n;
const PREDECESSOR = account(0xd0);

/** Contracts that might be named as a successor. */
const SUCCESSOR = account(0xe1);
const OTHERS_SUCCESSOR = account(0xe2);
const REVERTING = account(0xe3);
const MUTE = account(0xe4);
const TERSE = account(0xe5);
const WORDY = account(0xe6);
const WITHOUT_CODE = account(0xe7);
const OTHERS = [OTHERS_SUCCESSOR, REVERTING, MUTE, TERSE, WITHOUT_CODE];

export interface Code {
  readonly abi: InterfaceAbi;
  readonly bytecode: string;
}

/** Each run begins in the state right after the deployment. */
export class Stage implements AsyncDisposable {
  readonly evm: Evm;
  readonly abi: Interface;
  readonly deployed: Outcome;
  #snapshot: unknown;

  private constructor(evm: Evm, abi: Interface, deployed: Outcome) {
    this.evm = evm;
    this.abi = abi;
    this.deployed = deployed;
  }

  static async create(code: Code): Promise<Stage> {
    const evm = await Evm.create(code.abi);
    return await Stage.on(evm, code);
  }

  /** Deploys the registry on a chain that there is. */
  static async on(evm: Evm, { abi, bytecode }: Code): Promise<Stage> {
    await evm.setTime(EVM_START + 1);
    const parameters = ["uint48", "address", "address"];
    const values = [DEFAULT_ADMIN_DELAY, GOVERNOR, PREDECESSOR];
    const encoded = AbiCoder.defaultAbiCoder().encode(parameters, values);
    const deployed = await evm.deploy(GOVERNOR, bytecode + encoded.slice(2));
    const stage = new Stage(evm, new Interface(abi), deployed);
    if (deployed.kind === "done") await stage.#placeContracts();
    return stage;
  }

  /** Puts the chain back to its beginning. @returns the model of the registry as it is then */
  async reset(): Promise<RegistryModel> {
    if (this.#snapshot !== undefined) await this.evm.request("evm_revert", [this.#snapshot]);
    this.#snapshot = await this.evm.request("evm_snapshot", []);
    const model = new RegistryModel(this.abi);
    model.successors.add(SUCCESSOR).add(WORDY);
    for (const other of OTHERS) model.others.add(other);
    model.sender = GOVERNOR;
    model.blockTime = BigInt(EVM_START + 1);
    model.construct(DEFAULT_ADMIN_DELAY, GOVERNOR, PREDECESSOR);
    return model;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.evm[Symbol.asyncDispose]();
  }

  async #placeContracts(): Promise<void> {
    await this.#place(SUCCESSOR, naming(this.evm.address));
    await this.#place(OTHERS_SUCCESSOR, naming(PREDECESSOR));
    await this.#place(REVERTING, naming(this.evm.address).replace(/f3$/v, "fd"));
    await this.#place(TERSE, naming(this.evm.address, 63));
    await this.#place(WORDY, naming(this.evm.address, 96));
    await this.#place(MUTE, "0x00");
  }

  async #place(address: string, code: string): Promise<void> {
    await this.evm.request("hardhat_setCode", [address, code]);
  }
}

/** Code that answers every call with so many bytes: `predecessor`, and zeros. */
function naming(predecessor: string, bytes = 64): string {
  const length = bytes.toString(16);
  return `0x73${predecessor.slice(2).toLowerCase()}60005260${length}6000f3`;
}
