/** Keeps in one file what a reader trusts: of each service or log, by its name, a policy and the largest tree that was believed. */
import { join } from "node:path";
import { z } from "zod";
import { AppError, quote } from "../core/errors.ts";
import { storageFault } from "../core/storage.ts";
import { replaceFile } from "./durable.ts";
import { lockFolder } from "./lock.ts";
import { undefinedIfMissing } from "./missing.ts";
import { readOwnerOnly } from "./owner-only.ts";

const keptTrust = z.object({
  kind: z.enum(["policy", "pin"]),
  policy: z.string(),
  newest: z.object({ size: z.int().min(0), root: z.string() }).optional(),
});
const trustFile = z.object({ v: z.literal(1), trusted: z.record(z.string(), keptTrust) });
type Kept = z.infer<typeof keptTrust>;

/** Milliseconds that another process may take to write. */
const PATIENCE = 10_000;

/** Several processes may use it at once. */
export class TrustFile {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws AppError KEY_FILE_PERMISSIONS, KEY_FILE_FORMAT */
  async read(name: string): Promise<Kept | undefined> {
    const all = await this.#all();
    return Object.hasOwn(all, name) ? all[name] : undefined;
  }

  /** Durable when it resolves. @throws AppError as {@link read}; DATA_DIR_LOCKED, DATA_DIR_UNUSABLE, STORAGE_LOW, STORAGE_FAILED */
  async write(name: string, kept: Kept): Promise<void> {
    const lock = await lockFolder(this.#folder, { wait: PATIENCE });
    try {
      const trusted = Object.fromEntries([...Object.entries(await this.#all()), [name, kept]]);
      await replaceFile(this.#path, `${JSON.stringify({ v: 1, trusted }, undefined, 2)}\n`).catch(
        (error: unknown) => {
          throw storageFault(error, `${quote(this.#path)} cannot be written`) ?? error;
        },
      );
    } finally {
      lock.release();
    }
  }

  get #path(): string {
    return join(this.#folder, "trust.json");
  }

  async #all(): Promise<Readonly<Record<string, Kept>>> {
    const text = await readOwnerOnly(this.#path).catch(undefinedIfMissing);
    if (text === undefined) return {};
    try {
      return trustFile.parse(JSON.parse(text)).trusted;
    } catch (cause) {
      const detail = `${quote(this.#path)} is not as this program writes it; delete it to trust no one yet`;
      throw new AppError("KEY_FILE_FORMAT", { detail }, { cause });
    }
  }
}
