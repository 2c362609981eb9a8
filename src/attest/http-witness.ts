/** Sends cosignature requests to a witness over HTTP (c2sp.org/tlog-witness). */
import { AppError, quote } from "../core/errors.ts";
import { MAX_WITNESS_BYTES, parseSizeAnswer } from "../log/witness.ts";
import type { RemoteWitness, WitnessAnswer } from "./ports.ts";

/** Milliseconds for one request. */
const TIMEOUT = 10_000;

/** Statuses of a service, or of a proxy before it, that cannot answer now. */
const UNAVAILABLE_STATUS = [502, 504];
const RETRY_LATER_STATUS = [429, 503];

/** Nothing is retried here. */
export class HttpWitness implements RemoteWitness {
  readonly name: string;
  readonly #url: string;
  readonly #closing: AbortSignal;
  readonly #timeout: number;

  /** @param prefix the submission prefix of the witness @param options.closing aborts requests under way @param options.timeout milliseconds */
  constructor(prefix: string, options: { closing: AbortSignal; timeout?: number }) {
    this.name = prefix;
    this.#url = `${prefix}/add-checkpoint`;
    this.#closing = options.closing;
    this.#timeout = options.timeout ?? TIMEOUT;
  }

  async addCheckpoint(request: string): Promise<WitnessAnswer> {
    const { status, headers, text } = await this.#post(request);
    if (status === 200) return { kind: "cosigned", lines: text };
    if (UNAVAILABLE_STATUS.includes(status)) throw this.#unreachable(`HTTP ${status}`);
    if (RETRY_LATER_STATUS.includes(status)) {
      const seconds = headers.get("retry-after") ?? "";
      const after = /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1_000 : undefined;
      return { kind: "later", after, detail: described(status, text) };
    }
    if (status === 409) {
      const size = parseSizeAnswer(text);
      if (size !== undefined) return { kind: "conflict", size };
    }
    return { kind: "refused", detail: described(status, text), split: problemOf(text)["split"] };
  }

  async #post(body: string): Promise<{ status: number; headers: Headers; text: string }> {
    try {
      const response = await fetch(this.#url, {
        method: "POST",
        redirect: "error",
        headers: { "content-type": "text/plain; charset=utf-8" },
        body,
        signal: AbortSignal.any([this.#closing, AbortSignal.timeout(this.#timeout)]),
      });
      return { status: response.status, headers: response.headers, text: await this.#read(response) };
    } catch (error) {
      if (error instanceof AppError) throw error;
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw this.#unreachable(cause instanceof Error ? cause.message : "no answer", error);
    }
  }

  async #read(response: Response): Promise<string> {
    const decoder = new TextDecoder();
    let [text, bytes] = ["", 0];
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > MAX_WITNESS_BYTES)
        throw new AppError("NOT_THE_SERVICE", {
          detail: `${this.#url} gave more than ${MAX_WITNESS_BYTES} bytes`,
        });
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  }

  #unreachable(why: string, cause?: unknown): AppError {
    return new AppError("SERVER_UNREACHABLE", { detail: `${this.#url}: ${why}` }, { cause });
  }
}

/** The members of a problem (RFC 9457); empty where the text is not one. */
function problemOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function described(status: number, text: string): string {
  const { code, detail } = problemOf(text);
  const members = [code, detail].filter((part) => typeof part === "string").map(quote);
  return `HTTP ${status} ${members.length === 0 ? quote(text) : members.join(" ")}`;
}
