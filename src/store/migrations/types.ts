/** What column types and table options are called in one database. */
export interface Types {
  /** Whole numbers, to 2^53 at least. */
  readonly int: string;
  readonly bytes: string;
  /** A primary key that counts up by itself. */
  readonly counter: string;
  /** Ends a table whose columns take nothing but their types. */
  readonly strict: string;
  /** The same, with rows kept in the order of the primary key where the database can. */
  readonly clustered: string;
}

/** The statements of one migration. What was released is never edited. */
export type Statements = (types: Types) => readonly string[];

export const SQLITE: Types = {
  int: "integer",
  bytes: "blob",
  counter: "integer primary key autoincrement",
  strict: " strict",
  clustered: " strict, without rowid",
};
