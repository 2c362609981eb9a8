/** Defines a case of a vector, and helpers to alter bytes and texts. */
import { createHash } from "node:crypto";
import { toHex } from "../../src/core/bytes.ts";
import type { Digest } from "../../src/core/digest.ts";
import type { ErrorCode } from "../../src/core/errors.ts";
import type { Input } from "../../test/conformance/judge.ts";

/** A description, an input, and the error code if the input is refused. */
export type Case = readonly [description: string, input: Input, code?: ErrorCode];

export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** 32 bytes derived from a name. */
export function bytesOf(name: string): Uint8Array {
  return Uint8Array.from(createHash("sha256").update(name).digest());
}

/** `bytes` with the lowest bit of the byte at `at` changed. */
export function flipped(bytes: Uint8Array, at = 0): Uint8Array {
  return bytes.with(at, (bytes.at(at) ?? 0) ^ 1);
}

/** `text` with `from` replaced once. @throws RangeError it is not there */
export function edit(text: string, from: string | RegExp, to: string): string {
  const edited = text.replace(from, to);
  if (edited === text) throw new RangeError(`${String(from)} is not in ${text}`);
  return edited;
}

/** The digests of a content, by each algorithm. */
export function digestsOf(content: string): [Digest, Digest] {
  const digest = (algorithm: "sha256" | "sm3"): Digest => ({
    algorithm,
    bytes: Uint8Array.from(createHash(algorithm).update(content).digest()),
  });
  return [digest("sha256"), digest("sm3")];
}

export const hexes = (hashes: readonly Uint8Array[]): string[] => hashes.map(toHex);
