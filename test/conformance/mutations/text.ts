/** Mutates bytes, texts, lists and numbers. */
import { concat } from "../../../src/core/bytes.ts";
import type { Draw } from "./draw.ts";

/** The kind of a mutation, as the report counts it. */
export type Kind = "byte" | "field" | "order" | "length" | "another chain" | "another registry";

/** Changes, inserts or removes one byte. */
export function mutateByte(bytes: Uint8Array, draw: Draw): Uint8Array {
  const at = draw.below(bytes.length);
  const [before, after] = [bytes.slice(0, at), bytes.slice(at)];
  switch (draw.below(5)) {
    case 0:
      return bytes.with(at, (bytes[at] ?? 0) ^ (1 << draw.below(8)));
    case 1:
      return bytes.with(at, draw.below(256));
    case 2:
      return concat(before, draw.bytes(1), after);
    case 3:
      return concat(before, after.slice(1));
    default: // a byte from elsewhere in the text: hexadecimal stays hexadecimal, and a number a number
      return bytes.with(at, bytes[draw.below(bytes.length)] ?? 0);
  }
}

/** Cuts or extends. */
export function mutateLength(bytes: Uint8Array, draw: Draw): Uint8Array {
  const at = draw.below(bytes.length);
  switch (draw.below(6)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return bytes.slice(at);
    case 2:
      return concat(bytes, draw.bytes(1 + draw.below(40)));
    case 3:
      return concat(bytes, bytes.slice(at));
    case 4:
      return concat(bytes.slice(0, at), bytes);
    default:
      return concat(bytes.slice(0, at), bytes.slice(at + 1 + draw.below(64)));
  }
}

/** Drops, doubles, moves or replaces one element, or swaps two. */
export function mutateOrder<T>(list: readonly T[], draw: Draw): T[] {
  const [a, b] = [draw.below(list.length), draw.below(list.length)];
  const [one, other] = [list[a], list[b]];
  if (one === undefined || other === undefined) return [...list];
  switch (draw.below(5)) {
    case 0:
      return list.toSpliced(a, 1);
    case 1:
      return list.toSpliced(b, 0, one);
    case 2:
      return list.toSpliced(a, 1).toSpliced(b, 0, one);
    case 3:
      return list.with(a, other);
    default:
      return list.with(a, other).with(b, one);
  }
}

/** Changes the order of lines, or drops or doubles one. */
export function mutateLines(text: string, draw: Draw): string {
  return mutateOrder(text.split("\n"), draw).join("\n");
}

/** Replaces a line, a part between empty lines, or all by that of `other`. */
export function splice(text: string, other: string, draw: Draw): string {
  const separator = draw.of(["\n", "\n", "\n\n"]);
  const [own, others] = [text.split(separator), other.split(separator)];
  if (draw.below(10) === 0) return other;
  const at = draw.below(own.length);
  return own.with(at, others[Math.min(at, others.length - 1)] ?? "").join(separator);
}

/** Another number: near, far, or extreme. */
export function mutateNumber(number: number, draw: Draw): number {
  const near = 1 + draw.below(3);
  return draw.of([
    number + near,
    Math.max(0, number - near),
    number ^ (1 << draw.below(20)),
    draw.below(200),
    number * 2,
    0,
    Number.MAX_SAFE_INTEGER - near,
  ]);
}

/** Changes a bit, the length, or all bytes of a field. */
export function mutateField(bytes: Uint8Array, draw: Draw): Uint8Array {
  if (bytes.length === 0) return draw.bytes(1);
  const flip = (): Uint8Array => {
    const at = draw.below(bytes.length);
    return bytes.with(at, (bytes[at] ?? 0) ^ (1 << draw.below(8)));
  };
  return draw.of([flip, flip, flip, () => draw.bytes(bytes.length), () => mutateLength(bytes, draw)])();
}
