/** Sends JSON-RPC requests to a node over HTTP and checks each answer against a schema. */
import { z } from "zod";
import { AppError, quote } from "../../core/errors.ts";
import { refusalKind, type RefusalKind } from "./refusal-kind.ts";

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

const rpcError = z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() });
/** An error may come without an id: the node could not read the request, or a gateway answers in its place. */
const reply = z.object({
  jsonrpc: z.literal("2.0"),
  id: z.number().nullish(),
  result: z.unknown().optional(),
  error: rpcError.nullish(),
});
type Reply = z.infer<typeof reply>;

/** The node understood the request and refused it. The caller decides what that means. */
export class RpcRefusal extends AppError {
  readonly kind: RefusalKind;
  /** Revert data (ABI-encoded error), where the node gave any. */
  readonly data: string | undefined;

  constructor(fields: AppError["fields"], refusal: { kind: RefusalKind; data: string | undefined }) {
    super("RPC_REFUSED", fields);
    this.kind = refusal.kind;
    this.data = refusal.data;
  }
}

/** One node that answers JSON-RPC, or several with failover. */
export interface JsonRpc {
  /** Host and port. Paths and queries of RPC URLs are never shown: they often hold a key. */
  readonly endpoint: string;
  /**
   * Each error has `tooMuch` where a request for logs of fewer blocks may succeed, so that the node is not known to be at fault.
   * @throws AppError RPC_UNAVAILABLE: no connection, a time-out (then with `timedOut`), or no answer by its own words or HTTP
   * status; with `waitFor` in milliseconds where the node said when to come back
   * @throws AppError RPC_INCONSISTENT: the answer does not belong to this request
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

/** Characters of an answer that are searched for words. */
const MAX_WORDS = 500;

/** Kinds of refusals after which the node is unavailable, with what is reported of it. */
const NOT_ANSWERED: Readonly<Partial<Record<RefusalKind, string>>> = {
  "too-often": "limits requests, and",
  "no-access": "refuses access, and",
  failed: "",
  away: "",
};

/** Kinds of refusals that a request for logs of fewer blocks may avoid. */
const DEPENDS_ON_BLOCKS: ReadonlySet<RefusalKind> = new Set(["too-much", "failed", "refused"]);

const NO_ANSWER = "no JSON-RPC answer to the request";

/** A request as errors describe it. */
interface Asked {
  readonly id: number;
  readonly method: string;
  /** It is for logs of several blocks. */
  readonly several: boolean;
}

/** An answer over HTTP, of any status. */
interface Answered {
  readonly status: number;
  readonly text: string;
  /** Milliseconds, from a Retry-After of seconds (RFC 9110 section 10.2.3). A date is ignored: clocks differ. */
  readonly waitFor: number | undefined;
}

/**
 * JSON-RPC of one node, without retries. Its answers are input like any other: each is checked against a schema before
 * use.
 */
class NodeRpc implements JsonRpc {
  readonly #url: string;
  /** Parts of the URL that may be a key, which an answer may repeat. */
  readonly #secrets: readonly string[];
  readonly #timeout: number;
  readonly #maxReply: number;
  #nextId = 1;

  /** @throws AppError CONFIG: a user name or password in the URL, which errors of the network would show */
  constructor(url: string, { timeout = 15_000, maxReply = 64 << 20 }: RpcOptions = {}) {
    const { username, password, pathname, searchParams } = new URL(url);
    if (username !== "" || password !== "") {
      throw new AppError("CONFIG", { detail: "an RPC URL with a user name or a password is not supported" });
    }
    this.#url = url;
    this.#secrets = [...pathname.split("/"), ...searchParams.values()].filter(({ length }) => length >= 8);
    this.#timeout = timeout;
    this.#maxReply = maxReply;
  }

  get endpoint(): string {
    return new URL(this.#url).host;
  }

  async request<T>(method: string, params: readonly unknown[], schema: z.ZodType<T>): Promise<T> {
    const id = this.#nextId++;
    const asked = { id, method, several: isOfSeveralBlocks(method, params) };
    const answered = await this.#post(asked, JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    const answer = reply.safeParse(parseJson(answered.text)).data;
    // guard: F21 request id
    if (answer !== undefined && !belongsTo(id, answer)) throw this.#inconsistent(asked, NO_ANSWER);
    if (answer === undefined || answer.error || answered.status >= 300)
      throw this.#refused(asked, answered, answer?.error ?? undefined);
    const result = schema.safeParse(answer.result);
    if (!result.success) throw this.#inconsistent({ method, several: false }, z.prettifyError(result.error));
    return result.data;
  }

  async #post(asked: Asked, body: string): Promise<Answered> {
    try {
      const response = await fetch(this.#url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
        redirect: "error",
        signal: AbortSignal.timeout(this.#timeout), // guard: F18 F30 time limit
      });
      const seconds = response.headers.get("retry-after") ?? "";
      const waitFor = /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1000 : undefined;
      return { status: response.status, text: await this.#read(response, asked), waitFor };
    } catch (error) {
      if (error instanceof AppError) throw error;
      const why =
        error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : "";
      const timedOut = error instanceof Error && error.name === "TimeoutError";
      throw new AppError(
        "RPC_UNAVAILABLE",
        {
          detail: `the node at ${this.endpoint} did not answer ${asked.method}: ${why}`,
          endpoint: this.endpoint,
          ...(timedOut ? { timedOut, tooMuch: asked.several || undefined } : {}),
        },
        { cause: error },
      );
    }
  }

  async #read(response: Response, asked: Asked): Promise<string> {
    const limit = asked.method === "eth_getLogs" ? this.#maxReply : Math.min(this.#maxReply, MAX_SHORT_REPLY);
    const decoder = new TextDecoder();
    let text = "";
    let bytes = 0;
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      // guard: F28 size limit
      if (bytes > limit) throw this.#inconsistent(asked, `an answer above ${limit} bytes`);
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  }

  /** The fault of an answer without a result, or with one under an HTTP status that denies it. */
  #refused({ method, several }: Asked, { status, text, waitFor }: Answered, error: Reply["error"]): AppError {
    const code = error?.code;
    const data = revertData(error?.data);
    const words = this.#withoutSecrets(error ? wordsOf(error) : text);
    const kind = code === 3 ? "refused" : refusalKind({ status, code, words });
    if (kind === undefined) return this.#inconsistent({ method, several }, NO_ANSWER);
    const tooMuch = (several && DEPENDS_ON_BLOCKS.has(kind)) || undefined;
    const said = `${method}: ${quote(words.trim())} (${code ?? `HTTP ${status}`})`;
    const why = NOT_ANSWERED[kind];
    if (why === undefined) return new RpcRefusal({ detail: said, tooMuch }, { kind, data });
    const detail = `the node at ${this.endpoint} ${why} did not answer ${said}`;
    return new AppError("RPC_UNAVAILABLE", { detail, endpoint: this.endpoint, kind, tooMuch, waitFor });
  }

  #inconsistent({ method, several }: Pick<Asked, "method" | "several">, what: string): AppError {
    const detail = `the node at ${this.endpoint} answered ${method} with ${what}`;
    return new AppError("RPC_INCONSISTENT", {
      detail,
      endpoint: this.endpoint,
      tooMuch: several || undefined,
    });
  }

  #withoutSecrets(text: string): string {
    return this.#secrets.reduce((words, secret) => words.replaceAll(secret, "…"), text).slice(0, MAX_WORDS);
  }
}

/** One node over HTTP, without retries. */
export const JsonRpc: new (url: string, options?: RpcOptions) => JsonRpc = NodeRpc;

/** Whether a request is one for logs, and could be one of fewer blocks. */
function isOfSeveralBlocks(method: string, [filter]: readonly unknown[]): boolean {
  if (method !== "eth_getLogs") return false;
  const { fromBlock, toBlock } = (filter ?? {}) as { fromBlock?: string; toBlock?: string };
  return fromBlock !== toBlock;
}

function belongsTo(id: number, answer: Reply): boolean {
  return answer.id === id || Boolean(answer.error && (answer.id ?? undefined) === undefined);
}

/** Some nodes say in the data what is wrong. */
function wordsOf({ message, data: more }: z.infer<typeof rpcError>): string {
  return typeof more === "string" && !more.startsWith("0x") ? `${message} ${more}` : message;
}

/** Nodes give revert data as text, or under `data` of an object, or of an object within that. */
function revertData(value: unknown, depth = 2): string | undefined {
  if (typeof value === "string") return data.safeParse(value).data;
  if (depth === 0 || typeof value !== "object" || value === null || !("data" in value)) return undefined;
  return revertData(value.data, depth - 1);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text); // guard: F20 broken JSON
  } catch {
    return undefined;
  }
}
