import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";

/** Lower-case hexadecimal, without prefix. */
export const toHex: (bytes: Uint8Array) => string = bytesToHex;

export const concat: (...parts: Uint8Array[]) => Uint8Array = concatBytes;

/**
 * Reads an even number of hexadecimal digits, in either case, with or without `0x`.
 * @throws Error where `text` is anything else
 */
export function fromHex(text: string): Uint8Array {
  return hexToBytes(text.startsWith("0x") ? text.slice(2) : text);
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
