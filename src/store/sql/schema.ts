/** Declares the tables of the database and the types of their columns. */
import type { ColumnType } from "kysely";

/** Times are Unix seconds; hashes, addresses and entries are bytes; booleans are 0 and 1. */
export interface Schema {
  store: StoreTable;
  chain_identity: ChainIdentityTable;
  cursor: CursorTable;
  index_doubt: IndexDoubtTable;
  block: BlockTable;
  entry: EntryTable;
  node: NodeTable;
  directory_change: DirectoryChangeTable;
  institution: InstitutionTable;
  registry_key: RegistryKeyTable;
  key_proposal: KeyProposalTable;
  operator: OperatorTable;
  operator_key: OperatorKeyTable;
  scene: SceneTable;
  governance_role: GovernanceRoleTable;
  registry_state: RegistryStateTable;
  anchor: AnchorTable;
  document_reference: DocumentReferenceTable;
  status_request: StatusRequestTable;
  chain_transaction: ChainTransactionTable;
  chain_attempt: ChainAttemptTable;
  idempotency: IdempotencyTable;
  api_key: ApiKeyTable;
  secret: SecretTable;
  leadership: LeadershipTable;
  checkpoint: CheckpointTable;
  split_view: SplitViewTable;
}

/** One row, after a service first opened the store. */
interface StoreTable {
  id: 1;
  /** Random, in hexadecimal digits. */
  identity: string;
  /** The store that this one is an unfinished copy of. */
  copy_of: string | null;
  /** The store that the content was moved to. */
  moved_to: string | null;
}

/** One row: the chain that the index was read from. */
interface ChainIdentityTable {
  id: 1;
  chain_id: number;
  genesis_hash: Uint8Array;
  registry: string;
  code_hash: Uint8Array;
}

/** One row: how far the chain was read. */
interface CursorTable {
  id: 1;
  block: number | null;
  block_hash: Uint8Array | null;
  block_time: number | null;
  size: number;
  root: Uint8Array;
  final_block: number | null;
  final_hash: Uint8Array | null;
  final_time: number | null;
  synced_at: number;
}

/** At most one row: why the index may be wrong. */
interface IndexDoubtTable {
  id: 1;
  code: string;
  detail: string;
  since: number;
}

/** Blocks that hold entries. */
interface BlockTable {
  number: number;
  hash: Uint8Array;
  /** Entries in the log at the end of the block. */
  size: number;
}

/** The log. The columns after `bytes` derive from them, or name the block and transaction. */
interface EntryTable {
  idx: number;
  bytes: Uint8Array;
  kind: number;
  algorithm: number;
  blinded: number;
  institution: number;
  scene: number;
  recorded_at: number;
  payload: Uint8Array;
  /** The document that a status entry changes. */
  subject: number | null;
  /** The action of a status entry. */
  action: number | null;
  block: number;
  transaction_hash: Uint8Array;
}

/** Roots of complete subtrees, from which proofs are made. */
interface NodeTable {
  level: number;
  idx: number;
  hash: Uint8Array;
}

/** Every change of the directory; the tables below follow from it, and are rebuilt from it after a reorg. */
interface DirectoryChangeTable {
  entry: number;
  /** JSON, see directory.ts. */
  body: string;
}

interface InstitutionTable {
  id: number;
  admin: string;
  next_admin: string | null;
  next_admin_from: number | null;
  next_by_governance: number | null;
  /** The first admin that governance put in place, since when, and by which directory entry. */
  placed_admin: string | null;
  placed_since: number | null;
  placed_entry: number | null;
  /** Slugs, separated by spaces. */
  roles: string;
  /** Ids, separated by spaces. */
  scenes: string;
  jurisdiction: string;
  official_number: string;
  name_en: string;
  name_zh_hans: string;
  name_zh_hant: string;
  state: string;
  state_since: number;
  /** The directory entry that set the state. */
  state_entry: number;
}

interface WindowColumns {
  added_at: number;
  valid_from: number;
  valid_until: number;
  compromised_since: number | null;
  /** The directory entry that reports it. */
  compromise_entry: number | null;
  /** What the last correction says, 0 = taken back; its directory entry, and when that was recorded. */
  corrected_since: number | null;
  correction_entry: number | null;
  corrected_at: number | null;
}

interface RegistryKeyTable extends WindowColumns {
  address: string;
  institution: number;
}

/** Keys that have not accepted. */
interface KeyProposalTable {
  institution: number;
  address: string;
  /** The admin that proposed it. */
  admin: string;
  proposed_at: number;
  valid_from: number;
  valid_until: number;
}

interface OperatorTable {
  id: number;
  name: string;
  institution: number | null;
}

interface OperatorKeyTable extends WindowColumns {
  id: Uint8Array;
  operator: number;
  purpose: string;
  signature_type: number;
  public_key: Uint8Array;
  possession: Uint8Array;
  /** The directory entry that added it. */
  entry: number;
}

interface SceneTable {
  id: number;
  slug: string;
  name_en: string;
  name_zh_hans: string;
  name_zh_hant: string;
  blinded: number;
  personal: number;
}

/** Roles that accounts hold now. */
interface GovernanceRoleTable {
  role: Uint8Array;
  account: string;
  since: number;
}

/** One row, after either was first set. */
interface RegistryStateTable {
  id: 1;
  paused: number;
  successor: string | null;
}

/** The outbox: documents accepted here. */
interface AnchorTable {
  id: string;
  /** Order of acceptance. */
  position: ColumnType<number, number | undefined, never>;
  institution: number;
  algorithm: number;
  blinded: number;
  payload: Uint8Array;
  scene: number;
  valid_until: number;
  accepted_at: number;
  transaction_hash: Uint8Array | null;
  error: string | null;
  /** Null = REGISTRY_REFUSED. */
  error_code: "REGISTRY_SUCCEEDED" | null;
}

/** The issuer's own names for a document of the outbox, in the order in which they came. */
interface DocumentReferenceTable {
  position: ColumnType<number, number | undefined, never>;
  /** Id of the document. */
  anchor: string;
  reference: string;
}

/** The outbox: status changes accepted here. */
interface StatusRequestTable {
  id: string;
  position: ColumnType<number, number | undefined, never>;
  institution: number;
  document: number;
  action: number;
  reason: number;
  successor: number | null;
  /** The last status entry of the document when this was accepted; -1 = none. */
  after_entry: number;
  /** Since when it may be sent; in Unix milliseconds, like the times below. */
  accepted_at: number;
  transaction_hash: Uint8Array | null;
  error: string | null;
  asked_at: number | null;
  /** Id and name of the API key that asked, and of the one that decided. */
  asked_by: string | null;
  asked_by_name: string | null;
  /** The decision of a second person; null where none is needed. */
  approval: "awaiting" | "approved" | "rejected" | null;
  decided_at: number | null;
  decided_by: string | null;
  decided_by_name: string | null;
}

/** Nonces used here. `open` until all that they record is final, or they were given up. */
interface ChainTransactionTable {
  /** Of the first attempt. */
  hash: Uint8Array;
  signer: string;
  nonce: number;
  /** Whether it records items. */
  carries: number;
  state: "open" | "final" | "given-up";
}

/** The signed attempts of transactions. */
interface ChainAttemptTable {
  hash: Uint8Array;
  transaction_hash: Uint8Array;
  /** From 0 on. */
  attempt: number;
  raw: Uint8Array;
  /** Wei, in decimal digits. */
  gas_price: string;
}

/** Requests with an Idempotency-Key, by caller and name. */
interface IdempotencyTable {
  /** Id of the API key. */
  caller: string;
  name: string;
  /** SHA-256 of the request. */
  fingerprint: Uint8Array;
  /** Identifies the request that holds the name while it runs. */
  claim: string;
  /** Unix milliseconds. */
  claimed_at: number;
  /** Of the answer, once there is one. */
  status: number | null;
  body: string | null;
}

interface ApiKeyTable {
  id: string;
  /** HMAC-SHA-256 of the key, under a secret that is not in the database. */
  hash: Uint8Array;
  name: string;
  role: string;
  institution: number | null;
  created_at: number;
  /** Ids of keys; null = the service. */
  created_by: string | null;
  expires_at: number | null;
  revoked_at: number | null;
  revoked_by: string | null;
  /** The instance whose credentials.json has it; null where an operator made it. */
  issued_to: string | null;
}

/** Secrets that this instance makes for itself. */
interface SecretTable {
  name: string;
  value: Uint8Array;
}

/** One row: the number of elections. */
interface LeadershipTable {
  id: 1;
  term: number;
}

/** Checkpoints that this operator has signed and cosigned. */
interface CheckpointTable {
  size: number;
  /** The signed note. */
  note: string;
  /** Whether another operator has cosigned it. */
  witnessed: ColumnType<number, number | undefined, number>;
}

/** Roots of other operators that contradict this operator's. */
interface SplitViewTable {
  /** Order of observation. */
  position: ColumnType<number, number | undefined, never>;
  size: number;
  root: Uint8Array;
  own_root: Uint8Array;
  /** The public key that signed. */
  signer: Uint8Array;
  /** What the other operator has signed. */
  note: string;
  /** From `root` to the root of the note: hashes in base64, separated by spaces. */
  proof: string;
  observed_at: number;
}
