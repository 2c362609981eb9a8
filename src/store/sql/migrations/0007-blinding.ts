import type { SchemaStatements } from "./types.ts";

/** Whether the payload of a document is a commitment. */
export const blinding: SchemaStatements = (t) => [
  `alter table anchor add column blinded ${t.int} not null default 0`,
];
