/** Models a chain with a registry in memory, with reorgs and a node that lies. */
import { createHash } from "node:crypto";
import { AppError } from "../../../src/core/errors.ts";
import type { Hash, TreeSize } from "../../../src/core/units.ts";
import type {
  BlockHeader,
  ChainIdentity,
  ChainReader,
  DirectoryChange,
  RegistryEvent,
} from "../../../src/indexer/ports.ts";
import { toHex } from "../../../src/core/bytes.ts";
import { entriesOf } from "../../../src/indexer/project.ts";
import { encodeEntry } from "../../../src/core/entry.ts";
import { leafByDefinition, rootByDefinition } from "../log/tree.ts";

const digest = (text: string): Hash => Uint8Array.from(createHash("sha256").update(text).digest());
const KEY = "0x00000000000000000000000000000000000000b1";

/** What a block of the model records. */
export type Change =
  | { readonly kind: "documents"; readonly count: number }
  /** A document of one institution, once unless `times` is given. */
  | { readonly kind: "document"; readonly by: number; readonly payload: Hash; readonly times?: number }
  /** A withdrawal of that document, by its institution. */
  | { readonly kind: "withdrawal"; readonly by: number; readonly payload: Hash }
  | { readonly kind: "revocation" }
  | { readonly kind: "institution" }
  /** One of the possible changes of the directory, chosen by `pick`. */
  | { readonly kind: "directory"; readonly pick: number };

interface Block {
  readonly header: BlockHeader;
  readonly events: readonly RegistryEvent[];
}

export class ModelChain implements ChainReader {
  #blocks: Block[] = [];
  #salt = 0;
  readonly #depth: number;
  readonly #seconds: number;
  identityNow: ChainIdentity = {
    chainId: 1,
    genesisHash: digest("genesis"),
    registry: "0x00000000000000000000000000000000000000c1",
    codeHash: digest("code"),
  };
  /** Faults of the node. */
  down = false;
  hides: ((event: RegistryEvent) => boolean) | undefined;
  falseRoot = false;
  behind = 0;

  /** @param depth confirmations after which a block is final @param seconds from block to block */
  constructor(depth: number, seconds = 1) {
    [this.#depth, this.#seconds] = [depth, seconds];
    this.mine();
  }

  get height(): number {
    return this.#blocks.length - 1;
  }

  /** Adds a block with one event for each change, all of one transaction. */
  mine(...changes: readonly Change[]): void {
    const number = this.#blocks.length;
    const hash = digest(`block ${number} ${this.#salt++}`);
    const events: RegistryEvent[] = [];
    for (const change of changes) {
      events.push(this.#event(change, { number, hash }, [...this.#events(), ...events]));
    }
    this.#blocks.push({ header: { number, hash, time: this.#timeOf(number) }, events });
  }

  /** Removes the newest `depth` blocks. */
  drop(depth: number): void {
    this.#blocks = this.#blocks.slice(0, Math.max(1, this.#blocks.length - depth));
  }

  /** Moves the events of the last block one block later, as a reorg can do. */
  remineLast(): void {
    const last = this.#blocks.pop();
    this.mine();
    const number = this.#blocks.length;
    const hash = digest(`block ${number} ${this.#salt++}`);
    const events = (last?.events ?? []).map((event) => ({ ...event, block: { number, hash } }));
    this.#blocks.push({ header: { number, hash, time: this.#timeOf(number) }, events });
  }

  async identity(): Promise<ChainIdentity> {
    return await this.#answer(this.identityNow);
  }

  async heads(): Promise<{ latest: BlockHeader; final: BlockHeader | undefined }> {
    const visible = this.#blocks.slice(0, this.#blocks.length - this.behind);
    const latest = visible.at(-1)?.header;
    if (latest === undefined) throw new RangeError("no block");
    return await this.#answer({ latest, final: visible.at(-this.#depth)?.header });
  }

  async block(number: number): Promise<BlockHeader | undefined> {
    return await this.#answer(this.#blocks[number]?.header);
  }

  async events({ from, to }: { from: number; to: number }): Promise<RegistryEvent[]> {
    const events = this.#blocks.slice(from, to + 1).flatMap((block) => block.events);
    return await this.#answer(events.filter((event) => this.hides?.(event) !== true));
  }

  async rootAt(size: TreeSize): Promise<Hash | undefined> {
    const ends = this.#blocks.map((_, number) => this.#leaves(number).length);
    const stored = size > 0 && ends.includes(size);
    return await this.#answer(stored ? this.#root(this.#leaves(this.height).slice(0, size)) : undefined);
  }

  async treeAt(block: number): Promise<{ size: TreeSize; root: Hash }> {
    const leaves = this.#leaves(block);
    return await this.#answer({ size: leaves.length, root: this.#root(leaves) });
  }

  #timeOf(block: number): number {
    return 1_800_000_000 + block * this.#seconds;
  }

  #answer<T>(value: T): Promise<T> {
    if (this.down) return Promise.reject(new AppError("RPC_UNAVAILABLE", { detail: "the node is down" }));
    return Promise.resolve(value);
  }

  #root(leaves: readonly Hash[]): Hash {
    const root = rootByDefinition(leaves);
    return this.falseRoot ? root.with(0, (root[0] ?? 0) ^ 1) : root;
  }

  #events(): RegistryEvent[] {
    return this.#blocks.flatMap(({ events }) => events);
  }

  #leaves(block: number): Hash[] {
    const events = this.#blocks.slice(0, block + 1).flatMap((known) => known.events);
    return events.flatMap(entriesOf).map((entry) => leafByDefinition(encodeEntry(entry)));
  }

  #event(
    change: Change,
    block: { number: number; hash: Hash },
    before: readonly RegistryEvent[],
  ): RegistryEvent {
    const index = before.flatMap(entriesOf).length;
    const base = {
      index,
      block,
      transaction: digest(`transaction ${block.number} ${this.#salt}`),
      recordedAt: this.#timeOf(block.number),
      recordedBy: KEY,
    } as const;
    const institutions = before.filter(({ type }) => type === "institution-registered").length;
    if (change.kind === "directory" && institutions > 0) {
      const shared = { ...base, institution: 1 + (change.pick % institutions), event: digest(`d${index}`) };
      const possible = directoryChanges(shared, before);
      return possible[change.pick % possible.length] ?? { ...shared, type: "pause-set", paused: true };
    }
    if (change.kind === "institution" || change.kind === "directory") {
      const profile = {
        roles: ["issuer"],
        scenes: [1],
        jurisdiction: "CN",
        officialNumber: `SAMPLE${institutions + 1}`,
        names: { en: "Sample", "zh-Hans": "示例", "zh-Hant": "範例" },
      } as const;
      const institution = institutions + 1;
      return {
        ...base,
        type: "institution-registered",
        institution,
        admin: KEY,
        ...profile,
        event: digest(`i${index}`),
      };
    }
    const by = "by" in change ? change.by : 1;
    const own = before.filter(ofType("anchored")).filter(({ institution }) => institution === by);
    const document =
      change.kind === "withdrawal" ? own.find(({ payloads }) => payloads[0] === change.payload) : own[0];
    if ((change.kind === "revocation" || change.kind === "withdrawal") && document !== undefined) {
      const status = {
        document: document.index,
        action: "revoke",
        reason: "other",
        successor: undefined,
        governedAdmin: false,
      } as const;
      return { ...base, type: "status-set", institution: by, ...status };
    }
    const count = change.kind === "documents" ? change.count : 1;
    const payloads =
      change.kind === "document"
        ? Array.from({ length: change.times ?? 1 }, () => change.payload)
        : Array.from({ length: count }, (_, i) => digest(`document ${this.#salt} ${index + i}`));
    const rest = {
      institution: by,
      scene: 1,
      kind: "document",
      algorithm: "sha256",
      blinded: false,
      governedAdmin: change.kind === "documents" && change.count % 2 === 0,
      validUntil: 0,
    } as const;
    return { ...base, type: "anchored", ...rest, payloads };
  }
}

type Shared = Pick<
  DirectoryChange,
  "index" | "block" | "transaction" | "recordedAt" | "recordedBy" | "institution" | "event"
>;

const ofType =
  <T extends RegistryEvent["type"]>(type: T) =>
  (event: RegistryEvent): event is RegistryEvent & { type: T } =>
    event.type === type;

/** One possible change of each kind, given the earlier ones. */
function directoryChanges(shared: Shared, before: readonly RegistryEvent[]): DirectoryChange[] {
  const { index, recordedAt } = shared;
  const unique = digest(`unique ${index}`);
  const address = `0x${toHex(unique).slice(0, 40)}` as const;
  const window = { from: recordedAt, until: recordedAt + 100 };
  const operators = before.filter(ofType("operator-registered"));
  const key = before.filter(ofType("key-added")).at(-1);
  const proposed = before.filter(ofType("key-proposed")).at(-1);
  const operator = operators.at(-1);
  const operatorKey = before.filter(ofType("operator-key-added")).at(-1);
  const role = before.filter(ofType("role-set")).at(-1);
  return [
    { ...shared, type: "institution-state-set", state: index % 2 === 0 ? "suspended" : "active" },
    { ...shared, type: "admin-named", admin: address, from: recordedAt + 10, byGovernance: index % 2 === 0 },
    { ...shared, type: "admin-naming-cancelled", admin: address },
    { ...shared, type: "admin-replaced", admin: address, byGovernance: index % 2 === 0 },
    { ...shared, type: "key-proposed", key: proposed?.key ?? address, ...window },
    { ...shared, type: "key-proposed", key: address, ...window },
    { ...shared, type: "key-added", key: address, ...window },
    { ...shared, type: "operator-registered", operator: operators.length + 1, name: "Sample" },
    { ...shared, type: "role-set", role: digest("role"), account: address, granted: true },
    { ...shared, type: "pause-set", paused: index % 2 === 0 },
    { ...shared, type: "successor-named", registry: address },
    ...sceneDefined(shared, before),
    ...(key === undefined
      ? []
      : ([
          { ...shared, type: "key-retired", key: key.key, until: recordedAt + 1 },
          { ...shared, type: "key-compromised", key: key.key, since: recordedAt - 1 },
          { ...shared, type: "key-report-corrected", key: key.key, since: index % 2 },
        ] as const)),
    ...(operator === undefined
      ? []
      : ([
          {
            ...shared,
            type: "operator-key-added",
            operator: operator.operator,
            keyId: unique,
            purpose: "witness",
            signatureType: 4,
            publicKey: unique,
            possession: unique,
            ...window,
          },
        ] as const)),
    ...(operatorKey === undefined
      ? []
      : ([
          { ...shared, type: "operator-key-retired", keyId: operatorKey.keyId, until: recordedAt },
          { ...shared, type: "operator-key-compromised", keyId: operatorKey.keyId, since: recordedAt },
          { ...shared, type: "operator-key-report-corrected", keyId: operatorKey.keyId, since: index % 2 },
        ] as const)),
    ...(role?.granted === true ? [{ ...shared, type: "role-set" as const, ...revoked(role) }] : []),
  ];
}

function sceneDefined(shared: Shared, before: readonly RegistryEvent[]): DirectoryChange[] {
  const scene = before.filter(ofType("scene-defined")).length + 1;
  const names = { en: "Sample", "zh-Hans": "示例", "zh-Hant": "範例" };
  return [
    { ...shared, type: "scene-defined", scene, slug: `scene-${scene}`, names, blinded: true, personal: true },
  ];
}

function revoked({ role, account }: Extract<DirectoryChange, { type: "role-set" }>) {
  return { role, account, granted: false };
}
