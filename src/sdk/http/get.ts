/** Sends one GET, past caches, and reads the answer up to a limit. */
import { concat } from "../../core/bytes.ts";
import { UNAVAILABLE_STATUS, unavailable, unreachable, secondsOf, notTheService } from "./faults.ts";

export interface GetOptions {
  /** Milliseconds for the whole answer. */
  readonly timeout: number;
  /** Bytes of the longest answer; one more is read, so that a longer one is detected. */
  readonly limit: number;
  /** Advice for the user where no server answers. */
  readonly hint?: string | undefined;
  /** Sends the request; the platform's fetch unless given. */
  readonly fetch?: typeof fetch;
}

export interface HttpAnswer {
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

/**
 * @returns undefined where the server answers 404
 * @throws AppError SERVER_UNREACHABLE (with the server's `retryAfter`, in seconds), NOT_THE_SERVICE
 */
export async function get(
  server: string,
  path: string,
  options: GetOptions,
): Promise<HttpAnswer | undefined> {
  const response = await send(server, path, options);
  const { status, headers } = response;
  if (status === 200) return { headers, bytes: await read(server, response, options.limit) };
  await response.body?.cancel().catch(() => undefined);
  if (status === 404) return undefined;
  if (UNAVAILABLE_STATUS.includes(status))
    throw unavailable(server, status, secondsOf(headers.get("retry-after")));
  throw notTheService(server, `HTTP ${status} for ${path}`);
}

async function send(
  server: string,
  path: string,
  { timeout, hint, fetch: fetcher = fetch }: GetOptions,
): Promise<Response> {
  try {
    return await fetcher(`${server}${path}`, {
      redirect: "error",
      headers: { accept: "*/*", "cache-control": "no-cache" },
      signal: AbortSignal.timeout(timeout),
    });
  } catch (cause) {
    throw unreachable(server, cause, hint);
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
