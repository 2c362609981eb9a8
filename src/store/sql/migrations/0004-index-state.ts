import type { SchemaStatements } from "./types.ts";

/** Why the index may be wrong, for every process that reads it, and across restarts. */
export const indexState: SchemaStatements = (t) => [
  `create table index_doubt (
    id ${t.int} primary key check (id = 1),
    code text not null,
    detail text not null,
    since ${t.int} not null
  )${t.strict}`,
];
