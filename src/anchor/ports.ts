/** Declares what anchoring needs of the chain, of its outbox and of the registry. */
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
    }
  /** Nothing: a transaction of value 0 to the key itself, for the sake of its block or its nonce. */
  | { readonly kind: "heartbeat" };

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
  /** Wei. */
  readonly gasPrice: bigint;
}

/** The result of repricing a transaction that waits for too long. */
export type Repriced =
  /** The same nonce and call at a higher price. */
  | { readonly kind: "signed"; readonly transaction: SignedTransaction }
  /** The chain takes no fees: no price is better than another. */
  | { readonly kind: "free" }
  /** It would take more than may be paid. In wei. */
  | { readonly kind: "above-limit"; readonly needed: bigint; readonly limit: bigint };

/** A node of the chain, as the sender uses it. Everything may fail with RPC_UNAVAILABLE or RPC_INCONSISTENT. */
export interface Submitter {
  /** Addresses of the keys held here. */
  readonly signers: readonly Address[];
  /** Number of transactions of `signer` that are mined, up to `block` where it is given. */
  nonceOf(signer: Address, block?: number): Promise<number>;
  /** Number of the newest block. */
  height(): Promise<number>;
  /**
   * Signs the call, and sends nothing.
   * @throws Refusal the contract would refuse it as things stand, for the reason that its code names; `fields.waits` is
   * true where that passes by itself or by another party's act, and the call itself is not at fault
   * @throws AppError GAS_PRICE_ABOVE_LIMIT
   */
  sign(request: { signer: Address; nonce: number; call: Call }): Promise<SignedTransaction>;
  /** Signs the same nonce and call at a price at least a tenth higher, as much as nodes ask of a replacement. Sends nothing. */
  reprice(transaction: SignedTransaction): Promise<Repriced>;
  /** Hands the bytes to the node. Safe to repeat: bytes that are known or mined already are accepted. */
  broadcast(transaction: SignedTransaction): Promise<void>;
  /** The outcome of a transaction by now; `unknown` may still change. */
  outcome(hash: Hash): Promise<"unknown" | "succeeded" | "reverted">;
}

export type AnchorState = "queued" | "submitted" | "included" | "final" | "failed";

/** One accepted document. */
export interface Anchor {
  readonly id: string;
  readonly institution: InstitutionId;
  readonly algorithm: Algorithm;
  /** Whether the payload is a commitment. */
  readonly blinded: boolean;
  readonly payload: Hash;
  readonly scene: SceneId;
  readonly validUntil: UnixSeconds;
  /** The issuer's own names for it, in the order in which they came. */
  readonly references: readonly string[];
  /** Unix milliseconds. */
  readonly acceptedAt: number;
  readonly state: AnchorState;
  /** Once it is included. */
  readonly index: EntryIndex | undefined;
  /** Its 80 bytes. */
  readonly entry: Uint8Array | undefined;
  readonly transaction: Hash | undefined;
  readonly block: number | undefined;
  readonly recordedAt: UnixSeconds | undefined;
  /** Why it failed. */
  readonly error: string | undefined;
  /** Undefined: the contract refused it. */
  readonly errorCode: "REGISTRY_SUCCEEDED" | undefined;
}

/** A document to be accepted. */
export type NewAnchor = Pick<
  Anchor,
  "institution" | "algorithm" | "blinded" | "payload" | "scene" | "validUntil" | "acceptedAt"
> & { readonly reference: string | undefined };

/** The holder of an API key: the key's id, and its name at the time. */
export interface Person {
  readonly id: string;
  readonly name: string;
}

/** A second person's decision on a change. */
interface Approval {
  readonly decision: "awaiting" | "approved" | "rejected";
  /** Once it is decided; the time is in Unix milliseconds. */
  readonly decided: { readonly by: Person; readonly at: number } | undefined;
}

/** One accepted change of a document's status. */
export interface StatusRequest {
  readonly id: string;
  readonly institution: InstitutionId;
  readonly document: EntryIndex;
  readonly action: Action;
  readonly reason: Reason;
  /** The document that takes its place; supersede only. */
  readonly successor: EntryIndex | undefined;
  /** Unix milliseconds; where a second person approved it, the time of that. */
  readonly acceptedAt: number;
  /** Who asked, and when in Unix milliseconds; undefined where no API key did. */
  readonly asked?: { readonly by: Person; readonly at: number } | undefined;
  /** Undefined where no second person is needed. */
  readonly approval?: Approval | undefined;
  /** What awaits approval is neither sent nor pending. */
  readonly state: AnchorState | "awaiting-approval";
  /** Of the status entry, once it is included. */
  readonly index: EntryIndex | undefined;
  readonly recordedAt: UnixSeconds | undefined;
  readonly error: string | undefined;
}

export type NewStatusRequest = Pick<
  StatusRequest,
  "institution" | "document" | "action" | "reason" | "successor" | "acceptedAt"
> & {
  readonly by?: Person;
  /** Whether it waits for a second person first. */
  readonly awaits?: boolean;
};

/** The requests that a second person decides. Everything is durable when its promise resolves. */
export interface ApprovalStore {
  /** Those that wait, oldest first, at most 1,000. @param institution all, where undefined */
  awaiting(institution: InstitutionId | undefined): Promise<StatusRequest[]>;
  /** Decides a request if it waits still; of several at the same time one does. @returns the request as it is then */
  decide(
    id: string,
    decision: { decision: "approved" | "rejected"; by: Person; at: number },
  ): Promise<StatusRequest | undefined>;
}

/** What the outbox did with a document. */
export type QueueResult =
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
 * A nonce that a key has used here. It stands for one call permanently (O5), signed once or, at higher prices, again; at
 * most one of the attempts is ever mined.
 */
export interface OpenTransaction {
  /** Hash of the first attempt, by which items name it. */
  readonly id: Hash;
  readonly signer: Address;
  readonly nonce: number;
  /** Whether items of the outbox wait for it. */
  readonly carries: boolean;
  /** Oldest first; one at least. */
  readonly attempts: readonly SignedTransaction[];
}

/** The transactions signed here. Everything is durable when its promise resolves. */
export interface Ledger {
  /** Transactions of `signer` none of whose attempts is in the index or was given up, by nonce. */
  open(signer: Address): Promise<OpenTransaction[]>;
  /** The signers of all of those. */
  openSigners(): Promise<Address[]>;
  /** The nonce after the highest that `signer` has used here; 0 without any. */
  nextNonce(signer: Address): Promise<number>;
  /** Ties items to the transaction that carries them. Committed before the first broadcast (O4). */
  record(transaction: SignedTransaction, items: Items): Promise<void>;
  /** Adds an attempt at a higher price. Committed before its first broadcast (O4). */
  recordAttempt(id: Hash, attempt: SignedTransaction): Promise<void>;
  /** Closes transactions whose entries are all final. @returns how many */
  closeFinal(): Promise<number>;
  /** Closes one that was to make no entry. */
  close(id: Hash): Promise<void>;
  /** Gives one up that can be mined no more and made no entry, and queues its items again. */
  release(id: Hash): Promise<void>;
  /**
   * Opens those from `nonce` on again that were closed and are not in the index any more: the chain was restored to an
   * older state.
   * @returns nonces from `nonce` on, below {@link nextNonce}, without a transaction
   */
  reopen(signer: Address, nonce: number): Promise<number[]>;
}

/**
 * What was accepted and is not final yet. Everything is durable when its promise resolves. States are not written down
 * but follow from the item, its transaction and the index, so they cannot disagree with them.
 */
export interface Outbox extends Ledger {
  /**
   * Takes documents, all in one transaction. A payload that its institution has recorded or is recording is not taken
   * twice (O3); a failed one is queued again. The reference of one that is taken, or was taken before, is added to those
   * that it has.
   */
  enqueue(anchors: readonly NewAnchor[]): Promise<QueueResult[]>;
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
  /** Institutions that have something queued. */
  waiting(): Promise<InstitutionId[]>;
  /** Fails items permanently, with the reason. */
  fail(items: Items, reason: string): Promise<void>;
  /** Fails every queued document with REGISTRY_SUCCEEDED, permanently. @returns how many */
  endDocuments(reason: string): Promise<number>;
  /** What is accepted and neither final nor failed; of one institution where it is given. */
  pending(institution?: InstitutionId): Promise<Pending>;
}

export interface Pending {
  readonly count: number;
  /** When the oldest of them was accepted, in Unix milliseconds; undefined where there is none. */
  readonly oldestAcceptedAt: number | undefined;
}

/**
 * A reason to accept nothing for now of an institution, looked at before anything is written.
 * @throws AppError ACCEPTANCE_PAUSED, STORAGE_LOW
 */
export type Gate = (institution?: InstitutionId) => Promise<void>;

/** The part of the directory and of the log that anchoring reads. */
export interface RegistryView {
  scenes(): Promise<Scene[]>;
  institution(id: InstitutionId): Promise<Institution | undefined>;
  /** Whether the registry takes new documents. */
  registry(): Promise<RegistryState>;
  /** How far the log was followed. Everything that was recorded up to there is known. */
  followed(): Promise<FollowedBlocks>;
  /** The keys among `addresses` that are in force at `time`, with the institutions they act for. */
  keysInForce(addresses: readonly Address[], time: UnixSeconds): Promise<SigningKey[]>;
  /** An entry, with the last change of its status; undefined for an index that is not there. */
  entryAt(index: EntryIndex): Promise<RecordedEntry | undefined>;
  /** The bytes of a final entry, and its inclusion proof at the largest final size. */
  prove(index: EntryIndex): Promise<Inclusion>;
}

/** Numbers of blocks, -1 where there is none yet. */
export interface FollowedBlocks {
  readonly head: number;
  /** At most `head`: what is in this block can no longer change. */
  readonly final: number;
  /** Time of the head. */
  readonly time: UnixSeconds;
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
