/** Defines institutions, operators, their keys, scenes, and the state of the registry. */
import type { Address, EntryIndex, Hash, InstitutionId, OperatorId, SceneId, UnixSeconds } from "./units.ts";

/** Languages of everything that a person reads (BCP 47). */
export const LANGUAGES = ["en", "zh-Hans", "zh-Hant"] as const;
/** A language that people read: one of {@link LANGUAGES}. */
export type Language = (typeof LANGUAGES)[number];

export type Names = Readonly<Record<Language, string>>;

/** What an institution may record, by its bit in the registry: issuers documents and consents, verifiers verifications. */
export const INSTITUTION_ROLES = { issuer: 1, verifier: 2 } as const;
export type InstitutionRole = keyof typeof INSTITUTION_ROLES;

/** The bits of document types in the registry: bit i is scene i. */
export function sceneBits(scenes: readonly SceneId[]): bigint {
  return scenes.reduce((bits, scene) => bits | (1n << BigInt(scene)), 0n);
}

/** The document types whose bits are set, in order. */
export function scenesOf(bits: bigint): SceneId[] {
  return Array.from({ length: MAX_SCENES + 1 }, (_, scene) => scene).filter(
    (scene) => ((bits >> BigInt(scene)) & 1n) === 1n,
  );
}

/** By its number in the registry. Suspended can be reinstated; withdrawn is final. */
export const INSTITUTION_STATES = { active: 1, suspended: 2, withdrawn: 3 } as const;
export type InstitutionState = keyof typeof INSTITUTION_STATES;

/** A registry has at most as many document types. */
const MAX_SCENES = 255;

/** The accreditor's statement of an institution. */
export interface Profile {
  readonly roles: readonly InstitutionRole[];
  /** The document types that it may record documents of, in order; no value means all. */
  readonly scenes: readonly SceneId[];
  /** Where it is registered (ISO 3166). */
  readonly jurisdiction: string;
  /** Its number in the official register there (统一社会信用代码, BR number); unique with the jurisdiction, and constant. */
  readonly officialNumber: string;
  readonly names: Names;
}

export interface Institution extends Profile {
  readonly id: InstitutionId;
  /** Its cold address: keeps its keys, those of its operators, and names the next admin. */
  readonly admin: Address;
  /** Who may become its admin, from when, and whether governance named it. */
  readonly nextAdmin: NextAdmin | undefined;
  /** The first admin that governance put in place; what is recorded under it and those after it bears a flag. */
  readonly placedAdmin: PlacedAdmin | undefined;
  readonly state: InstitutionState;
  /** The start of that state, and the directory entry that set it. */
  readonly stateSince: UnixSeconds;
  readonly stateEntry: EntryIndex;
}

interface NextAdmin {
  readonly admin: Address;
  readonly from: UnixSeconds;
  readonly byGovernance: boolean;
}

export interface PlacedAdmin {
  readonly admin: Address;
  readonly since: UnixSeconds;
  /** The directory entry that put it in place. */
  readonly entry: EntryIndex;
}

/** When a key acts for its holder: `from` <= time < `until`. */
export interface KeyWindow {
  readonly addedAt: UnixSeconds;
  /** 0 = since it was added. */
  readonly from: UnixSeconds;
  /** 0 = no end. */
  readonly until: UnixSeconds;
  readonly compromise: Compromise | undefined;
  /** Of the last report, by governance; a newer report takes its place. */
  readonly correction: Correction | undefined;
}

/** A report that a key is compromised. */
export interface Compromise {
  readonly since: UnixSeconds;
  /** The directory entry that reports it. */
  readonly entry: EntryIndex;
}

/** A correction of a report by governance. */
export interface Correction {
  /** What the report says now; 0 = it is taken back. */
  readonly since: UnixSeconds;
  /** The directory entry that corrects it, and when that was recorded. */
  readonly entry: EntryIndex;
  readonly at: UnixSeconds;
}

/** A hot key of an institution. */
export interface InstitutionKey extends KeyWindow {
  readonly address: Address;
  readonly institution: InstitutionId;
}

/** A key that the institution's admin proposed and that has not accepted. */
export interface PendingKey {
  readonly address: Address;
  readonly institution: InstitutionId;
  readonly from: UnixSeconds;
  readonly until: UnixSeconds;
  readonly proposedAt: UnixSeconds;
}

/** What an operator's key signs, by its number in the registry: checkpoints, cosignatures, status statements. */
export const KEY_PURPOSES = { log: 1, witness: 2, status: 3 } as const;
export type KeyPurpose = keyof typeof KEY_PURPOSES;

/** A key with which an operator signs statements about the log. */
export interface OperatorKey extends KeyWindow {
  /** See `operatorKeyId`. */
  readonly id: Hash;
  readonly operator: OperatorId;
  readonly purpose: KeyPurpose;
  /** The type byte of C2SP signed-note. */
  readonly signatureType: number;
  readonly publicKey: Uint8Array;
  /** The key's own signature over its registration; the contract does not check it. */
  readonly possession: Uint8Array;
  /** The directory entry that added it. */
  readonly entry: EntryIndex;
}

/** A key as the directory takes it. */
export type NewOperatorKey = Pick<OperatorKey, "purpose" | "signatureType" | "publicKey" | "possession">;

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
