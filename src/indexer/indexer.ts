/** Follows the chain, and stores a copy of the log that is proven against the contract at each step. */
import type { Logger } from "pino";
import { equalBytes, toHex } from "../core/bytes.ts";
import type { Clock } from "../core/clock.ts";
import { doubtError, isDoubtCode, needsRebuild, type DoubtCode } from "../core/doubt.ts";
import { AppError, isAppError, type ErrorCode } from "../core/errors.ts";
import type { Hash, TreeSize } from "../core/units.ts";
import { hashLeaf } from "../log/hash.ts";
import { GrowingTree, foldSubtrees } from "../log/tree.ts";
import type {
  BlockHeader,
  BlockId,
  ChainIdentity,
  ChainReader,
  Cursor,
  IndexStore,
  RegistryEvent,
} from "./ports.ts";
import { project } from "./project.ts";

/** Blocks read and committed in one step. */
const STEP = 2_000;

/** How often a node is asked at first, and what says that it may not have everything yet. */
const TIMES = 3;
const LACKS: ReadonlySet<ErrorCode> = new Set(["RPC_INCONSISTENT", "HISTORY_UNAVAILABLE"]);

/** Whether what the index holds may be relied on. Its age is judged apart: see the judge. */
export type IndexHealth =
  | { readonly kind: "starting" }
  | { readonly kind: "current" }
  /** The last try to follow the chain failed. */
  | { readonly kind: "failing"; readonly because: AppError };

/** Where stored data may be wrong, it stores a doubt, and adds nothing until the doubt is lifted. */
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
  /** A node left out events: the blocks after the last entry, and its own, are read again. */
  #rereads = false;
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

  /** Follows the chain to its newest block. Calls that come while one runs wait for that one. */
  async sync(): Promise<void> {
    this.#running ??= this.#follow().finally(() => (this.#running = undefined));
    await this.#running;
  }

  async #follow(): Promise<void> {
    try {
      await this.#stepUntilRead();
      if (this.#health.kind !== "current") this.#log.info("index current");
      this.#health = { kind: "current" };
    } catch (error) {
      const because = asFault(error);
      if (isDoubtCode(because.code)) await this.#halt(because.code, because.fields.detail);
      this.#health = { kind: "failing", because };
      this.#identified = false;
      this.#rereads ||= LACKS.has(because.code);
      throw because;
    }
  }

  /** Until it was read once: a node that lacks something is asked again, since others may answer at the same address. */
  async #stepUntilRead(): Promise<void> {
    for (let time = this.#health.kind === "starting" ? 1 : TIMES; ; time++) {
      try {
        await this.#step();
        return;
      } catch (error) {
        if (time === TIMES || !isAppError(error) || !LACKS.has(error.code)) throw error;
      }
    }
  }

  /** Stores the doubt for every reader of the index, and logs it once. */
  async #halt(code: DoubtCode, detail: string): Promise<void> {
    const logged = this.#health.kind === "failing" && this.#health.because.code === code;
    if (!logged) this.#log.error({ code, detail }, "index in doubt");
    await this.#store.raiseDoubt({ code, detail, since: this.#clock.now() });
  }

  async #step(): Promise<void> {
    const doubt = await this.#store.doubt();
    if (doubt !== undefined && needsRebuild(doubt)) throw doubtError(doubt);
    if (!this.#identified || doubt !== undefined) await this.#checkIdentity();
    this.#identified = true;
    if (doubt !== undefined) {
      await this.#store.liftDoubt(doubt.code);
      this.#log.warn({ code: doubt.code, since: doubt.since }, "index no longer in doubt");
    }
    if (!this.#checked) await this.#checkStored();
    this.#checked = true;
    const syncedAt = this.#clock.now(); // the answers are at least as new as the question
    const { latest, final } = await this.#chain.heads();
    const cursor = await this.#dropReorganised(await this.#store.cursor(), latest);
    await this.#advance(cursor, latest);
    this.#rereads = false;
    await this.#store.setSynced({ final: await this.#latestFinal(cursor.final, final), syncedAt });
  }

  /** A final block stays final: a node that is behind does not revoke it. */
  async #latestFinal(known: BlockHeader | undefined, found: BlockHeader | undefined) {
    if (known === undefined || (found !== undefined && found.number >= known.number)) return found;
    if (await this.#isOnChain(known)) return known;
    throw reorgBelowFinal(known);
  }

  /** The chain and the registry are the ones the index was made from (I6). */
  async #checkIdentity(): Promise<void> {
    const found = await this.#chain.identity();
    const known = await this.#store.identity();
    if (known === undefined) {
      await this.#store.setIdentity(found);
      return;
    }
    if (describe(known) === describe(found)) return; // guard: F35 chain identity
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

  /** Goes back to the newest stored block that the chain still has, and never below what was final. */
  async #dropReorganised(cursor: Cursor, latest: BlockHeader): Promise<Cursor> {
    const { block, final } = cursor;
    if (block === undefined) return cursor;
    if (latest.number < block.number) {
      await this.#checkIdentity();
      const detail = `the node's newest block is ${latest.number}, and ${block.number} was read before`;
      throw new AppError("RPC_INCONSISTENT", { detail });
    }
    const unchanged =
      latest.number === block.number ? equalBytes(latest.hash, block.hash) : await this.#isOnChain(block);
    if (unchanged) return cursor; // guard: F32 F33 reorg

    await this.#checkIdentity();
    const common = (await this.#lastCommonBlock(block.number, final?.number ?? -1)) ?? final;
    // guard: F32 final block
    if (common === final && final !== undefined && !(await this.#isOnChain(final))) {
      throw reorgBelowFinal(final);
    }
    this.#log.warn({ from: block.number, to: common?.number }, "reorg");
    await this.#store.rewindTo(common);
    return await this.#store.cursor();
  }

  /** The newest block with entries that is stored and still there, of those above `floor`. */
  async #lastCommonBlock(from: number, floor: number): Promise<BlockHeader | undefined> {
    for await (const stored of this.#store.blocksDown(from)) {
      if (stored.number <= floor) return undefined;
      const found = await this.#block(stored.number);
      if (equalBytes(found.hash, stored.hash)) return found;
    }
    return undefined;
  }

  /** Whether a block is still part of the chain. @throws AppError RPC_INCONSISTENT */
  async #isOnChain({ number, hash }: BlockId): Promise<boolean> {
    return equalBytes((await this.#block(number)).hash, hash);
  }

  /**
   * A block at or below the newest.
   * @throws AppError RPC_INCONSISTENT: there is none, so another node answers than the one that named the newest
   */
  async #block(number: number): Promise<BlockHeader> {
    const block = await this.#chain.block(number);
    if (block === undefined)
      throw new AppError("RPC_INCONSISTENT", {
        detail: `the node has no block ${number}, and said it was further`,
      });
    return block;
  }

  /** Reads up to `latest`, a step at a time; each is stored only once its root is the contract's (I2, I5). */
  async #advance(cursor: Cursor, latest: BlockHeader): Promise<void> {
    const tree = new GrowingTree(cursor.size, await this.#frontier(cursor));
    let proven: Proven = cursor;
    if (cursor.block?.number === latest.number && !this.#rereads)
      await this.#compareWithContract(tree, latest);
    for (let from = await this.#firstToRead(cursor); from <= latest.number; from += STEP) {
      const to = Math.min(latest.number, from + STEP - 1);
      const block = to === latest.number ? latest : await this.#block(to);
      const events = await this.#chain.events({ from, to });
      const projection = project(eventsFrom(events, { size: this.#rereads ? proven.size : 0, block }), tree);
      if (projection.entries.length > 0) await this.#compareRoot(tree, proven); // guard: F23 F24 root
      proven = { size: tree.size, root: tree.root() };
      // guard: F23 F24 contract's size and root
      if (to === latest.number) await this.#compareWithContract(tree, latest);
      await this.#store.append({ ...projection, cursor: { block, ...proven } });
      if (projection.entries.length > 0) this.#log.info({ size: tree.size, block: to }, "entries indexed");
    }
  }

  async #firstToRead({ block }: Cursor): Promise<number> {
    if (!this.#rereads || block === undefined) return (block?.number ?? -1) + 1;
    for await (const { number } of this.#store.blocksDown(block.number)) return number;
    return 0;
  }

  /** The subtrees from which the index continues; their root is the stored one. */
  async #frontier({ size, root }: Proven): Promise<Hash[]> {
    try {
      const frontier = await this.#store.frontier(size);
      if (equalBytes(foldSubtrees(frontier), root)) return frontier;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error; // a node of the tree is missing
    }
    const detail = `the stored subtrees of size ${size} do not have the stored root ${toHex(root)}`;
    throw new AppError("INDEX_MISMATCH", { detail });
  }

  async #compareRoot(tree: GrowingTree, proven: Proven): Promise<void> {
    const root = await this.#chain.rootAt(tree.size);
    if (root === undefined) {
      const detail = `the contract has no root for size ${tree.size}: the node left out events`;
      throw new AppError("RPC_INCONSISTENT", { detail });
    }
    if (!equalBytes(root, tree.root())) throw await this.#mismatch({ tree, root, proven });
  }

  /**
   * The error for a root that differs. Where the contract still has the stored root, and the node's events lead to another
   * one, the node contradicts itself; else the stored entries are not the contract's.
   */
  async #mismatch({ tree, root, proven }: { tree: GrowingTree; root: Hash; proven: Proven }) {
    const detail = `at size ${tree.size} the index comes to the root ${toHex(tree.root())}, and the contract has ${toHex(root)}`;
    const stored = proven.size === 0 ? proven.root : await this.#chain.rootAt(proven.size);
    const agrees = stored !== undefined && equalBytes(stored, proven.root);
    return new AppError(agrees ? "RPC_INCONSISTENT" : "INDEX_MISMATCH", { detail });
  }

  /** Nothing is missing: the contract has this size and this root at the block that was read last. */
  async #compareWithContract(tree: GrowingTree, latest: BlockHeader): Promise<void> {
    const contract = await this.#chain.treeAt(latest.number);
    if (contract.size !== tree.size) {
      const detail = `the contract has ${contract.size} entries at block ${latest.number}, and the node gave events for ${tree.size}`;
      throw new AppError(tree.size === 0 ? "HISTORY_UNAVAILABLE" : "RPC_INCONSISTENT", { detail });
    }
    const proven = { size: tree.size, root: tree.root() };
    if (!equalBytes(contract.root, proven.root))
      throw await this.#mismatch({ tree, root: contract.root, proven });
  }
}

type Proven = Pick<Cursor, "size" | "root">;

/**
 * Events that make entries from `size` on; earlier ones are indexed already.
 * @throws AppError RPC_INCONSISTENT: an event of the last block read names another block of that height
 */
function eventsFrom(
  events: readonly RegistryEvent[],
  { size, block }: { size: TreeSize; block: BlockHeader },
): RegistryEvent[] {
  const mismatched = events.find(
    (event) => event.block.number === block.number && !equalBytes(event.block.hash, block.hash),
  );
  if (mismatched === undefined) return events.filter(({ index }) => index >= size);
  const detail = `an event of block ${block.number} names ${toHex(mismatched.block.hash)}, and the block is ${toHex(block.hash)}`;
  throw new AppError("RPC_INCONSISTENT", { detail });
}

function reorgBelowFinal({ number }: BlockHeader): AppError {
  const detail = `block ${number} was final and is no longer part of the chain`;
  return new AppError("REORG_BELOW_FINAL", { detail });
}

function describe({ chainId, genesisHash, registry, codeHash }: ChainIdentity): string {
  // guard: F36 contract code
  return `chain ${chainId} with genesis ${toHex(genesisHash)} and registry ${registry} of code ${toHex(codeHash)}`;
}

function asFault(error: unknown): AppError {
  if (isAppError(error)) return error;
  return new AppError("INTERNAL", { detail: "the index could not be brought up to date" }, { cause: error });
}
