/** Adds to queued documents whether their payload is a commitment. */
import type { SchemaStatements } from "./types.ts";

export const blinding: SchemaStatements = (t) => [
  `alter table anchor add column blinded ${t.int} not null default 0`,
];
