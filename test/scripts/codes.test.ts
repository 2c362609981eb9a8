import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CODES_FILE, codesPage } from "../../scripts/codes.ts";
import { ERRORS } from "../../src/core/errors.ts";
import { VERDICTS } from "../../src/core/verdict.ts";

describe("the table of codes", () => {
  it("the table of codes is the one that npm run codes writes", () => {
    expect(readFileSync(CODES_FILE, "utf8")).toBe(codesPage());
  });

  it("the table of codes has every verdict and every code of an error once, with its exit and status", () => {
    const rows = [...codesPage().matchAll(/^\| `([^`]+)` +\| (\d) +\| (?:(\d{3}) +\| )?/gm)];
    const codes = rows.map(([, code]) => code);
    expect(codes).toEqual([...VERDICTS, ...Object.keys(ERRORS)]);
    for (const [, code = "", exit, status] of rows.slice(VERDICTS.length))
      expect([code, Number(exit), Number(status)]).toEqual([
        code,
        ERRORS[code as keyof typeof ERRORS].exit,
        ERRORS[code as keyof typeof ERRORS].status,
      ]);
  });
});
