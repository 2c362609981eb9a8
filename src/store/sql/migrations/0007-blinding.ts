import type { Statements } from "./types.ts";

/** Whether the payload of a document is a commitment. */
export const blinding: Statements = (t) => [
  `alter table anchor add column blinded ${t.int} not null default 0`,
];
