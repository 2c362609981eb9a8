/** Creates the columns of cosignatures and the table of split views. */
import type { SchemaStatements } from "./types.ts";

export const witnessing: SchemaStatements = (t) => [
  `alter table checkpoint add column witnessed ${t.int} not null default 0`,
  `create index checkpoint_witnessed on checkpoint (witnessed, size)`,
  `create table split_view (
    position ${t.counter},
    size ${t.int} not null,
    root ${t.bytes} not null,
    own_root ${t.bytes} not null,
    signer ${t.bytes} not null,
    note text not null,
    proof text not null,
    observed_at ${t.int} not null,
    unique (signer, size, root)
  )${t.strict}`,
];
