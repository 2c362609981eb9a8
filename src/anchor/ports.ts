import type { Algorithm } from "../core/digest.ts";
import type { Institution, RegistryState, Scene } from "../core/directory.ts";
import type { Action, Entry, Reason } from "../core/entry.ts";
import type {
  Address,
  EntryIndex,
  Hash,
  InstitutionId,
  SceneId,
  TreeSize,
  UnixSeconds,
} from "../core/units.ts";

/** Documents that share everything but their payload. */
export interface DocumentGroup {
  readonly scene: SceneId;
  readonly algorithm: Algorithm;
  readonly blinded: boolean;
  readonly validUntil: UnixSeconds;
  readonly payloads: readonly Hash[];
}

/** What one transaction is to record. */
export type Call =
  | { readonly kind: "anchor"; readonly groups: readonly DocumentGroup[] }
  | {
      readonly kind: "status";
      readonly document: Inclusion;
      readonly action: Action;
      readonly reason: Reason;
      /** The document that takes its place; supersede only. */
      readonly successor: Inclusion | undefined;
    };

/** An entry, and its inclusion proof at a size whose root the contract has stored. */
export interface Inclusion {
  readonly entry: Uint8Array;
  readonly index: EntryIndex;
  readonly size: TreeSize;
  readonly proof: readonly Hash[];
}

export interface SignedTransaction {
  readonly hash: Hash;
  readonly signer: Address;
  readonly nonce: number;
  /** The bytes to broadcast: the same ones every time. */
  readonly raw: Uint8Array;
}

/** A node of the chain, as the sender uses it. Everything may fail with RPC_UNAVAILABLE or RPC_INCONSISTENT. */
export interface Submitter {
  /** Addresses of the keys held here. */
  readonly signers: readonly Address[];
  /** Number of transactions of `signer` that are mined. */
  nonceOf(signer: Address): Promise<number>;
  /**
   * Signs the call, and sends nothing.
   * @throws Refusal the contract would refuse it as things stand, for the reason that its code names; `fields.waits` is
   * true where that passes by itself or by somebody else's act, so that it is no fault of what the call holds
   */
  sign(request: { signer: Address; nonce: number; call: Call }): Promise<SignedTransaction>;
  /** Hands the bytes to the node. Safe to repeat: bytes that are known or mined already are no error. */
  broadcast(transaction: SignedTransaction): Promise<void>;
  /** What the chain says of a transaction now; unknown says nothing about later. */
  outcome(hash: Hash): Promise<"unknown" | "succeeded" | "reverted">;
}

export type AnchorState = "queued" | "submitted" | "included" | "final" | "failed";

/** One accepted document. */
export interface Anchor {
  readonly id: string;
  readonly institution: InstitutionId;
  readonly algorithm: Algorithm;
  readonly payload: Hash;
  readonly scene: SceneId;
  readonly validUntil: UnixSeconds;
  readonly reference: string | undefined;
  /** Unix milliseconds. */
  readonly acceptedAt: number;
  readonly state: AnchorState;
  /** Once it is included. */
  readonly index: EntryIndex | undefined;
  readonly transaction: Hash | undefined;
  readonly block: number | undefined;
  readonly recordedAt: UnixSeconds | undefined;
  /** Why it failed. */
  readonly error: string | undefined;
}

/** A document to be accepted. */
export type NewAnchor = Pick<
  Anchor,
  "institution" | "algorithm" | "payload" | "scene" | "validUntil" | "reference" | "acceptedAt"
>;

/** One accepted change of a document's status. */
export interface StatusRequest {
  readonly id: string;
  readonly institution: InstitutionId;
  readonly document: EntryIndex;
  readonly action: Action;
  readonly reason: Reason;
  /** The document that takes its place; supersede only. */
  readonly successor: EntryIndex | undefined;
  /** Unix milliseconds. */
  readonly acceptedAt: number;
  readonly state: AnchorState;
  /** Of the status entry, once it is included. */
  readonly index: EntryIndex | undefined;
  readonly recordedAt: UnixSeconds | undefined;
  readonly error: string | undefined;
}

export type NewStatusRequest = Pick<
  StatusRequest,
  "institution" | "document" | "action" | "reason" | "successor" | "acceptedAt"
>;

/** What the outbox did with a document. */
export type Taken =
  | { readonly taken: "new" | "duplicate"; readonly anchor: Anchor }
  | { readonly taken: "different"; readonly anchor: Anchor }
  | { readonly taken: "revoked"; readonly anchor: Anchor };

/** Queued work of one institution, oldest first. */
export interface QueuedWork {
  readonly statuses: readonly StatusRequest[];
  readonly anchors: readonly Anchor[];
}

/** Items of the outbox, by id. */
export interface Items {
  readonly anchors: readonly string[];
  readonly statuses: readonly string[];
}

/**
 * What was accepted and is not final yet. Everything is durable when its promise resolves. States are not written down
 * but follow from the item, its transaction and the index, so they cannot disagree with them.
 */
export interface Outbox {
  /**
   * Takes documents, all in one transaction. A payload that its institution has recorded or is recording is not taken
   * twice (O3); a failed one is queued anew.
   */
  enqueue(anchors: readonly NewAnchor[]): Promise<Taken[]>;
  /**
   * Takes a status change. The same action on the same document is the same request while it is under way, or while it
   * is the document's last change.
   */
  enqueueStatus(request: NewStatusRequest): Promise<StatusRequest>;
  anchors(ids: readonly string[]): Promise<Anchor[]>;
  /**
   * Documents that the institution handed in under one of these references, oldest first; neither failed ones nor ones
   * that it revoked or superseded.
   */
  referenced(institution: InstitutionId, references: readonly string[]): Promise<Anchor[]>;
  statusRequest(id: string): Promise<StatusRequest | undefined>;
  /** At most `limit` queued documents and statuses of an institution. */
  queued(institution: InstitutionId, limit: number): Promise<QueuedWork>;
  /** Transactions of `signer` that are neither in the index nor reverted, by nonce. */
  open(signer: Address): Promise<SignedTransaction[]>;
  /** The nonce after the highest that `signer` has used here; 0 without any. */
  nextNonce(signer: Address): Promise<number>;
  /** Ties items to the transaction that carries them. Committed before the first broadcast (O4). */
  record(
    transaction: SignedTransaction,
    items: { anchors: readonly string[]; statuses: readonly string[] },
  ): Promise<void>;
  /** Closes transactions all of whose entries are final. */
  closeFinal(): Promise<void>;
  /** Marks a reverted transaction and queues its items again. */
  release(hash: Hash): Promise<void>;
  /** Ends items for ever, with the reason. */
  fail(items: Items, reason: string): Promise<void>;
  /** What is accepted and neither final nor failed. */
  pending(): Promise<Pending>;
}

export interface Pending {
  readonly count: number;
  /** When the oldest of them was accepted, in Unix milliseconds; undefined where there is none. */
  readonly oldestAcceptedAt: number | undefined;
}

/**
 * A reason to accept nothing for now, looked at before anything is written.
 * @throws AppError ACCEPTANCE_PAUSED, STORAGE_LOW
 */
export type Gate = () => Promise<void>;

/** What the directory and the log say, as far as anchoring needs it. */
export interface RegistryView {
  scenes(): Promise<Scene[]>;
  institution(id: InstitutionId): Promise<Institution | undefined>;
  /** Whether the registry takes new documents. */
  registry(): Promise<RegistryState>;
  /** The keys among `addresses` that are in force at `time`, with the institutions they act for. */
  keysInForce(addresses: readonly Address[], time: UnixSeconds): Promise<SigningKey[]>;
  /** An entry, with the last change of its status; undefined for an index that is not there. */
  entryAt(index: EntryIndex): Promise<RecordedEntry | undefined>;
  /** The bytes of a final entry, and its inclusion proof at the largest final size. */
  prove(index: EntryIndex): Promise<Inclusion>;
}

export interface RecordedEntry {
  readonly entry: Entry;
  readonly final: boolean;
  readonly lastAction: Action | undefined;
}

export interface SigningKey {
  readonly address: Address;
  readonly institution: InstitutionId;
}
