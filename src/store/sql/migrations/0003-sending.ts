/** Creates the tables of attempts and of answers to idempotent requests. */
import type { SchemaStatements } from "./types.ts";

/**
 * A used nonce belongs to one call and may have several attempts, at rising prices. A nonce that was given up may be used
 * again.
 */
export const sending: SchemaStatements = (t) => [
  `create table chain_attempt (
    hash ${t.bytes} primary key,
    transaction_hash ${t.bytes} not null,
    attempt ${t.int} not null,
    raw ${t.bytes} not null,
    gas_price text not null,
    unique (transaction_hash, attempt)
  )${t.strict}`,
  `insert into chain_attempt select hash, hash, 0, raw, '0' from chain_transaction`,
  `create table chain_transaction_2 (
    hash ${t.bytes} primary key,
    signer text not null,
    nonce ${t.int} not null,
    carries ${t.int} not null,
    state text not null
  )${t.strict}`,
  `insert into chain_transaction_2
    select hash, signer, nonce, 1, case state when 'reverted' then 'given-up' else state end from chain_transaction`,
  `drop table chain_transaction`,
  `alter table chain_transaction_2 rename to chain_transaction`,
  `create index chain_transaction_open on chain_transaction (signer, nonce) where state = 'open'`,
  `create index chain_transaction_signer on chain_transaction (signer, nonce)`,
  `create unique index chain_transaction_nonce on chain_transaction (signer, nonce) where state in ('open', 'final')`,
  `create table idempotency (
    caller text not null,
    name text not null,
    fingerprint ${t.bytes} not null,
    claim text not null,
    claimed_at ${t.int} not null,
    status ${t.int},
    body text,
    primary key (caller, name)
  )${t.strict}`,
  `create unique index idempotency_claim on idempotency (claim)`,
  `create index idempotency_age on idempotency (claimed_at)`,
];
