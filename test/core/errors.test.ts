import { describe, expect, it } from "vitest";
import { AppError, ERRORS, quote } from "../../src/core/errors.ts";

describe("the catalogue of errors", () => {
  it.each(Object.entries(ERRORS))(
    "the code %s is in capitals and has an HTTP status and an exit code",
    (code, spec) => {
      expect(code).toMatch(/^[A-Z][A-Z0-9_]+$/);
      expect(spec.status).toBeGreaterThanOrEqual(400);
      expect([1, 2, 3]).toContain(spec.exit);
    },
  );

  it("every error with status 503 has exit code 3, unlike a verdict", () => {
    for (const spec of Object.values(ERRORS)) if (spec.status === 503) expect(spec.exit).toBe(3);
  });

  it("an error keeps its cause", () => {
    const cause = new Error("socket closed");
    expect(new AppError("RPC_UNAVAILABLE", { detail: "x" }, { cause }).cause).toBe(cause);
  });
});

describe("input that is shown back", () => {
  it("quoted input is cut at 64 characters", () =>
    expect(quote("a".repeat(65))).toBe(`"${"a".repeat(63)}…"`));
  it("quoted input names its invisible characters", () =>
    expect(quote("a\u202e\n")).toBe(String.raw`"a\u{202E}\u{A}"`));
});
