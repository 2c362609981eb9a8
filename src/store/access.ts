import { createHash, randomBytes } from "node:crypto";
import type { Caller, Role } from "../core/caller.ts";
import type { Database } from "./database.ts";
import { writing } from "./transaction.ts";

const SECRET_BYTES = 32;

/**
 * API keys, of which only SHA-256 is kept: a key is 32 random bytes, so its hash cannot be guessed from. And the
 * secrets that this instance makes for itself.
 */
export class SqlKeyRing {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async find(key: string): Promise<Caller | undefined> {
    const row = await this.#db
      .selectFrom("api_key")
      .selectAll()
      .where("hash", "=", hashOf(key))
      .executeTakeFirst();
    if (row === undefined) return undefined;
    return { name: row.name, role: row.role as Role, institution: row.institution ?? undefined };
  }

  /** Adds keys, and ends those that they take the place of. Whoever shares the ring keeps theirs. */
  async replace(gone: readonly string[], keys: readonly (Caller & { key: string })[]): Promise<void> {
    await writing(this.#db, async (tx) => {
      for (const key of gone) await tx.deleteFrom("api_key").where("hash", "=", hashOf(key)).execute();
      for (const { key, name, role, institution } of keys) {
        const row = { hash: hashOf(key), name, role, institution: institution ?? null };
        await tx.insertInto("api_key").values(row).execute();
      }
    });
  }

  /** A new API key: 256 bits, in letters that need no escaping anywhere. */
  newKey(): string {
    return `hufu_${randomBytes(SECRET_BYTES).toString("base64url")}`;
  }

  /** 32 bytes that stay the same for this database, made when first asked for. */
  async secret(name: string): Promise<Uint8Array> {
    const value = randomBytes(SECRET_BYTES);
    await this.#db
      .insertInto("secret")
      .values({ name, value })
      .onConflict((conflict) => conflict.column("name").doNothing())
      .execute();
    const row = await this.#db
      .selectFrom("secret")
      .select("value")
      .where("name", "=", name)
      .executeTakeFirstOrThrow();
    return row.value;
  }
}

function hashOf(key: string): Uint8Array {
  return createHash("sha256").update(key).digest();
}
