import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  BUNDLE,
  formatManifest,
  isManifest,
  parseManifest,
  portableName,
  requireListed,
} from "../../src/log/container.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const hash = (text: string): Uint8Array => Uint8Array.from(createHash("sha256").update(text).digest());
const MANIFEST = {
  kind: BUNDLE.kind,
  members: [{ name: "document/报告.pdf", bytes: 8, sha256: hash("a report") }],
  tool: { name: "hufu", version: "0.2.0" },
};
const TEXT = formatManifest(MANIFEST);
const changed = (change: (json: Record<string, unknown>) => object): Uint8Array =>
  bytes(JSON.stringify(change(JSON.parse(TEXT) as Record<string, unknown>)));

describe("a manifest", () => {
  it("is one line of JCS, and is read as it was written", () => {
    expect(TEXT).toBe(
      `{"kind":"hufu/bundle/v1","members":[{"bytes":8,"name":"document/报告.pdf","sha256":"${Buffer.from(hash("a report")).toString("hex")}"}],"tool":{"name":"hufu","version":"0.2.0"}}`,
    );
    expect(isManifest(TEXT)).toBe(true);
    expect(parseManifest(bytes(TEXT))).toEqual(MANIFEST);
    expect(parseManifest(changed((json) => ({ ...json, later: 1 })))).toEqual(MANIFEST);
  });

  it.each<[string, Uint8Array]>([
    ["another kind", changed((json) => ({ ...json, kind: "hufu/bundle/v2" }))],
    ["no members", changed(({ members: _, ...rest }) => rest)],
    ["no tool", changed(({ tool: _, ...rest }) => rest)],
    [
      "a name twice",
      changed((json) => ({ ...json, members: [0, 0].map((i) => (json["members"] as unknown[])[i]) })),
    ],
    [
      "a size that is none",
      changed((json) => ({ ...json, members: [{ name: "a", bytes: -1, sha256: "" }] })),
    ],
    [
      "a digest that is none",
      changed((json) => ({ ...json, members: [{ name: "a", bytes: 1, sha256: "ab" }] })),
    ],
    ["two members of one name", bytes(TEXT.replace("{", '{"kind":"hufu/bundle/v1",'))],
    ["no JSON", bytes(TEXT.slice(1))],
  ])("with %s is refused", (_, text) => {
    expect(() => parseManifest(text)).toThrowCode("ZIP_DAMAGED");
  });

  it("a file of it has to be as it was packed", () => {
    const [member] = MANIFEST.members;
    if (member === undefined) throw new RangeError("no member");
    requireListed(member, bytes("a report"));
    for (const other of ["a Report", "a report ", ""])
      expect(() => requireListed(member, bytes(other))).toThrowCode("ZIP_DAMAGED");
  });
});

describe("the name of a file that is carried", () => {
  it.each([
    ["report.pdf", "report.pdf"],
    ["张三 报告 (1).pdf", "张三 报告 (1).pdf"],
    ["aux.pdf", "_aux.pdf"],
    ["CON", "_CON"],
    ["Com1.tar.gz", "_Com1.tar.gz"],
    ["lpt².txt", "_lpt².txt"],
    ["nul .pdf", "_nul .pdf"],
    ["console.pdf", "console.pdf"],
    ["com10.pdf", "com10.pdf"],
    ["report. .", "report___"],
    ['a<b>c:d"e/f\\g|h?i*j', "a_b_c_d_e_f_g_h_i_j"],
    ["a\u0000b\nc\u007f\u0085", "a_b_c__"],
    ["invoice\u202efdp.exe", "invoice_fdp.exe"],
    ["half \ud800", "half _"],
    ["..", "__"],
    ["", "_"],
    [`${"长".repeat(200)}.pdf`, `${"长".repeat(56)}.pdf`],
    [`a.${"b".repeat(100)}`, `a.${"b".repeat(58)}`],
  ])("%j becomes %j", (name, carried) => {
    expect(portableName(name)).toBe(carried);
  });

  it("every name becomes one that Windows and Linux can have, and stays so", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (name) => {
        const carried = portableName(name);
        expect(carried).toMatch(/^[^<>:"/\\|?*\p{Cc}\p{Cs}]+$/u);
        expect(carried).not.toMatch(/[. ]$|^(con|prn|aux|nul|com\d|lpt\d)( *\.|$)/i);
        expect(Buffer.byteLength(carried)).toBeLessThan(256);
        expect(portableName(carried)).toBe(carried);
      }),
    );
  });
});
