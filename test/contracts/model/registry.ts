/** Models the whole registry by the NatSpec of its interface. */
import { ZeroAddress, dataLength, dataSlice, getNumber, solidityPacked } from "ethers";
import { DirectoryModel, type Institution } from "./directory.ts";
import { ROLES } from "./governance.ts";
import { inForce, type Key } from "./keys.ts";
import { MAX_TIME, ZERO_HASH, type Inclusion } from "./log.ts";
import { Refusal, refuseIf } from "./refusal.ts";

export const MAX_PAYLOADS = 2000;

export interface Group {
  kind: bigint;
  scene: bigint;
  algorithm: bigint;
  flags: bigint;
  validUntil: bigint;
  payloads: string[];
}

/** In the order of the interface's struct. */
export interface Status {
  action: bigint;
  reason: bigint;
  institution: bigint;
  successor: bigint;
  index: bigint;
  recordedAt: bigint;
}

const NO_STATUS: Status = {
  action: 0n,
  reason: 0n,
  institution: 0n,
  successor: 0n,
  index: 0n,
  recordedAt: 0n,
};

/** Role bits of which an institution needs one, the last algorithm, and the least flags, by kind. */
const KINDS = new Map([
  [1n, { needed: 1n, lastAlgorithm: 2n, leastFlags: 0n }],
  [3n, { needed: 1n, lastAlgorithm: 1n, leastFlags: 1n }],
  [4n, { needed: 2n, lastAlgorithm: 1n, leastFlags: 1n }],
]);

/**
 * The registry by the NatSpec of IDocumentRegistry.sol, apart from the contract: state in maps, entries as bytes. A
 * function refuses before it changes anything.
 */
export class RegistryModel extends DirectoryModel {
  isPaused = false;
  predecessor = ZeroAddress;
  successor = ZeroAddress;
  /** Contracts that name this registry as their predecessor. */
  readonly successors = new Set<string>();
  /** Contracts that do not, or whose answer is none; and an account without code. */
  readonly others = new Set<string>();
  readonly statuses = new Map<bigint, Status>();

  construct(delay: bigint, governor: string, predecessor: string): void {
    this.predecessor = predecessor;
    this.found(delay, governor);
  }

  setPaused(paused: boolean): void {
    this.checkRole(ROLES.PAUSER);
    refuseIf(paused === this.isPaused, "RegistryPauseUnchanged", paused);
    this.isPaused = paused;
    this.change(0n, "PauseSet", { paused });
  }

  nameSuccessor(registry: string): void {
    this.checkRole(ROLES.DEFAULT_ADMIN);
    refuseIf(this.successor !== ZeroAddress, "RegistryHasSuccessor", this.successor);
    refuseIf(!this.successors.has(registry), "RegistryNotASuccessor", registry);
    this.successor = registry;
    this.change(0n, "SuccessorNamed", { registry });
  }

  anchor(groups: Group[]): void {
    refuseIf(this.successor !== ZeroAddress, "RegistryHasSuccessor", this.successor);
    refuseIf(this.isPaused, "RegistryPaused");
    const institution = this.#keyOfCaller().holder;
    const found = this.institution(institution);
    this.checkActive(institution, found);
    refuseIf(groups.length === 0, "RegistryEmptyBatch", 0n);
    this.#checkGroups(groups, institution, found);
    for (const group of groups) this.#record(group, institution);
    this.commit();
  }

  setStatus(document: Inclusion, action: bigint, reason: bigint, successor: Inclusion): void {
    refuseIf(action < 1n || action > 4n, "RegistryUnsupportedAction", action);
    refuseIf(reason < 1n || reason > 6n, "RegistryUnsupportedReason", reason);
    const owner = this.#ownerOf(document, action);
    const institution = this.#actorOn(document, owner, action);
    this.#checkTransition(document.index, action);
    if (action === 4n) this.#checkSuccessor(successor, document.index, owner);
    else refuseIf(!isEmpty(successor), "RegistryUnexpectedSuccessor", action);
    this.#setStatus(document.index, {
      ...NO_STATUS,
      action,
      reason,
      institution,
      successor: successor.index,
    });
  }

  statusOf(index: bigint): Status {
    return this.statuses.get(index) ?? NO_STATUS;
  }

  holderAt(key: string, time: bigint): bigint {
    const held = this.keys.get(key);
    return held !== undefined && held.addedAt <= time && inForce(held, time) ? held.holder : 0n;
  }

  #keyOfCaller(): Key {
    const key = this.key(this.sender);
    const now = this.now();
    refuseIf(!inForce(key, now), "RegistryKeyNotInForce", this.sender, key.from, key.until, now);
    return key;
  }

  #checkGroups(groups: Group[], institution: bigint, { roles, scenes }: Institution): void {
    let count = 0;
    for (const [position, group] of groups.entries()) {
      const needed = this.#checkGroup(group, BigInt(position));
      refuseIf((roles & needed) === 0n, "RegistryRoleMissing", institution, roles, needed);
      const accredited = group.kind !== 1n || (scenes >> group.scene) % 2n === 1n;
      refuseIf(!accredited, "RegistrySceneNotAccredited", institution, group.scene);
      count += group.payloads.length;
      const tooMany = count > MAX_PAYLOADS;
      refuseIf(tooMany, "RegistryTooManyPayloads", BigInt(count), BigInt(MAX_PAYLOADS));
      const zero = group.payloads.indexOf(ZERO_HASH);
      refuseIf(zero !== -1, "RegistryZeroPayload", BigInt(position), BigInt(zero));
    }
  }

  /** @returns role bits, one of which is needed */
  #checkGroup({ kind, scene, algorithm, flags, validUntil, payloads }: Group, position: bigint): bigint {
    const rules = KINDS.get(kind);
    if (rules === undefined) throw new Refusal("RegistryUnsupportedKind", kind);
    const { needed, lastAlgorithm, leastFlags } = rules;
    const known = algorithm >= 1n && algorithm <= lastAlgorithm;
    refuseIf(!known, "RegistryUnsupportedAlgorithm", kind, algorithm);
    refuseIf(flags < leastFlags || flags > 1n, "RegistryUnsupportedFlags", kind, flags);
    const isScene = scene >= 1n && scene <= BigInt(this.scenes.size);
    refuseIf(kind === 1n ? !isScene : scene !== 0n, "RegistryUnknownScene", kind, scene);
    const now = this.now();
    refuseIf(validUntil !== 0n && validUntil <= now, "RegistryValidUntilPassed", validUntil, now);
    refuseIf(validUntil > MAX_TIME, "RegistryTimeTooLate", validUntil, MAX_TIME);
    refuseIf(payloads.length === 0, "RegistryEmptyBatch", position);
    return needed;
  }

  #record(group: Group, institution: bigint): void {
    const index = this.size;
    const { payloads, ...shared } = group;
    const flags = group.flags | this.#flagsOf(institution);
    for (const payload of payloads) this.append({ ...shared, flags, institution, payload });
    const recordedAt = this.now();
    this.emit("Anchored", { ...group, flags, index, institution, recordedAt, recordedBy: this.sender });
  }

  /** Bit 1 where governance put the admin in place; governance itself has none. */
  #flagsOf(institution: bigint): bigint {
    return this.institutions.get(institution)?.adminByGovernance === true ? 2n : 0n;
  }

  /** @returns the institution that recorded the document, or the consent that is revoked */
  #ownerOf(document: Inclusion, action: bigint): bigint {
    const { entry, index, size } = document;
    const length = dataLength(entry);
    const malformed = length !== 80 || !entry.startsWith("0x01");
    refuseIf(malformed, "RegistryEntryMalformed", BigInt(length));
    refuseIf(!this.roots.has(size), "RegistryUnknownSize", size);
    refuseIf(!this.verifyInclusion(document), "RegistryProofInvalid", index, size);
    const kind = BigInt(dataSlice(entry, 1, 2));
    const may = kind === 1n || (kind === 3n && action === 1n);
    refuseIf(!may, "RegistryNotADocument", index, kind);
    return BigInt(getNumber(dataSlice(entry, 4, 8)));
  }

  /** @returns the institution that the caller is here; 0 = governance */
  #actorOn({ index, entry }: Inclusion, owner: bigint, action: bigint): bigint {
    const { state } = this.institution(owner);
    const isOwner = this.keys.get(this.sender)?.holder === owner;
    if (!isOwner && this.hasRole(ROLES.ACCREDITOR, this.sender)) {
      refuseIf(state === 1n, "RegistryInstitutionActive", owner);
      return 0n;
    }
    const { holder } = this.#keyOfCaller();
    refuseIf(holder !== owner, "RegistryNotYourEntry", index, owner, holder);
    const harmless = dataSlice(entry, 1, 2) === "0x03" ? 1n : 2n;
    const may = state === 1n || (state === 2n && action === harmless);
    refuseIf(!may, "RegistryInstitutionNotActive", owner, state);
    return owner;
  }

  #checkTransition(index: bigint, action: bigint): void {
    const current = this.statusOf(index);
    const final = current.action === 1n || current.action === 4n;
    refuseIf(final, "RegistryEntryFinal", index, current.action);
    const unchanged = current.action === 2n ? action === 2n : action === 3n;
    refuseIf(unchanged, "RegistryStatusUnchanged", index, action);
  }

  #checkSuccessor(successor: Inclusion, document: bigint, owner: bigint): void {
    const { index } = successor;
    const successorOwner = this.#ownerOf(successor, 4n);
    refuseIf(successorOwner !== owner, "RegistryNotYourEntry", index, successorOwner, owner);
    refuseIf(index === document, "RegistrySuccessorIsItself", index);
    const { action } = this.statusOf(index);
    refuseIf([1n, 2n, 4n].includes(action), "RegistrySuccessorWithdrawn", index, action);
  }

  #setStatus(document: bigint, said: Status): void {
    const { action, reason, institution, successor } = said;
    const recordedAt = this.now();
    const payload = solidityPacked(
      ["uint64", "uint8", "uint8", "uint64", "bytes14"],
      [document, action, reason, successor, `0x${"00".repeat(14)}`],
    );
    const flags = this.#flagsOf(institution);
    const index = this.append({ kind: 2n, flags, institution, payload });
    this.commit();
    this.statuses.set(document, { ...said, index, recordedAt });
    const values = { index, document, institution, action, reason, successor, flags, recordedAt };
    this.emit("StatusSet", { ...values, recordedBy: this.sender });
  }
}

function isEmpty({ entry, index, size, proof }: Inclusion): boolean {
  return entry === "0x" && index === 0n && size === 0n && proof.length === 0;
}
