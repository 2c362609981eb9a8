/** Bytes that one candidate has to have in common with what is held, before it is looked at closely. */
const KEY = 6;
const WINDOW = 32;
/** Bits of the first sieve; they fit into the cache of no processor, and a hundred megabytes. */
const SIEVE_BITS = 30;

/** Everything that an attacker holds, so that any 32 bytes in it are found: as they are, in hexadecimal, in base64. */
export class Haystack {
  /** For workers: a bit for the first 30 bits of every 32 bytes that are held. */
  readonly sieve = new Uint8Array(new SharedArrayBuffer(1 << (SIEVE_BITS - 3)));
  readonly #parts: Buffer[] = [];
  readonly #keys = new Set<number>();
  bytes = 0;

  add(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    this.#hold(Buffer.from(bytes));
    const text = Buffer.from(bytes).toString("latin1");
    for (const [run] of text.matchAll(/[0-9a-fA-F]{64,}/g))
      for (const from of [0, 1]) this.#hold(Buffer.from(run.slice(from), "hex"));
    for (const [run] of text.matchAll(/[A-Za-z0-9+/_-]{43,}/g))
      for (const from of [0, 1, 2, 3]) this.#hold(Buffer.from(run.slice(from), "base64"));
  }

  /** Whether these 32 bytes are held. */
  has(needle: Buffer): boolean {
    return this.#keys.has(needle.readUIntBE(0, KEY)) && this.#parts.some((part) => part.includes(needle));
  }

  #hold(part: Buffer): void {
    if (part.length < WINDOW) return;
    this.#parts.push(part);
    for (let at = 0; at + WINDOW <= part.length; at++) {
      this.#keys.add(part.readUIntBE(at, KEY));
      const bit = sieved(part, at);
      this.sieve[bit >>> 3] = (this.sieve[bit >>> 3] ?? 0) | (1 << (bit & 7));
    }
  }
}

/** Which bit of the sieve the bytes from `at` belong to. */
function sieved(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) >>> (32 - SIEVE_BITS);
}

/** Whether the sieve lets these bytes through: all that is held, and a little more. */
export function mayHave(sieve: Uint8Array, needle: Buffer): boolean {
  const bit = sieved(needle, 0);
  return ((sieve[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0;
}
