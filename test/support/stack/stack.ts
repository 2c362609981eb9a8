/** Wires indexer, outbox, verifier and checkpoints between a chain and a database for tests. */
import { pino, type Logger } from "pino";
import type { ErrorCode } from "../../../src/core/errors.ts";
import { Indexer } from "../../../src/indexer/indexer.ts";
import type { ChainReader } from "../../../src/indexer/ports.ts";
import { SqlCheckpoints } from "../../../src/store/attest/checkpoints.ts";
import { SqlEvidenceSource } from "../../../src/store/index/evidence.ts";
import { SqlIndexStore } from "../../../src/store/index/index-store.ts";
import { SqlRegistryView } from "../../../src/store/index/registry-view.ts";
import { SqlOutbox } from "../../../src/store/outbox/outbox.ts";
import type { Database } from "../../../src/store/sql/database.ts";
import { Verifier } from "../../../src/verify/verifier.ts";
import { TestClock } from "../clock.ts";
import { dumpIndex, openTestDatabase } from "../store/database.ts";
import { Observer, type Known } from "./observer.ts";

/** Seconds after which an index is stale. */
const MAX_LAG = 600;

export interface StackOptions<Chain extends ChainReader = ChainReader> {
  /** Closed with the stack. */
  readonly db: Database;
  readonly chain: Chain;
  readonly clock?: TestClock;
  /** Whether the chain mines empty blocks. */
  readonly emptyBlocks?: boolean;
  readonly recorded?: RecordedLog;
}

/** Each part is constructed on access, except the indexer. */
export class Stack<Chain extends ChainReader = ChainReader> implements AsyncDisposable {
  readonly db: Database;
  readonly chain: Chain;
  readonly clock: TestClock;
  readonly indexer: Indexer;
  readonly logger: Logger;
  readonly lines: RecordedLog["lines"];
  readonly #emptyBlocks: boolean;

  constructor(options: StackOptions<Chain>) {
    const { db, chain, clock = new TestClock(), emptyBlocks = true } = options;
    const { logger, lines } = options.recorded ?? recordLog();
    this.db = db;
    this.chain = chain;
    this.clock = clock;
    this.logger = logger;
    this.lines = lines;
    this.#emptyBlocks = emptyBlocks;
    this.indexer = new Indexer({ chain, store: this.store, clock, log: logger });
  }

  get store(): SqlIndexStore {
    return new SqlIndexStore(this.db);
  }

  get outbox(): SqlOutbox {
    return new SqlOutbox(this.db);
  }

  get view(): SqlRegistryView {
    return new SqlRegistryView(this.db);
  }

  get checkpoints(): SqlCheckpoints {
    return new SqlCheckpoints(this.db);
  }

  get verifier(): Verifier {
    const policy = { maxLag: MAX_LAG, emptyBlocks: this.#emptyBlocks, acceptedIssuers: [] };
    return new Verifier({ source: new SqlEvidenceSource(this.db), clock: this.clock, policy });
  }

  /** The same database and chain after a restart of the process, or another chain. */
  restarted(chain: Chain = this.chain): Stack<Chain> {
    return new Stack({ db: this.db, chain, clock: this.clock, emptyBlocks: this.#emptyBlocks });
  }

  /** Indexes the chain. */
  async sync(): Promise<void> {
    await this.indexer.sync();
  }

  /** The error code of the doubt in the index. */
  async doubt(): Promise<ErrorCode | undefined> {
    return (await this.store.doubt())?.code;
  }

  async dump(): Promise<Record<string, unknown[]>> {
    return await dumpIndex(this.db);
  }

  observe(known: Known): Observer {
    return new Observer(async (digest) => {
      const { verdict } = await this.verifier.verify({ payloads: [{ ...digest, blinded: false }] });
      return verdict.kind;
    }, known);
  }

  said(event: string): Record<string, unknown>[] {
    return this.lines.filter(({ msg }) => msg === event);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.db.destroy();
  }
}

/** Opens a stack on a new database. */
export async function openStack<Chain extends ChainReader>(
  options: Omit<StackOptions<Chain>, "db">,
): Promise<Stack<Chain>> {
  return new Stack({ db: await openTestDatabase(), ...options });
}

/** The dump of a new index of the chain. */
export async function rebuilt(chain: ChainReader): Promise<Record<string, unknown[]>> {
  await using fresh = await openStack({ chain });
  await fresh.sync();
  return await fresh.dump();
}

/** A logger, and its lines with their fields. */
export interface RecordedLog {
  readonly logger: Logger;
  readonly lines: Record<string, unknown>[];
}

export function recordLog(): RecordedLog {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as Record<string, unknown>);
  return { lines, logger: pino({ level: "debug" }, { write }) };
}
