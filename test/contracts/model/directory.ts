/** Models institutions, operators and scenes of the registry. */
import { AbiCoder, ZeroAddress, dataLength, sha256 } from "ethers";
import { ROLES } from "./governance.ts";
import { KeysModel, NO_KEY, type Key } from "./keys.ts";
import { Refusal, refuseIf } from "./refusal.ts";

const ADMIN_DELAY = 172_800n;
const OBJECTION_DELAY = 604_800n;
const PRINTABLE = /^[!-~]$/v;

export interface Names {
  zhHans: string;
  zhHant: string;
  en: string;
}

export interface Profile {
  roles: bigint;
  scenes: bigint;
  jurisdiction: string;
  officialNumber: string;
  names: Names;
}

/** In the order of the interface's struct. */
export interface Institution {
  admin: string;
  state: bigint;
  roles: bigint;
  adminByGovernance: boolean;
  keysInUse: bigint;
  nextAdmin: string;
  nextAdminFrom: bigint;
  nextByGovernance: boolean;
  scenes: bigint;
}

/** In the order of the interface's struct. */
export interface Proposal {
  admin: string;
  from: bigint;
  until: bigint;
}

const NO_NEXT_ADMIN = { nextAdmin: ZeroAddress, nextAdminFrom: 0n, nextByGovernance: false };
const NO_PROPOSAL: Proposal = { admin: ZeroAddress, from: 0n, until: 0n };

export interface OperatorKey {
  key: Key;
  purpose: bigint;
  signatureType: bigint;
}

export const NO_INSTITUTION: Institution = {
  admin: ZeroAddress,
  state: 0n,
  roles: 0n,
  adminByGovernance: false,
  keysInUse: 0n,
  nextAdmin: ZeroAddress,
  nextAdminFrom: 0n,
  nextByGovernance: false,
  scenes: 0n,
};
export const NO_OPERATOR_KEY: OperatorKey = { key: NO_KEY, purpose: 0n, signatureType: 0n };

/** Institutions, operators, their keys, and scenes. */
export class DirectoryModel extends KeysModel {
  readonly institutions = new Map<bigint, Institution>();
  readonly keys = new Map<string, Key>();
  /** The institution of each operator. */
  readonly operators = new Map<bigint, bigint>();
  readonly operatorKeys = new Map<string, OperatorKey>();
  readonly scenes = new Map<string, bigint>();
  /** By institution and key. */
  readonly proposals = new Map<string, Proposal>();
  /** Institutions by jurisdiction and official number. */
  readonly numbers = new Map<string, bigint>();

  registerInstitution(admin: string, profile: Profile): void {
    this.checkRole(ROLES.ACCREDITOR);
    refuseIf(admin === ZeroAddress, "RegistryZeroAddress");
    const number = this.#numberOf(profile);
    const institution = BigInt(this.institutions.size + 1);
    const holder = this.numbers.get(number) ?? 0n;
    refuseIf(holder !== 0n, "RegistryOfficialNumber", institution, holder);
    this.#checkProfile(profile);
    this.numbers.set(number, institution);
    this.institutions.set(institution, { ...NO_INSTITUTION, admin, state: 1n });
    this.#setProfile(institution, profile);
  }

  amendInstitution(institution: bigint, profile: Profile): void {
    this.checkRole(ROLES.ACCREDITOR);
    this.institution(institution);
    const holder = this.numbers.get(this.#numberOf(profile)) ?? 0n;
    refuseIf(holder !== institution, "RegistryOfficialNumber", institution, holder);
    this.#checkProfile(profile);
    this.#setProfile(institution, profile);
  }

  setInstitutionState(institution: bigint, state: bigint): void {
    this.checkRole(ROLES.ACCREDITOR);
    const found = this.institution(institution);
    const next: Record<string, bigint[]> = { 1: [2n, 3n], 2: [1n, 3n], 3: [] };
    const possible = next[String(found.state)]?.includes(state) ?? false;
    refuseIf(!possible, "RegistryStateChange", institution, found.state, state);
    Object.assign(found, { state, ...NO_NEXT_ADMIN });
    this.change(institution, "InstitutionStateSet", { institution, state });
  }

  nameAdmin(institution: bigint, admin: string): void {
    const found = this.institution(institution);
    const byGovernance = !this.#isActiveAdmin(found);
    if (byGovernance) this.checkRole(ROLES.ACCREDITOR);
    refuseIf(found.state === 3n, "RegistryInstitutionNotActive", institution, 3n);
    refuseIf(admin === ZeroAddress, "RegistryZeroAddress");
    const from = this.now() + (byGovernance && found.state === 1n ? OBJECTION_DELAY : ADMIN_DELAY);
    Object.assign(found, { nextAdmin: admin, nextAdminFrom: from, nextByGovernance: byGovernance });
    this.change(institution, "AdminNamed", { institution, admin, from, byGovernance });
  }

  cancelAdmin(institution: bigint): void {
    const found = this.institution(institution);
    const { nextAdmin: admin, nextByGovernance } = found;
    const mayGovernance = nextByGovernance && this.hasRole(ROLES.ACCREDITOR, this.sender);
    const may = admin !== ZeroAddress && (this.#isActiveAdmin(found) || mayGovernance);
    refuseIf(!may, "RegistryNothingToCancel", institution, this.sender);
    Object.assign(found, NO_NEXT_ADMIN);
    this.change(institution, "AdminNamingCancelled", { institution, admin });
  }

  #isActiveAdmin({ admin, state }: Institution): boolean {
    return admin === this.sender && state === 1n;
  }

  acceptAdmin(institution: bigint): void {
    const found = this.institutions.get(institution) ?? NO_INSTITUTION;
    const may = this.sender === found.nextAdmin && this.now() >= found.nextAdminFrom;
    refuseIf(!may, "RegistryAdminNotNamed", institution, this.sender, found.nextAdminFrom);
    const byGovernance = found.adminByGovernance || found.nextByGovernance;
    Object.assign(found, { admin: this.sender, adminByGovernance: byGovernance, ...NO_NEXT_ADMIN });
    this.change(institution, "AdminReplaced", { institution, admin: this.sender, byGovernance });
  }

  addKey(institution: bigint, key: string, from: bigint, until: bigint): void {
    this.checkActive(institution, this.checkAdmin(institution));
    refuseIf(key === ZeroAddress, "RegistryZeroAddress");
    this.checkWindow(this.keys.get(key), from, until);
    this.proposals.set(`${institution} ${key}`, { admin: this.sender, from, until });
    this.change(institution, "KeyProposed", { institution, key, from, until });
  }

  acceptKey(institution: bigint): void {
    const key = this.sender;
    const { admin, from, until } = this.proposalOf(institution, key);
    const found = this.institutions.get(institution) ?? NO_INSTITUTION;
    const proposed = admin !== ZeroAddress && admin === found.admin;
    refuseIf(!proposed, "RegistryKeyNotProposed", institution, key);
    this.checkActive(institution, found);
    this.keys.set(key, this.newKey(this.keys.get(key), institution, from, until));
    this.proposals.delete(`${institution} ${key}`);
    found.keysInUse += 1n;
    this.change(institution, "KeyAdded", { institution, key, from, until });
  }

  proposalOf(institution: bigint, key: string): Proposal {
    return this.proposals.get(`${institution} ${key}`) ?? NO_PROPOSAL;
  }

  retireKey(key: string, until: bigint): void {
    const held = this.key(key);
    const institution = held.holder;
    const found = this.checkAdmin(institution);
    const wasInUse = !held.retired;
    const isLast = wasInUse && found.keysInUse === 1n && found.state === 1n;
    refuseIf(isLast, "RegistryLastKey", institution);
    const end = this.endKey(held, until);
    if (wasInUse) found.keysInUse -= 1n;
    this.change(institution, "KeyRetired", { institution, key, until: end });
  }

  reportKey(key: string, since: bigint): void {
    const held = this.key(key);
    if (!this.hasRole(ROLES.ACCREDITOR, this.sender)) this.checkAdmin(held.holder);
    this.reportedKey(held, since);
    this.change(held.holder, "KeyCompromised", { institution: held.holder, key, since });
  }

  correctKeyReport(key: string, since: bigint): void {
    this.checkRole(ROLES.ACCREDITOR);
    const held = this.key(key);
    this.correctedKey(held, this.institution(held.holder).admin, since);
    this.change(held.holder, "KeyReportCorrected", { institution: held.holder, key, since });
  }

  registerOperator(institution: bigint, name: string): void {
    this.checkRole(ROLES.ACCREDITOR);
    if (institution !== 0n) this.institution(institution);
    this.checkText(name, 256n);
    const operator = BigInt(this.operators.size + 1);
    this.operators.set(operator, institution);
    this.change(institution, "OperatorRegistered", { operator, institution, name });
  }

  addOperatorKey(
    operator: bigint,
    purpose: bigint,
    signatureType: bigint,
    publicKey: string,
    from: bigint,
    until: bigint,
    possession: string,
  ): void {
    const institution = this.#checkOperatorAdmin(operator);
    if (institution !== 0n) this.checkActive(institution, this.institution(institution));
    refuseIf(purpose < 1n || purpose > 3n, "RegistryUnsupportedPurpose", purpose);
    this.checkLength(BigInt(dataLength(publicKey)), 1312n);
    this.checkLength(BigInt(dataLength(possession)), 2420n);
    const keyId = keyIdOf(operator, purpose, signatureType, publicKey);
    const key = this.newKey(this.operatorKeys.get(keyId)?.key, operator, from, until);
    this.operatorKeys.set(keyId, { key, purpose, signatureType });
    this.change(institution, "OperatorKeyAdded", {
      operator,
      keyId,
      institution,
      purpose,
      signatureType,
      publicKey,
      possession,
      from,
      until,
    });
  }

  retireOperatorKey(keyId: string, until: bigint): void {
    const { key } = this.#operatorKey(keyId);
    const institution = this.#checkOperatorAdmin(key.holder);
    const end = this.endKey(key, until);
    this.change(institution, "OperatorKeyRetired", { operator: key.holder, keyId, institution, until: end });
  }

  reportOperatorKey(keyId: string, since: bigint): void {
    const { key } = this.#operatorKey(keyId);
    if (!this.hasRole(ROLES.ACCREDITOR, this.sender)) this.#checkOperatorAdmin(key.holder);
    this.reportedKey(key, since);
    const institution = this.operators.get(key.holder) ?? 0n;
    this.change(institution, "OperatorKeyCompromised", { operator: key.holder, keyId, institution, since });
  }

  correctOperatorKeyReport(keyId: string, since: bigint): void {
    this.checkRole(ROLES.ACCREDITOR);
    const { key } = this.#operatorKey(keyId);
    const institution = this.operators.get(key.holder) ?? 0n;
    this.correctedKey(key, (this.institutions.get(institution) ?? NO_INSTITUTION).admin, since);
    const values = { operator: key.holder, keyId, institution, since };
    this.change(institution, "OperatorKeyReportCorrected", values);
  }

  defineScene(slug: string, names: Names, blinded: boolean, personal: boolean): void {
    this.checkRole(ROLES.SCENE);
    this.checkCharacters(slug, 64n, /^[a-z0-9\-]$/v);
    this.#checkNames(names);
    const taken = this.scenes.get(slug);
    if (taken !== undefined) throw new Refusal("RegistrySlugTaken", taken);
    const scene = BigInt(this.scenes.size + 1);
    this.scenes.set(slug, scene);
    this.change(0n, "SceneDefined", { scene, slug, ...namesOfEvent(names), blinded, personal });
  }

  protected institution(institution: bigint): Institution {
    const found = this.institutions.get(institution);
    if (found === undefined) throw new Refusal("RegistryUnknownInstitution", institution);
    return found;
  }

  protected checkAdmin(institution: bigint): Institution {
    const found = this.institution(institution);
    refuseIf(this.sender !== found.admin, "RegistryNotAdmin", institution, this.sender);
    return found;
  }

  protected checkActive(institution: bigint, { state }: Institution): void {
    refuseIf(state !== 1n, "RegistryInstitutionNotActive", institution, state);
  }

  protected key(key: string): Key {
    const held = this.keys.get(key);
    if (held === undefined) throw new Refusal("RegistryUnknownKey", key);
    return held;
  }

  #operatorKey(keyId: string): OperatorKey {
    const held = this.operatorKeys.get(keyId);
    if (held === undefined) throw new Refusal("RegistryUnknownOperatorKey", keyId);
    return held;
  }

  /** @returns the operator's institution */
  #checkOperatorAdmin(operator: bigint): bigint {
    const institution = this.operators.get(operator);
    if (institution === undefined) throw new Refusal("RegistryUnknownOperator", operator);
    if (institution === 0n) this.checkRole(ROLES.ACCREDITOR);
    else this.checkAdmin(institution);
    return institution;
  }

  #numberOf({ jurisdiction, officialNumber }: Profile): string {
    this.checkCharacters(jurisdiction, 16n, PRINTABLE);
    this.checkCharacters(officialNumber, 64n, PRINTABLE);
    return `${jurisdiction} ${officialNumber}`;
  }

  #checkProfile({ roles, scenes, names }: Profile): void {
    refuseIf(roles < 1n || roles > 3n, "RegistryUnsupportedRoles", roles);
    refuseIf(scenes % 2n === 1n, "RegistryUnsupportedScenes", scenes);
    this.#checkNames(names);
  }

  #checkNames({ zhHans, zhHant, en }: Names): void {
    for (const name of [zhHans, zhHant, en]) this.checkText(name, 256n);
  }

  #setProfile(institution: bigint, profile: Profile): void {
    const found = this.institution(institution);
    const { roles, scenes, jurisdiction, officialNumber, names } = profile;
    found.roles = roles;
    found.scenes = scenes;
    const said = { roles, scenes, jurisdiction, officialNumber, ...namesOfEvent(names) };
    this.change(institution, "InstitutionRegistered", { institution, admin: found.admin, ...said });
  }
}

/** The id of an operator's key. */
function keyIdOf(operator: bigint, purpose: bigint, signatureType: bigint, publicKey: string): string {
  const types = ["uint32", "uint8", "uint8", "bytes"];
  return sha256(AbiCoder.defaultAbiCoder().encode(types, [operator, purpose, signatureType, publicKey]));
}

function namesOfEvent({ zhHans, zhHant, en }: Names): Record<string, string> {
  return { nameZhHans: zhHans, nameZhHant: zhHant, nameEn: en };
}
