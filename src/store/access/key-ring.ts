/** Stores API keys as HMACs, and the secrets that an instance makes for itself. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Selectable } from "kysely";
import { isInForce, type ApiKey, type Caller, type Role } from "../../core/caller.ts";
import type { Clock } from "../../core/clock.ts";
import { AppError } from "../../core/errors.ts";
import type { UnixSeconds } from "../../core/units.ts";
import type { Database } from "../sql/database.ts";
import type { Schema } from "../sql/schema.ts";
import { Store } from "../sql/store.ts";
import { writing, type Transaction } from "../sql/transaction.ts";

const SECRET_BYTES = 32;
const ID_BYTES = 6;
/** Row of the table of secrets that identifies the secret under which the keys were hashed. */
const CHECK = "api-key-check";

export interface NewApiKey {
  readonly name: string;
  readonly role: Role;
  readonly institution: number | undefined;
  readonly expiresAt: UnixSeconds | undefined;
  /** The id of the key that makes it; undefined = the service itself. */
  readonly by: string | undefined;
  /** The instance whose credentials.json the key is written to. */
  readonly issuedTo?: string;
}

/**
 * Only HMAC-SHA-256 of a key is stored, under a secret that is not in the database: write access to the database is not
 * enough to make a valid key. Every look-up reads the database, so all processes refuse a revoked key immediately.
 */
export class SqlKeyRing extends Store {
  readonly #secret: Uint8Array;
  readonly #clock: Clock;

  /** See {@link openKeyRing}. */
  constructor(db: Database, { secret, clock }: { secret: Uint8Array; clock: Clock }) {
    super(db);
    this.#secret = secret;
    this.#clock = clock;
  }

  /** The holder of a key in force. Unknown, expired and revoked keys cost the same: one look-up. */
  async find(key: string): Promise<Caller | undefined> {
    const row = await this.db
      .selectFrom("api_key")
      .selectAll()
      .where("hash", "=", this.#hashOf(key))
      .executeTakeFirst();
    const found = row === undefined ? undefined : toApiKey(row);
    if (found === undefined || !isInForce(found, this.#clock.now())) return undefined;
    const { id, name, role, institution } = found;
    return { id, name, role, institution };
  }

  /** @returns the key itself, which is not stored, and its record */
  async add(wanted: NewApiKey): Promise<{ key: string; known: ApiKey }> {
    const id = randomBytes(ID_BYTES).toString("hex");
    const key = `hufu_${id}_${randomBytes(SECRET_BYTES).toString("base64url")}`;
    const { name, role, institution, expiresAt, by, issuedTo } = wanted;
    const row = {
      id,
      name,
      role,
      institution: institution ?? null,
      created_at: this.#clock.now(),
      created_by: by ?? null,
      expires_at: expiresAt ?? null,
      revoked_at: null,
      revoked_by: null,
      issued_to: issuedTo ?? null,
    };
    await this.db
      .insertInto("api_key")
      .values({ ...row, hash: this.#hashOf(key) })
      .execute();
    return { key, known: toApiKey(row) };
  }

  /** All keys, revoked ones too, oldest first. @param issuedTo only those made for an instance */
  async list({ issuedTo }: { issuedTo?: string } = {}): Promise<ApiKey[]> {
    const all = this.db.selectFrom("api_key").selectAll().orderBy("created_at").orderBy("id");
    const rows = await (issuedTo === undefined ? all : all.where("issued_to", "=", issuedTo)).execute();
    return rows.map(toApiKey);
  }

  /**
   * Revokes a key permanently. A revoked key stays as it is.
   * @param by the id of the key that revokes it; undefined = the service itself
   * @throws AppError API_KEY_NOT_FOUND, LAST_OPERATOR_KEY: no key that can manage keys would be left
   */
  async revoke(id: string, by: string | undefined): Promise<ApiKey> {
    return await writing(this.db, async (tx) => {
      // serialises revocations: two concurrent ones could each leave only the other's key
      await tx.updateTable("secret").set({ name: CHECK }).where("name", "=", CHECK).execute();
      const row = await tx.selectFrom("api_key").selectAll().where("id", "=", id).executeTakeFirst();
      if (row === undefined)
        throw new AppError("API_KEY_NOT_FOUND", { detail: "there is no API key of that id" });
      if (row.revoked_at !== null) return toApiKey(row);
      if (by !== undefined && row.role === "operator") await refuseLastOperator(tx, id);
      const change = { revoked_at: this.#clock.now(), revoked_by: by ?? null };
      await tx.updateTable("api_key").set(change).where("id", "=", id).execute();
      return toApiKey({ ...row, ...change });
    });
  }

  /** 32 random bytes that are made on first use and stay the same for this database. */
  async secret(name: string): Promise<Uint8Array> {
    return await storedSecret(this.db, name, randomBytes(SECRET_BYTES));
  }

  #hashOf(key: string): Uint8Array {
    return createHmac("sha256", this.#secret).update(`hufu/api-key/v1\0${key}`).digest();
  }
}

/**
 * Opens the keys of a database, hashed under `secret`, which all of its processes share.
 * @throws AppError API_KEY_SECRET: they were hashed under another one
 */
export async function openKeyRing(
  db: Database,
  { secret, clock }: { secret: Uint8Array; clock: Clock },
): Promise<SqlKeyRing> {
  const check = createHmac("sha256", secret).update("hufu/api-key-check/v1").digest();
  if (timingSafeEqual(await storedSecret(db, CHECK, check), check))
    return new SqlKeyRing(db, { secret, clock });
  const detail = `the API keys in the database were hashed under another secret; give every process on this database the same file by HUFU_API_KEY_SECRET_FILE, or restore api-keys.secret of the data directory. If that is lost, all API keys are: delete the rows of the table api_key, and the row ${CHECK} of the table secret`;
  throw new AppError("API_KEY_SECRET", { detail, at: "HUFU_API_KEY_SECRET_FILE" });
}

/** The secret stored under a name; `value` is stored where there was none. */
async function storedSecret(db: Database, name: string, value: Uint8Array): Promise<Uint8Array> {
  await db
    .insertInto("secret")
    .values({ name, value })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .execute();
  const row = await db
    .selectFrom("secret")
    .select("value")
    .where("name", "=", name)
    .executeTakeFirstOrThrow();
  return row.value;
}

/** Requires another operator's key without an end. */
async function refuseLastOperator(tx: Transaction, id: string): Promise<void> {
  const other = await tx
    .selectFrom("api_key")
    .select("id")
    .where("id", "<>", id)
    .where("role", "=", "operator")
    .where("revoked_at", "is", null)
    .where("expires_at", "is", null)
    .executeTakeFirst();
  if (other !== undefined) return;
  const detail =
    "it is the last operator's key without an end, and nobody could manage keys after it; add another first";
  throw new AppError("LAST_OPERATOR_KEY", { detail });
}

function toApiKey(row: Omit<Selectable<Schema["api_key"]>, "hash">): ApiKey {
  return {
    id: row.id,
    name: row.name,
    role: row.role as Role,
    institution: row.institution ?? undefined,
    createdAt: row.created_at,
    createdBy: row.created_by ?? undefined,
    expiresAt: row.expires_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
    revokedBy: row.revoked_by ?? undefined,
  };
}
