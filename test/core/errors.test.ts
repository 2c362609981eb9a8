import { describe, expect, it } from "vitest";
import { AppError, ERRORS, quote } from "../../src/core/errors.ts";

describe("the catalogue of errors", () => {
  it.each(Object.entries(ERRORS))(
    "%s has a code in capitals, an HTTP status and an exit code",
    (code, spec) => {
      expect(code).toMatch(/^[A-Z][A-Z0-9_]+$/);
      expect(spec.status).toBeGreaterThanOrEqual(400);
      expect([1, 2, 3]).toContain(spec.exit);
    },
  );

  it("no fault of the service or the chain exits as a verdict would", () => {
    for (const spec of Object.values(ERRORS)) if (spec.status === 503) expect(spec.exit).toBe(3);
  });

  it("keeps the cause", () => {
    const cause = new Error("socket closed");
    expect(new AppError("RPC_UNAVAILABLE", { detail: "x" }, { cause }).cause).toBe(cause);
  });
});

describe("input that is shown back", () => {
  it("is cut at 64 characters", () => expect(quote("a".repeat(65))).toBe(`"${"a".repeat(63)}…"`));
  it("has its invisible characters named", () => expect(quote("a\u202e\n")).toBe(`"aU+202EU+000A"`));
});
