import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { call, describeOutcome, type Call } from "../support/contract/calls.ts";
import {
  BANK,
  consents,
  DAY,
  group,
  MADE_AT,
  NOW,
  verifications,
  WHO,
} from "../support/contract/directory.ts";
import { NOTHING } from "../support/contract/log-copy.ts";
import { Registry } from "../support/contract/registry.ts";

let registry: Registry;
beforeAll(async () => void (registry = await Registry.open()));
beforeEach(async () => await registry.reset());
/** The entries here are those of the events, and the contract has hashed the same. */
afterEach(async () => {
  const { contract, events } = await registry.heads();
  expect(contract).toEqual(events);
});
afterAll(async () => await registry[Symbol.asyncDispose]());

const setState = (institution: number, state: number): Call =>
  call(WHO.accreditor, "setInstitutionState", [institution, state]);
const accept = (by: string, institution: number, at?: number): Call =>
  call(by, "acceptAdmin", [institution], at);
/** Governance puts `nextAdmin` in place as the admin of institution 3, which is active all the time. */
const naming = call(WHO.accreditor, "nameAdmin", [BANK.both, WHO.nextAdmin]);
const takeover = [naming, accept(WHO.nextAdmin, BANK.both, NOW + 7 * DAY)];

async function outcome(made: Call): Promise<string | undefined> {
  return describeOutcome(await registry.send(made))[0];
}
/** The admin of an institution, and whether governance put it in place. */
async function adminOf(id: number): Promise<[string, unknown]> {
  const [found] = (await registry.read("institutionOf", [id])) as [unknown[]];
  return [String(found[0]).toLowerCase(), found[3]];
}
const flagsAt = (index: number): number => Number.parseInt(registry.inclusion(index).entry.slice(8, 10), 16);

describe("an admin that governance put in place", () => {
  it("entries of every kind under such an admin have flag bit 1, and none before or of others", async () => {
    const before = await registry.done(call(WHO.both, "anchor", [[group()]]));
    await registry.done(...takeover);
    const later = NOW + 8 * DAY;
    const index = await registry.done(
      call(WHO.both, "anchor", [[group(), group({ flags: 1 }), consents(), verifications()]], later),
    );
    const status = await registry.done(
      call(WHO.both, "setStatus", [registry.inclusion(before), 2, 1, NOTHING], later),
    );
    const others = await registry.done(call(WHO.issuer, "anchor", [[group()]], later));
    const directory = await registry
      .done(call(WHO.nextAdmin, "retireKey", [WHO.both, 0], later))
      .catch(() => -1);
    expect(directory).toBe(-1); // the last key stays
    const all = [before, index, index + 1, index + 2, index + 3, status, others];
    expect(all.map(flagsAt)).toEqual([0, 2, 3, 3, 3, 2, 0]);
  });

  it("a status that governance sets, and an entry of the directory, have no flag", async () => {
    await registry.done(...takeover);
    const index = await registry.done(call(WHO.both, "anchor", [[group()]], NOW + 8 * DAY));
    const state = await registry.done(setState(BANK.both, 2));
    const set = [registry.inclusion(index), 1, 1, NOTHING];
    const status = await registry.done(call(WHO.accreditor, "setStatus", set, NOW + 8 * DAY));
    expect([flagsAt(index), flagsAt(state), flagsAt(status)]).toEqual([2, 0, 0]);
  });

  it("an admin that one put in place by governance names is put in place by governance too", async () => {
    await registry.done(
      ...takeover,
      call(WHO.nextAdmin, "nameAdmin", [BANK.both, WHO.admin3], NOW + 8 * DAY),
      accept(WHO.admin3, BANK.both, NOW + 10 * DAY),
    );
    expect(await adminOf(BANK.both)).toEqual([WHO.admin3, true]);
    const index = await registry.done(call(WHO.both, "anchor", [[group()]], NOW + 11 * DAY));
    expect(flagsAt(index)).toBe(2);
  });

  it("an admin that the institution's own admin names is its own", async () => {
    await registry.done(accept(WHO.nextAdmin, BANK.issuer));
    expect(await adminOf(BANK.issuer)).toEqual([WHO.nextAdmin, false]);
    expect(flagsAt(await registry.done(call(WHO.issuer, "anchor", [[group()]])))).toBe(0);
  });
});

describe("a takeover", () => {
  it("an active institution is not taken over within seven days, nor against its admin's objection", async () => {
    await registry.done(naming);
    expect(await outcome(accept(WHO.nextAdmin, BANK.both, NOW + 7 * DAY - 1))).toBe("RegistryAdminNotNamed");
    await registry.done(call(WHO.admin3, "cancelAdmin", [BANK.both], NOW + 30 * DAY));
    expect(await outcome(accept(WHO.nextAdmin, BANK.both, NOW + 30 * DAY))).toBe("RegistryAdminNotNamed");
  });

  it("what was named while an institution was active does not take effect while it is suspended", async () => {
    await registry.done(naming, setState(BANK.both, 2));
    expect(await outcome(accept(WHO.nextAdmin, BANK.both, NOW + 30 * DAY))).toBe("RegistryAdminNotNamed");
  });
});

describe("a correction", () => {
  const correct = (key: string, since: number): Call =>
    call(WHO.accreditor, "correctKeyReport", [key, since]);
  const keyOf = async (key: string): Promise<unknown[]> => {
    const [found] = (await registry.read("keyOf", [key])) as [unknown[]];
    return [Number(found[4]), String(found[5]).toLowerCase()];
  };

  it("a correction up to the admin's report leaves that report, which no further one touches", async () => {
    await registry.done(
      call(WHO.admin1, "reportKey", [WHO.issuer, NOW - 5]),
      call(WHO.accreditor, "reportKey", [WHO.issuer, NOW - 9]),
      correct(WHO.issuer, NOW - 5),
    );
    expect(await keyOf(WHO.issuer)).toEqual([NOW - 5, WHO.admin1]);
    expect(await outcome(correct(WHO.issuer, 0))).toBe("RegistryCompromiseTime");
  });

  it("a corrected report of an admin since replaced is governance's, also once that admin is back", async () => {
    await registry.done(accept(WHO.nextAdmin, BANK.issuer), correct(WHO.compromised, MADE_AT + 1));
    expect(await keyOf(WHO.compromised)).toEqual([MADE_AT + 1, `0x${"0".repeat(40)}`]);
    await registry.done(
      call(WHO.nextAdmin, "nameAdmin", [BANK.issuer, WHO.admin1]),
      accept(WHO.admin1, BANK.issuer, NOW + 2 * DAY),
      correct(WHO.compromised, 0),
    );
    expect(await keyOf(WHO.compromised)).toEqual([0, `0x${"0".repeat(40)}`]);
  });
});
