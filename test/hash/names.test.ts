/** Tests that a file is found by its name in the bytes and the Unicode form of others. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FileNames, diskPath, nameOf, shownPath } from "../../src/hash/names.ts";
import { gbk } from "../support/cli/gbk.ts";

describe("a name of bytes", () => {
  it("any bytes of a name are the same bytes again", () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((array) => Buffer.from(array));
    fc.assert(fc.property(bytes, (name) => Buffer.from(diskPath(nameOf(name))).equals(name)));
  });

  it.each<[string, Buffer, string]>([
    ["UTF-8", Buffer.from("报告（2027）.pdf"), "报告（2027）.pdf"],
    ["GBK", gbk("报告（2027）.pdf"), "报告（2027）.pdf"],
    ["no encoding", Buffer.from([0x61, 0xff]), "a\udcff"],
  ])("a name in %s is shown", (_, bytes, text) => expect(shownPath(nameOf(bytes))).toBe(text));

  it("a path is shown name by name", () => {
    const path = `/数据/${nameOf(gbk("报告"))}/é.pdf`;
    expect(shownPath(path)).toBe("/数据/报告/é.pdf");
  });
});

describe("a file with another name than is asked for", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "hufu-names-"));
    const raw = join(folder, nameOf(gbk("档案")));
    mkdirSync(diskPath(raw));
    const names = [
      nameOf(gbk("信用报告.pdf")),
      nameOf(gbk("一.pdf")),
      "e\u0301t\u00e9.pdf",
      nameOf(gbk("报.pdf")),
      "报\u200b.pdf",
    ];
    for (const name of names) writeFileSync(diskPath(join(folder, name)), name);
    writeFileSync(diskPath(join(raw, nameOf(gbk("信用.pdf")))), "");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const found = async (name: string): Promise<string> =>
    shownPath(await new FileNames().alike(join(folder, name))).slice(folder.length + 1);
  const isFound = async (name: string): Promise<boolean> =>
    existsSync(diskPath(await new FileNames().alike(join(folder, name))));

  it.each([
    ["in GBK", "信用报告.pdf", "信用报告.pdf"],
    ["as a shell's argument in GBK arrives", gbk("信用报告.pdf").toString("utf8"), "信用报告.pdf"],
    ["composed", "\u00e9t\u00e9.pdf", "e\u0301t\u00e9.pdf"],
    ["decomposed", "e\u0301te\u0301.pdf", "e\u0301t\u00e9.pdf"],
    ["with an invisible character", "信用\u200b报告.pdf", "信用报告.pdf"],
    ["below a folder in GBK", "档案/信用.pdf", "档案/信用.pdf"],
    ["with the separators of Windows", "档案\\信用.pdf", "档案/信用.pdf"],
    ["in GBK that is UTF-8 by chance", "一.pdf", "\u04bb.pdf"],
  ])("a name %s finds the one file", async (_, name, path) =>
    expect([await found(name), await isFound(name)]).toEqual([path, true]),
  );

  it.each([
    ["that two files look like", "报.pdf"],
    ["of no file", "无.pdf"],
    ["in another case", "ÉTÉ.pdf"],
  ])("a name %s finds none", async (_, name) => expect(await found(name)).toBe(name));

  it("a folder that cannot be listed has no names", async () => {
    const path = join(folder, "none", "a.pdf");
    expect(basename(await new FileNames().alike(path))).toBe("a.pdf");
  });
});
