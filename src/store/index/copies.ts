/** Drops the PostgreSQL schemas that hold copies of other registries' logs. */
import type { Database } from "../sql/database.ts";
import { openShared } from "../sql/leadership.ts";
import { isPostgres } from "../sql/transaction.ts";

/**
 * A copy that another process follows stays.
 * @param copies.at URL of the database
 * @param copies.names pattern of the names of the schemas
 */
export async function dropCopies(db: Database, { at, names }: { at: string; names: RegExp }): Promise<void> {
  if (!isPostgres(db)) return;
  const schemas = await db.introspection.getSchemas();
  for (const { name: schema } of schemas.filter(({ name }) => names.test(name))) {
    const copy = await openShared({ at, schema });
    try {
      await copy.leadership.lead(() => copy.db.schema.dropSchema(schema).cascade().execute());
    } finally {
      await copy.close();
    }
  }
}
