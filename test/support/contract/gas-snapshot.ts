/** Measures the gas of each call of the registry. */
import { createHash } from "node:crypto";
import { AbiCoder, id, Interface, ZeroAddress } from "ethers";
import type { RegistryArtifact } from "./compile.ts";
import { Evm, EVM_START } from "./evm.ts";
import { LogCopy, NOTHING } from "./log-copy.ts";

/** Gas by description of the call. */
export type GasSnapshot = Readonly<Record<string, number>>;

interface Step {
  readonly from: string;
  readonly name: string;
  readonly args: readonly unknown[];
}

const sha256 = (data: string | Buffer): string => `0x${createHash("sha256").update(data).digest("hex")}`;
const addressOf = (name: string): string => sha256(name).slice(0, 42);
const WHO = {
  governor: addressOf("governor"),
  admin: addressOf("admin"),
  key: addressOf("key"),
  spare: addressOf("spare"),
  other: addressOf("other"),
} as const;
type Who = keyof typeof WHO;
const by = (who: Who, name: string, ...args: unknown[]): Step => ({ from: WHO[who], name, args });

const DELAY = 172_800;
const START = EVM_START + 1_000;
/** Later than every schedule of an earlier step. */
const LATER = START + 2 * DELAY;
const END = EVM_START + 100_000_000;
const NAMES = ["示例", "範例", "Sample"];
const PROFILE = [3, 2, "HK", "12345678", NAMES];
const OTHER_PROFILE = [3, 2, "HK", "87654321", NAMES];
const SUCCESSOR = addressOf("successor");
const PUBLIC_KEY = Buffer.alloc(32, 0xab);
const KEY_ID = sha256(
  Buffer.from(
    AbiCoder.defaultAbiCoder().encode(["uint32", "uint8", "uint8", "bytes"], [1, 1, 1, PUBLIC_KEY]).slice(2),
    "hex",
  ),
);
const OPERATOR = [
  by("governor", "registerOperator", 1, "Operator"),
  by("admin", "addOperatorKey", 1, 1, 1, PUBLIC_KEY, 0, 0, Buffer.alloc(64, 0xcd)),
] as const;
const SPARE = [by("admin", "addKey", 1, WHO.spare, 0, 0), by("spare", "acceptKey", 1)] as const;
/** Makes a log of 8 entries; three documents come after it. */
const BASE = [
  by("governor", "registerInstitution", WHO.admin, PROFILE),
  by("admin", "addKey", 1, WHO.key, 0, 0),
  by("key", "acceptKey", 1),
  by("governor", "defineScene", "enterprise-credit-report", NAMES, false, false),
] as const;
const DOCUMENT = 8;

const group = (count: number, other: object = {}): Record<string, unknown> => ({
  kind: 1,
  scene: 1,
  algorithm: 1,
  flags: 0,
  validUntil: 0,
  payloads: Array.from({ length: count }, (_, i) => sha256(`document ${i}`)),
  ...other,
});
/** Groups of one as a feed brings them: kinds, algorithms and dates in turn. */
const mixed = (count: number): unknown[] =>
  Array.from({ length: count }, (_, i) => {
    const payloads = [sha256(`mixed ${i}`)];
    if (i % 5 === 4) return group(1, { kind: 3 + (i % 2), scene: 0, flags: 1, payloads });
    return group(1, { algorithm: 1 + (i % 2), flags: i % 2, validUntil: END + 86_400 * (i % 30), payloads });
  });
const anchor = (...groups: unknown[]): Step => by("key", "anchor", groups);

/** Each function that changes state, in its cheapest typical form, after the steps that it needs. */
const FUNCTIONS: readonly (readonly Step[])[] = [
  [by("governor", "registerInstitution", WHO.other, OTHER_PROFILE)],
  [by("governor", "amendInstitution", 1, PROFILE)],
  [by("governor", "setInstitutionState", 1, 2)],
  [by("admin", "nameAdmin", 1, WHO.other)],
  [by("admin", "nameAdmin", 1, WHO.other), by("admin", "cancelAdmin", 1)],
  [by("admin", "nameAdmin", 1, WHO.other), by("other", "acceptAdmin", 1)],
  [by("admin", "addKey", 1, WHO.spare, 0, 0)],
  [...SPARE],
  [...SPARE, by("admin", "retireKey", WHO.key, 0)],
  [by("admin", "reportKey", WHO.key, START)],
  [by("governor", "reportKey", WHO.key, START), by("governor", "correctKeyReport", WHO.key, 0)],
  [by("governor", "registerOperator", 1, "Operator")],
  [...OPERATOR],
  [...OPERATOR, by("admin", "retireOperatorKey", KEY_ID, 0)],
  [...OPERATOR, by("admin", "reportOperatorKey", KEY_ID, START)],
  [
    ...OPERATOR,
    by("governor", "reportOperatorKey", KEY_ID, START),
    by("governor", "correctOperatorKeyReport", KEY_ID, 0),
  ],
  [by("governor", "defineScene", "s", NAMES, false, false)],
  [by("governor", "setPaused", true)],
  [by("governor", "nameSuccessor", SUCCESSOR)],
  [by("governor", "grantRole", id("PAUSER_ROLE"), WHO.other)],
  [by("governor", "revokeRole", id("PAUSER_ROLE"), WHO.governor)],
  [by("governor", "renounceRole", id("PAUSER_ROLE"), WHO.governor)],
  [by("governor", "beginDefaultAdminTransfer", WHO.other)],
  [by("governor", "beginDefaultAdminTransfer", WHO.other), by("other", "acceptDefaultAdminTransfer")],
  [by("governor", "beginDefaultAdminTransfer", WHO.other), by("governor", "cancelDefaultAdminTransfer")],
  [by("governor", "changeDefaultAdminDelay", DELAY + 1)],
  [by("governor", "changeDefaultAdminDelay", DELAY + 1), by("governor", "rollbackDefaultAdminDelay")],
];
const ANCHORS: Readonly<Record<string, Step>> = {
  "anchor, 1 document": anchor(group(1)),
  "anchor, 10 documents": anchor(group(10)),
  "anchor, 100 documents": anchor(group(100)),
  "anchor, 500 mixed groups of one": anchor(...mixed(500)),
  "anchor, 2,000 documents": anchor(group(2_000)),
};

/**
 * The code with a fixed hash of its sources (solc, "Encoding of the Metadata Hash"): its zero bytes are cheaper, so a change
 * of a comment would otherwise change the gas of the deployment.
 */
const withoutHash = (bytecode: string): string =>
  bytecode.replace(/(?<=a2646970667358221220)[0-9a-f]{64}/g, "ff".repeat(32));

/** Measures each call from the same state. */
class Meter {
  readonly #evm: Evm;
  readonly #log: LogCopy;
  readonly prices: Record<string, number> = {};

  constructor(evm: Evm, abi: Interface) {
    this.#evm = evm;
    this.#log = new LogCopy(abi);
  }

  async deploy(bytecode: string): Promise<void> {
    const args = AbiCoder.defaultAbiCoder().encode(
      ["uint48", "address", "address"],
      [DELAY, WHO.governor, ZeroAddress],
    );
    await this.#evm.setTime(START);
    const outcome = await this.#evm.deploy(WHO.governor, withoutHash(bytecode) + args.slice(2));
    if (outcome.kind === "refused") throw new Error("the registry was not deployed");
    this.#log.add(outcome.events);
    this.prices["deploy"] = outcome.gas;
    // a contract that answers every call with this registry's address and zero
    const code = `0x73${this.#evm.address.slice(2)}60005260406000f3`;
    await this.#evm.request("hardhat_setCode", [SUCCESSOR, code]);
  }

  /** @returns gas */
  async run({ from, name, args }: Step, time = START): Promise<number> {
    await this.#evm.setTime(time);
    const outcome = await this.#evm.send(from, name, args);
    if (outcome.kind === "refused") throw new Error(`${name} was refused: ${outcome.error}`);
    this.#log.add(outcome.events);
    return outcome.gas;
  }

  /** Prices the last of `steps` after the others, and goes back to where it was. */
  async price(steps: readonly Step[], what = steps.at(-1)?.name ?? ""): Promise<void> {
    const { size } = this.#log;
    const snapshot = await this.#evm.request("evm_snapshot", []);
    let gas = 0;
    for (const [i, step] of steps.entries())
      gas = await this.run(step, i === steps.length - 1 ? LATER : START);
    this.prices[what] = gas;
    await this.#evm.request("evm_revert", [snapshot]);
    this.#log.truncate(size);
  }

  /** Prices each action on a document, by proofs of the present size. */
  async priceStatuses(): Promise<void> {
    const { size } = this.#log;
    const [document, next] = [this.#log.inclusion(DOCUMENT), this.#log.inclusion(DOCUMENT + 1)];
    const set = (action: number, successor = NOTHING): Step =>
      by("key", "setStatus", document, action, 1, successor);
    const at = `at ${size.toLocaleString("en")} entries`;
    await this.price([set(1)], `setStatus, revoke ${at}`);
    await this.price([set(2)], `setStatus, suspend ${at}`);
    await this.price([set(2), set(3)], `setStatus, reinstate ${at}`);
    await this.price([set(4, next)], `setStatus, supersede ${at}`);
  }
}

/** The result depends only on the code: times and senders are fixed. */
export async function measureGas(artifact: Pick<RegistryArtifact, "abi" | "bytecode">): Promise<GasSnapshot> {
  await using evm = await Evm.create(artifact.abi as never);
  const meter = new Meter(evm, new Interface(artifact.abi as never));
  await meter.deploy(artifact.bytecode);
  for (const step of BASE) await meter.run(step);
  for (const steps of FUNCTIONS) await meter.price(steps);
  for (const [what, step] of Object.entries(ANCHORS)) await meter.price([step], what);
  await meter.run(anchor(group(3)));
  await meter.priceStatuses();
  await meter.run(anchor(group(1_990)));
  await meter.priceStatuses();
  return meter.prices;
}
