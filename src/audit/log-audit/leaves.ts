/** Keeps the leaf hashes of a log in one buffer. */
import { equalBytes } from "../../core/bytes.ts";
import type { EntryIndex, Hash } from "../../core/units.ts";

const HASH_BYTES = 32;
const FIRST_ROOM = 1_024;

/** A million leaf hashes take 32 MB. */
export class Leaves {
  #bytes = new Uint8Array(FIRST_ROOM * HASH_BYTES);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  push(leaf: Hash): void {
    const end = this.#count * HASH_BYTES;
    if (end === this.#bytes.length) {
      const larger = new Uint8Array(end * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(leaf, end);
    this.#count += 1;
  }

  /** Whether entry `index` is there and has another hash. */
  differs(index: EntryIndex, leaf: Hash): boolean {
    const start = index * HASH_BYTES;
    return index < this.#count && !equalBytes(this.#bytes.subarray(start, start + HASH_BYTES), leaf);
  }
}
