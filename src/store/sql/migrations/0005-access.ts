/** Replaces the table of API keys and adds approvals to status requests. */
import type { SchemaStatements } from "./types.ts";

/**
 * The hashes of the earlier keys cannot be converted, so the service issues new keys.
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
