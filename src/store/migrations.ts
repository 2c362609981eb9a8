import { sql, type Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** Every change of the schema, in order. What was released is never edited. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  "0001-log-and-outbox": {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const statement of LOG_AND_OUTBOX) await sql.raw(statement).execute(db);
    },
  },
  "0002-whole-directory": {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const statement of WHOLE_DIRECTORY) await sql.raw(statement).execute(db);
    },
  },
};

const LOG_AND_OUTBOX = [
  `create table chain_identity (
    id integer primary key check (id = 1),
    chain_id integer not null,
    genesis_hash blob not null,
    registry text not null,
    code_hash blob not null
  ) strict`,
  `create table cursor (
    id integer primary key check (id = 1),
    block integer,
    block_hash blob,
    block_time integer,
    size integer not null,
    root blob not null,
    final_block integer,
    final_hash blob,
    final_time integer,
    synced_at integer not null
  ) strict`,
  `create table block (
    number integer primary key,
    hash blob not null,
    size integer not null
  ) strict`,
  `create table entry (
    idx integer primary key,
    bytes blob not null,
    kind integer not null,
    algorithm integer not null,
    blinded integer not null,
    institution integer not null,
    scene integer not null,
    recorded_at integer not null,
    payload blob not null,
    subject integer,
    action integer,
    block integer not null,
    transaction_hash blob not null
  ) strict`,
  `create index entry_document on entry (payload) where kind = 1`,
  `create index entry_status on entry (subject) where subject is not null`,
  `create index entry_institution on entry (institution, idx)`,
  `create index entry_scene on entry (scene, idx)`,
  `create index entry_recorded_at on entry (recorded_at, idx)`,
  `create index entry_block on entry (block)`,
  `create index entry_transaction on entry (transaction_hash)`,
  `create table node (
    level integer not null,
    idx integer not null,
    hash blob not null,
    primary key (level, idx)
  ) strict, without rowid`,
  `create table institution (
    id integer primary key,
    admin text not null,
    name_en text not null,
    name_zh_hans text not null,
    name_zh_hant text not null,
    state text not null,
    state_since integer not null,
    entry integer not null
  ) strict`,
  `create table registry_key (
    address text primary key,
    institution integer not null,
    valid_from integer not null,
    valid_until integer not null,
    compromised_since integer,
    entry integer not null
  ) strict`,
  `create table scene (
    id integer primary key,
    slug text not null unique,
    name_en text not null,
    name_zh_hans text not null,
    name_zh_hant text not null,
    blinded integer not null,
    entry integer not null
  ) strict`,
  `create table anchor (
    position integer primary key autoincrement,
    id text not null unique,
    institution integer not null,
    algorithm integer not null,
    payload blob not null,
    scene integer not null,
    valid_until integer not null,
    reference text,
    accepted_at integer not null,
    transaction_hash blob,
    error text,
    unique (payload, institution, algorithm)
  ) strict`,
  `create index anchor_queued on anchor (institution, position) where transaction_hash is null and error is null`,
  `create index anchor_transaction on anchor (transaction_hash) where transaction_hash is not null`,
  `create index anchor_reference on anchor (reference) where reference is not null`,
  `create table status_request (
    position integer primary key autoincrement,
    id text not null unique,
    institution integer not null,
    document integer not null,
    action integer not null,
    reason integer not null,
    accepted_at integer not null,
    transaction_hash blob,
    error text,
    unique (document, action)
  ) strict`,
  `create index status_request_queued on status_request (institution, position)
    where transaction_hash is null and error is null`,
  `create index status_request_transaction on status_request (transaction_hash) where transaction_hash is not null`,
  `create table chain_transaction (
    hash blob primary key,
    signer text not null,
    nonce integer not null,
    raw blob not null,
    state text not null,
    unique (signer, nonce)
  ) strict`,
  `create index chain_transaction_open on chain_transaction (signer, nonce) where state = 'open'`,
  `create table api_key (
    hash blob primary key,
    name text not null,
    role text not null,
    institution integer
  ) strict`,
  `create table secret (
    name text primary key,
    value blob not null
  ) strict`,
];

/**
 * The directory with operators, roles and what changes in it. Its tables follow from directory_change, which follows from
 * the chain: there is nothing to carry over. A status may be set more than once, so a request says after which entry.
 */
const WHOLE_DIRECTORY = [
  `drop table institution`,
  `drop table registry_key`,
  `drop table scene`,
  `create table directory_change (
    entry integer primary key,
    body text not null
  ) strict`,
  `create table institution (
    id integer primary key,
    admin text not null,
    next_admin text,
    next_admin_from integer,
    roles text not null,
    jurisdiction text not null,
    official_number text not null,
    name_en text not null,
    name_zh_hans text not null,
    name_zh_hant text not null,
    state text not null,
    state_since integer not null,
    state_entry integer not null
  ) strict`,
  `create table registry_key (
    address text primary key,
    institution integer not null,
    added_at integer not null,
    valid_from integer not null,
    valid_until integer not null,
    compromised_since integer,
    compromise_entry integer
  ) strict`,
  `create table operator (
    id integer primary key,
    name text not null,
    institution integer
  ) strict`,
  `create table operator_key (
    id blob primary key,
    operator integer not null,
    purpose text not null,
    signature_type integer not null,
    public_key blob not null,
    added_at integer not null,
    valid_from integer not null,
    valid_until integer not null,
    compromised_since integer,
    compromise_entry integer
  ) strict`,
  `create table scene (
    id integer primary key,
    slug text not null unique,
    name_en text not null,
    name_zh_hans text not null,
    name_zh_hant text not null,
    blinded integer not null,
    personal integer not null
  ) strict`,
  `create table governance_role (
    role blob not null,
    account text not null,
    since integer not null,
    primary key (role, account)
  ) strict, without rowid`,
  `create table registry_state (
    id integer primary key check (id = 1),
    paused integer not null,
    successor text
  ) strict`,
  `create table status_request_2 (
    position integer primary key autoincrement,
    id text not null unique,
    institution integer not null,
    document integer not null,
    action integer not null,
    reason integer not null,
    successor integer,
    after_entry integer not null,
    accepted_at integer not null,
    transaction_hash blob,
    error text,
    unique (document, action, after_entry)
  ) strict`,
  `insert into status_request_2
    select position, id, institution, document, action, reason, null, -1, accepted_at, transaction_hash, error
    from status_request`,
  `drop table status_request`,
  `alter table status_request_2 rename to status_request`,
  `create index status_request_queued on status_request (institution, position)
    where transaction_hash is null and error is null`,
  `create index status_request_transaction on status_request (transaction_hash) where transaction_hash is not null`,
];
