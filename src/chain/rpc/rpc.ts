/** Sends JSON-RPC requests to a node over HTTP and checks each answer against a schema. */
import { z } from "zod";
import { AppError, quote } from "../../core/errors.ts";

/** Formats of the Ethereum JSON-RPC: numbers without leading zeros, bytes in pairs of digits. */
export const quantity = z
  .string()
  .regex(/^0x(0|[1-9a-f][0-9a-f]*)$/i)
  .transform(Number)
  .refine(Number.isSafeInteger);
export const bigQuantity = z
  .string()
  .regex(/^0x(0|[1-9a-f][0-9a-f]*)$/i)
  .transform(BigInt);
export const data = z.string().regex(/^0x([0-9a-f]{2})*$/i);
export const hash32 = z.string().regex(/^0x[0-9a-f]{64}$/i);
export const address20 = z.string().regex(/^0x[0-9a-f]{40}$/i);

const reply = z.object({
  jsonrpc: z.literal("2.0"),
  id: z.number(),
  result: z.unknown().optional(),
  error: z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() }).nullish(),
});

/** The node understood the request and refused it. The caller decides what that means. */
export class RpcRefusal extends AppError {
  readonly rpcCode: number;
  readonly rpcMessage: string;
  /** Revert data (ABI-encoded error), where the node gave any. */
  readonly data: string | undefined;

  constructor(method: string, error: { code: number; message: string; data?: unknown }) {
    super("RPC_REFUSED", { detail: `${method}: ${quote(error.message)} (${error.code})` });
    this.rpcCode = error.code;
    this.rpcMessage = error.message;
    this.data = revertData(error.data);
  }
}

/** Nodes give revert data as text, or under `data` of an object, or of an object within that. */
function revertData(value: unknown, depth = 2): string | undefined {
  if (typeof value === "string") return data.safeParse(value).data;
  if (depth === 0 || typeof value !== "object" || value === null || !("data" in value)) return undefined;
  return revertData(value.data, depth - 1);
}

/** One node that answers JSON-RPC, or several with failover. */
export interface JsonRpc {
  /** Host and port. Paths and queries of RPC URLs are never shown: they often hold a key. */
  readonly endpoint: string;
  /**
   * @throws AppError RPC_UNAVAILABLE: no connection, a time-out (then with `timedOut`), an HTTP error; with `waitFor` in
   * milliseconds where the node said when to come back
   * @throws AppError RPC_INCONSISTENT: the answer does not belong to this request; with `tooLong` where it was one of logs,
   * and above the limit
   * @throws RpcRefusal
   */
  request<T>(method: string, params: readonly unknown[], schema: z.ZodType<T>): Promise<T>;
  /** Where several nodes answer: one of them, for requests whose answers have to be consistent. */
  session?(): Promise<RpcSession>;
}

/** One of several nodes, without failover: where it fails, so does the request. */
export interface RpcSession extends JsonRpc {
  /** The other nodes that are available now, to compare answers with. */
  readonly peers: readonly JsonRpc[];
  /**
   * Puts the node into quarantine: its answers were inconsistent. With `disagree` in the fault's fields, the answers were
   * those of several nodes, and none is put into quarantine.
   */
  distrust(why: AppError): void;
}

export interface RpcOptions {
  /** Milliseconds for one request. */
  readonly timeout?: number;
  /** Bytes of one reply with logs; of any other at most 4 MiB. */
  readonly maxReply?: number;
}

const MAX_SHORT_REPLY = 4 << 20;

/**
 * JSON-RPC of one node, without retries. Its answers are input like any other: each is checked against a schema before
 * use.
 */
class NodeRpc implements JsonRpc {
  readonly #url: string;
  readonly #timeout: number;
  readonly #maxReply: number;
  #nextId = 1;

  /** @throws AppError CONFIG: a user name or password in the URL, which errors of the network would show */
  constructor(url: string, { timeout = 15_000, maxReply = 64 << 20 }: RpcOptions = {}) {
    const { username, password } = new URL(url);
    if (username !== "" || password !== "") {
      throw new AppError("CONFIG", { detail: "an RPC URL with a user name or a password is not supported" });
    }
    this.#url = url;
    this.#timeout = timeout;
    this.#maxReply = maxReply;
  }

  get endpoint(): string {
    return new URL(this.#url).host;
  }

  async request<T>(method: string, params: readonly unknown[], schema: z.ZodType<T>): Promise<T> {
    const id = this.#nextId++;
    const text = await this.#post(method, JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    const answer = reply.safeParse(parseJson(text));
    // guard: F21 request id
    if (!answer.success || answer.data.id !== id)
      throw this.#inconsistent(method, "no JSON-RPC answer to the request");
    if (answer.data.error) throw new RpcRefusal(method, answer.data.error);
    const result = schema.safeParse(answer.data.result);
    if (!result.success) throw this.#inconsistent(method, z.prettifyError(result.error));
    return result.data;
  }

  async #post(method: string, body: string): Promise<string> {
    try {
      const response = await fetch(this.#url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
        redirect: "error",
        signal: AbortSignal.timeout(this.#timeout), // guard: F18 F30 time limit
      });
      if (!response.ok) {
        await response.body?.cancel();
        throw new HttpFault(response);
      }
      return await this.#read(response, method);
    } catch (error) {
      if (error instanceof AppError) throw error;
      const why =
        error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : "";
      throw new AppError(
        "RPC_UNAVAILABLE",
        {
          detail: `the node at ${this.endpoint} did not answer ${method}: ${why}`,
          endpoint: this.endpoint,
          ...(error instanceof Error && error.name === "TimeoutError" ? { timedOut: true } : {}),
          ...(error instanceof HttpFault && error.waitFor !== undefined ? { waitFor: error.waitFor } : {}),
        },
        { cause: error },
      );
    }
  }

  async #read(response: Response, method: string): Promise<string> {
    const limit = method === "eth_getLogs" ? this.#maxReply : Math.min(this.#maxReply, MAX_SHORT_REPLY);
    const decoder = new TextDecoder();
    let text = "";
    let bytes = 0;
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      // guard: F28 size limit
      if (bytes > limit) {
        const tooLong = method === "eth_getLogs" ? { tooLong: true } : {};
        throw this.#inconsistent(method, `an answer above ${limit} bytes`, tooLong);
      }
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  }

  #inconsistent(method: string, what: string, more: object = {}): AppError {
    const detail = `the node at ${this.endpoint} answered ${method} with ${what}`;
    return new AppError("RPC_INCONSISTENT", { detail, endpoint: this.endpoint, ...more });
  }
}

/** One node over HTTP, without retries. */
export const JsonRpc: new (url: string, options?: RpcOptions) => JsonRpc = NodeRpc;

/** An HTTP status other than success. */
class HttpFault extends Error {
  /** Milliseconds, from a Retry-After of seconds (RFC 9110 section 10.2.3). A date is ignored: clocks differ. */
  readonly waitFor: number | undefined;

  constructor({ status, headers }: Response) {
    super(`HTTP ${status}`);
    const seconds = headers.get("retry-after") ?? "";
    this.waitFor = /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1000 : undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text); // guard: F20 broken JSON
  } catch {
    return undefined;
  }
}
