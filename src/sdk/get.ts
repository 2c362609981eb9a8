import { concat } from "../core/bytes.ts";
import { UNAVAILABLE_STATUS, unavailable, unreachable, secondsOf, notTheService } from "./faults.ts";

export interface GetOptions {
  /** Milliseconds for the whole answer. */
  readonly timeout: number;
  /** Bytes that are read at most, and one more, so that what is too long is seen to be. */
  readonly limit: number;
  /** What sends; the platform's own unless given. */
  readonly fetch?: typeof fetch;
}

/** What a server has at a path; copies on the way are asked to look for something newer. */
export interface HttpAnswer {
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

/**
 * One GET. Undefined where the server says that it has no such thing (404).
 * @throws AppError SERVER_UNREACHABLE (with `retryAfter`, in seconds, where the server said when to come back),
 * NOT_THE_SERVICE
 */
export async function get(
  server: string,
  path: string,
  options: GetOptions,
): Promise<HttpAnswer | undefined> {
  const response = await ask(server, path, options);
  const { status, headers } = response;
  if (status === 200) return { headers, bytes: await read(server, response, options.limit) };
  await response.body?.cancel().catch(() => undefined);
  if (status === 404) return undefined;
  if (UNAVAILABLE_STATUS.includes(status))
    throw unavailable(server, status, secondsOf(headers.get("retry-after")));
  throw notTheService(server, `HTTP ${status} for ${path}`);
}

async function ask(
  server: string,
  path: string,
  { timeout, fetch: send = fetch }: GetOptions,
): Promise<Response> {
  try {
    return await send(`${server}${path}`, {
      redirect: "error",
      headers: { accept: "*/*", "cache-control": "no-cache" },
      signal: AbortSignal.timeout(timeout),
    });
  } catch (cause) {
    throw unreachable(server, cause);
  }
}

async function read(server: string, { body }: Response, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const reader = body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined;
  try {
    for (let length = 0; length <= limit; length += parts.at(-1)?.length ?? 0) {
      const { value } = (await reader?.read()) ?? {};
      if (value === undefined) break;
      parts.push(value);
    }
    await reader?.cancel();
  } catch (cause) {
    throw unreachable(server, cause);
  }
  return concat(...parts).slice(0, limit + 1);
}
