import type { Logger } from "pino";
import { equalBytes, toHex } from "../core/bytes.ts";
import type { Clock } from "../core/clock.ts";
import { AppError, isAppError } from "../core/errors.ts";
import type { TreeSize } from "../core/units.ts";
import { hashLeaf } from "../log/hash.ts";
import { GrowingTree } from "../log/tree.ts";
import type { BlockHeader, ChainIdentity, ChainReader, Cursor, IndexStore } from "./ports.ts";
import { project } from "./project.ts";

/** Blocks read and committed in one step. */
const STEP = 2_000;

/** Whether what the index holds may be relied on. How old it is, is another question: see the judge. */
export type IndexHealth =
  | { readonly kind: "starting" }
  | { readonly kind: "current" }
  /** The last try to follow the chain failed. `unsound`: what is stored may be wrong, not just old. */
  | { readonly kind: "failing"; readonly because: AppError; readonly unsound: boolean };

/** Faults after which the index itself is in doubt. */
const UNSOUND = new Set(["INDEX_MISMATCH", "REORG_BELOW_FINAL", "CHAIN_IDENTITY_MISMATCH"]);

/** Keeps a copy of the log and proves after each step that it is the contract's. */
export class Indexer {
  readonly #chain: ChainReader;
  readonly #store: IndexStore;
  readonly #clock: Clock;
  readonly #log: Logger;
  #health: IndexHealth = { kind: "starting" };
  /** Since the last fault: whether the node serves the chain that the index is made from. */
  #identified = false;
  /** Since the start: whether the stored entries still have the stored root. */
  #checked = false;
  #running: Promise<void> | undefined;

  constructor(options: { chain: ChainReader; store: IndexStore; clock: Clock; log: Logger }) {
    this.#chain = options.chain;
    this.#store = options.store;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  get health(): IndexHealth {
    return this.#health;
  }

  /** Why what is stored may be wrong, if it may. */
  get doubt(): AppError | undefined {
    return this.#health.kind === "failing" && this.#health.unsound ? this.#health.because : undefined;
  }

  /** Follows the chain to its newest block. Calls that come while one runs wait for that one. */
  async sync(): Promise<void> {
    this.#running ??= this.#follow().finally(() => (this.#running = undefined));
    await this.#running;
  }

  async #follow(): Promise<void> {
    try {
      await this.#step();
      if (this.#health.kind !== "current") this.#log.info("index current");
      this.#health = { kind: "current" };
    } catch (error) {
      const because = asFault(error);
      this.#health = { kind: "failing", because, unsound: UNSOUND.has(because.code) };
      this.#identified = false;
      throw because;
    }
  }

  async #step(): Promise<void> {
    if (!this.#identified) await this.#checkIdentity();
    this.#identified = true;
    if (!this.#checked) await this.#checkStored();
    this.#checked = true;
    const { latest, final } = await this.#chain.heads();
    const cursor = await this.#dropReorganised(await this.#store.cursor(), latest);
    try {
      const tree = await this.#advance(cursor, latest);
      await this.#compareWithContract(tree, latest);
    } catch (error) {
      if (isAppError(error, "RPC_INCONSISTENT")) await this.#forgetEmptyBlocks(latest);
      throw error;
    }
    await this.#store.setSynced({ final, syncedAt: this.#clock.now() });
  }

  /** Blocks that seemed to hold nothing are read again: a node may have left out their events. */
  async #forgetEmptyBlocks(latest: BlockHeader): Promise<void> {
    const last = await this.#lastCommonBlock(latest.number);
    await this.#store.rewindTo(last);
  }

  /** The chain and the registry are the ones the index was made from (I6). */
  async #checkIdentity(): Promise<void> {
    const found = await this.#chain.identity();
    const known = await this.#store.identity();
    if (known === undefined) {
      await this.#store.setIdentity(found);
      return;
    }
    if (describe(known) === describe(found)) return;
    const detail = `the index was made from ${describe(known)}; the node serves ${describe(found)}`;
    throw new AppError("CHAIN_IDENTITY_MISMATCH", { detail });
  }

  /** Hashes every stored entry again: the root must be the one that was stored with them. */
  async #checkStored(): Promise<void> {
    const { size, root } = await this.#store.cursor();
    const tree = new GrowingTree();
    for await (const bytes of this.#store.allEntryBytes()) tree.append(hashLeaf(bytes));
    if (tree.size !== size || !equalBytes(tree.root(), root)) {
      const detail = `the ${tree.size} stored entries have the root ${toHex(tree.root())}; stored for ${size} is ${toHex(root)}`;
      throw new AppError("INDEX_MISMATCH", { detail });
    }
  }

  /** Goes back to the newest stored block that the chain still has. */
  async #dropReorganised(cursor: Cursor, latest: BlockHeader): Promise<Cursor> {
    const { block, final } = cursor;
    if (block === undefined) return cursor;
    if (latest.number < block.number) {
      const detail = `the node's newest block is ${latest.number}, and ${block.number} was read before`;
      throw new AppError("RPC_INCONSISTENT", { detail });
    }
    const still = latest.number === block.number ? latest : await this.#chain.block(block.number);
    if (still !== undefined && equalBytes(still.hash, block.hash)) return cursor;

    const common = await this.#lastCommonBlock(block.number);
    if (final !== undefined && (common?.number ?? -1) < final.number && !(await this.#stillHas(final))) {
      const detail = `block ${final.number} was final and is no longer part of the chain`;
      throw new AppError("REORG_BELOW_FINAL", { detail });
    }
    this.#log.warn({ from: block.number, to: common?.number }, "reorg");
    await this.#store.rewindTo(common);
    return await this.#store.cursor();
  }

  async #lastCommonBlock(from: number): Promise<BlockHeader | undefined> {
    for await (const stored of this.#store.blocksDown(from)) {
      const found = await this.#chain.block(stored.number);
      if (found !== undefined && equalBytes(found.hash, stored.hash)) return found;
    }
    return undefined;
  }

  async #stillHas(header: BlockHeader): Promise<boolean> {
    const found = await this.#chain.block(header.number);
    return found !== undefined && equalBytes(found.hash, header.hash);
  }

  /** Reads up to `latest`, a step at a time; each is stored only once its root is the contract's (I2, I5). */
  async #advance(cursor: Cursor, latest: BlockHeader): Promise<GrowingTree> {
    const tree = new GrowingTree(cursor.size, await this.#store.frontier(cursor.size));
    for (let from = (cursor.block?.number ?? -1) + 1; from <= latest.number; from += STEP) {
      const to = Math.min(latest.number, from + STEP - 1);
      const block = to === latest.number ? latest : await this.#chain.block(to);
      if (block === undefined)
        throw new AppError("RPC_INCONSISTENT", { detail: `the node has no block ${to}` });
      const projection = project(await this.#chain.events({ from, to }), tree);
      if (projection.entries.length > 0) await this.#compareRoot(tree);
      await this.#store.append({ ...projection, cursor: { block, size: tree.size, root: tree.root() } });
      if (projection.entries.length > 0) this.#log.info({ size: tree.size, block: to }, "entries indexed");
    }
    return tree;
  }

  async #compareRoot(tree: GrowingTree): Promise<void> {
    const root = await this.#chain.rootAt(tree.size);
    if (root === undefined) {
      const detail = `the contract has no root for size ${tree.size}: the node left out events`;
      throw new AppError("RPC_INCONSISTENT", { detail });
    }
    if (!equalBytes(root, tree.root())) throw mismatch(tree.size, tree, root);
  }

  /** All of it is there: the contract has this size and this root at the block that was read last. */
  async #compareWithContract(tree: GrowingTree, latest: BlockHeader): Promise<void> {
    const contract = await this.#chain.treeAt(latest.number);
    if (contract.size !== tree.size) {
      const detail = `the contract has ${contract.size} entries at block ${latest.number}, and the node gave events for ${tree.size}`;
      throw new AppError("RPC_INCONSISTENT", { detail });
    }
    if (!equalBytes(contract.root, tree.root())) throw mismatch(tree.size, tree, contract.root);
  }
}

function mismatch(size: TreeSize, tree: GrowingTree, root: Uint8Array): AppError {
  const detail = `at size ${size} the index has the root ${toHex(tree.root())}, and the contract ${toHex(root)}`;
  return new AppError("INDEX_MISMATCH", { detail });
}

function describe({ chainId, genesisHash, registry, codeHash }: ChainIdentity): string {
  return `chain ${chainId} with genesis ${toHex(genesisHash)} and registry ${registry} of code ${toHex(codeHash)}`;
}

function asFault(error: unknown): AppError {
  if (isAppError(error)) return error;
  return new AppError("INTERNAL", { detail: "the index could not be brought up to date" }, { cause: error });
}
