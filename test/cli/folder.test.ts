/** Tests what a folder's feed takes, passes over and leaves to the next run. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { filesIn, type Skip } from "../../src/cli/feed/folder.ts";
import { RESULTS_HEADER } from "../../src/cli/feed/results-header.ts";
import { diskPath, nameOf, shownPath } from "../../src/hash/names.ts";
import { gbk } from "../support/cli/gbk.ts";
import { TestClock } from "../support/clock.ts";

const NOW = 1_800_000_000;
let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "hufu-folder-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** @param age seconds since it was modified */
function file(name: string, { age = 3_600, content = "x" } = {}): void {
  const path = join(folder, name);
  mkdirSync(diskPath(dirname(path)), { recursive: true });
  writeFileSync(diskPath(path), content);
  utimesSync(diskPath(path), NOW - age, NOW - age);
}

async function listed(
  options: { include?: readonly string[]; settle?: number; own?: readonly string[] } = {},
): Promise<{ taken: string[]; skipped: [string, Skip][] }> {
  const skipped: [string, Skip][] = [];
  const rest = { own: [], include: [], settle: 60, clock: new TestClock(NOW), ...options };
  const found = filesIn(folder, {
    ...rest,
    skipped: (path, why) => void skipped.push([relative(folder, path), why]),
  });
  const taken: string[] = [];
  for await (const { path } of found) taken.push(shownPath(relative(folder, path)));
  return { taken, skipped };
}

describe("a folder's feed", () => {
  const JUNK: Readonly<Partial<Record<Skip, readonly string[]>>> = {
    system: [
      ".DS_Store",
      "._a.pdf",
      "Thumbs.db",
      "thumbs.db",
      "ehthumbs.db",
      "desktop.ini",
      "Desktop.ini",
      "Icon\r",
    ],
    lock: ["~$a.docx", ".~lock.a.odt#", "a.pdf.lock", "a.lck"],
    temporary: [
      "~WRD0001.tmp",
      "a.tmp",
      "a.TEMP",
      "a.pdf.part",
      "a.pdf.partial",
      "a.pdf.filepart",
      "a.pdf.crdownload",
      "a.download",
      "a.pdf.downloading",
      "a.pdf.td",
      "a.pdf.xltd",
      ".a.pdf.swp",
      "a.pdf~",
      ".rsync.tmp",
    ],
    hidden: [".hidden.pdf", ".a.pdf.Xy12ab"],
    results: ["entry-1-a.pdf.tlog-proof", ".results.csv.hufu-4711"],
  };
  const names = Object.entries(JUNK).flatMap(([why, all]) => all.map((name) => [name, why] as const));

  it.each(names)("passes over %j as %s, unless it is included", async (name, why) => {
    file(name);
    file("report.pdf");
    expect(await listed()).toEqual({ taken: ["report.pdf"], skipped: [[name, why]] });
    expect((await listed({ include: [name] })).taken).toContain(name);
  });

  it.each([
    "报告（2027）.pdf",
    "report-1 (1).pdf",
    "~report.pdf",
    "lock.pdf",
    "tmp",
    "part.pdf",
    "$1.pdf",
    "thumbs.db.pdf",
    "statement.csv",
  ])("takes %j", async (name) => {
    file(name);
    expect(await listed()).toEqual({ taken: [name], skipped: [] });
  });

  it("passes over folders of the system with all that is in them", async () => {
    for (const name of [
      "__MACOSX/._a",
      "$RECYCLE.BIN/a.pdf",
      ".git/a.pdf",
      "System Volume Information/a",
      "in/a.pdf",
    ])
      file(name);
    const { taken, skipped } = await listed();
    expect(taken).toEqual(["in/a.pdf"]);
    expect(skipped.map(([name]) => name)).toEqual([
      "$RECYCLE.BIN",
      ".git",
      "System Volume Information",
      "__MACOSX",
    ]);
  });

  it("passes over manifests and the results of earlier feeds, whatever they are called", async () => {
    file("results-1129.csv", { content: `${RESULTS_HEADER}2,a.pdf` });
    file("manifest.csv", { content: "\ufeff文件;编号\r\na.pdf;1\r\n" });
    file("statement.csv", { content: "date,amount\n" });
    expect(await listed()).toEqual({
      taken: ["statement.csv"],
      skipped: [
        ["manifest.csv", "results"],
        ["results-1129.csv", "results"],
      ],
    });
    expect((await listed({ own: [join(folder, "statement.csv")] })).taken).toEqual([]);
  });

  it("takes included names and paths by globs, and never a link", async () => {
    for (const name of ["a.part", "in/b.part", "c.tmp"]) file(name);
    symlinkSync("/etc/passwd", join(folder, "d.part"));
    expect((await listed({ include: ["*.part"] })).taken).toEqual(["a.part", "in/b.part"]);
    expect((await listed({ include: ["in/*", "c.tmp"] })).taken).toEqual(["c.tmp", "in/b.part"]);
  });

  it.each([
    ["a second ago", 1, "recent"],
    ["just within the time", 59, "recent"],
    ["before it", 61, undefined],
    ["ahead of this clock", -600, "recent"],
  ])("leaves a file that was modified %s to the next run: %s s, %s", async (_, age, why) => {
    file("a.pdf", { age });
    const { taken, skipped } = await listed();
    expect([taken, skipped]).toEqual(why === undefined ? [["a.pdf"], []] : [[], [["a.pdf", why]]]);
    expect((await listed({ settle: 0 })).taken).toEqual(["a.pdf"]);
  });

  it("takes files and folders whose names are GBK, and shows them", async () => {
    file(`${nameOf(gbk("档案"))}/${nameOf(gbk("报告（2027）.pdf"))}`);
    file(`${nameOf(gbk("档案"))}/${nameOf(gbk("甲.tmp"))}`);
    expect(await listed()).toEqual({
      taken: ["档案/报告（2027）.pdf"],
      skipped: [["档案/甲.tmp", "temporary"]],
    });
  });
});
