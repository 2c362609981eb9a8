import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ErrorCode } from "../../src/core/errors.ts";
import {
  againstClock,
  formatLocalTime,
  formatTime,
  parseEndOfDayOrTime,
  parseStartOfDayOrTime,
} from "../../src/core/time.ts";
import { MAX_TIME } from "../../src/core/units.ts";

const parse = (text: string): number => parseEndOfDayOrTime(text, "/validUntil");

describe("a time", () => {
  it("a time is parsed as it was formatted", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MAX_TIME }), (time) => {
        expect(parse(formatTime(time))).toBe(time);
      }),
    );
  });

  it.each([
    ["2027-02-28", "2027-02-28T15:59:59Z"],
    ["2028-02-29", "2028-02-29T15:59:59Z"],
    ["2027-12-31T23:59:59+08:00", "2027-12-31T15:59:59Z"],
    ["2027-12-31t15:59:59.999z", "2027-12-31T15:59:59Z"],
    ["2027-12-31T10:59:59-05:00", "2027-12-31T15:59:59Z"],
  ])("%s is parsed as %s", (text, utc) => expect(formatTime(parse(text))).toBe(utc));

  it("a start date is the first second of that day at UTC+8", () => {
    expect(formatTime(parseStartOfDayOrTime("2027-03-01", "from"))).toBe("2027-02-28T16:00:00Z");
  });

  it.each([
    [2 * 86_400 - 20, "2 days ahead of"],
    [-2 * 86_400 - 20, "2 days behind"],
    [40 * 3_600, "2 days ahead of"],
    [35 * 3_600, "35 hours ahead of"],
    [-5_000, "83 minutes behind"],
    [-700, "12 minutes behind"],
    [89, "89 seconds ahead of"],
    [-1, "1 seconds behind"],
  ])("a time of %i s from the clock is %s it, with both times", (seconds, expected) => {
    expect(againstClock(1_800_000_000 + seconds, 1_800_000_000)).toBe(
      `${expected} this machine's clock (${formatTime(1_800_000_000 + seconds)}, which is at 2027-01-15T08:00:00Z)`,
    );
  });

  it("a local time is written in UTC+8", () => {
    expect(formatLocalTime(parse("2027-02-28"))).toBe("2027-02-28 23:59:59 UTC+8");
  });

  it.each<[string, ErrorCode]>([
    ["2026-02-30", "DATE_INVALID"],
    ["2027-02-29", "DATE_INVALID"],
    ["2026-13-01", "DATE_INVALID"],
    ["2026-01-01T24:00:00Z", "DATE_INVALID"],
    ["2026-01-01T00:00:60Z", "DATE_INVALID"],
    ["2026-01-01T00:00:00+24:00", "DATE_INVALID"],
    ["2026-01-01T00:00:00", "DATE_ZONE"],
    ["10000-01-01", "DATE_RANGE"],
    ["1969-12-31", "DATE_RANGE"],
    ["tomorrow", "DATE_FORMAT"],
    ["", "DATE_FORMAT"],
    ["2026-1-1", "DATE_FORMAT"],
    ["2026-01-01 ", "DATE_FORMAT"],
    ["２０２６-01-01", "DATE_FORMAT"],
  ])("the time %j is refused with %s", (text, code) => {
    expect(() => parse(text)).toThrowCode(code);
  });
});
