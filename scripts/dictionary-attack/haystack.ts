/** Indexes the data of an attacker, so that any 32 bytes in it are found: raw, in hexadecimal, in base64. */

/** Bytes of a candidate that are looked up in an index before the full search. */
const KEY = 6;
const WINDOW = 32;
/** log2 of the size of the sieve in bits: 128 MB. */
const SIEVE_BITS = 30;

export class Haystack {
  /** Shared with workers: one bit for the first 30 bits of every window of 32 bytes. */
  readonly sieve = new Uint8Array(new SharedArrayBuffer(1 << (SIEVE_BITS - 3)));
  readonly #parts: Buffer[] = [];
  readonly #keys = new Set<number>();
  bytes = 0;

  add(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    this.#index(Buffer.from(bytes));
    const text = Buffer.from(bytes).toString("latin1");
    for (const [run] of text.matchAll(/[0-9a-fA-F]{64,}/g))
      for (const from of [0, 1]) this.#index(Buffer.from(run.slice(from), "hex"));
    for (const [run] of text.matchAll(/[A-Za-z0-9+/_-]{43,}/g))
      for (const from of [0, 1, 2, 3]) this.#index(Buffer.from(run.slice(from), "base64"));
  }

  /** Whether these 32 bytes are held. */
  has(needle: Buffer): boolean {
    return this.#keys.has(needle.readUIntBE(0, KEY)) && this.#parts.some((part) => part.includes(needle));
  }

  #index(part: Buffer): void {
    if (part.length < WINDOW) return;
    this.#parts.push(part);
    for (let at = 0; at + WINDOW <= part.length; at++) {
      this.#keys.add(part.readUIntBE(at, KEY));
      const bit = sieveBit(part, at);
      this.sieve[bit >>> 3] = (this.sieve[bit >>> 3] ?? 0) | (1 << (bit & 7));
    }
  }
}

/** Index of the sieve's bit for the bytes from `at`. */
function sieveBit(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) >>> (32 - SIEVE_BITS);
}

/** False where these bytes are certainly not held. */
export function mayHave(sieve: Uint8Array, needle: Buffer): boolean {
  const bit = sieveBit(needle, 0);
  return ((sieve[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0;
}
