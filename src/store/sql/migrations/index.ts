/** Lists the migrations in their order. */
import { sql, type Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { logAndOutbox } from "./0001-log-and-outbox.ts";
import { wholeDirectory } from "./0002-whole-directory.ts";
import { sending } from "./0003-sending.ts";
import { indexState } from "./0004-index-state.ts";
import { leadership } from "./0006-leadership.ts";
import { access } from "./0005-access.ts";
import { blinding } from "./0007-blinding.ts";
import { checkpoints } from "./0008-checkpoints.ts";
import { witnessing } from "./0009-witnessing.ts";
import { storeIdentity } from "./0010-store-identity.ts";
import { references } from "./0011-references.ts";
import type { SchemaStatements, Types } from "./types.ts";

const ALL: Readonly<Record<string, SchemaStatements>> = {
  "0001-log-and-outbox": logAndOutbox,
  "0002-whole-directory": wholeDirectory,
  "0003-sending": sending,
  "0004-index-state": indexState,
  "0006-leadership": leadership,
  "0005-access": access,
  "0007-blinding": blinding,
  "0008-checkpoints": checkpoints,
  "0009-witnessing": witnessing,
  "0010-store-identity": storeIdentity,
  "0011-references": references,
};

/** Begins the names of migrations since 0.2.0; 0.1.0 made other tables by those names. */
const SERIES = "2/";

/** The first migration of 0.1.0. */
export const OLDER_VERSION = "0001-log-and-outbox";

/** The migrations in the dialect of a database. */
export function migrationsFor(types: Types): Record<string, Migration> {
  return Object.fromEntries(
    Object.entries(ALL).map(([name, statements]) => [
      `${SERIES}${name}`,
      {
        async up(db: Kysely<unknown>): Promise<void> {
          for (const statement of statements(types)) await sql.raw(statement).execute(db);
        },
      },
    ]),
  );
}
