/** Sends documents to a service, blinded where their type is, and waits until they are final. */
import { AppError } from "../../core/errors.ts";
import type { EntryIndex } from "../../core/units.ts";
import type { Receipt } from "../../log/receipt.ts";
import type { AnchorResult, DocumentRequest } from "../../wire/anchors.ts";
import type { HufuClient } from "../http/client.ts";
import { Blinding, type BlindingOptions, type HashedDocument, type Scenes } from "./blinding.ts";
import { fetchReceipt, fetchStatement } from "./receipts.ts";

/** Requests about open documents before they are left as they are; the service waits up to 30 s in each. */
const MAX_POLLS = 20;

/** What became of a document: `document` is what was sent of it, and `result` what the service answered. */
export type Issued =
  /** Recorded, and never to be changed by a reorganisation of the chain. */
  | {
      readonly kind: "final";
      readonly document: DocumentRequest;
      readonly index: EntryIndex;
      readonly result: AnchorResult;
    }
  | OpenDocument
  /** The service took it not, or could not record it: `result.error` says why. */
  | { readonly kind: "refused"; readonly document: DocumentRequest; readonly result: AnchorResult }
  /** Nothing was sent: SCENE_UNKNOWN, DIGEST_OF_EMPTY_INPUT. */
  | { readonly kind: "not-sent"; readonly fault: AppError }
  /** BOUND_TO_ANOTHER: what the service shows as its entry is none of this document, which counts as not registered. */
  | { readonly kind: "not-believed"; readonly document: DocumentRequest; readonly fault: AppError };

/** Accepted, and not final yet. */
export interface OpenDocument {
  readonly kind: "open";
  readonly document: DocumentRequest;
  readonly result: AnchorResult;
}

/** What an issuer needs: a service, and where salts are kept. */
export interface IssuerOptions extends BlindingOptions {
  readonly client: Pick<HufuClient, "institutions" | "me" | "anchor" | "anchorById" | "evidence">;
}

/**
 * Issues documents for the institution of the client's API key. It sends digests of open documents, commitments of blinded
 * ones, and their references; digests and salts of blinded documents stay in `salts`. A document that is sent again, by this
 * process or another, is recorded once: who was interrupted sends the same documents again.
 */
export class Issuer {
  readonly #options: IssuerOptions;
  readonly #blinding: Blinding;

  constructor(options: IssuerOptions) {
    this.#options = options;
    this.#blinding = new Blinding(options);
  }

  /** Document types by their slugs. @throws AppError as the client */
  async scenes(): Promise<Scenes> {
    return await this.#blinding.scenes();
  }

  /** The web address of the service, as its operator gives it; otherwise `server`. @throws AppError as the client */
  async address(server: string): Promise<string> {
    return (await this.#blinding.directory()).publicUrl ?? server;
  }

  /**
   * Sends documents, at most 2,000 and 1 MiB (see `inBatches`), without waiting until they are recorded. Salts are stored
   * before. @returns one for each document, in their order
   * @param options.idempotencyKey a name of the request, at most 255 visible ASCII characters: for a day the same documents
   * under the same name get the same answer
   * @throws AppError BOUND_TO_ANOTHER: the service names another log or institution than was set or kept, and nothing was
   * sent; STORAGE_FAILED; IDEMPOTENCY_*; and those of the client
   */
  async submit(
    documents: readonly HashedDocument[],
    { idempotencyKey }: { readonly idempotencyKey?: string } = {},
  ): Promise<Issued[]> {
    const blinded = await this.#blinding.blind(documents);
    const sent = blinded.flatMap((item) => (item instanceof AppError ? [] : [item]));
    const answers = await this.#anchor(sent, { wait: false, ...(idempotencyKey && { idempotencyKey }) });
    const issued = answers.values();
    return blinded.map((item) =>
      item instanceof AppError ? { kind: "not-sent", fault: item } : next(issued),
    );
  }

  /**
   * Waits until open documents are final, for some minutes at most; those that are not then are still open. Others stay as
   * they are. @returns one for each, in their order
   * @throws AppError as the client
   */
  async settle(issued: readonly Issued[]): Promise<Issued[]> {
    let now = [...issued];
    for (let polls = 0; polls < MAX_POLLS && now.some(isOpen); polls++) now = await this.#poll(now);
    return now;
  }

  /** The receipt of a final document, as {@link fetchReceipt}. */
  async receipt(index: EntryIndex): Promise<Receipt> {
    return await this.#options.patience.ask(() => fetchReceipt(index, this.#options));
  }

  /** The status statement of a final document, as {@link fetchStatement}. */
  async statement(index: EntryIndex): Promise<string> {
    return await this.#options.patience.ask(() => fetchStatement(index, this.#options));
  }

  /** Polls by sending open documents again: the service records no document twice. */
  async #poll(issued: readonly Issued[]): Promise<Issued[]> {
    const open = issued.filter(isOpen).map(({ document }) => document);
    const answers = (await this.#anchor(open, { wait: true })).values();
    const now: Issued[] = [];
    for (const one of issued) now.push(isOpen(one) ? await this.#newest(one, next(answers)) : one);
    return now;
  }

  /**
   * The newest state of an open document, with the duplicate mark and the warnings of its first answer. A document that
   * would be refused now, since it was withdrawn or has expired meanwhile, is asked for by its id.
   */
  async #newest({ document, result }: OpenDocument, again: Issued): Promise<Issued> {
    const { id, duplicate, warnings } = result;
    const { client, patience } = this.#options;
    const wouldBeRefused = again.kind === "refused" && again.result.state === "refused";
    const now =
      wouldBeRefused && id !== undefined
        ? this.#believed(document, await patience.ask(() => client.anchorById(id)))
        : again;
    if (!("result" in now)) return now;
    const { duplicate: _, ...newest } = now.result;
    return { ...now, result: { ...newest, ...(duplicate && { duplicate }), ...(warnings && { warnings }) } };
  }

  async #anchor(
    documents: readonly DocumentRequest[],
    options: Parameters<HufuClient["anchor"]>[1],
  ): Promise<Issued[]> {
    if (documents.length === 0) return [];
    const { client, patience } = this.#options;
    const { anchors } = await patience.ask(() => client.anchor(documents, options));
    const results = anchors.values();
    if (anchors.length === documents.length)
      return documents.map((document) => this.#believed(document, next(results)));
    throw new AppError("NOT_THE_SERVICE", {
      detail: `${documents.length} documents were sent, and ${anchors.length} results came back`,
    });
  }

  #believed(document: DocumentRequest, result: AnchorResult): Issued {
    const fault = this.#blinding.faultOf(document, result);
    if (fault !== undefined) return { kind: "not-believed", document, fault };
    const { state, index } = result;
    if (state === "final" && index !== undefined) return { kind: "final", document, index, result };
    return { kind: state === "failed" || state === "refused" ? "refused" : "open", document, result };
  }
}

function isOpen(issued: Issued): issued is OpenDocument {
  return issued.kind === "open";
}

function next<T>(items: Iterator<T, undefined>): T {
  const item = items.next();
  if (item.done === true) throw new RangeError("fewer results than documents");
  return item.value;
}
