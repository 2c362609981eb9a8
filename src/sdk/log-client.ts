import type { z } from "zod";
import type { TreeSize } from "../core/units.ts";
import { tilePath, type TileId } from "../log/tiles.ts";
import { institutionsResponse, type InstitutionsResponse } from "../wire/entries.ts";
import { sizesResponse, type SizesResponse } from "../wire/log.ts";
import { notTheService } from "./faults.ts";
import { get } from "./get.ts";

/** Bytes of an answer that are read, at most: one that is longer is cut off there, and then is not what it should be. */
const LIMITS = {
  /** 256 hashes of 32 bytes. */
  tile: 256 * 32,
  /** 256 entries of 80 bytes, each after its length. */
  entries: 256 * 82,
  checkpoint: 256 * 1024,
  list: 64 * 1024,
  directory: 16 * 1024 * 1024,
} as const;

export interface LogClientOptions {
  /** Base URL of an operator, whose log is at `/log` beneath it. */
  readonly server: string;
  /** Milliseconds for one answer. */
  readonly timeout?: number;
  /** What sends; the platform's own unless given. */
  readonly fetch?: typeof fetch;
}

/**
 * What an operator serves of its log without a key. Nothing is believed or judged here. Where the log says that it has no
 * such thing (404), that is `undefined`.
 * @throws AppError SERVER_UNREACHABLE (with `retryAfter`, in seconds, where the server said when to come back),
 * NOT_THE_SERVICE
 */
export class LogClient {
  readonly #server: string;
  readonly #timeout: number;
  readonly #send: typeof fetch;

  constructor({ server, timeout = 30_000, fetch: send = fetch }: LogClientOptions) {
    this.#server = server;
    this.#timeout = timeout;
    this.#send = (input, init) => send(input, init);
  }

  /** A tile or a bundle, as it is served. */
  async tile(tile: TileId): Promise<Uint8Array | undefined> {
    return await this.#get(`/log/${tilePath(tile)}`, tile.level === "entries" ? LIMITS.entries : LIMITS.tile);
  }

  /** The checkpoint of a size; without one, the newest. */
  async checkpoint(size?: TreeSize): Promise<string | undefined> {
    const path = size === undefined ? "/log/checkpoint" : `/log/checkpoints/${size}`;
    const bytes = await this.#get(path, LIMITS.checkpoint);
    return bytes && new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  }

  /** The sizes above `after` that a checkpoint is kept of, in order, a page of them. */
  async sizes(after: TreeSize): Promise<SizesResponse> {
    const page = await this.#json(`/log/checkpoints?after=${after}`, LIMITS.list, sizesResponse);
    const inOrder = page.sizes.every((size, i) => size > (page.sizes[i - 1] ?? after));
    if (inOrder && (page.next === undefined || page.next === page.sizes.at(-1))) return page;
    throw notTheService(this.#server, "sizes of checkpoints that are not in order");
  }

  /** The directory as the operator shows it. */
  async institutions(): Promise<InstitutionsResponse> {
    return await this.#json("/v1/institutions", LIMITS.directory, institutionsResponse);
  }

  async #json<T>(path: string, limit: number, schema: z.ZodType<T>): Promise<T> {
    const bytes = await this.#get(path, limit);
    if (bytes === undefined) throw notTheService(this.#server, `nothing at ${path} (HTTP 404)`);
    try {
      return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
    } catch (cause) {
      throw notTheService(this.#server, `something else at ${path} than is asked for`, cause);
    }
  }

  async #get(path: string, limit: number): Promise<Uint8Array | undefined> {
    const got = await get(this.#server, path, { timeout: this.#timeout, limit, fetch: this.#send });
    return got?.bytes;
  }
}
