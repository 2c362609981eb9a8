/** Models the keys of institutions and operators, and the checks of texts. */
import { ZeroAddress, toUtf8Bytes } from "ethers";
import { GovernanceModel, ROLES } from "./governance.ts";
import { MAX_TIME, lengthOf } from "./log.ts";
import { Refusal, refuseIf } from "./refusal.ts";

/** A key of an institution or of an operator, in the order of the interface's struct. */
export interface Key {
  holder: bigint;
  addedAt: bigint;
  from: bigint;
  until: bigint;
  compromisedSince: bigint;
  reportedBy: string;
  retired: boolean;
  reportedSince: bigint;
}

export const NO_KEY: Key = {
  holder: 0n,
  addedAt: 0n,
  from: 0n,
  until: 0n,
  compromisedSince: 0n,
  reportedBy: ZeroAddress,
  retired: false,
  reportedSince: 0n,
};

export function inForce(key: Key, time: bigint): boolean {
  return key.from <= time && (key.until === 0n || time < key.until);
}

export class KeysModel extends GovernanceModel {
  protected newKey(held: Key | undefined, holder: bigint, from: bigint, until: bigint): Key {
    this.checkWindow(held, from, until);
    return { ...NO_KEY, holder, addedAt: this.now(), from, until };
  }

  protected checkWindow(held: Key | undefined, from: bigint, until: bigint): void {
    const now = this.now();
    if (held !== undefined) throw new Refusal("RegistryKeyTaken", held.holder);
    refuseIf(from > MAX_TIME, "RegistryTimeTooLate", from, MAX_TIME);
    refuseIf(until > MAX_TIME, "RegistryTimeTooLate", until, MAX_TIME);
    const open = until === 0n || (until > from && until > now);
    refuseIf(!open, "RegistryKeyWindow", from, until, now);
  }

  /** @returns the end of the window from now on */
  protected endKey(key: Key, until: bigint): bigint {
    const now = this.now();
    const end = until === 0n ? now : until;
    const earlier = key.until === 0n || end < key.until;
    refuseIf(end < now || end > MAX_TIME || !earlier, "RegistryKeyRetirement", key.until, now);
    key.until = end;
    key.retired = true;
    return end;
  }

  protected reportedKey(key: Key, since: bigint): void {
    const latest = key.compromisedSince === 0n ? this.now() : key.compromisedSince - 1n;
    const possible = key.addedAt <= since && since <= latest;
    refuseIf(!possible, "RegistryCompromiseTime", since, key.addedAt, latest);
    key.compromisedSince = since;
    if (this.hasRole(ROLES.ACCREDITOR, this.sender)) return;
    key.reportedBy = this.sender;
    key.reportedSince = since;
  }

  /** @param admin the present admin of the key's institution */
  protected correctedKey(key: Key, admin: string, since: bigint): void {
    const reported = key.compromisedSince;
    refuseIf(reported === 0n, "RegistryKeyNotReported");
    const stands = key.reportedBy !== ZeroAddress && key.reportedBy === admin;
    const latest = stands ? key.reportedSince : this.now();
    const possible = since === 0n ? !stands : since > reported && since <= latest;
    refuseIf(!possible, "RegistryCompromiseTime", since, reported + 1n, latest);
    key.compromisedSince = since;
    if (!stands) key.reportedBy = ZeroAddress;
  }

  protected checkLength(length: bigint, max: bigint): void {
    refuseIf(length < 1n || length > max, "RegistryLength", length, max);
  }

  /** A text of characters that `allowed` is true of. */
  protected checkCharacters(text: string, max: bigint, allowed: RegExp): void {
    this.checkText(text, max);
    const wrong = toUtf8Bytes(text).findIndex((byte) => !allowed.test(String.fromCharCode(byte)));
    refuseIf(wrong !== -1, "RegistryCharacter", BigInt(wrong));
  }

  protected checkText(text: string, max: bigint): void {
    this.checkLength(lengthOf(text), max);
  }
}
