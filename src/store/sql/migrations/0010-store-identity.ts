/** Creates the table of the store's identity. */
import type { SchemaStatements } from "./types.ts";

/** The row is made when a service first opens the store: a copy of an unused database is another store. */
export const storeIdentity: SchemaStatements = (t) => [
  `create table store (
    id ${t.int} primary key check (id = 1),
    identity text not null,
    copy_of text,
    moved_to text
  )${t.strict}`,
];
