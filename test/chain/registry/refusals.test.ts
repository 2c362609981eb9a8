import type { ErrorFragment } from "ethers";
import { describe, expect, it } from "vitest";
import { REFUSALS, toRefusal } from "../../../src/chain/registry/refusals.ts";
import { registry } from "../../../src/chain/registry/registry.ts";
import { RpcRefusal } from "../../../src/chain/rpc/rpc.ts";
import { ERRORS, isRefusal, type ErrorCode, type Refusal } from "../../../src/core/errors.ts";

const errors = registry.fragments.filter((fragment): fragment is ErrorFragment => fragment.type === "error");

/** A value of each type that no other value of the error has, and that stands for nothing that has a name. */
function sampleOf(type: string, i: number): unknown {
  if (type === "address") return `0x${(0xa0 + i).toString(16).repeat(20)}`;
  if (type === "bytes32") return `0x${(0xb0 + i).toString(16).repeat(32)}`;
  if (type === "string") return `Slug ${i}`;
  if (type === "bool") return true;
  return BigInt((type === "uint8" ? 200 : 1_900_000_000) + i);
}

function refusalFor(data: string): Refusal | undefined {
  return toRefusal(new RpcRefusal({ detail: "execution reverted" }, { kind: "refused", data }));
}

function refusalOf(name: string, values: readonly unknown[]): Refusal | undefined {
  return refusalFor(registry.encodeErrorResult(name, values));
}

describe("the table of refusals", () => {
  it("the table of refusals has a row for each error of the contract, and no other", () => {
    expect(Object.keys(REFUSALS).sort()).toEqual(errors.map(({ name }) => name).sort());
    expect(errors.length).toBeGreaterThan(50);
  });

  it("no row of the table has the code for errors without a row", () => {
    const codes: ErrorCode[] = Object.values(REFUSALS).map(({ code }) => code);
    expect(codes.filter((code) => code === "REGISTRY_REFUSED" || !Object.hasOwn(ERRORS, code))).toEqual([]);
  });

  it.each(errors.map((fragment) => [fragment.name, fragment] as const))(
    "%s is reported by its code, with all its values",
    (name, { inputs }) => {
      const values = inputs.map(({ type }, i) => sampleOf(type, i));
      const refusal = refusalOf(name, values);
      expect(isRefusal(refusal)).toBe(true);
      expect(refusal?.code).toBe(REFUSALS[name]?.code);
      for (const value of values)
        expect(refusal?.fields.detail.toLowerCase()).toContain(String(value).toLowerCase());
      expect(refusal?.fields.refusal).toMatch(new RegExp(`^${name}\\(.*\\)$`));
    },
  );

  it("a refusal for an unchanged state names that state", () => {
    expect(refusalOf("RegistryPauseUnchanged", [true])?.fields.detail).toContain("is paused already");
    expect(refusalOf("RegistryPauseUnchanged", [false])?.fields.detail).toContain("is not paused");
  });

  it("a refusal names roles and actions, and writes times out", () => {
    const role = registry.encodeErrorResult("AccessControlUnauthorizedAccount", [
      `0x${"a0".repeat(20)}`,
      `0x${"00".repeat(32)}`,
    ]);
    expect(refusalFor(role)?.fields.detail).toContain("DEFAULT_ADMIN_ROLE");
    expect(refusalOf("RegistryEntryFinal", [7, 1])?.fields.detail).toContain("1 (revoke)");
    const late = refusalOf("RegistryTimeTooLate", [2n ** 64n - 1n, 253_402_300_799]);
    expect(late?.fields.detail).toContain(
      "18446744073709551615 is above 253402300799 (9999-12-31T23:59:59Z)",
    );
  });

  it("no refusal repeats a text of the call", () => {
    expect(errors.filter(({ inputs }) => inputs.some(({ type }) => /string|bytes$/.test(type)))).toEqual([]);
  });
});

describe("refusals that wait", () => {
  it("a refusal waits where its reason passes by itself or by an act of another account, or the sender ends what is queued", () => {
    const waiting = errors.filter(({ name, inputs }) => {
      const values = inputs.map(({ name: field, type }, i) => (field === "state" ? 2n : sampleOf(type, i)));
      return refusalOf(name, values)?.fields.waits;
    });
    expect(waiting.map(({ name }) => name).sort()).toEqual([
      "RegistryHasSuccessor", // the sender ends what is queued once the index has the successor
      "RegistryInstitutionNotActive",
      "RegistryKeyNotInForce",
      "RegistryPaused",
      "RegistryUnknownKey",
    ]);
  });

  it("the refusal of an institution that is withdrawn permanently does not wait", () => {
    const [suspended, withdrawn] = [2, 3].map((state) =>
      refusalOf("RegistryInstitutionNotActive", [1, state]),
    );
    expect([suspended?.code, suspended?.fields.waits]).toEqual(["ISSUER_SUSPENDED", true]);
    expect([withdrawn?.code, withdrawn?.fields.waits]).toEqual(["ISSUER_SUSPENDED", false]);
  });
});

describe("revert data that is not an error of the registry", () => {
  const good = registry.encodeErrorResult("RegistryRoleMissing", [1, 2, 1]);

  it("revert data of another form is not a refusal", () => {
    expect(refusalFor(good)?.code).toBe("INSTITUTION_ROLE");
    for (const data of [
      "0x",
      good.slice(0, 8),
      good.slice(0, 10),
      good.slice(0, -64),
      `0xdeadbeef${good.slice(10)}`,
    ])
      expect([data, refusalFor(data)]).toEqual([data, undefined]);
  });
});
