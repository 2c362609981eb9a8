/** Reads the parameters of a contract's event (Solidity ABI specification, "Formal Specification of the Encoding"). */
import { toHex } from "../core/bytes.ts";
import type { Address } from "../core/units.ts";
import { decodeText } from "../core/visible.ts";

const WORD = 32;

/**
 * Reads parameters by name. Each has one word, in order; that of a text or of bytes is where its length and content start.
 * @throws RangeError: the data end too early, or a value is too large for its type
 */
export class AbiReader {
  readonly #data: Uint8Array;
  readonly #names: readonly string[];

  constructor(data: Uint8Array, names: readonly string[]) {
    this.#data = data;
    this.#names = names;
  }

  has(name: string): boolean {
    return this.#names.includes(name);
  }

  /** 32 bytes. */
  word(name: string): Uint8Array {
    return Uint8Array.from(this.#wordFrom(this.#names.indexOf(name) * WORD));
  }

  bits(name: string): bigint {
    return bitsOf(this.word(name));
  }

  number(name: string): number {
    return numberOf(this.word(name));
  }

  flag(name: string): boolean {
    return this.number(name) !== 0;
  }

  address(name: string): Address {
    const word = this.word(name);
    if (word.subarray(0, 12).some((byte) => byte !== 0)) throw new RangeError(`${name} is no address`);
    return `0x${toHex(word.subarray(12))}`;
  }

  bytes(name: string): Uint8Array {
    const start = this.number(name);
    const length = numberOf(this.#wordFrom(start));
    const room = Math.ceil(length / WORD) * WORD;
    const padded = this.#data.subarray(start + WORD, start + WORD + room);
    if (padded.length !== room) throw new RangeError(`${name} is cut off`);
    return Uint8Array.from(padded.subarray(0, length));
  }

  text(name: string): string {
    return decodeText(this.bytes(name));
  }

  #wordFrom(start: number): Uint8Array {
    const word = this.#data.subarray(start, start + WORD);
    if (word.length !== WORD) throw new RangeError("the data are cut off");
    return word;
  }
}

function bitsOf(word: Uint8Array): bigint {
  return BigInt(`0x${toHex(word)}`);
}

function numberOf(word: Uint8Array): number {
  const value = bitsOf(word);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError(`${value} is beyond 2^53`);
  return Number(value);
}
