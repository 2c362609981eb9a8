/** Models roles, and the default admin's two-step transfer, of the registry. */
import { ZeroAddress, id } from "ethers";
import { LogModel, ZERO_HASH } from "./log.ts";
import { refuseIf } from "./refusal.ts";

export const ROLES = {
  DEFAULT_ADMIN: ZERO_HASH,
  ACCREDITOR: id("ACCREDITOR_ROLE"),
  SCENE: id("SCENE_ROLE"),
  PAUSER: id("PAUSER_ROLE"),
} as const;

const FIVE_DAYS = 432_000n;

/** A schedule of OpenZeppelin's AccessControlDefaultAdminRules, in block time; `at` is 0 where there is none. */
interface Schedule<T> {
  value: T;
  at: bigint;
}

/** By OpenZeppelin AccessControlDefaultAdminRules 5.7. */
export class GovernanceModel extends LogModel {
  readonly holders = new Map<string, Set<string>>();
  defaultAdmin: string = ZeroAddress;
  pendingAdmin: Schedule<string> = { value: ZeroAddress, at: 0n };
  pendingDelay: Schedule<bigint> = { value: 0n, at: 0n };
  #delay = 0n;

  hasRole(role: string, account: string): boolean {
    return this.holders.get(role)?.has(account) ?? false;
  }

  grantRole(role: string, account: string): void {
    refuseIf(role === ROLES.DEFAULT_ADMIN, "AccessControlEnforcedDefaultAdminRules");
    this.checkRole(ROLES.DEFAULT_ADMIN);
    this.#setRole(role, account, true);
  }

  revokeRole(role: string, account: string): void {
    refuseIf(role === ROLES.DEFAULT_ADMIN, "AccessControlEnforcedDefaultAdminRules");
    this.checkRole(ROLES.DEFAULT_ADMIN);
    this.#setRole(role, account, false);
  }

  /** The default admin cannot renounce: that needs a transfer to the zero address, which is refused. */
  renounceRole(role: string, account: string): void {
    const isDefaultAdmin = role === ROLES.DEFAULT_ADMIN && account === this.defaultAdmin;
    refuseIf(isDefaultAdmin, "AccessControlEnforcedDefaultAdminDelay", this.pendingAdmin.at);
    refuseIf(account !== this.sender, "AccessControlBadConfirmation");
    this.#setRole(role, account, false);
  }

  beginDefaultAdminTransfer(newAdmin: string): void {
    refuseIf(newAdmin === ZeroAddress, "RegistryLastAdmin");
    this.checkRole(ROLES.DEFAULT_ADMIN);
    const acceptSchedule = this.blockTime + this.#delayInForce();
    this.#schedule(newAdmin, acceptSchedule);
    this.emit("DefaultAdminTransferScheduled", { newAdmin, acceptSchedule });
  }

  cancelDefaultAdminTransfer(): void {
    this.checkRole(ROLES.DEFAULT_ADMIN);
    this.#schedule(ZeroAddress, 0n);
  }

  acceptDefaultAdminTransfer(): void {
    const { value, at } = this.pendingAdmin;
    refuseIf(this.sender !== value, "AccessControlInvalidDefaultAdmin", this.sender);
    refuseIf(at === 0n || at >= this.blockTime, "AccessControlEnforcedDefaultAdminDelay", at);
    this.#setRole(ROLES.DEFAULT_ADMIN, this.defaultAdmin, false);
    this.defaultAdmin = value;
    this.#setRole(ROLES.DEFAULT_ADMIN, value, true);
    this.pendingAdmin = { value: ZeroAddress, at: 0n };
  }

  changeDefaultAdminDelay(newDelay: bigint): void {
    this.checkRole(ROLES.DEFAULT_ADMIN);
    const current = this.#delayInForce();
    const longer = newDelay < FIVE_DAYS ? newDelay : FIVE_DAYS;
    const effectSchedule = this.blockTime + (newDelay > current ? longer : current - newDelay);
    this.#scheduleDelay(newDelay, effectSchedule);
    this.emit("DefaultAdminDelayChangeScheduled", { newDelay, effectSchedule });
  }

  rollbackDefaultAdminDelay(): void {
    this.checkRole(ROLES.DEFAULT_ADMIN);
    this.#scheduleDelay(0n, 0n);
  }

  /** What the constructor does with roles. */
  protected found(delay: bigint, governor: string): void {
    this.#delay = delay;
    this.defaultAdmin = governor;
    for (const role of Object.values(ROLES)) this.#setRole(role, governor, true);
  }

  protected checkRole(role: string): void {
    const held = this.hasRole(role, this.sender);
    refuseIf(!held, "AccessControlUnauthorizedAccount", this.sender, role);
  }

  #setRole(role: string, account: string, granted: boolean): void {
    if (this.hasRole(role, account) === granted) return;
    const holders = this.holders.get(role) ?? new Set<string>();
    this.holders.set(role, holders);
    if (granted) holders.add(account);
    else holders.delete(account);
    this.emit(granted ? "RoleGranted" : "RoleRevoked", { role, account, sender: this.sender });
    this.change(0n, "RoleSet", { role, account, granted });
  }

  #delayInForce(): bigint {
    const { value, at } = this.pendingDelay;
    return at !== 0n && at < this.blockTime ? value : this.#delay;
  }

  #schedule(value: string, at: bigint): void {
    if (this.pendingAdmin.at !== 0n) this.emit("DefaultAdminTransferCanceled", {});
    this.pendingAdmin = { value, at };
  }

  #scheduleDelay(value: bigint, at: bigint): void {
    const old = this.pendingDelay.at;
    this.#delay = this.#delayInForce();
    if (old >= this.blockTime) this.emit("DefaultAdminDelayChangeCanceled", {});
    this.pendingDelay = { value, at };
  }
}
