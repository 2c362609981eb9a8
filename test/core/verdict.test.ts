import { describe, expect, it } from "vitest";
import { VERDICTS, exitCodeOf, gravest } from "../../src/core/verdict.ts";

describe("exit codes", () => {
  it("only valid exits with 0; a verdict that is not established exits with 3", () => {
    const codes = Object.fromEntries(VERDICTS.map((verdict) => [verdict, exitCodeOf(verdict)]));
    expect(codes).toEqual({
      valid: 0,
      expired: 1,
      suspended: 1,
      revoked: 1,
      superseded: 1,
      "issuer-not-in-good-standing": 1,
      pending: 3,
      registered: 3,
      "several-issuers": 3,
      "not-found": 1,
      indeterminate: 3,
    });
  });

  it("several exit codes give the most severe: 2, else 1, else 3, else 0", () => {
    expect(gravest([0, 3, 1, 2])).toBe(2);
    expect(gravest([0, 3, 1])).toBe(1);
    expect(gravest([0, 3])).toBe(3);
    expect(gravest([0])).toBe(0);
    expect(gravest([])).toBe(0);
  });
});
