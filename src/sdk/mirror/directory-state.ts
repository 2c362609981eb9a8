/** Follows what a log's directory entries say: the institutions, operators, keys and document types that hold now. */
import type {
  Correction,
  Institution,
  InstitutionKey,
  KeyWindow,
  Operator,
  OperatorKey,
  PendingKey,
  RegistryState,
  Scene,
} from "../../core/directory.ts";
import { toHex } from "../../core/bytes.ts";
import type {
  Address,
  EntryIndex,
  InstitutionId,
  OperatorId,
  SceneId,
  UnixSeconds,
} from "../../core/units.ts";
import type { DirectoryFacts } from "../../log/directory-event.ts";

/** A change of the directory, with its place in the log. */
export type LoggedChange = DirectoryFacts & { readonly index: EntryIndex; readonly recordedAt: UnixSeconds };

type Reported = Extract<LoggedChange, { since: UnixSeconds }>;

/** Pure: the same changes make the same directory as the index of a service. */
export class DirectoryState {
  readonly #institutions = new Map<InstitutionId, Institution>();
  /** The entry that registered an institution as it is named now. */
  readonly #registrations = new Map<InstitutionId, EntryIndex>();
  readonly #keys = new Map<Address, InstitutionKey>();
  readonly #proposals = new Map<string, PendingKey & { readonly by: Address }>();
  readonly #operators = new Map<OperatorId, Omit<Operator, "keys">>();
  readonly #operatorKeys = new Map<string, OperatorKey>();
  readonly #scenes = new Map<SceneId, Scene>();
  #registry: RegistryState = { paused: false, successor: undefined };

  institution(id: InstitutionId): Institution | undefined {
    return this.#institutions.get(id);
  }

  registrationOf(id: InstitutionId): EntryIndex | undefined {
    return this.#registrations.get(id);
  }

  key(address: Address): InstitutionKey | undefined {
    return this.#keys.get(address);
  }

  scene(id: SceneId): Scene | undefined {
    return this.#scenes.get(id);
  }

  get registry(): RegistryState {
    return this.#registry;
  }

  /** In order of their ids. */
  institutions(): Institution[] {
    return [...this.#institutions.values()].toSorted((a, b) => a.id - b.id);
  }

  /** In order of institution, time and address. */
  keys(): InstitutionKey[] {
    return [...this.#keys.values()].toSorted(
      (a, b) => a.institution - b.institution || a.addedAt - b.addedAt || (a.address < b.address ? -1 : 1),
    );
  }

  /** What the present admins propose, in order of institution and address. */
  pendingKeys(): PendingKey[] {
    return [...this.#proposals.values()]
      .filter(({ institution, by }) => this.#institutions.get(institution)?.admin === by)
      .map(({ by: _, ...pending }) => pending)
      .toSorted((a, b) => a.institution - b.institution || (a.address < b.address ? -1 : 1));
  }

  /** In order of their ids, each with its keys by time and id. */
  operators(): Operator[] {
    const keys = [...this.#operatorKeys.values()].toSorted(
      (a, b) => a.addedAt - b.addedAt || (toHex(a.id) < toHex(b.id) ? -1 : 1),
    );
    return [...this.#operators.values()]
      .toSorted((a, b) => a.id - b.id)
      .map((each) => ({ ...each, keys: keys.filter(({ operator }) => operator === each.id) }));
  }

  /** In order of their ids. */
  scenes(): Scene[] {
    return [...this.#scenes.values()].toSorted((a, b) => a.id - b.id);
  }

  apply(change: LoggedChange): void {
    const { institution: id, index: entry, recordedAt } = change;
    switch (change.type) {
      case "institution-registered": {
        const { roles, scenes, jurisdiction, officialNumber, names, admin } = change;
        const known = this.#institutions.get(id);
        const first = { id, admin, nextAdmin: undefined, placedAdmin: undefined, state: "active" } as const;
        const profile = { roles, scenes, jurisdiction, officialNumber, names };
        const since = { stateSince: recordedAt, stateEntry: entry };
        this.#institutions.set(id, { ...(known ?? { ...first, ...since }), ...profile });
        this.#registrations.set(id, entry);
        return;
      }
      case "institution-state-set": {
        const { state } = change;
        this.#setInstitution(id, {
          state,
          stateSince: recordedAt,
          stateEntry: entry,
          nextAdmin: undefined,
        });
        return;
      }
      case "admin-named": {
        const { admin, from, byGovernance } = change;
        this.#setInstitution(id, { nextAdmin: { admin, from, byGovernance } });
        return;
      }
      case "admin-naming-cancelled": {
        this.#setInstitution(id, { nextAdmin: undefined });
        return;
      }
      case "admin-replaced": {
        const { admin, byGovernance } = change;
        const before = this.#institutions.get(id)?.placedAdmin;
        const placed = byGovernance ? { admin, since: recordedAt, entry } : undefined;
        this.#setInstitution(id, { admin, nextAdmin: undefined, placedAdmin: before ?? placed });
        return;
      }
      case "key-proposed": {
        const { key: address, from, until, recordedBy: by } = change;
        const proposal = { address, institution: id, from, until, proposedAt: recordedAt, by };
        this.#proposals.set(`${id} ${address}`, proposal);
        return;
      }
      case "key-added":
        this.#proposals.delete(`${id} ${change.key}`);
        this.#keys.set(change.key, { address: change.key, institution: id, ...windowOf(change) });
        return;
      case "key-retired":
      case "key-compromised":
      case "key-report-corrected": {
        const key = this.#keys.get(change.key);
        if (key !== undefined) this.#keys.set(change.key, { ...key, ...windowChange(change, key) });
        return;
      }
      case "operator-registered": {
        const { operator, name } = change;
        this.#operators.set(operator, { id: operator, name, institution: id === 0 ? undefined : id });
        return;
      }
      case "operator-key-added": {
        const { keyId, operator, purpose, signatureType, publicKey, possession } = change;
        const key = { id: keyId, operator, purpose, signatureType, publicKey, possession, entry };
        this.#operatorKeys.set(toHex(keyId), { ...key, ...windowOf(change) });
        return;
      }
      case "operator-key-retired":
      case "operator-key-compromised":
      case "operator-key-report-corrected": {
        const keyId = toHex(change.keyId);
        const key = this.#operatorKeys.get(keyId);
        if (key !== undefined) this.#operatorKeys.set(keyId, { ...key, ...windowChange(change, key) });
        return;
      }
      case "scene-defined": {
        const { scene, slug, names, blinded, personal } = change;
        this.#scenes.set(scene, { id: scene, slug, names, blinded, personal });
        return;
      }
      case "pause-set":
        this.#registry = { ...this.#registry, paused: change.paused };
        return;
      case "successor-named":
        this.#registry = { ...this.#registry, successor: change.registry };
        return;
      case "role-set": // roles of governance decide no verdict
        return;
    }
  }

  #setInstitution(id: InstitutionId, change: Partial<Institution>): void {
    const known = this.#institutions.get(id);
    if (known !== undefined) this.#institutions.set(id, { ...known, ...change });
  }
}

function windowOf({
  recordedAt,
  from,
  until,
}: {
  recordedAt: UnixSeconds;
  from: UnixSeconds;
  until: UnixSeconds;
}): KeyWindow {
  return { addedAt: recordedAt, from, until, compromise: undefined, correction: undefined };
}

/** A corrected report keeps the entry that reports it; one that is taken back leaves none. */
function windowChange(
  change: Extract<LoggedChange, { type: `${"" | "operator-"}key-retired` }> | Reported,
  { compromise }: KeyWindow,
): Partial<KeyWindow> {
  if ("until" in change) return { until: change.until };
  const { type, since, index: entry, recordedAt: at } = change;
  if (type === "key-compromised" || type === "operator-key-compromised")
    return { compromise: { since, entry }, correction: undefined };
  const correction: Correction = { since, entry, at };
  return { compromise: since === 0 ? undefined : compromise && { ...compromise, since }, correction };
}
