/** Decides what is sent of a document, by its type in the service's directory: its digest, or its commitment where it is blinded. */
import { equalBytes, fromHex } from "../../core/bytes.ts";
import { formatDigest, isDigestOfEmptyInput, parseDigest, type Binding } from "../../core/digest.ts";
import { decodeEntry } from "../../core/entry.ts";
import { AppError, fault, isAppError, quote } from "../../core/errors.ts";
import { SALT_BYTES, type SaltRecord } from "../../core/salt.ts";
import { isOrigin } from "../../log/checkpoint.ts";
import type { AnchorResult, DocumentRequest } from "../../wire/anchors.ts";
import type { InstitutionsResponse } from "../../wire/entries.ts";
import type { HufuClient } from "../http/client.ts";
import type { SaltStore } from "./ports.ts";
import type { RetryPolicy } from "../http/retry.ts";

/** A document before it is sent, open or blinded, with its digest. */
export type HashedDocument = Omit<DocumentRequest, "digest" | "commitment"> & { readonly digest: string };

type SceneView = InstitutionsResponse["scenes"][number];

/** What blinding needs, beside the documents. */
export interface BlindingOptions {
  readonly client: Pick<HufuClient, "institutions" | "me">;
  readonly patience: RetryPolicy;
  /** Opens the salts, for one call; not called while no document is blinded. */
  readonly salts: () => Promise<SaltStore>;
  /** The name under which the binding to the service is kept, such as its URL. */
  readonly peer: string;
  /** The log and institution that commitments are bound to; undefined = what was kept at first use. */
  readonly bindTo?: Binding | undefined;
}

/** Makes the commitments of documents whose type is blinded, for one service. */
export class Blinding {
  readonly #options: BlindingOptions;
  #directory: Promise<InstitutionsResponse> | undefined;
  #binding: Binding | undefined;

  constructor(options: BlindingOptions) {
    this.#options = options;
  }

  /** Document types by their slugs. */
  async scenes(): Promise<Scenes> {
    const { scenes } = await this.directory();
    return new Map(scenes.map((scene) => [scene.slug, scene]));
  }

  /**
   * Documents as they are sent, or the fault of one: SCENE_UNKNOWN, since an unknown type may be a blinded one, and
   * DIGEST_OF_EMPTY_INPUT, which a commitment hides from the service. Salts are on disk when this resolves, and a document
   * has the same one in every call.
   * @throws AppError BOUND_TO_ANOTHER: the service names another log or institution than was set or kept
   */
  async blind(documents: readonly HashedDocument[]): Promise<(DocumentRequest | AppError)[]> {
    const scenes = await this.scenes();
    const checked = documents.map((document) => check(document, scenes));
    const isBlinded = isBlindedIn(scenes);
    const blinded = checked.flatMap((item) => (isAppError(item) || !isBlinded(item) ? [] : [item]));
    const commitments = (await this.#commit(blinded)).values();
    return checked.map((document) => {
      if (isAppError(document) || !isBlinded(document)) return document;
      const { digest: _, ...rest } = document;
      return { ...rest, commitment: commitments.next().value ?? "" };
    });
  }

  /** BOUND_TO_ANOTHER: the final entry of a blinded document is not of the institution that its commitment is bound to. */
  faultOf({ commitment }: DocumentRequest, { state, entry: hex = "" }: AnchorResult): AppError | undefined {
    if (commitment === undefined || state !== "final") return undefined;
    const entry = fault(() => decodeEntry(fromHex(hex)));
    const isOwn =
      !isAppError(entry) &&
      entry.kind === "document" &&
      entry.blinded &&
      entry.institution === this.#binding?.institution &&
      entry.algorithm !== undefined &&
      formatDigest({ algorithm: entry.algorithm, bytes: entry.payload }) === commitment;
    if (isOwn) return undefined;
    const detail = `the service shows no entry of the document by institution ${this.#binding?.institution ?? ""}`;
    return new AppError("BOUND_TO_ANOTHER", { detail });
  }

  async #commit(documents: readonly HashedDocument[]): Promise<string[]> {
    if (documents.length === 0) return [];
    const { commit } = await import("../../hash/blinding.ts");
    using salts = await this.#options.salts();
    const binding = (this.#binding ??= await this.#agreedBinding(salts));
    const wanted: SaltRecord[] = [];
    for (const { scene, digest: text } of documents) {
      const digest = parseDigest(text);
      const salt = saltElsewhere(await salts.ofDigest(digest), scene, binding) ?? freshSalt();
      wanted.push({ ...binding, scene, digest, salt, commitment: commit(digest, { salt, ...binding }) });
    }
    return (await salts.keep(wanted)).map((kept) => {
      if (equalBytes(commit(kept.digest, kept).bytes, kept.commitment.bytes))
        return formatDigest(kept.commitment);
      throw new AppError("STORAGE_FAILED", {
        detail: "a kept salt does not make the commitment beside it; restore the salts from a backup",
      });
    });
  }

  /** What was set, else what was kept at first use. The service has to name the same before anything is sent to it. */
  async #agreedBinding(salts: SaltStore): Promise<Binding> {
    const { peer, bindTo } = this.#options;
    const named = await this.#namedBinding();
    const binding = bindTo ?? (await salts.bindingOf(peer)) ?? named;
    requireSame(binding, named, "the service");
    await salts.bind(peer, binding);
    return binding;
  }

  async #namedBinding(): Promise<Binding> {
    const { origin } = (await this.directory()).registry;
    if (!isOrigin(origin))
      throw new AppError("NOT_THE_SERVICE", { detail: `${quote(origin)} is the origin of no log` });
    const { client, patience } = this.#options;
    const { institution } = await patience.ask(() => client.me());
    if (institution !== null) return { origin, institution };
    throw new AppError("SCOPE_REQUIRED", {
      detail: "this key acts for no institution, so it anchors nothing",
    });
  }

  /** The directory of the service, read once. */
  async directory(): Promise<InstitutionsResponse> {
    const { client, patience } = this.#options;
    this.#directory ??= patience.ask(() => client.institutions());
    return await this.#directory;
  }
}

/** @throws AppError BOUND_TO_ANOTHER */
export function requireSame(expected: Binding, named: Binding, what: string): void {
  if (expected.origin === named.origin && expected.institution === named.institution) return;
  const show = ({ origin, institution }: Binding): string => `${origin}/${institution}`;
  const detail = `expected ${show(expected)}, and ${what} names ${show(named)}; if the operator announced the change by another way, confirm it with --bind-to`;
  throw new AppError("BOUND_TO_ANOTHER", { detail });
}

function freshSalt(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(SALT_BYTES));
}

/** The salt of the same document for another log: what a successor records is made again of it. */
function saltElsewhere(
  records: readonly SaltRecord[],
  scene: string,
  { origin }: Binding,
): Uint8Array | undefined {
  return records.find((record) => record.scene === scene && record.origin !== origin)?.salt;
}

export type Scenes = ReadonlyMap<string, SceneView>;

function isBlindedIn(scenes: Scenes): (document: HashedDocument) => boolean {
  return ({ scene }) => scenes.get(scene)?.blinded !== false;
}

function check(document: HashedDocument, scenes: Scenes): HashedDocument | AppError {
  const { scene, digest } = document;
  if (!scenes.has(scene)) {
    const known = [...scenes.keys()].join(", ");
    return new AppError("SCENE_UNKNOWN", { detail: `${quote(scene)} is not defined; defined are ${known}` });
  }
  if (isBlindedIn(scenes)(document) && isDigestOfEmptyInput(parseDigest(digest)))
    return new AppError("DIGEST_OF_EMPTY_INPUT", { detail: "this is the digest of a file of no bytes" });
  return document;
}
