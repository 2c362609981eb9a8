/** Creates the tables of the log, the outbox, API keys and secrets. */
import type { SchemaStatements } from "./types.ts";

export const logAndOutbox: SchemaStatements = (t) => [
  `create table chain_identity (
    id ${t.int} primary key check (id = 1),
    chain_id ${t.int} not null,
    genesis_hash ${t.bytes} not null,
    registry text not null,
    code_hash ${t.bytes} not null
  )${t.strict}`,
  `create table cursor (
    id ${t.int} primary key check (id = 1),
    block ${t.int},
    block_hash ${t.bytes},
    block_time ${t.int},
    size ${t.int} not null,
    root ${t.bytes} not null,
    final_block ${t.int},
    final_hash ${t.bytes},
    final_time ${t.int},
    synced_at ${t.int} not null
  )${t.strict}`,
  `create table block (
    number ${t.int} primary key,
    hash ${t.bytes} not null,
    size ${t.int} not null
  )${t.strict}`,
  `create table entry (
    idx ${t.int} primary key,
    bytes ${t.bytes} not null,
    kind ${t.int} not null,
    algorithm ${t.int} not null,
    blinded ${t.int} not null,
    institution ${t.int} not null,
    scene ${t.int} not null,
    recorded_at ${t.int} not null,
    payload ${t.bytes} not null,
    subject ${t.int},
    action ${t.int},
    block ${t.int} not null,
    transaction_hash ${t.bytes} not null
  )${t.strict}`,
  `create index entry_document on entry (payload) where kind = 1`,
  `create index entry_status on entry (subject) where subject is not null`,
  `create index entry_institution on entry (institution, idx)`,
  `create index entry_scene on entry (scene, idx)`,
  `create index entry_recorded_at on entry (recorded_at, idx)`,
  `create index entry_block on entry (block)`,
  `create index entry_transaction on entry (transaction_hash)`,
  `create table node (
    level ${t.int} not null,
    idx ${t.int} not null,
    hash ${t.bytes} not null,
    primary key (level, idx)
  )${t.clustered}`,
  `create table institution (
    id ${t.int} primary key,
    admin text not null,
    name_en text not null,
    name_zh_hans text not null,
    name_zh_hant text not null,
    state text not null,
    state_since ${t.int} not null,
    entry ${t.int} not null
  )${t.strict}`,
  `create table registry_key (
    address text primary key,
    institution ${t.int} not null,
    valid_from ${t.int} not null,
    valid_until ${t.int} not null,
    compromised_since ${t.int},
    entry ${t.int} not null
  )${t.strict}`,
  `create table scene (
    id ${t.int} primary key,
    slug text not null unique,
    name_en text not null,
    name_zh_hans text not null,
    name_zh_hant text not null,
    blinded ${t.int} not null,
    entry ${t.int} not null
  )${t.strict}`,
  `create table anchor (
    position ${t.counter},
    id text not null unique,
    institution ${t.int} not null,
    algorithm ${t.int} not null,
    payload ${t.bytes} not null,
    scene ${t.int} not null,
    valid_until ${t.int} not null,
    reference text,
    accepted_at ${t.int} not null,
    transaction_hash ${t.bytes},
    error text,
    error_code text,
    unique (payload, institution, algorithm)
  )${t.strict}`, // guard: F52 unique digest
  `create index anchor_queued on anchor (institution, position) where transaction_hash is null and error is null`,
  `create index anchor_transaction on anchor (transaction_hash) where transaction_hash is not null`,
  `create index anchor_reference on anchor (reference) where reference is not null`,
  `create table status_request (
    position ${t.counter},
    id text not null unique,
    institution ${t.int} not null,
    document ${t.int} not null,
    action ${t.int} not null,
    reason ${t.int} not null,
    accepted_at ${t.int} not null,
    transaction_hash ${t.bytes},
    error text,
    unique (document, action)
  )${t.strict}`,
  `create index status_request_queued on status_request (institution, position)
    where transaction_hash is null and error is null`,
  `create index status_request_transaction on status_request (transaction_hash) where transaction_hash is not null`,
  `create table chain_transaction (
    hash ${t.bytes} primary key,
    signer text not null,
    nonce ${t.int} not null,
    raw ${t.bytes} not null,
    state text not null,
    unique (signer, nonce)
  )${t.strict}`,
  `create index chain_transaction_open on chain_transaction (signer, nonce) where state = 'open'`,
  `create table api_key (
    hash ${t.bytes} primary key,
    name text not null,
    role text not null,
    institution ${t.int}
  )${t.strict}`,
  `create table secret (
    name text primary key,
    value ${t.bytes} not null
  )${t.strict}`,
];
