/** Replaces the directory's tables by those of the whole directory with its changes. */
import type { SchemaStatements } from "./types.ts";

/**
 * The tables follow from directory_change, which follows from the chain, so no rows are migrated. A status may be set more
 * than once, so a request names the entry that it follows.
 */
export const wholeDirectory: SchemaStatements = (t) => [
  `drop table institution`,
  `drop table registry_key`,
  `drop table scene`,
  `create table directory_change (
    entry ${t.int} primary key,
    body text not null
  )${t.strict}`,
  `create table institution (
    id ${t.int} primary key,
    admin text not null,
    next_admin text,
    next_admin_from ${t.int},
    next_by_governance ${t.int},
    placed_admin text,
    placed_since ${t.int},
    placed_entry ${t.int},
    roles text not null,
    scenes text not null,
    jurisdiction text not null,
    official_number text not null,
    name_en text not null,
    name_zh_hans text not null,
    name_zh_hant text not null,
    state text not null,
    state_since ${t.int} not null,
    state_entry ${t.int} not null
  )${t.strict}`,
  `create table registry_key (
    address text primary key,
    institution ${t.int} not null,
    added_at ${t.int} not null,
    valid_from ${t.int} not null,
    valid_until ${t.int} not null,
    compromised_since ${t.int},
    compromise_entry ${t.int},
    corrected_since ${t.int},
    correction_entry ${t.int},
    corrected_at ${t.int}
  )${t.strict}`,
  `create table key_proposal (
    institution ${t.int} not null,
    address text not null,
    admin text not null,
    proposed_at ${t.int} not null,
    valid_from ${t.int} not null,
    valid_until ${t.int} not null,
    primary key (institution, address)
  )${t.clustered}`,
  `create table operator (
    id ${t.int} primary key,
    name text not null,
    institution ${t.int}
  )${t.strict}`,
  `create table operator_key (
    id ${t.bytes} primary key,
    operator ${t.int} not null,
    purpose text not null,
    signature_type ${t.int} not null,
    public_key ${t.bytes} not null,
    possession ${t.bytes} not null,
    entry ${t.int} not null,
    added_at ${t.int} not null,
    valid_from ${t.int} not null,
    valid_until ${t.int} not null,
    compromised_since ${t.int},
    compromise_entry ${t.int},
    corrected_since ${t.int},
    correction_entry ${t.int},
    corrected_at ${t.int}
  )${t.strict}`,
  `create table scene (
    id ${t.int} primary key,
    slug text not null unique,
    name_en text not null,
    name_zh_hans text not null,
    name_zh_hant text not null,
    blinded ${t.int} not null,
    personal ${t.int} not null
  )${t.strict}`,
  `create table governance_role (
    role ${t.bytes} not null,
    account text not null,
    since ${t.int} not null,
    primary key (role, account)
  )${t.clustered}`,
  `create table registry_state (
    id ${t.int} primary key check (id = 1),
    paused ${t.int} not null,
    successor text
  )${t.strict}`,
  `create table status_request_2 (
    position ${t.counter},
    id text not null unique,
    institution ${t.int} not null,
    document ${t.int} not null,
    action ${t.int} not null,
    reason ${t.int} not null,
    successor ${t.int},
    after_entry ${t.int} not null,
    accepted_at ${t.int} not null,
    transaction_hash ${t.bytes},
    error text,
    unique (document, action, after_entry)
  )${t.strict}`,
  `insert into status_request_2
    select position, id, institution, document, action, reason, null, -1, accepted_at, transaction_hash, error
    from status_request`,
  `drop table status_request`,
  `alter table status_request_2 rename to status_request`,
  `create index status_request_queued on status_request (institution, position)
    where transaction_hash is null and error is null`,
  `create index status_request_transaction on status_request (transaction_hash) where transaction_hash is not null`,
];
