/** Reads the log of an operator, which it serves without a key. */
import type { z } from "zod";
import type { TreeSize } from "../../core/units.ts";
import { tilePath, type TileId } from "../../log/tiles.ts";
import { institutionsResponse, type InstitutionsResponse } from "../../wire/entries.ts";
import { sizesResponse, type SizesResponse } from "../../wire/log.ts";
import { notTheService } from "./faults.ts";
import { get } from "./get.ts";

/** Bytes of an answer, at most; a longer one is cut off, and does not parse. */
const LIMITS = {
  /** 256 hashes of 32 bytes. */
  tile: 256 * 32,
  /** 256 entries of 80 bytes, each after its length. */
  entries: 256 * 82,
  checkpoint: 256 * 1024,
  list: 64 * 1024,
  /** 256 events, each of a few texts of 256 bytes. */
  events: 4 * 1024 * 1024,
  directory: 16 * 1024 * 1024,
} as const;

export interface LogClientOptions {
  /** Base URL of an operator, whose log is at `/log` beneath it. */
  readonly server: string;
  /** Milliseconds for one answer. */
  readonly timeout?: number;
  /** Advice for the user where no server answers. */
  readonly hint?: string;
  /** Sends the requests; the platform's fetch unless given. */
  readonly fetch?: typeof fetch;
}

/**
 * Nothing is verified here. An answer 404 is `undefined`.
 * @throws AppError SERVER_UNREACHABLE (with the server's `retryAfter`, in seconds), NOT_THE_SERVICE
 */
export class LogClient {
  readonly #server: string;
  readonly #timeout: number;
  readonly #send: typeof fetch;

  readonly #hint: string | undefined;

  constructor({ server, timeout = 30_000, hint, fetch: send = fetch }: LogClientOptions) {
    this.#hint = hint;
    this.#server = server;
    this.#timeout = timeout;
    this.#send = (input, init) => send(input, init);
  }

  async tile(tile: TileId): Promise<Uint8Array | undefined> {
    return await this.#get(`/log/${tilePath(tile)}`, tile.level === "entries" ? LIMITS.entries : LIMITS.tile);
  }

  /** @param size undefined = the newest checkpoint */
  async checkpoint(size?: TreeSize): Promise<string | undefined> {
    const path = size === undefined ? "/log/checkpoint" : `/log/checkpoints/${size}`;
    return textOf(await this.#get(path, LIMITS.checkpoint));
  }

  /** A file of directory events, as it is served. */
  async directory(file: number): Promise<string | undefined> {
    return textOf(await this.#get(`/log/directory/${file}`, LIMITS.events));
  }

  /** One page of the sizes above `after` that have a checkpoint, in order. */
  async sizes(after: TreeSize): Promise<SizesResponse> {
    const page = await this.#json(`/log/checkpoints?after=${after}`, LIMITS.list, sizesResponse);
    const inOrder = page.sizes.every((size, i) => size > (page.sizes[i - 1] ?? after));
    if (inOrder && (page.next === undefined || page.next === page.sizes.at(-1))) return page;
    throw notTheService(this.#server, "sizes of checkpoints that are not in order");
  }

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
    const answer = await get(this.#server, path, {
      timeout: this.#timeout,
      limit,
      hint: this.#hint,
      fetch: this.#send,
    });
    return answer?.bytes;
  }
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes && new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}
