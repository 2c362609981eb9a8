/** Makes and reads cursors of paged lists: each is valid for one list only, and only this instance can make one. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { AppError } from "../core/errors.ts";
import type { EntryIndex } from "../core/units.ts";

const CURSOR = /^(0|[1-9]\d{0,15})\.([\w-]{43})$/;

export class Cursors {
  readonly #secret: Uint8Array;

  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  /** @param list the filters of the list */
  write(list: object, after: EntryIndex): string {
    return `${after}.${this.#mac(list, after).toString("base64url")}`;
  }

  /** @throws AppError CURSOR_INVALID */
  read(list: object, cursor: string): EntryIndex {
    const [, after, mac] = CURSOR.exec(cursor) ?? [];
    const given = Buffer.from(mac ?? "", "base64url");
    const expected = this.#mac(list, Number(after));
    if (given.length === expected.length && timingSafeEqual(given, expected)) return Number(after);
    const detail = "use `next` of the answer before, with the same filters and on the same service";
    throw new AppError("CURSOR_INVALID", { detail, at: "cursor" });
  }

  #mac(list: object, after: EntryIndex): Buffer {
    const hmac = createHmac("sha256", this.#secret);
    return hmac.update(JSON.stringify(["hufu/cursor/v1", Object.entries(list).sort(), after])).digest();
  }
}
