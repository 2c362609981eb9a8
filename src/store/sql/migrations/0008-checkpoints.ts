/** Creates the table of the checkpoints that this operator has signed. */
import type { SchemaStatements } from "./types.ts";

export const checkpoints: SchemaStatements = (t) => [
  `create table checkpoint (
    size ${t.int} primary key,
    note text not null
  )${t.strict}`,
];
