/** Converts bytes to and from hexadecimal and base64, and compares them. */
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

/** Standard base64 with padding (RFC 4648 section 4). */
export function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** The bytes, or undefined where `text` is not the base64 that {@link toBase64} writes. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return undefined;
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return toBase64(bytes) === text ? bytes : undefined; // unused bits must be zero
}
