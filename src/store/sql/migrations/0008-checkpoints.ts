import type { SchemaStatements } from "./types.ts";

/** Checkpoints that this operator has signed: all are kept. */
export const checkpoints: SchemaStatements = (t) => [
  `create table checkpoint (
    size ${t.int} primary key,
    note text not null
  )${t.strict}`,
];
