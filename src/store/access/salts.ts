/** Stores the salts of blinded documents in an SQLite file that only its owner can read. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from "node:sqlite";
import { isAlgorithm, type Binding, type Commitment, type Digest } from "../../core/digest.ts";
import { AppError, quote } from "../../core/errors.ts";
import type { SaltRecord } from "../../core/salt.ts";
import { dataOfOlderVersion, storageFault } from "../../core/storage.ts";
import { makeFile } from "../../files/durable.ts";
import { undefinedIfMissing } from "../../files/missing.ts";
import { requireOwnerOnly } from "../../files/owner-only.ts";
import { onDisk } from "../sql/sqlite-faults.ts";

const FILE = "salts.db";
const VERSION = 2;

/** Milliseconds that one program waits for another that writes. */
const BUSY_TIMEOUT = 30_000;

/** A commit returns when it and the removal of the journal are synced; no second file holds data then. */
const SETTINGS = "pragma journal_mode = delete; pragma synchronous = extra";

const SCHEMA = `
  create table if not exists salt (
    digest blob not null,
    algorithm text not null,
    origin text not null,
    institution integer not null,
    scene text not null,
    salt blob not null,
    commitment blob not null,
    primary key (digest, algorithm, origin, institution, scene)
  ) strict, without rowid;
  create index if not exists salt_commitment on salt (commitment);
  create table if not exists binding (
    peer text primary key,
    origin text not null,
    institution integer not null
  ) strict, without rowid;
  pragma user_version = ${VERSION}`;

type Values = Record<string, SQLInputValue>;
type Row = Record<string, SQLOutputValue>;

/** Salts reveal which entry belongs to which document. */
export class SqlSalts {
  readonly #db: DatabaseSync;

  private constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /**
   * Opens the salts in `folder`, and makes folder and file where they do not exist.
   * @throws AppError KEY_FILE_PERMISSIONS: users other than the owner can read them; STORAGE_FAILED, STORAGE_LOW, SCHEMA_NEWER,
   * DATA_OF_OLDER_VERSION
   */
  static async open(folder: string): Promise<SqlSalts> {
    await makeFile(join(folder, FILE)).catch((error: unknown) => {
      throw storageFault(error, `${quote(folder)} cannot be used`) ?? unusable(folder, error);
    });
    return await SqlSalts.#openFile(folder);
  }

  /** The same for an existing file; undefined where there is none. */
  static async find(folder: string): Promise<SqlSalts | undefined> {
    const found = await stat(join(folder, FILE))
      .catch(undefinedIfMissing)
      .catch((error: unknown) => {
        throw unusable(folder, error);
      });
    return found === undefined ? undefined : await SqlSalts.#openFile(folder);
  }

  static async #openFile(folder: string): Promise<SqlSalts> {
    const file = join(folder, FILE);
    await requireOwnerOnly(folder);
    await requireOwnerOnly(file);
    return disk(() => {
      const db = new DatabaseSync(file, { timeout: BUSY_TIMEOUT });
      db.exec(SETTINGS);
      try {
        const { user_version: version } = db.prepare("pragma user_version").get() ?? {};
        requireVersion(Number(version), folder);
        if (version !== VERSION) db.exec(SCHEMA);
      } catch (error) {
        db.close();
        throw error;
      }
      return new SqlSalts(db);
    });
  }

  /**
   * Stores the records of documents without one, and returns the stored record of each document, in their order. All are
   * on disk when this returns.
   */
  keep(records: readonly SaltRecord[]): SaltRecord[] {
    return disk(() => {
      this.#db.exec("begin immediate");
      try {
        const insert = this.#db.prepare(
          `insert into salt values ($digest, $algorithm, $origin, $institution, $scene, $salt, $commitment)
            on conflict do nothing`,
        );
        const select = this.#db.prepare(
          `select * from salt where digest = $digest and algorithm = $algorithm and origin = $origin
            and institution = $institution and scene = $scene`,
        );
        const stored = records.map((record) => {
          const { salt, commitment, ...key } = valuesOf(record);
          insert.run({ ...key, salt: salt ?? null, commitment: commitment ?? null });
          return toRecord(select.get(key));
        });
        this.#db.exec("commit");
        return stored;
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec("rollback");
        throw error;
      }
    });
  }

  /** The records of a document, for all registries, institutions and scenes. */
  ofDigest({ algorithm, bytes }: Digest): SaltRecord[] {
    return this.#select("digest = $bytes and algorithm = $algorithm", { algorithm, bytes });
  }

  ofCommitment({ algorithm, bytes }: Commitment): SaltRecord[] {
    return this.#select("commitment = $bytes and algorithm = $algorithm", { algorithm, bytes });
  }

  bindingOf(peer: string): Binding | undefined {
    return disk(() => {
      const row = this.#db.prepare("select origin, institution from binding where peer = ?").get(peer);
      return row && { origin: String(row["origin"]), institution: Number(row["institution"]) };
    });
  }

  bind(peer: string, { origin, institution }: Binding): void {
    disk(() => this.#db.prepare("replace into binding values (?, ?, ?)").run(peer, origin, institution));
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  #select(where: string, values: Values): SaltRecord[] {
    return disk(() => this.#db.prepare(`select * from salt where ${where}`).all(values).map(toRecord));
  }
}

/** @throws AppError SCHEMA_NEWER; DATA_OF_OLDER_VERSION: the salts of 0.1.0 make commitments that are bound to nothing */
function requireVersion(version: number, folder: string): void {
  if (version > VERSION)
    throw new AppError("SCHEMA_NEWER", { detail: `${quote(folder)} was written by a newer version` });
  if (version === 0 || version === VERSION) return;
  throw dataOfOlderVersion(quote(folder), "name another folder with HUFU_SALT_DIR");
}

function valuesOf({ digest, salt, commitment, ...rest }: SaltRecord): Values {
  return {
    ...rest,
    digest: digest.bytes,
    algorithm: digest.algorithm,
    salt,
    commitment: commitment.bytes,
  };
}

function toRecord(row: Row | undefined): SaltRecord {
  const { origin, institution, scene, algorithm, digest, salt, commitment } = row ?? {};
  const valid =
    typeof origin === "string" &&
    typeof scene === "string" &&
    typeof algorithm === "string" &&
    isAlgorithm(algorithm) &&
    digest instanceof Uint8Array &&
    salt instanceof Uint8Array &&
    commitment instanceof Uint8Array;
  if (!valid) throw new AppError("STORAGE_FAILED", { detail: "a kept salt is not as it was written" });
  return {
    origin,
    institution: Number(institution),
    scene,
    digest: { algorithm, bytes: digest },
    salt,
    commitment: { algorithm, bytes: commitment, blinded: true },
  };
}

/** An unsynced write is not reported separately: its fault ends the command before anything is sent. */
function disk<T>(run: () => T): T {
  return onDisk(run, () => undefined);
}

function unusable(folder: string, cause: unknown): AppError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const detail = `the salts in ${quote(folder)} cannot be used (${code ?? message})`;
  return new AppError("STORAGE_FAILED", { detail }, { cause });
}
