/** Logs the exact requests that are sent, so that the user can inspect them. */

/** A request without what the browser or the network adds. */
export interface SentRequest {
  readonly method: string;
  readonly url: string;
  /** API keys are left out. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** Of the body, in UTF-8. */
  readonly bytes: number;
}

const SECRET = "…";

export class SendLog {
  readonly #sent: SentRequest[] = [];
  readonly #fetch: typeof fetch;

  constructor(send: typeof fetch) {
    this.#fetch = send;
  }

  /** The requests from position `from` on. */
  since(from: number): readonly SentRequest[] {
    return this.#sent.slice(from);
  }

  get length(): number {
    return this.#sent.length;
  }

  /** Logs the request, then sends it. */
  readonly fetch: typeof fetch = async (input, init = {}) => {
    const { method = "GET", body = "" } = init;
    if (typeof input !== "string" || typeof body !== "string")
      throw new TypeError("only texts are sent, so that they can be shown");
    const headers = [...new Headers(init.headers)].map(
      ([name, value]) => [name, name === "authorization" ? `Bearer ${SECRET}` : value] as const,
    );
    const bytes = new TextEncoder().encode(body).length;
    this.#sent.push({ method, url: input, headers, body, bytes });
    return await this.#fetch(input, init);
  };
}
