/** Stores the salts of blinded documents in an SQLite file of their owner alone. */
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from "node:sqlite";
import { isAlgorithm, type Commitment, type Digest } from "../../core/digest.ts";
import { AppError, quote } from "../../core/errors.ts";
import type { SaltRecord } from "../../core/salt.ts";
import { storageFault } from "../../core/storage.ts";
import { makeFolder, syncFolder } from "../../files/durable.ts";
import { undefinedIfMissing } from "../../files/missing.ts";
import { requireOwnerOnly } from "../../files/owner-only.ts";
import { onDisk } from "../sql/sqlite-faults.ts";

const FILE = "salts.db";
const VERSION = 1;

/** Milliseconds that one program waits for another that writes. */
const PATIENCE = 30_000;

/** Each commit is in the file, and the journal's end in the folder, before it is over: one file holds everything. */
const SETTINGS = "pragma journal_mode = delete; pragma synchronous = extra";

const SCHEMA = `
  create table if not exists salt (
    digest blob not null,
    algorithm text not null,
    registry text not null,
    institution integer not null,
    scene text not null,
    salt blob not null,
    commitment blob not null,
    primary key (digest, algorithm, registry, institution, scene)
  ) strict, without rowid;
  create index if not exists salt_commitment on salt (commitment);
  pragma user_version = ${VERSION}`;

type Values = Record<string, SQLInputValue>;
type Row = Record<string, SQLOutputValue>;

/** The salts of the documents that were blinded on this machine. They reveal which entry is whose. */
export class SqlSalts {
  readonly #db: DatabaseSync;

  private constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /**
   * Opens the salts in `folder`, and makes folder and file where there are none.
   * @throws AppError KEY_FILE_PERMISSIONS: others than their owner can read them; STORAGE_FAILED, STORAGE_LOW, SCHEMA_NEWER
   */
  static async open(folder: string): Promise<SqlSalts> {
    await make(folder).catch((error: unknown) => {
      throw storageFault(error, `${quote(folder)} cannot be used`) ?? unusable(folder, error);
    });
    return await SqlSalts.#openFile(folder);
  }

  /** The same where there are salts; undefined where none was ever kept. */
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
      const db = new DatabaseSync(file, { timeout: PATIENCE });
      db.exec(SETTINGS);
      const { user_version: version } = db.prepare("pragma user_version").get() ?? {};
      if (Number(version) > VERSION) {
        db.close();
        throw new AppError("SCHEMA_NEWER", { detail: `${quote(folder)} was written by a newer version` });
      }
      if (version !== VERSION) db.exec(SCHEMA);
      return new SqlSalts(db);
    });
  }

  /**
   * Keeps the records of documents that have none yet, and gives what is kept of each document, in their order. All of it is
   * on disk when this returns.
   */
  keep(records: readonly SaltRecord[]): SaltRecord[] {
    return disk(() => {
      this.#db.exec("begin immediate");
      try {
        const insert = this.#db.prepare(
          `insert into salt values ($digest, $algorithm, $registry, $institution, $scene, $salt, $commitment)
            on conflict do nothing`,
        );
        const select = this.#db.prepare(
          `select * from salt where digest = $digest and algorithm = $algorithm and registry = $registry
            and institution = $institution and scene = $scene`,
        );
        const kept = records.map((record) => {
          const { salt, commitment, ...key } = valuesOf(record);
          insert.run({ ...key, salt: salt ?? null, commitment: commitment ?? null });
          return toRecord(select.get(key));
        });
        this.#db.exec("commit");
        return kept;
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec("rollback");
        throw error;
      }
    });
  }

  /** What is kept of a document, in whatever registry it was recorded, for whom, and as what. */
  ofDigest({ algorithm, bytes }: Digest): SaltRecord[] {
    return this.#select("digest = $bytes and algorithm = $algorithm", { algorithm, bytes });
  }

  ofCommitment({ algorithm, bytes }: Commitment): SaltRecord[] {
    return this.#select("commitment = $bytes and algorithm = $algorithm", { algorithm, bytes });
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  #select(where: string, values: Values): SaltRecord[] {
    return disk(() => this.#db.prepare(`select * from salt where ${where}`).all(values).map(toRecord));
  }
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
  const { registry, institution, scene, algorithm, digest, salt, commitment } = row ?? {};
  const whole =
    typeof registry === "string" &&
    typeof scene === "string" &&
    typeof algorithm === "string" &&
    isAlgorithm(algorithm) &&
    digest instanceof Uint8Array &&
    salt instanceof Uint8Array &&
    commitment instanceof Uint8Array;
  if (!whole) throw new AppError("STORAGE_FAILED", { detail: "a kept salt is not as it was written" });
  return {
    registry,
    institution: Number(institution),
    scene,
    digest: { algorithm, bytes: digest },
    salt,
    commitment: { algorithm, bytes: commitment, blinded: true },
  };
}

/** A fault of the disk ends the command that met it, before anything was sent: it needs no further report. */
function disk<T>(run: () => T): T {
  return onDisk(run, () => undefined);
}

/** Folder and file, for their owner alone; on disk when this resolves. */
async function make(folder: string): Promise<void> {
  await makeFolder(folder);
  const file = await open(join(folder, FILE), "a", 0o600);
  await file.sync();
  await file.close();
  await syncFolder(folder);
}

function unusable(folder: string, cause: unknown): AppError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const detail = `the salts in ${quote(folder)} cannot be used (${code ?? message})`;
  return new AppError("STORAGE_FAILED", { detail }, { cause });
}
