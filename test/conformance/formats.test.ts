import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ERRORS } from "../../src/core/errors.ts";
import { readVectors } from "../support/log/vectors.ts";
import type { Vector } from "./judge.ts";

const page = readFileSync(join(import.meta.dirname, "../../src/log/FORMATS.md"), "utf8");
const vectors = new Map(
  readVectors<Vector>(".")
    .filter(({ vector }) => typeof vector.format === "string")
    .map(({ name, vector }) => [name, vector]),
);
/** Examples of the page: their encoding, the vector and its member, and their text. */
const examples = [...page.matchAll(/^```(text|hex) (\S+)#(\S+)\n([^]*?)^```$/gm)].map(
  ([, written, name = "", member = "", text = ""]) => ({ written, name, member, text }),
);

describe("the page of formats", () => {
  it.each(examples)(
    "the example of $name, $member has the bytes of the vector",
    ({ written, name, member, text }) => {
      const { input, expect: expected } = vectors.get(name) ?? {};
      const ok = member.startsWith("ok.") ? (expected as { ok: Record<string, string> }).ok : undefined;
      const value = ok?.[member.slice("ok.".length)] ?? input?.[member];
      const lines = Array.isArray(value) ? value.join("\n") : String(value);
      const shown = written === "hex" ? text.replace(/\n/g, "") : text.replace(/\n$/, "");
      expect(shown).toBe(lines.replace(/\n$/, ""));
    },
  );

  it("the page has an example of every format, and no others", () => {
    expect(page.match(/^```\S/gm)?.length).toBe(examples.length);
    const shown = new Set(examples.map(({ name }) => name.split("/")[0]));
    const named = new Set([...page.matchAll(/`([a-z-]+)`/g)].map(([, word]) => word));
    const formats = new Set([...vectors.values()].map(({ format }) => format));
    expect([...formats].filter((format) => !shown.has(format) && !named.has(format))).toEqual([]);
  });

  it("the page names every code that a vector expects, and no unknown code", () => {
    const codes = [...vectors.values()].flatMap(({ expect: expected }) =>
      "code" in expected ? [expected.code] : [],
    );
    const named = new Set([...page.matchAll(/`([A-Z]+_[A-Z_]+)`/g)].map(([, code]) => code ?? ""));
    expect([...new Set(codes)].filter((code) => !named.has(code))).toEqual([]);
    expect([...named].filter((code) => !Object.hasOwn(ERRORS, code))).toEqual([]);
  });
});
