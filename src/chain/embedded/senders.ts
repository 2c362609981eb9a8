/** Follows, by the events of registries, which addresses have anything to do in them. */
import type { z } from "zod";
import type { Address, UnixSeconds } from "../../core/units.ts";
import { registry, toAddress, type rawLog } from "../registry/registry.ts";

type Log = Pick<z.infer<typeof rawLog>, "address" | "topics" | "data">;

/** Seconds that a key may send after its window: what was signed within it is mined, and refused by the contract. */
const LAST_CALL = 86_400;

/** An office in a registry, and who holds it, in the words of an event. */
type Office = readonly [office: string, holder: string | undefined, until?: bigint];
type Value = (name: string) => unknown;

const text = (value: unknown): string => String(value);
const admin = (of: Value): string => `admin ${text(of("institution"))}`;
const nextAdmin = (of: Value): string => `next admin ${text(of("institution"))}`;
const proposed = (of: Value): string => `proposed ${text(of("institution"))} ${text(of("key"))}`;
const keyAs = (office: string, of: Value): Office => [office, text(of("key")), of("until") as bigint];
const accepted = (of: Value): Office => keyAs(`key ${text(of("key"))}`, of);
const role = (of: Value): string => `role ${text(of("role"))} ${text(of("account"))}`;
const NEXT_GOVERNOR = "next governor";

/** What each event changes; no holder: the office is empty. Its other parameters, which may be no texts, are not read. */
const CHANGES: Readonly<Record<string, (of: Value) => readonly Office[]>> = {
  RoleSet: (of) => [[role(of), of("granted") === true ? text(of("account")) : undefined]],
  DefaultAdminTransferScheduled: (of) => [[NEXT_GOVERNOR, text(of("newAdmin"))]],
  DefaultAdminTransferCanceled: () => [[NEXT_GOVERNOR, undefined]],
  InstitutionRegistered: (of) => [[admin(of), text(of("admin"))]],
  InstitutionStateSet: (of) => [[nextAdmin(of), undefined]],
  AdminNamed: (of) => [[nextAdmin(of), text(of("admin"))]],
  AdminNamingCancelled: (of) => [[nextAdmin(of), undefined]],
  AdminReplaced: (of) => [
    [admin(of), text(of("admin"))],
    [nextAdmin(of), undefined],
  ],
  KeyProposed: (of) => [keyAs(proposed(of), of)],
  KeyAdded: (of) => [accepted(of), [proposed(of), undefined]],
  KeyRetired: (of) => [accepted(of)],
};

/** topic0 of the events that change who may send. */
export const SENDER_TOPICS: readonly string[] = Object.keys(CHANGES).map(
  (name) => registry.getEvent(name)?.topicHash ?? "",
);

export class Senders {
  readonly #offices = new Map<string, { readonly holder: Address; readonly until: UnixSeconds }>();
  readonly #registries = new Set<Address>();

  /** The registries whose events were read. */
  get registries(): ReadonlySet<Address> {
    return this.#registries;
  }

  /** Takes the next event in the order of the chain. */
  apply({ address, ...log }: Log): void {
    const parsed = registry.parseLog(log);
    if (parsed === null) return;
    this.#registries.add(toAddress(address));
    const changes = CHANGES[parsed.name]?.((name) => parsed.args.getValue(name) as unknown) ?? [];
    for (const [office, holder, until = 0n] of changes) {
      const at = `${toAddress(address)} ${office}`;
      if (holder === undefined) this.#offices.delete(at);
      else
        this.#offices.set(at, {
          holder: toAddress(holder),
          until: until === 0n ? Infinity : Number(until) + LAST_CALL,
        });
    }
  }

  /** Whether a registry gives the address anything to do at a time. */
  have(address: Address, time: UnixSeconds): boolean {
    for (const { holder, until } of this.#offices.values())
      if (holder === address && time < until) return true;
    return false;
  }
}
