/** Keeps many values of one width in few large buffers. */

/** Rows of one buffer; a power of two. */
const PAGE = 2 ** 16;

/** Rows of equal width, which are appended and never change. Growing copies nothing. */
export class Rows {
  readonly #width: number;
  readonly #pages: Uint8Array[] = [];
  #count = 0;

  /** @param width bytes of a row */
  constructor(width: number) {
    this.#width = width;
  }

  get count(): number {
    return this.#count;
  }

  push(row: Uint8Array): void {
    const at = this.#count % PAGE;
    if (at === 0) this.#pages.push(new Uint8Array(PAGE * this.#width));
    this.#pages.at(-1)?.set(row, at * this.#width);
    this.#count += 1;
  }

  /** A view of the row. @throws RangeError: there is no such row */
  at(index: number): Uint8Array {
    const page = index < this.#count ? this.#pages[Math.floor(index / PAGE)] : undefined;
    if (page === undefined) throw new RangeError(`there is no row ${index}`);
    const start = (index % PAGE) * this.#width;
    return page.subarray(start, start + this.#width);
  }
}

/** Numbers from 0 to 2^32 - 1 by their position; 0 where none was set. */
export class Numbers {
  #values = new Uint32Array(1_024);

  at(position: number): number {
    return this.#values[position] ?? 0;
  }

  set(position: number, value: number): void {
    if (position >= this.#values.length) {
      const larger = new Uint32Array(Math.max(position + 1, this.#values.length * 2));
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[position] = value;
  }
}
