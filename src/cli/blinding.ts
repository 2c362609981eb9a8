/** Decides what is sent of a document, by its type in the service's directory: its digest, or its commitment where it is blinded. */
import { randomBytes } from "node:crypto";
import { equalBytes, fromHex } from "../core/bytes.ts";
import {
  formatDigest,
  isDigestOfEmptyInput,
  parseDigest,
  type Binding,
  type Digest,
} from "../core/digest.ts";
import { decodeEntry } from "../core/entry.ts";
import { AppError, fault, isAppError, quote } from "../core/errors.ts";
import { SALT_BYTES, type SaltRecord } from "../core/salt.ts";
import { MAX_INSTITUTION } from "../core/units.ts";
import { isOrigin } from "../log/checkpoint.ts";
import { digestFields } from "../sdk/verify/question.ts";
import type { AnchorResult, DocumentRequest } from "../wire/anchors.ts";
import type { InstitutionsResponse } from "../wire/entries.ts";
import type { VerificationRequest } from "../wire/verifications.ts";
import type { Connection, Context, SaltStore } from "./context.ts";
import type { RetryPolicy } from "./feed/retry.ts";

/** A document before it is sent, open or blinded, with its digest. */
export type HashedDocument = Omit<DocumentRequest, "digest" | "commitment"> & { readonly digest: string };

type SceneView = InstitutionsResponse["scenes"][number];

export class Blinding {
  readonly #connection: Connection;
  readonly #patience: RetryPolicy;
  readonly #context: Context;
  readonly #setting: Binding | undefined;
  #directory: Promise<InstitutionsResponse> | undefined;
  #binding: Binding | undefined;

  /** @param options.bindTo set by the caller; undefined = what was kept at first use */
  constructor(options: {
    connection: Connection;
    patience: RetryPolicy;
    context: Context;
    bindTo: Binding | undefined;
  }) {
    this.#connection = options.connection;
    this.#patience = options.patience;
    this.#context = options.context;
    this.#setting = options.bindTo;
  }

  /** Document types by their slugs. */
  async scenes(): Promise<Scenes> {
    const { scenes } = await this.#readDirectory();
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
    const { commit } = await import("../hash/blinding.ts");
    using salts = await this.#context.ports.openSalts(this.#context.config().saltDir);
    this.#binding ??= await this.#agreedBinding(salts);
    const binding = this.#binding;
    const wanted = documents.map(({ scene, digest: text }): SaltRecord => {
      const digest = parseDigest(text);
      const salt = saltElsewhere(salts.ofDigest(digest), scene, binding) ?? randomBytes(SALT_BYTES);
      return { ...binding, scene, digest, salt, commitment: commit(digest, { salt, ...binding }) };
    });
    return salts.keep(wanted).map((kept) => {
      if (equalBytes(commit(kept.digest, kept).bytes, kept.commitment.bytes))
        return formatDigest(kept.commitment);
      throw new AppError("STORAGE_FAILED", {
        detail: "a kept salt does not make the commitment beside it; restore the salts from a backup",
      });
    });
  }

  /** What was set, else what was kept at first use. The service has to name the same before anything is sent to it. */
  async #agreedBinding(salts: SaltStore): Promise<Binding> {
    const { peer } = this.#connection;
    const named = await this.#namedBinding();
    const binding = this.#setting ?? salts.bindingOf(peer) ?? named;
    requireSame(binding, named, "the service");
    salts.bind(peer, binding);
    return binding;
  }

  async #namedBinding(): Promise<Binding> {
    const { origin } = (await this.#readDirectory()).registry;
    if (!isOrigin(origin))
      throw new AppError("NOT_THE_SERVICE", { detail: `${quote(origin)} is the origin of no log` });
    const { institution } = await this.#patience.ask(() => this.#connection.client.me());
    if (institution !== null) return { origin, institution };
    throw new AppError("SCOPE_REQUIRED", {
      detail: "this key acts for no institution, so it anchors nothing",
    });
  }

  async #readDirectory(): Promise<InstitutionsResponse> {
    this.#directory ??= this.#patience.ask(() => this.#connection.client.institutions());
    return await this.#directory;
  }
}

/** @throws AppError USAGE */
export function parseBinding(text: string): Binding {
  const [, origin = "", id = ""] = /^(.*)\/([1-9]\d{0,9})$/.exec(text) ?? [];
  if (isOrigin(origin) && Number(id) <= MAX_INSTITUTION) return { origin, institution: Number(id) };
  const detail = `--bind-to: expected eip155:CHAIN:ADDRESS/INSTITUTION, got ${quote(text)}`;
  throw new AppError("USAGE", { detail, at: "--bind-to" });
}

/** @throws AppError BOUND_TO_ANOTHER */
export function requireSame(expected: Binding, named: Binding, what: string): void {
  if (expected.origin === named.origin && expected.institution === named.institution) return;
  const show = ({ origin, institution }: Binding): string => `${origin}/${institution}`;
  const detail = `expected ${show(expected)}, and ${what} names ${show(named)}; if the operator announced the change by another way, confirm it with --bind-to`;
  throw new AppError("BOUND_TO_ANOTHER", { detail });
}

/** The salt of the same document for another log: what a successor records is made again of it. */
function saltElsewhere(
  records: readonly SaltRecord[],
  scene: string,
  { origin }: Binding,
): Uint8Array | undefined {
  return records.find((record) => record.scene === scene && record.origin !== origin)?.salt;
}

type Scenes = ReadonlyMap<string, SceneView>;

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

/**
 * The verification request for a file. Where it was blinded on this machine, it names commitments only: the digest stays
 * here.
 * @param digests of the file by every algorithm, so that it is recognised whichever was used
 * @param asked those to ask by where it was not blinded here
 */
export async function questionOf(
  digests: readonly Digest[],
  context: Context,
  asked: readonly Digest[] = digests,
): Promise<VerificationRequest> {
  using salts = await context.ports.findSalts(context.config().saltDir);
  const kept = salts === undefined ? [] : digests.flatMap((digest) => salts.ofDigest(digest));
  const [first, ...alsoCommitments] = kept.map(({ commitment, institution, origin }) => {
    return { commitment: formatDigest(commitment), institution, origin };
  });
  if (first === undefined) return digestFields(asked);
  return { ...first, ...(alsoCommitments.length === 0 ? {} : { alsoCommitments }) };
}
