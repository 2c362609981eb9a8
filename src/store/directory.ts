import type { Selectable } from "kysely";
import type { Institution, Scene } from "../core/directory.ts";
import type { Address } from "../core/units.ts";
import type { Database } from "./database.ts";
import { namesOf } from "./names.ts";
import type { Schema } from "./schema.ts";

/** Institutions, by id. */
export async function readInstitutions(db: Database): Promise<Institution[]> {
  return (await db.selectFrom("institution").selectAll().orderBy("id").execute()).map(institutionOf);
}

/** Scenes, by id. */
export async function readScenes(db: Database): Promise<Scene[]> {
  return (await db.selectFrom("scene").selectAll().orderBy("id").execute()).map(sceneOf);
}

function institutionOf(row: Selectable<Schema["institution"]>): Institution {
  return {
    id: row.id,
    names: namesOf(row),
    admin: row.admin as Address,
    state: row.state,
    stateSince: row.state_since,
  };
}

function sceneOf(row: Selectable<Schema["scene"]>): Scene {
  return { id: row.id, slug: row.slug, names: namesOf(row), blinded: row.blinded === 1 };
}
