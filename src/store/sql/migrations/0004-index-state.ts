/** Creates the table of the doubt about the index. */
import type { SchemaStatements } from "./types.ts";

/** The doubt is shared by all processes that read the index, and survives restarts. */
export const indexState: SchemaStatements = (t) => [
  `create table index_doubt (
    id ${t.int} primary key check (id = 1),
    code text not null,
    detail text not null,
    since ${t.int} not null
  )${t.strict}`,
];
