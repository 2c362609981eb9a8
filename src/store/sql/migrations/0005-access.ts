import type { SchemaStatements } from "./types.ts";

/**
 * API keys with an id, an end and a past, and status changes that wait for a second person. The keys from before had
 * another hash, which their new one cannot be made from: the service gives out new ones.
 */
export const access: SchemaStatements = (t) => [
  `drop table api_key`,
  `create table api_key (
    id text primary key,
    hash ${t.bytes} not null unique,
    name text not null,
    role text not null,
    institution ${t.int},
    created_at ${t.int} not null,
    created_by text,
    expires_at ${t.int},
    revoked_at ${t.int},
    revoked_by text,
    issued_to text
  )${t.strict}`,
  `alter table status_request add column asked_at ${t.int}`,
  `alter table status_request add column asked_by text`,
  `alter table status_request add column asked_by_name text`,
  `alter table status_request add column approval text`,
  `alter table status_request add column decided_at ${t.int}`,
  `alter table status_request add column decided_by text`,
  `alter table status_request add column decided_by_name text`,
  `create index status_request_awaiting on status_request (institution, position) where approval = 'awaiting'`,
];
