/** Defines institutions, operators, their keys, scenes, and the state of the registry. */
import type { Address, EntryIndex, Hash, InstitutionId, OperatorId, SceneId, UnixSeconds } from "./units.ts";

/** Languages of everything that a person reads (BCP 47). */
export const LANGUAGES = ["en", "zh-Hans", "zh-Hant"] as const;
export type Language = (typeof LANGUAGES)[number];

export type Names = Readonly<Record<Language, string>>;

/** What an institution may record, by its bit in the registry: issuers documents, verifiers verifications, both consents. */
export const INSTITUTION_ROLES = { issuer: 1, verifier: 2 } as const;
export type InstitutionRole = keyof typeof INSTITUTION_ROLES;

/** By its number in the registry. Suspended can be reinstated; withdrawn is final. */
export const INSTITUTION_STATES = { active: 1, suspended: 2, withdrawn: 3 } as const;
export type InstitutionState = keyof typeof INSTITUTION_STATES;

/** The accreditor's statement of an institution. */
export interface Profile {
  readonly roles: readonly InstitutionRole[];
  /** Where it is registered (ISO 3166). */
  readonly jurisdiction: string;
  /** Its number in the official register there (统一社会信用代码, BR number). */
  readonly officialNumber: string;
  readonly names: Names;
}

export interface Institution extends Profile {
  readonly id: InstitutionId;
  /** Its cold address: adds, retires and reports keys, and signs nothing else. */
  readonly admin: Address;
  /** Who may become its admin, and from when. */
  readonly nextAdmin: { readonly admin: Address; readonly from: UnixSeconds } | undefined;
  readonly state: InstitutionState;
  /** The start of that state, and the directory entry that set it. */
  readonly stateSince: UnixSeconds;
  readonly stateEntry: EntryIndex;
}

/** When a key acts for its holder: `from` <= time < `until`. */
export interface KeyWindow {
  readonly addedAt: UnixSeconds;
  /** 0 = since it was added. */
  readonly from: UnixSeconds;
  /** 0 = no end. */
  readonly until: UnixSeconds;
  readonly compromise: Compromise | undefined;
}

/** A report that a key is compromised. */
export interface Compromise {
  readonly since: UnixSeconds;
  /** The directory entry that reports it. */
  readonly entry: EntryIndex;
}

/** A hot key of an institution. */
export interface InstitutionKey extends KeyWindow {
  readonly address: Address;
  readonly institution: InstitutionId;
}

/** What an operator's key signs, by its number in the registry: checkpoints, cosignatures, status statements. */
export const KEY_PURPOSES = { log: 1, witness: 2, status: 3 } as const;
export type KeyPurpose = keyof typeof KEY_PURPOSES;

/** A key with which an operator signs statements about the log. */
export interface OperatorKey extends KeyWindow {
  /** SHA-256 of the public key. */
  readonly id: Hash;
  readonly operator: OperatorId;
  readonly purpose: KeyPurpose;
  /** The type byte of C2SP signed-note. */
  readonly signatureType: number;
  readonly publicKey: Uint8Array;
}

/** Runs an instance of this service. */
export interface Operator {
  readonly id: OperatorId;
  readonly name: string;
  /** The institution it belongs to; undefined = none. */
  readonly institution: InstitutionId | undefined;
  readonly keys: readonly OperatorKey[];
}

/** Whether the registry takes new documents, consents and verifications. */
export interface RegistryState {
  readonly paused: boolean;
  /** The registry that takes them instead. */
  readonly successor: Address | undefined;
}

/** A document type. */
export interface Scene {
  readonly id: SceneId;
  /** Its name on the wire. */
  readonly slug: string;
  readonly names: Names;
  /** Its documents are recorded as commitments, so that a guess of a document cannot be confirmed. */
  readonly blinded: boolean;
  /** Its documents are about a person. */
  readonly personal: boolean;
}
