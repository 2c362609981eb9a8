/** Creates the table of the leader's term. */
import type { SchemaStatements } from "./types.ts";

/** Each elected process increments the term, and writes only while its own is the newest. */
export const leadership: SchemaStatements = (t) => [
  `create table leadership (
    id ${t.int} primary key check (id = 1),
    term ${t.int} not null
  )${t.strict}`,
  `insert into leadership (id, term) values (1, 0)`,
];
