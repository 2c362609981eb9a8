/** Deploys a minimal registry for measuring gas and comparing roots. */
import type { DocumentGroup } from "../../../src/anchor/ports.ts";
import {
  creationCode,
  decodeLog,
  encodeCall,
  rawLog,
  registry,
} from "../../../src/chain/registry/registry.ts";
import { fromHex } from "../../../src/core/bytes.ts";
import type { Hash, TreeSize } from "../../../src/core/units.ts";
import type { RegistryEvent } from "../../../src/indexer/ports.ts";
import { Evm, type Outcome } from "./evm.ts";

export interface Mined {
  readonly gas: number;
  readonly events: readonly RegistryEvent[];
}

const NAMES = ["示例", "範例", "Sample"];
const ACCOUNT = "0x00000000000000000000000000000000000000b1";
const ISSUER = 1;
const ALL_SCENES = 2n ** 256n - 2n;

/** Its one institution has one key, which is also its admin and the governor. */
export class BareRegistry {
  readonly #evm: Evm;
  /** Events of deployment and setup. */
  readonly setup: RegistryEvent[] = [];

  private constructor(evm: Evm) {
    this.#evm = evm;
  }

  /** @param scenes how many document types it has, with ids from 1 */
  static async create({ scenes }: { scenes: number }): Promise<BareRegistry> {
    const bare = new BareRegistry(await Evm.create(registry));
    const evm = bare.#evm;
    const steps = [
      await evm.deploy(ACCOUNT, creationCode(ACCOUNT)),
      await evm.send(ACCOUNT, "registerInstitution", [ACCOUNT, [ISSUER, ALL_SCENES, "CN", "SAMPLE", NAMES]]),
      await evm.send(ACCOUNT, "addKey", [1, ACCOUNT, 0, 0]),
      await evm.send(ACCOUNT, "acceptKey", [1]),
    ];
    for (let i = 1; i <= scenes; i++) {
      steps.push(await evm.send(ACCOUNT, "defineScene", [`scene-${i}`, NAMES, false, false]));
    }
    for (const step of steps) bare.setup.push(...mined(step).events);
    return bare;
  }

  /** Records one call of groups. */
  async anchor(groups: readonly DocumentGroup[]): Promise<Mined> {
    return mined(await this.#evm.sendRaw(ACCOUNT, encodeCall({ kind: "anchor", groups })));
  }

  async rootAt(size: TreeSize): Promise<Hash> {
    const [root] = await this.#evm.read("rootAt", [size]);
    return fromHex(root as string);
  }

  async close(): Promise<void> {
    await this.#evm[Symbol.asyncDispose]();
  }
}

function mined(outcome: Outcome): Mined {
  if (outcome.kind === "refused") throw new Error(`the registry refuses: ${outcome.error}`);
  const logs = outcome.events.filter(({ args }) => "index" in args).map(({ log }) => rawLog.parse(log));
  return { gas: outcome.gas, events: logs.map(decodeLog) };
}
