/** Moves the references of documents into a table of their own: a document may have several. */
import type { SchemaStatements } from "./types.ts";

export const references: SchemaStatements = (t) => [
  `create table document_reference (
    position ${t.counter},
    anchor text not null,
    reference text not null,
    unique (anchor, reference)
  )${t.strict}`,
  `create index document_reference_text on document_reference (reference)`,
  `insert into document_reference (anchor, reference)
    select id, reference from anchor where reference is not null order by position`,
  `drop index anchor_reference`,
  `alter table anchor drop column reference`,
];
