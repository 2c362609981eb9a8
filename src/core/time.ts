/** Parses and formats times. */
import { said } from "./details.ts";
import { quote, type AppError } from "./errors.ts";
import { MAX_TIME, type UnixSeconds } from "./units.ts";

/** Hong Kong and the mainland keep the same time, without daylight saving. */
const UTC_PLUS_8 = 8 * 3600;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
/** As spreadsheets and people write a day, year first; which of two numbers is the month is never guessed. */
const WRITTEN_DATE = /^(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})日)$/;
const DATE_TIME = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?([Zz]|[+-]\d{2}:\d{2})?$/;

/** `time` in RFC 3339 at UTC, such as 2026-11-21T08:30:00Z. */
export function formatTime(time: UnixSeconds): string {
  return new Date(time * 1000).toISOString().replace(".000Z", "Z");
}

const UNITS = [
  ["days", 86_400],
  ["hours", 3_600],
  ["minutes", 60],
] as const;

/** How far a time is from the clock: `2 days ahead of this machine's clock (2026-11-30T08:00:00Z, which is at …)`. */
export function againstClock(time: UnixSeconds, clock: UnixSeconds): string {
  const seconds = Math.abs(time - clock);
  const [unit, length] = UNITS.find((each) => seconds >= 1.5 * each[1]) ?? ["seconds", 1];
  const side = time > clock ? "ahead of" : "behind";
  const times = `${formatTime(time)}, which is at ${formatTime(clock)}`;
  return `${Math.round(seconds / length)} ${unit} ${side} this machine's clock (${times})`;
}

/** `time` in the zone of Shenzhen and Hong Kong, such as 2026-11-21 16:30:00 UTC+8. */
export function formatLocalTime(time: UnixSeconds): string {
  return `${new Date((time + UTC_PLUS_8) * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC+8`;
}

/**
 * Parses an RFC 3339 time, or a date, which stands for the last second of that day at UTC+8.
 * @param at position of the text, for the error
 * @throws AppError DATE_FORMAT, DATE_INVALID (no such day or hour), DATE_ZONE (a time without its zone), DATE_RANGE
 */
export function parseEndOfDayOrTime(text: string, at: string): UnixSeconds {
  const date = DATE.exec(text);
  if (date === null) return parseTime(text, at);
  return inRange(daySeconds(date, text, at) + 24 * 3600 - 1 - UTC_PLUS_8, text, at);
}

/** A day such as 2027/11/5, 2027.11.5 or 2027年11月5日 as 2027-11-05; any other text unchanged. */
export function isoDate(text: string): string {
  const [, year, , month, day, hanMonth, hanDay] = WRITTEN_DATE.exec(text.normalize("NFKC")) ?? [];
  if (year === undefined) return text;
  return [year, month ?? hanMonth ?? "", day ?? hanDay ?? ""].map((part) => part.padStart(2, "0")).join("-");
}

/** Parses the start of a period: a date stands for the first second of that day at UTC+8. */
export function parseStartOfDayOrTime(text: string, at: string): UnixSeconds {
  const date = DATE.exec(text);
  if (date === null) return parseTime(text, at);
  return inRange(daySeconds(date, text, at) - UTC_PLUS_8, text, at);
}

function parseTime(text: string, at: string): UnixSeconds {
  const parts = DATE_TIME.exec(text);
  if (parts === null) {
    const code = /^\d{5,}-/.test(text) ? "DATE_RANGE" : "DATE_FORMAT";
    throw said(code, "date-format", { text: quote(text) }, { at });
  }
  const [, , , , hour, minute, second, zone] = parts;
  if (zone === undefined) throw said("DATE_ZONE", "date-zone", { text: quote(text) }, { at });
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) throw noSuchTime(text, at);
  const clock = Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  return inRange(daySeconds(parts, text, at) + clock - zoneSeconds(zone, text, at), text, at);
}

function daySeconds(parts: RegExpExecArray, text: string, at: string): UnixSeconds {
  const [, year, month, day] = parts.map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year ?? 0, (month ?? 0) - 1, day); // guard: F50 date in UTC
  if (date.getUTCMonth() + 1 !== month || date.getUTCDate() !== day) throw noSuchTime(text, at);
  return date.getTime() / 1000;
}

function zoneSeconds(zone: string, text: string, at: string): number {
  if (/^z$/i.test(zone)) return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  if (hours > 23 || minutes > 59) throw noSuchTime(text, at);
  return (zone.startsWith("-") ? -1 : 1) * (hours * 3600 + minutes * 60);
}

function noSuchTime(text: string, at: string): AppError {
  return said("DATE_INVALID", "date-invalid", { text: quote(text) }, { at });
}

function inRange(time: UnixSeconds, text: string, at: string): UnixSeconds {
  if (time > 0 && time <= MAX_TIME) return time;
  throw said("DATE_RANGE", "date-range", { max: formatTime(MAX_TIME), text: quote(text) }, { at });
}
