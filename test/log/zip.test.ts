import { describe, expect, it } from "vitest";
import { isZip, readZip, type ZipMember } from "../../src/log/zip.ts";
import { hostileZips, zipOf, type ZipPart } from "../support/log/zips.ts";

/** Reads a ZIP in memory, and counts the bytes that are asked for. */
function read(zip: Uint8Array): { members: readonly ZipMember[]; asked: number } {
  const reading = readZip(zip.length);
  let asked = 0;
  let step = reading.next();
  while (step.done !== true) {
    asked += step.value.end - step.value.start;
    step = reading.next(zip.subarray(step.value.start, step.value.end));
  }
  return { members: step.value, asked };
}

const RECEIPT: ZipPart = { name: "receipt.tlog-proof", content: "a receipt" };
const REPORT: ZipPart = { name: "document/报告.pdf", content: "a report" };

describe("a ZIP", () => {
  it.each<[string, Uint8Array]>([
    ["stored", zipOf([RECEIPT, REPORT])],
    ["deflated", zipOf([RECEIPT, REPORT].map((part) => ({ ...part, deflated: true })))],
    ["with sizes after the data", zipOf([RECEIPT, REPORT].map((part) => ({ ...part, open: true })))],
    ["with extra fields before the data alone", zipOf([RECEIPT, { ...REPORT, extra: 28 }])],
    ["with a comment", zipOf([RECEIPT, REPORT], { comment: "from the bank" })],
    [
      "with a comment that looks like its end",
      zipOf([RECEIPT, REPORT], { comment: "PK\u0005\u0006 and more text, 22 bytes" }),
    ],
    ["with a folder of its own", zipOf([{ name: "document/", content: "" }, RECEIPT, REPORT])],
  ])("%s is read", (_, zip) => {
    expect(isZip(zip)).toBe(true);
    expect(read(zip).members.map(({ name, bytes }) => [name, bytes])).toEqual([
      [RECEIPT.name, 9],
      [REPORT.name, 8],
    ]);
    const stored = read(zip).members.filter(({ method }) => method === "stored");
    for (const { start, packed, bytes } of stored) {
      expect(packed).toBe(bytes);
      expect(["a receipt", "a report"]).toContain(Buffer.from(zip.subarray(start, start + bytes)).toString());
    }
  });

  it("names as Windows in Chinese writes them are read", () => {
    const gbk = Uint8Array.of(0xb1, 0xa8, 0xb8, 0xe6, 0x2e, 0x70, 0x64, 0x66); // 报告.pdf in GB18030
    expect(read(zipOf([{ name: gbk, content: "x", flags: 0 }])).members[0]?.name).toBe("报告.pdf");
  });

  it("its data are not read to find its files", () => {
    const zip = zipOf([RECEIPT, { ...REPORT, content: new Uint8Array(1_000_000) }]);
    expect(read(zip).asked).toBeLessThan(70_000);
  });

  it.each(Object.entries(hostileZips([RECEIPT, REPORT])))("with %s is refused", (_, zip) => {
    expect(() => read(zip)).toThrowCode("ZIP_REFUSED");
  });

  it("of which any byte of the structure is changed is refused, or has the same names and places", () => {
    const zip = zipOf([RECEIPT, REPORT]);
    const whole = read(zip).members;
    const places = new Set<string>();
    for (let at = 0; at < zip.length; at++)
      for (const bit of [1, 0x10, 0x80]) {
        try {
          const { members } = read(zip.with(at, (zip[at] ?? 0) ^ bit));
          for (const { start, packed } of members) expect(start + packed).toBeLessThan(zip.length);
          places.add(JSON.stringify(members.map(({ start, bytes }) => [start, bytes])));
        } catch (error) {
          expect(error).toThrowCode("ZIP_REFUSED");
        }
      }
    expect([...places]).toContain(JSON.stringify(whole.map(({ start, bytes }) => [start, bytes])));
  });

  it("what is none is none", () => {
    for (const bytes of [[], [0x50, 0x4b], [0x50, 0x4b, 5, 6, 0], [...Buffer.from("%PDF-1.7")]])
      expect(isZip(Uint8Array.from(bytes))).toBe(false);
  });
});
