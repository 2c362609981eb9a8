/** Calls the HTTP API of a service. */
import { z } from "zod";
import type { Language } from "../../core/directory.ts";
import { AppError, ERRORS, quote, type ErrorCode } from "../../core/errors.ts";
import {
  apiKeyMade,
  apiKeysResponse,
  apiKeyView,
  type ApiKeyMade,
  type ApiKeyRequest,
  type ApiKeysResponse,
  type ApiKeyView,
} from "../../wire/api-keys.ts";
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
} from "../../wire/anchors.ts";
import { problem } from "../../wire/common.ts";
import {
  entriesResponse,
  entryView,
  institutionsResponse,
  evidencePending,
  type EntriesQuery,
  type EntriesResponse,
  type EntryView,
  type EvidencePending,
  type InstitutionsResponse,
} from "../../wire/entries.ts";
import { meResponse, type MeResponse } from "../../wire/me.ts";
import {
  indeterminate,
  verificationResponse,
  type Indeterminate,
  type VerificationRequest,
  type VerificationResponse,
} from "../../wire/verifications.ts";
import {
  SERVER_HINT,
  UNAVAILABLE_STATUS,
  answeredInPlace,
  unavailable,
  unreachable,
  secondsOf,
  notTheService,
} from "./faults.ts";

/** A service, and the key that it is asked with. */
export interface ClientOptions {
  /** Base URL. */
  readonly server: string;
  /** A secret. Undefined = only what the service answers to anyone. */
  readonly apiKey?: string | undefined;
  /** Of titles of errors; English unless given. */
  readonly language?: Language;
  /** Milliseconds for one request; 60,000 unless given. */
  readonly timeout?: number;
  /** Sends the requests; the platform's fetch unless given. */
  readonly fetch?: typeof fetch;
}

/**
 * Every answer is parsed by its schema; a problem is thrown as the AppError of its code.
 * @throws AppError SERVER_UNREACHABLE, NOT_THE_SERVICE, and the problems of the service; with its `retryAfter`, in seconds
 */
export class HufuClient {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /**
   * At most 2,000 documents.
   * @param options.wait until all are final or failed, or the service's limit
   * @param options.idempotencyKey for a day the same request under the same name gets the same answer
   */
  async anchor(
    documents: readonly DocumentRequest[],
    { wait, idempotencyKey }: { readonly wait: boolean; readonly idempotencyKey?: string | undefined },
  ): Promise<AnchorsResponse> {
    const path = `/v1/anchors${wait ? "?wait=final" : ""}`;
    const answer = await this.#request("POST", path, { documents }, idempotencyKey);
    // 422 also lists a result for each document: none was accepted
    if (answer.status < 300 || answer.status === 422) return this.#read(anchorsResponse, answer.body);
    throw this.#fault(answer);
  }

  /** The newest state of a document, by the id of its result. @throws AppError ANCHOR_NOT_FOUND */
  async anchorById(anchorId: string): Promise<AnchorResult> {
    return await this.#call("GET", `/v1/anchors/${encodeURIComponent(anchorId)}`, anchorResult);
  }

  /**
   * Changes the status of a final document.
   * @param options.wait until the change is final or failed, or the service's limit
   * @throws AppError NOT_YOUR_ENTRY, ENTRY_NOT_FINAL, STATUS_*
   */
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

  /** Changes of status that await approval, oldest first. */
  async awaitingApproval(): Promise<StatusRequestsResponse> {
    return await this.#call("GET", "/v1/status-requests?state=awaiting-approval", statusRequestsResponse);
  }

  /** A change of status that was asked for. @throws AppError STATUS_REQUEST_NOT_FOUND */
  async statusRequest(id: string): Promise<StatusResponse> {
    return await this.#call("GET", `/v1/status-requests/${encodeURIComponent(id)}`, statusResponse);
  }

  /** @param wait until an approved change is final or failed */
  async decide(
    id: string,
    decision: "approve" | "reject",
    { wait }: { wait: boolean },
  ): Promise<StatusResponse> {
    const path = `/v1/status-requests/${encodeURIComponent(id)}/approval${wait ? "?wait=final" : ""}`;
    return await this.#call("POST", path, statusResponse, { decision });
  }

  /** The only answer that includes the key. */
  async makeApiKey(wanted: ApiKeyRequest): Promise<ApiKeyMade> {
    return await this.#call("POST", "/v1/api-keys", apiKeyMade, wanted);
  }

  /** All keys of the service, without the secrets. */
  async apiKeys(): Promise<ApiKeysResponse> {
    return await this.#call("GET", "/v1/api-keys", apiKeysResponse);
  }

  /** Effective immediately, and final. */
  async revokeApiKey(id: string): Promise<ApiKeyView> {
    return await this.#call("DELETE", `/v1/api-keys/${encodeURIComponent(id)}`, apiKeyView);
  }

  /** The answer as the service gives it: nothing of it is proven here. See `checkFile`. */
  async verify(request: VerificationRequest): Promise<VerificationResponse | Indeterminate> {
    const answer = await this.#request("POST", "/v1/verifications", request);
    if (answer.status === 200) return this.#read(verificationResponse, answer.body);
    const undecided = indeterminate.safeParse(answer.body);
    if (undecided.success) return undecided.data;
    throw this.#fault(answer);
  }

  /** One page of the log's entries, oldest first. */
  async entries(query: EntriesQuery): Promise<EntriesResponse> {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, value);
    return await this.#call("GET", `/v1/entries?${search.toString()}`, entriesResponse);
  }

  /** One entry. @throws AppError ENTRY_NOT_FOUND */
  async entry(index: number): Promise<EntryView> {
    return await this.#call("GET", `/v1/entries/${index}`, entryView);
  }

  /** The text of the receipt or the statement; while no checkpoint covers the document, its progress. */
  async evidence(index: number, kind: "receipt" | "status-statement"): Promise<string | EvidencePending> {
    const response = await this.#send("GET", `/v1/entries/${index}/${kind}`);
    if (response.status === 200) return response.text;
    const answer = this.#parse(response);
    if (answer.status >= 300) throw this.#fault(answer);
    return this.#read(evidencePending, answer.body);
  }

  /** The directory: institutions, operators with their keys, and document types. */
  async institutions(): Promise<InstitutionsResponse> {
    return await this.#call("GET", "/v1/institutions", institutionsResponse);
  }

  /** Whom the API key acts for. @throws AppError AUTH_*: there is none, or it is not valid */
  async me(): Promise<MeResponse> {
    return await this.#call("GET", "/v1/me", meResponse);
  }

  async #call<T>(method: string, path: string, schema: z.ZodType<T>, body?: unknown): Promise<T> {
    const answer = await this.#request(method, path, body);
    if (answer.status >= 300) throw this.#fault(answer);
    return this.#read(schema, answer.body);
  }

  async #request(method: string, path: string, body?: unknown, idempotencyKey?: string): Promise<Answer> {
    return this.#parse(await this.#send(method, path, body, idempotencyKey));
  }

  async #send(method: string, path: string, body?: unknown, idempotencyKey?: string): Promise<TextAnswer> {
    const { server, apiKey, language = "en", timeout = 60_000, fetch: send = fetch } = this.#options;
    let response: Response;
    let text: string;
    try {
      response = await send(`${server}${path}`, {
        method,
        redirect: "error",
        headers: {
          accept: "application/json, application/problem+json",
          "accept-language": language,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
          ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(timeout),
      });
      text = await response.text();
    } catch (cause) {
      throw unreachable(server, cause, SERVER_HINT);
    }
    const { status, headers } = response;
    const retryAfter = secondsOf(headers.get("retry-after"));
    // the API has no such answer
    if (/\bx?html\b/i.test(headers.get("content-type") ?? ""))
      throw answeredInPlace(server, response, retryAfter);
    return { status, retryAfter, text };
  }

  #parse({ text, status, retryAfter }: TextAnswer): Answer {
    try {
      return { status, retryAfter, body: JSON.parse(text) };
    } catch (cause) {
      if (UNAVAILABLE_STATUS.includes(status)) throw this.#unavailable(status, retryAfter);
      throw this.#notTheService(
        `HTTP ${status} with a text that no service gives, or that is cut off`,
        cause,
      );
    }
  }

  #read<T>(schema: z.ZodType<T>, body: unknown): T {
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    throw this.#notTheService(
      `an answer of another shape: ${z.prettifyError(parsed.error).split("\n")[0] ?? ""}`,
    );
  }

  #fault({ body, status, retryAfter }: Answer): AppError {
    const parsed = problem.safeParse(body);
    const known = parsed.success && Object.hasOwn(ERRORS, parsed.data.code);
    if (!known && UNAVAILABLE_STATUS.includes(status)) return this.#unavailable(status, retryAfter);
    if (!parsed.success) return this.#notTheService(`HTTP ${status} without a problem`);
    const { code, detail, at } = parsed.data;
    if (!known) return this.#notTheService(`the code ${quote(code)}: ${quote(detail)}`);
    return new AppError(code as ErrorCode, {
      detail,
      ...(typeof at === "string" ? { at } : {}),
      ...(retryAfter === undefined ? {} : { retryAfter }),
    });
  }

  #unavailable(status: number, retryAfter: number | undefined): AppError {
    return unavailable(this.#options.server, status, retryAfter);
  }

  #notTheService(what: string, cause?: unknown): AppError {
    return notTheService(this.#options.server, what, cause);
  }
}

interface TextAnswer {
  readonly status: number;
  /** Seconds, from Retry-After. */
  readonly retryAfter: number | undefined;
  readonly text: string;
}

type Answer = Omit<TextAnswer, "text"> & { readonly body: unknown };
