import { z } from "zod";
import type { Language } from "../core/directory.ts";
import { AppError, ERRORS, quote, type ErrorCode } from "../core/errors.ts";
import {
  apiKeyMade,
  apiKeysResponse,
  apiKeyView,
  type ApiKeyMade,
  type ApiKeyRequest,
  type ApiKeysResponse,
  type ApiKeyView,
} from "../wire/api-keys.ts";
import {
  anchorResult,
  anchorsResponse,
  statusRequestsResponse,
  statusResponse,
  type AnchorResult,
  type AnchorsResponse,
  type DocumentRequest,
  type StatusRequestBody,
  type StatusRequestsResponse,
  type StatusResponse,
} from "../wire/anchors.ts";
import { problem } from "../wire/common.ts";
import {
  entriesResponse,
  institutionsResponse,
  evidencePending,
  type EntriesQuery,
  type EntriesResponse,
  type EvidencePending,
  type InstitutionsResponse,
} from "../wire/entries.ts";
import { meResponse, type MeResponse } from "../wire/me.ts";
import {
  indeterminate,
  verificationResponse,
  type Indeterminate,
  type VerificationRequest,
  type VerificationResponse,
} from "../wire/verifications.ts";
import { UNAVAILABLE_STATUS, unavailable, unreachable, secondsOf, notTheService } from "./faults.ts";

const HINT = '; start the service with "npm start", or name it with --server';

export interface ClientOptions {
  readonly server: string;
  readonly apiKey?: string | undefined;
  readonly language?: Language;
  /** Milliseconds for one request. */
  readonly timeout?: number;
  /** What sends; the platform's own unless given. */
  readonly fetch?: typeof fetch;
}

/**
 * The HTTP API as functions. Every answer is checked against its schema; a fault is thrown as the AppError of its code.
 * @throws AppError SERVER_UNREACHABLE, NOT_THE_SERVICE, and whatever the service answered; with `retryAfter`, in seconds,
 * where it said when to come back
 */
export class HufuClient {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** At most 2,000 documents. @param wait until all are final or failed, or the service's patience ends */
  async anchor(documents: readonly DocumentRequest[], { wait }: { wait: boolean }): Promise<AnchorsResponse> {
    const answer = await this.#request("POST", `/v1/anchors${wait ? "?wait=final" : ""}`, { documents });
    // 422 lists a result for each document too, when none was taken
    if (answer.status < 300 || answer.status === 422) return this.#read(anchorsResponse, answer.body);
    throw this.#fault(answer);
  }

  /** What became of one document. */
  async anchorById(anchorId: string): Promise<AnchorResult> {
    return await this.#call("GET", `/v1/anchors/${encodeURIComponent(anchorId)}`, anchorResult);
  }

  async setStatus(
    index: number,
    change: StatusRequestBody,
    { wait }: { wait: boolean },
  ): Promise<StatusResponse> {
    return await this.#call(
      "POST",
      `/v1/entries/${index}/status${wait ? "?wait=final" : ""}`,
      statusResponse,
      change,
    );
  }

  /** Changes of a status that wait for a second person, oldest first. */
  async awaitingApproval(): Promise<StatusRequestsResponse> {
    return await this.#call("GET", "/v1/status-requests?state=awaiting-approval", statusRequestsResponse);
  }

  /** What a second person says of a change. @param wait until an approved one is final or failed */
  async decide(
    id: string,
    decision: "approve" | "reject",
    { wait }: { wait: boolean },
  ): Promise<StatusResponse> {
    const path = `/v1/status-requests/${encodeURIComponent(id)}/approval${wait ? "?wait=final" : ""}`;
    return await this.#call("POST", path, statusResponse, { decision });
  }

  /** The answer has the key, which nobody can ask for again. */
  async makeApiKey(wanted: ApiKeyRequest): Promise<ApiKeyMade> {
    return await this.#call("POST", "/v1/api-keys", apiKeyMade, wanted);
  }

  async apiKeys(): Promise<ApiKeysResponse> {
    return await this.#call("GET", "/v1/api-keys", apiKeysResponse);
  }

  /** Ends a key at once, and for ever. */
  async revokeApiKey(id: string): Promise<ApiKeyView> {
    return await this.#call("DELETE", `/v1/api-keys/${encodeURIComponent(id)}`, apiKeyView);
  }

  /** A definite verdict, or that there is none. */
  async verify(request: VerificationRequest): Promise<VerificationResponse | Indeterminate> {
    const answer = await this.#request("POST", "/v1/verifications", request);
    if (answer.status === 200) return this.#read(verificationResponse, answer.body);
    const undecided = indeterminate.safeParse(answer.body);
    if (undecided.success) return undecided.data;
    throw this.#fault(answer);
  }

  async entries(query: EntriesQuery): Promise<EntriesResponse> {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, value);
    return await this.#call("GET", `/v1/entries?${search.toString()}`, entriesResponse);
  }

  /**
   * The receipt of a document, or what the operator says of its status now, as that is written; while no checkpoint
   * covers it, how far it is.
   */
  async evidence(index: number, kind: "receipt" | "status-statement"): Promise<string | EvidencePending> {
    const sent = await this.#send("GET", `/v1/entries/${index}/${kind}`);
    if (sent.status === 200) return sent.text;
    const answer = this.#parse(sent.text, sent);
    if (answer.status >= 300) throw this.#fault(answer);
    return this.#read(evidencePending, answer.body);
  }

  async institutions(): Promise<InstitutionsResponse> {
    return await this.#call("GET", "/v1/institutions", institutionsResponse);
  }

  async me(): Promise<MeResponse> {
    return await this.#call("GET", "/v1/me", meResponse);
  }

  async #call<T>(method: string, path: string, schema: z.ZodType<T>, body?: unknown): Promise<T> {
    const answer = await this.#request(method, path, body);
    if (answer.status >= 300) throw this.#fault(answer);
    return this.#read(schema, answer.body);
  }

  async #request(method: string, path: string, body?: unknown): Promise<Answer> {
    const sent = await this.#send(method, path, body);
    return this.#parse(sent.text, sent);
  }

  async #send(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Omit<Answer, "body"> & { readonly text: string }> {
    const { server, apiKey, language = "en", timeout = 60_000, fetch: send = fetch } = this.#options;
    try {
      const response = await send(`${server}${path}`, {
        method,
        redirect: "error",
        headers: {
          accept: "application/json, application/problem+json",
          "accept-language": language,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(timeout),
      });
      const { status, headers } = response;
      const retryAfter = secondsOf(headers.get("retry-after"));
      return { status, retryAfter, text: await response.text() };
    } catch (cause) {
      throw unreachable(server, cause, HINT);
    }
  }

  #parse(text: string, { status, retryAfter }: Omit<Answer, "body">): Answer {
    try {
      return { status, retryAfter, body: JSON.parse(text) };
    } catch (cause) {
      if (UNAVAILABLE_STATUS.includes(status)) throw this.#away(status, retryAfter);
      throw this.#stranger(`an answer that is not JSON (HTTP ${status})`, cause);
    }
  }

  #read<T>(schema: z.ZodType<T>, body: unknown): T {
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    throw this.#stranger(`an answer of another shape: ${z.prettifyError(parsed.error).split("\n")[0] ?? ""}`);
  }

  #fault({ body, status, retryAfter }: Answer): AppError {
    const parsed = problem.safeParse(body);
    const known = parsed.success && Object.hasOwn(ERRORS, parsed.data.code);
    if (!known && UNAVAILABLE_STATUS.includes(status)) return this.#away(status, retryAfter);
    if (!parsed.success) return this.#stranger(`HTTP ${status} without a problem`);
    const { code, detail, at } = parsed.data;
    if (!known) return this.#stranger(`the code ${quote(code)}: ${quote(detail)}`);
    return new AppError(code as ErrorCode, {
      detail,
      ...(typeof at === "string" ? { at } : {}),
      ...(retryAfter === undefined ? {} : { retryAfter }),
    });
  }

  #away(status: number, retryAfter: number | undefined): AppError {
    return unavailable(this.#options.server, status, retryAfter);
  }

  #stranger(what: string, cause?: unknown): AppError {
    return notTheService(this.#options.server, what, cause);
  }
}

interface Answer {
  readonly status: number;
  /** Seconds after which the server wants to be asked again. */
  readonly retryAfter: number | undefined;
  readonly body: unknown;
}
