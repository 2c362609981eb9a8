/** Records the embedded chain's transactions durably, so that a restart replays the same blocks. */
import { open, readFile, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { AppError, quote } from "../../core/errors.ts";
import { storageFault, type OnUnsynced } from "../../core/storage.ts";
import { syncFolder } from "../../files/durable.ts";
import { undefinedIfMissing } from "../../files/missing.ts";
import { data, hash32 } from "../rpc/rpc.ts";

/** What makes a chain replay to the same blocks, whatever version of this program replays it. */
const header = z.object({
  journal: z.literal("hufu-chain/1"),
  chainId: z.number(),
  /** All that a version of this program has begun a chain with. */
  hardfork: z.enum(["prague"]),
  /** Time of the first block, in Unix seconds. */
  genesisTime: z.number(),
});

/**
 * One line each: a transaction before it is mined, with the time of its block; the block's hash after; or that the
 * chain refused the transaction.
 */
const record = z.union([
  z.strictObject({ block: z.number(), time: z.number(), raw: data }),
  z.strictObject({ block: z.number(), hash: hash32 }),
  z.strictObject({ block: z.number(), refused: z.literal(true) }),
]);

export type JournalHeader = z.infer<typeof header>;

/** A transaction of the journal; `hash` is undefined where the process ended between the two lines. */
export interface JournalledBlock {
  readonly block: number;
  readonly time: number;
  readonly raw: string;
  readonly hash: string | undefined;
}

/**
 * A file that is only appended to. A transaction is on disk before it is mined, so a kill at any moment loses nothing
 * that was reported.
 */
export class Journal {
  readonly header: JournalHeader;
  readonly blocks: readonly JournalledBlock[];
  readonly #file: FileHandle;
  readonly #onUnsynced: OnUnsynced;
  /** Bytes of whole lines. */
  #length: number;
  /** Whether more than whole lines may be in the file. */
  #torn = false;

  private constructor(journal: {
    header: JournalHeader;
    blocks: readonly JournalledBlock[];
    file: FileHandle;
    length: number;
    onUnsynced: OnUnsynced;
  }) {
    this.header = journal.header;
    this.blocks = journal.blocks;
    this.#file = journal.file;
    this.#length = journal.length;
    this.#onUnsynced = journal.onUnsynced;
  }

  /**
   * Opens the journal, or begins one with `fresh`. A last line without its end was being written when the process
   * ended, and was not reported: it is cut off.
   * @throws AppError JOURNAL_DAMAGED: any other line that is not as this program wrote it
   */
  static async open(
    path: string,
    fresh: JournalHeader,
    onUnsynced: OnUnsynced = () => undefined,
  ): Promise<Journal> {
    const text = (await readFile(path, "utf8").catch(undefinedIfMissing)) ?? "";
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    const [first, ...rest] = whole.split("\n").slice(0, -1);
    const known = first === undefined ? undefined : header.safeParse(parseLine(first));
    if (known?.success === false) throw damaged(path, 1);
    const blocks = readBlocks(path, rest);
    // the file is valid but for the incomplete line, which is cut off here
    const file = await open(path, "a", 0o600);
    const length = Buffer.byteLength(whole);
    await file.truncate(length);
    const journal = new Journal({ header: known?.data ?? fresh, blocks, file, length, onUnsynced });
    if (known === undefined) {
      await journal.#append(fresh, { durable: true });
      await syncFolder(dirname(path));
    }
    return journal;
  }

  /**
   * On disk when this resolves; not in the journal when it rejects.
   * @throws AppError STORAGE_LOW, STORAGE_FAILED
   */
  async addTransaction(line: { block: number; time: number; raw: string }): Promise<void> {
    await this.#append(line, { durable: true });
  }

  /** Need not be on disk: a replay finds the same hash by itself. */
  async addHash(line: { block: number; hash: string }): Promise<void> {
    await this.#append(line, { durable: false });
  }

  async addRefusal(block: number): Promise<void> {
    await this.#append({ block, refused: true }, { durable: false });
  }

  async #append(line: object, { durable }: { durable: boolean }): Promise<void> {
    const text = `${JSON.stringify(line)}\n`;
    try {
      if (this.#torn) await this.#repair();
      this.#torn = true;
      await this.#file.appendFile(text);
      if (durable) await this.#sync();
      this.#length += Buffer.byteLength(text);
      this.#torn = false;
    } catch (error) {
      await this.#repair().catch(() => undefined); // the next append tries again first
      throw storageFault(error, "the chain's journal cannot be written") ?? error;
    }
  }

  /** Cuts off the half line that a full disk leaves: a line after it could not be read. */
  async #repair(): Promise<void> {
    await this.#file.truncate(this.#length);
    this.#torn = false;
  }

  async #sync(): Promise<void> {
    try {
      await this.#file.datasync();
    } catch (error) {
      const fault = storageFault(error, "the chain's journal cannot be synced");
      if (fault !== undefined) this.#onUnsynced(fault);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

function readBlocks(path: string, lines: readonly string[]): JournalledBlock[] {
  const blocks: JournalledBlock[] = [];
  lines.forEach((line, i) => {
    const parsed = record.safeParse(parseLine(line));
    const last = blocks.at(-1);
    if (!parsed.success) throw damaged(path, i + 2);
    if ("raw" in parsed.data) blocks.push({ ...parsed.data, hash: undefined });
    else if (last?.block !== parsed.data.block || last.hash !== undefined) throw damaged(path, i + 2);
    else if ("hash" in parsed.data) blocks[blocks.length - 1] = { ...last, hash: parsed.data.hash };
    else blocks.pop();
  });
  return blocks;
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function damaged(path: string, line: number): AppError {
  const detail = `line ${line} of ${quote(path)} is not as it was written; restore the data directory from a backup`;
  return new AppError("JOURNAL_DAMAGED", { detail });
}
