/** Models institutions, operators and scenes of the registry. */
import { ZeroAddress, dataLength, sha256 } from "ethers";
import { ROLES } from "./governance.ts";
import { KeysModel, NO_KEY, type Key } from "./keys.ts";
import { lengthOf } from "./log.ts";
import { Refusal, refuseIf } from "./refusal.ts";

const ADMIN_DELAY = 172_800n;

export interface Names {
  zhHans: string;
  zhHant: string;
  en: string;
}

export interface Profile {
  roles: bigint;
  jurisdiction: string;
  officialNumber: string;
  names: Names;
}

/** In the order of the interface's struct. */
export interface Institution {
  admin: string;
  state: bigint;
  roles: bigint;
  keysInUse: bigint;
  nextAdmin: string;
  nextAdminFrom: bigint;
}

export interface OperatorKey {
  key: Key;
  purpose: bigint;
  signatureType: bigint;
}

export const NO_INSTITUTION: Institution = {
  admin: ZeroAddress,
  state: 0n,
  roles: 0n,
  keysInUse: 0n,
  nextAdmin: ZeroAddress,
  nextAdminFrom: 0n,
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
  readonly #retired = new Set<string>();

  registerInstitution(admin: string, profile: Profile): void {
    this.checkRole(ROLES.ACCREDITOR);
    refuseIf(admin === ZeroAddress, "RegistryZeroAddress");
    this.#checkProfile(profile);
    const institution = BigInt(this.institutions.size + 1);
    this.institutions.set(institution, { ...NO_INSTITUTION, admin, state: 1n });
    this.#setProfile(institution, profile);
  }

  amendInstitution(institution: bigint, profile: Profile): void {
    this.checkRole(ROLES.ACCREDITOR);
    this.institution(institution);
    this.#checkProfile(profile);
    this.#setProfile(institution, profile);
  }

  setInstitutionState(institution: bigint, state: bigint): void {
    this.checkRole(ROLES.ACCREDITOR);
    const found = this.institution(institution);
    const next: Record<string, bigint[]> = { 1: [2n, 3n], 2: [1n, 3n], 3: [] };
    const possible = next[String(found.state)]?.includes(state) ?? false;
    refuseIf(!possible, "RegistryStateChange", institution, found.state, state);
    found.state = state;
    this.change(institution, "InstitutionStateSet", { institution, state });
  }

  scheduleAdmin(institution: bigint, admin: string): void {
    this.checkRole(ROLES.ACCREDITOR);
    const found = this.institution(institution);
    refuseIf(admin === ZeroAddress, "RegistryZeroAddress");
    const from = this.now() + ADMIN_DELAY;
    found.nextAdmin = admin;
    found.nextAdminFrom = from;
    this.change(institution, "AdminScheduled", { institution, admin, from });
  }

  acceptAdmin(institution: bigint): void {
    const found = this.institutions.get(institution) ?? NO_INSTITUTION;
    const may = this.sender === found.nextAdmin && this.now() >= found.nextAdminFrom;
    refuseIf(!may, "RegistryAdminNotScheduled", institution, this.sender, found.nextAdminFrom);
    found.admin = this.sender;
    found.nextAdmin = ZeroAddress;
    found.nextAdminFrom = 0n;
    this.change(institution, "AdminReplaced", { institution, admin: this.sender });
  }

  addKey(institution: bigint, key: string, from: bigint, until: bigint): void {
    const found = this.checkAdmin(institution);
    refuseIf(key === ZeroAddress, "RegistryZeroAddress");
    this.keys.set(key, this.newKey(this.keys.get(key), institution, from, until));
    found.keysInUse += 1n;
    this.change(institution, "KeyAdded", { institution, key, from, until });
  }

  retireKey(key: string, until: bigint): void {
    const held = this.key(key);
    const institution = held.holder;
    const found = this.checkAdmin(institution);
    const wasInUse = !this.#retired.has(key);
    const isLast = wasInUse && found.keysInUse === 1n && found.state !== 3n;
    refuseIf(isLast, "RegistryLastKey", institution);
    const end = this.endKey(held, until);
    if (wasInUse) found.keysInUse -= 1n;
    this.#retired.add(key);
    this.change(institution, "KeyRetired", { institution, key, until: end });
  }

  reportKey(key: string, since: bigint): void {
    const held = this.key(key);
    if (!this.hasRole(ROLES.ACCREDITOR, this.sender)) this.checkAdmin(held.holder);
    this.reportedKey(held, since);
    this.change(held.holder, "KeyCompromised", { institution: held.holder, key, since });
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
  ): void {
    const institution = this.#checkOperatorAdmin(operator);
    refuseIf(purpose < 1n || purpose > 3n, "RegistryUnsupportedPurpose", purpose);
    this.checkLength(BigInt(dataLength(publicKey)), 1312n);
    const keyId = sha256(publicKey);
    const key = this.newKey(this.operatorKeys.get(keyId)?.key, operator, from, until);
    this.operatorKeys.set(keyId, { key, purpose, signatureType });
    this.change(institution, "OperatorKeyAdded", {
      operator,
      keyId,
      institution,
      purpose,
      signatureType,
      publicKey,
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

  defineScene(slug: string, names: Names, blinded: boolean, personal: boolean): void {
    this.checkRole(ROLES.SCENE);
    refuseIf(!/^[a-z0-9\-]{1,64}$/v.test(slug), "RegistrySlugMalformed", slug);
    this.#checkNames(names);
    const taken = this.scenes.get(slug);
    if (taken !== undefined) throw new Refusal("RegistrySlugTaken", slug, taken);
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

  #checkProfile({ roles, jurisdiction, officialNumber, names }: Profile): void {
    refuseIf(roles < 1n || roles > 3n, "RegistryUnsupportedRoles", roles);
    this.checkLength(lengthOf(jurisdiction), 16n);
    this.checkLength(lengthOf(officialNumber), 64n);
    this.#checkNames(names);
  }

  #checkNames({ zhHans, zhHant, en }: Names): void {
    for (const name of [zhHans, zhHant, en]) this.checkText(name, 256n);
  }

  #setProfile(institution: bigint, profile: Profile): void {
    const found = this.institution(institution);
    const { roles, jurisdiction, officialNumber, names } = profile;
    found.roles = roles;
    const said = { roles, jurisdiction, officialNumber, ...namesOfEvent(names) };
    this.change(institution, "InstitutionRegistered", { institution, admin: found.admin, ...said });
  }
}

function namesOfEvent({ zhHans, zhHant, en }: Names): Record<string, string> {
  return { nameZhHans: zhHans, nameZhHant: zhHant, nameEn: en };
}
