/** Computes how far the files of the page are, and how long the rest takes. */
import { useRef } from "preact/hooks";
import type { Language } from "../core/directory.ts";
import { fill } from "../words/fill.ts";
import type { Audience } from "./answer-view.ts";
import type { Item } from "./session.ts";

/** Seconds and share of the work before which no time is told. */
const TOO_EARLY = { seconds: 3, share: 0.01 };
const MINUTE = 60;

/** From 0 to 1: half for the bytes that are read, half for the files that are done. */
export function shareDone(items: readonly Item[]): number {
  const bytes = items.reduce((sum, { size }) => sum + size, 0);
  const read = items.reduce((sum, item) => sum + readOf(item), 0);
  const done = items.filter(({ progress: { state } }) => state === "done" || state === "cancelled").length;
  return ((bytes === 0 ? 1 : read / bytes) + done / items.length) / 2;
}

/** Bytes of a file that are read. */
export function readOf({ progress, digests, size }: Item): number {
  if (progress.state === "hashing") return progress.done;
  return digests !== undefined || progress.state === "done" || progress.state === "cancelled" ? size : 0;
}

/** Seconds that the rest takes at the pace so far; undefined: it is too early to tell, or nothing is left. */
export function secondsLeft(since: { seconds: number; share: number }, share: number): number | undefined {
  const done = share - since.share;
  if (since.seconds < TOO_EARLY.seconds || done < TOO_EARLY.share || share >= 1) return undefined;
  return (since.seconds * (1 - share)) / done;
}

/** What was read of how much, and about how long the rest takes, since this was first shown. */
export function useProgressText(items: readonly Item[], share: number, audience: Audience): string {
  const first = useRef<{ at: number; share: number }>(undefined);
  first.current ??= { at: performance.now(), share };
  const { at, share: before } = first.current;
  const left = secondsLeft({ seconds: (performance.now() - at) / 1_000, share: before }, share);
  return [readingText(items, audience), ...(left === undefined ? [] : [leftText(left, audience)])].join(
    " · ",
  );
}

export function readingText(items: readonly Item[], audience: Audience): string {
  const { words } = audience;
  const bytes = items.reduce((sum, { size }) => sum + size, 0);
  const read = items.reduce((sum, item) => sum + readOf(item), 0);
  const percent = bytes === 0 ? 100 : Math.floor((100 * read) / bytes);
  return fill(words.page.progress.hashing, { percent, size: sizeText(bytes, audience) });
}

/** Rounded up: the end comes by then, or earlier. */
export function leftText(seconds: number, { words, language }: Audience): string {
  const isShort = seconds < MINUTE;
  const count = isShort ? Math.ceil(seconds / 5) * 5 : Math.ceil(seconds / MINUTE);
  const time = withUnit(count, isShort ? "second" : "minute", language);
  return fill(words.page.progress.left, { time });
}

const UNITS = ["kilobyte", "megabyte", "gigabyte"] as const;

function sizeText(bytes: number, { words, language }: Audience): string {
  const power = Math.min(UNITS.length, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  const unit = UNITS[power - 1];
  return unit === undefined
    ? fill(words.page.bytes, { bytes })
    : withUnit(bytes / 1_000 ** power, unit, language);
}

function withUnit(value: number, unit: string, language: Language): string {
  return new Intl.NumberFormat(language, { style: "unit", unit, maximumFractionDigits: 1 }).format(value);
}
