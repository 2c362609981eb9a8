import type { Statements } from "./types.ts";

/** Checkpoints that this operator has signed: all are kept. */
export const checkpoints: Statements = (t) => [
  `create table checkpoint (
    size ${t.int} primary key,
    root ${t.bytes} not null,
    note text not null,
    signed_at ${t.int} not null
  )${t.strict}`,
];
