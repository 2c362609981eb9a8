/** Records the embedded chain's transactions durably, so that a restart replays the same blocks. */
import { open, readFile, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { AppError, quote } from "../../core/errors.ts";
import { dataOfOlderVersion, storageFault, type OnUnsynced } from "../../core/storage.ts";
import { syncFolder } from "../../files/durable.ts";
import { undefinedIfMissing } from "../../files/missing.ts";
import { data, hash32 } from "../rpc/rpc.ts";

/** What makes a chain replay to the same blocks, whatever version of this program replays it. */
const header = z.object({
  journal: z.literal("hufu-chain/2"),
  chainId: z.number(),
  /** All that a version of this program has begun a chain with. */
  hardfork: z.enum(["prague"]),
  /** Time of the first block, in Unix seconds. */
  genesisTime: z.number(),
});

/** The header of 0.1.0, whose transactions were journalled before they were mined. */
const older = z.object({ journal: z.literal("hufu-chain/1") });

/** One line each: a mined block with its transaction. */
const record = z.strictObject({ block: z.number(), time: z.number(), raw: data, hash: hash32 });

export type JournalHeader = z.infer<typeof header>;
export type JournalledBlock = z.infer<typeof record>;

/** A file that is only appended to. */
export class Journal {
  readonly header: JournalHeader;
  readonly #file: FileHandle;
  readonly #onUnsynced: OnUnsynced;
  /** Bytes of whole lines. */
  #length: number;
  /** Whether more than whole lines may be in the file. */
  #torn = false;

  private constructor(journal: {
    header: JournalHeader;
    file: FileHandle;
    length: number;
    onUnsynced: OnUnsynced;
  }) {
    this.header = journal.header;
    this.#file = journal.file;
    this.#length = journal.length;
    this.#onUnsynced = journal.onUnsynced;
  }

  /**
   * Opens the journal, or begins one with `fresh`. A last line without its end was being written when the process
   * ended, and was not reported: it is cut off.
   * @returns the journal, and its blocks in order
   * @throws AppError JOURNAL_DAMAGED: any other line that is not as this program wrote it
   * @throws AppError DATA_OF_OLDER_VERSION
   */
  static async open(
    path: string,
    fresh: JournalHeader,
    onUnsynced: OnUnsynced = () => undefined,
  ): Promise<{ journal: Journal; blocks: readonly JournalledBlock[] }> {
    const text = (await readFile(path, "utf8").catch(undefinedIfMissing)) ?? "";
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    const [first, ...rest] = whole.split("\n").slice(0, -1);
    const known = first === undefined ? undefined : readHeader(path, first);
    const blocks = rest.map((line, i) => {
      const parsed = record.safeParse(parseLine(line));
      if (!parsed.success) throw damaged(path, i + 2);
      return parsed.data;
    });
    // the file is valid but for the incomplete line, which is cut off here
    const file = await open(path, "a", 0o600);
    const length = Buffer.byteLength(whole);
    await file.truncate(length);
    const journal = new Journal({ header: known ?? fresh, file, length, onUnsynced });
    if (known === undefined) {
      await journal.#append(fresh);
      await syncFolder(dirname(path));
    }
    return { journal, blocks };
  }

  /**
   * On disk when this resolves; not in the journal when it rejects.
   * @throws AppError STORAGE_LOW, STORAGE_FAILED
   */
  async add(block: JournalledBlock): Promise<void> {
    await this.#append(block);
  }

  async #append(line: object): Promise<void> {
    const text = `${JSON.stringify(line)}\n`;
    try {
      if (this.#torn) await this.#repair();
      this.#torn = true;
      await this.#file.appendFile(text);
      await this.#sync();
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

function readHeader(path: string, line: string): JournalHeader {
  const parsed = header.safeParse(parseLine(line));
  if (parsed.success) return parsed.data;
  if (older.safeParse(parseLine(line)).success) throw dataOfOlderVersion(quote(path));
  throw damaged(path, 1);
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
