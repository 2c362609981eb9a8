/** Deploys the registry on a node of its own, and verifies entries by its code. */
import { AbiCoder, keccak256 } from "ethers";
import { EVM_START, Evm, type Outcome } from "../support/contract/evm.ts";
import { LogCopy } from "../support/contract/log-copy.ts";
import { creationCode, registry } from "../../src/chain/registry/registry.ts";
import layout from "../contracts/layout.snapshot.json" with { type: "json" };

/** Governance, admin and key of the institution; the vectors name it as the recorder of their entries. */
const ACCOUNT = `0x${"0a".repeat(20)}` as const;
const NAMES = ["深圳虎符征信", "深圳虎符徵信", "Shenzhen Tiger Tally Credit"];

/** Hexadecimal without prefix. */
export interface Claim {
  readonly entry: string;
  readonly index: number;
  readonly size: number;
  readonly proof: readonly string[];
}

export class Contract implements AsyncDisposable {
  readonly #evm: Evm;
  readonly #copy = new LogCopy(registry);

  private constructor(evm: Evm) {
    this.#evm = evm;
  }

  static async create(): Promise<Contract> {
    const contract = new Contract(await Evm.create(registry));
    await contract.#done(() => contract.#evm.deploy(ACCOUNT, creationCode(ACCOUNT)));
    return contract;
  }

  async includes({ entry, index, size, proof }: Claim): Promise<boolean> {
    const args = [`0x${entry}`, index, size, proof.map((hash) => `0x${hash}`)];
    return (await this.#evm.read("verifyInclusion", args))[0] === true;
  }

  /** Writes `root` for `size` to the storage of the contract, past its functions. */
  async setRoot(size: number, root: string): Promise<void> {
    const [, roots = ""] = /^(\d+)\+0 roots/.exec(layout.structs["struct MerkleLog.Log"].at(-1) ?? "") ?? [];
    const slot = keccak256(AbiCoder.defaultAbiCoder().encode(["uint64", "uint256"], [size, Number(roots)]));
    await this.#evm.request("hardhat_setStorageAt", [this.#evm.address, slot, `0x${root}`]);
  }

  /** Registers an institution with a key and a document type, records a document, and revokes it. */
  async record(payload: string, validUntil: number): Promise<void> {
    const call = (name: string, ...args: readonly unknown[]): Promise<void> =>
      this.#done(() => this.#evm.send(ACCOUNT, name, args));
    await call("registerInstitution", ACCOUNT, [1, 0b10, "CN", "91440300MA00000000", NAMES]);
    await call("addKey", 1, ACCOUNT, 0, 0);
    await call("acceptKey", 1);
    await call("defineScene", "scene-1", NAMES, false, false);
    await call("anchor", [[1, 1, 1, 0, validUntil, [`0x${payload}`]]]);
    const none = { entry: "0x", index: 0, size: 0, proof: [] };
    await call("setStatus", this.#copy.inclusion(this.#copy.size - 1), 1, 6, none);
  }

  /** The index at which the contract verifies the entry. */
  async indexOf(entry: string): Promise<number | undefined> {
    for (let index = 0; index < this.#copy.size; index++) {
      const { size, proof } = this.#copy.inclusion(index);
      const bare = proof.map((hash) => hash.slice(2));
      if (await this.includes({ entry, index, size: Number(size), proof: bare })) return index;
    }
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#evm[Symbol.asyncDispose]();
  }

  /** All entries have one time. */
  async #done(act: () => Promise<Outcome>): Promise<void> {
    await this.#evm.setTime(EVM_START);
    const outcome = await act();
    if (outcome.kind === "refused") throw new Error(`the registry refuses: ${outcome.error}`);
    this.#copy.add(outcome.events);
  }
}
