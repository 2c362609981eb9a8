/** Defines the acts of governance, their results, and the directory that they change. */
import type {
  Institution,
  InstitutionKey,
  InstitutionState,
  KeyPurpose,
  Operator,
  PendingKey,
  Profile,
  RegistryState,
  Scene,
} from "./directory.ts";
import type { IndexHead } from "./head.ts";
import type { Address, EntryIndex, Hash, InstitutionId, OperatorId, SceneId, UnixSeconds } from "./units.ts";

/** The period in which a key may act; 0 = from now, and without end. */
interface Window {
  readonly from: UnixSeconds;
  readonly until: UnixSeconds;
}

/** One change of the directory or the registry, made by one governance transaction. */
export type Act =
  | { readonly act: "register-institution"; readonly admin: Address; readonly profile: Profile }
  | { readonly act: "amend-institution"; readonly institution: InstitutionId; readonly profile: Profile }
  | { readonly act: "set-state"; readonly institution: InstitutionId; readonly state: InstitutionState }
  | { readonly act: "name-admin"; readonly institution: InstitutionId; readonly admin: Address }
  | { readonly act: "cancel-admin"; readonly institution: InstitutionId }
  | { readonly act: "accept-admin"; readonly institution: InstitutionId }
  | ({ readonly act: "add-key"; readonly institution: InstitutionId; readonly key: Address } & Window)
  | { readonly act: "accept-key"; readonly institution: InstitutionId }
  /** `until` 0 = now. */
  | { readonly act: "retire-key"; readonly key: Address; readonly until: UnixSeconds }
  | { readonly act: "report-key"; readonly key: Address; readonly since: UnixSeconds }
  /** `since` 0 = the report is taken back. */
  | { readonly act: "correct-key-report"; readonly key: Address; readonly since: UnixSeconds }
  /** `institution` 0 = none. */
  | { readonly act: "register-operator"; readonly institution: InstitutionId; readonly name: string }
  | ({
      readonly act: "add-operator-key";
      readonly operator: OperatorId;
      readonly purpose: KeyPurpose;
      /** The type byte of C2SP signed-note. */
      readonly signatureType: number;
      readonly publicKey: Uint8Array;
      readonly possession: Uint8Array;
    } & Window)
  | { readonly act: "retire-operator-key"; readonly keyId: Hash; readonly until: UnixSeconds }
  | { readonly act: "report-operator-key"; readonly keyId: Hash; readonly since: UnixSeconds }
  | { readonly act: "correct-operator-key-report"; readonly keyId: Hash; readonly since: UnixSeconds }
  | ({ readonly act: "define-scene" } & Omit<Scene, "id">)
  | { readonly act: "set-paused"; readonly paused: boolean }
  | { readonly act: "name-successor"; readonly registry: Address };

/** The result of an act on the chain. */
export interface ActOutcome {
  readonly transaction: Hash;
  readonly block: number;
  /** Of its directory entry. */
  readonly index: EntryIndex;
  readonly recordedAt: UnixSeconds;
  /** Ids that the registry assigned, and times that it set. */
  readonly given: {
    readonly institution?: InstitutionId;
    readonly operator?: OperatorId;
    readonly scene?: SceneId;
    readonly keyId?: Hash;
    /** The first moment at which a named admin may take over. */
    readonly from?: UnixSeconds;
    /** The moment at which a retired key's window ends. */
    readonly until?: UnixSeconds;
  };
}

/** The directory at one state of the log. */
export interface Directory {
  readonly institutions: readonly Institution[];
  readonly keys: readonly InstitutionKey[];
  /** Keys that have not accepted. */
  readonly pendingKeys: readonly PendingKey[];
  readonly operators: readonly Operator[];
  readonly scenes: readonly Scene[];
  readonly registry: RegistryState;
  readonly head: IndexHead;
}
