import { z } from "zod";
import { AppError, quote } from "../core/errors.ts";

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

/** The node understood the request and refused it. What that means is decided where the request was made. */
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

/** Nodes give revert data as text, or in an object under `data`, or in one within that. */
function revertData(value: unknown, depth = 2): string | undefined {
  if (typeof value === "string") return data.safeParse(value).data;
  if (depth === 0 || typeof value !== "object" || value === null || !("data" in value)) return undefined;
  return revertData(value.data, depth - 1);
}

export interface RpcOptions {
  /** Milliseconds for one request. */
  readonly timeout?: number;
  /** Bytes of one reply. */
  readonly maxReply?: number;
}

/**
 * A node's JSON-RPC over HTTP. Its answers are input like any other: each is checked against a schema before use.
 * Nothing is retried here.
 */
export class JsonRpc {
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

  /** Host and port, which is all that may be shown: paths and queries of RPC URLs often hold a key. */
  get endpoint(): string {
    return new URL(this.#url).host;
  }

  /**
   * @throws AppError RPC_UNAVAILABLE: no connection, a time-out, an HTTP error
   * @throws AppError RPC_INCONSISTENT: an answer that is no answer to this request
   * @throws RpcRefusal
   */
  async request<T>(method: string, params: readonly unknown[], schema: z.ZodType<T>): Promise<T> {
    const id = this.#nextId++;
    const text = await this.#post(method, JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    const answer = reply.safeParse(parseJson(text));
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
        signal: AbortSignal.timeout(this.#timeout),
      });
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      return await this.#read(response, method);
    } catch (error) {
      if (error instanceof AppError) throw error;
      const why =
        error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : "";
      throw new AppError(
        "RPC_UNAVAILABLE",
        { detail: `the node at ${this.endpoint} did not answer ${method}: ${why}`, endpoint: this.endpoint },
        { cause: error },
      );
    }
  }

  async #read(response: Response, method: string): Promise<string> {
    const decoder = new TextDecoder();
    let text = "";
    let bytes = 0;
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > this.#maxReply) throw this.#inconsistent(method, `an answer above ${this.#maxReply} bytes`);
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  }

  #inconsistent(method: string, what: string): AppError {
    const detail = `the node at ${this.endpoint} answered ${method} with ${what}`;
    return new AppError("RPC_INCONSISTENT", { detail, endpoint: this.endpoint });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
