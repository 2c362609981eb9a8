/** Parses addresses of the chain and writes them with their checksum. */
import { keccak_256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { toHex } from "./bytes.ts";
import { AppError, quote } from "./errors.ts";
import type { Address } from "./units.ts";

const ADDRESS = /^0x[0-9a-f]{40}$/i;

/**
 * Accepts lower or upper case, or the mixed case that is a checksum (EIP-55).
 * @param at position of the text, for the error
 * @throws AppError ADDRESS_FORMAT, ADDRESS_ZERO
 */
export function parseAddress(text: string, at: string): Address {
  if (!ADDRESS.test(text)) {
    const detail = `${at}: expected 0x and 40 hex digits, got ${quote(text)}`;
    throw new AppError("ADDRESS_FORMAT", { detail, at });
  }
  const digits = text.slice(2);
  const address: Address = `0x${digits.toLowerCase()}`;
  if (/^0+$/.test(digits)) throw new AppError("ADDRESS_ZERO", { detail: `${at}: nobody is ${text}`, at });
  const oneCase = digits === digits.toLowerCase() || digits === digits.toUpperCase();
  if (oneCase || text === checksummed(address)) return address;
  const detail = `${at}: the upper and lower case of ${quote(text)} is not its checksum (EIP-55); a digit of it is wrong`;
  throw new AppError("ADDRESS_FORMAT", { detail, at });
}

/** The address with its checksum: a letter is upper case where the same digit of the hash is 8 or more (EIP-55). */
export function checksummed(address: Address): string {
  const digits = address.slice(2);
  const hash = toHex(keccak_256(utf8ToBytes(digits)));
  const cased = Array.from(digits, (digit, i) =>
    parseInt(hash[i] ?? "0", 16) >= 8 ? digit.toUpperCase() : digit,
  );
  return `0x${cased.join("")}`;
}
