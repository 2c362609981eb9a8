/** Decides what is sent of a document, by its type in the service's directory: its digest, or its commitment where it is blinded. */
import { randomBytes } from "node:crypto";
import { equalBytes } from "../core/bytes.ts";
import { formatDigest, isDigestOfEmptyInput, parseDigest, type Digest } from "../core/digest.ts";
import { AppError, isAppError, quote } from "../core/errors.ts";
import { SALT_BYTES, type SaltRecord } from "../core/salt.ts";
import type { HufuClient } from "../sdk/client.ts";
import { digestFields } from "../sdk/question.ts";
import type { DocumentRequest } from "../wire/anchors.ts";
import type { InstitutionsResponse } from "../wire/entries.ts";
import type { VerificationRequest } from "../wire/verifications.ts";
import type { Context } from "./context.ts";
import type { RetryPolicy } from "./feed/retry.ts";

/** A document before it is sent, open or blinded, with its digest. */
export type HashedDocument = Omit<DocumentRequest, "digest" | "commitment"> & { readonly digest: string };

type SceneView = InstitutionsResponse["scenes"][number];

export class Blinding {
  readonly #client: HufuClient;
  readonly #patience: RetryPolicy;
  readonly #context: Context;
  #directory: Promise<InstitutionsResponse> | undefined;
  #institution: Promise<number> | undefined;

  constructor(options: { client: HufuClient; patience: RetryPolicy; context: Context }) {
    this.#client = options.client;
    this.#patience = options.patience;
    this.#context = options.context;
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

  async #commit(documents: readonly HashedDocument[]): Promise<string[]> {
    if (documents.length === 0) return [];
    const { commit } = await import("../hash/blinding.ts");
    const { registry } = await this.#readDirectory();
    const institution = await this.#ownInstitution();
    const wanted = documents.map(({ scene, digest: text }): SaltRecord => {
      const [digest, salt] = [parseDigest(text), randomBytes(SALT_BYTES)];
      return {
        registry: registry.origin,
        institution,
        scene,
        digest,
        salt,
        commitment: commit(digest, salt),
      };
    });
    using salts = await this.#context.ports.openSalts(this.#context.config().saltDir);
    return salts.keep(wanted).map(({ digest, salt, commitment }) => {
      if (equalBytes(commit(digest, salt).bytes, commitment.bytes)) return formatDigest(commitment);
      throw new AppError("STORAGE_FAILED", {
        detail: "a kept salt does not make the commitment beside it; restore the salts from a backup",
      });
    });
  }

  async #readDirectory(): Promise<InstitutionsResponse> {
    this.#directory ??= this.#patience.ask(() => this.#client.institutions());
    return await this.#directory;
  }

  async #ownInstitution(): Promise<number> {
    this.#institution ??= this.#patience
      .ask(() => this.#client.me())
      .then(({ institution }) => {
        if (institution !== null) return institution;
        throw new AppError("SCOPE_REQUIRED", {
          detail: "this key acts for no institution, so it anchors nothing",
        });
      });
    return await this.#institution;
  }
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
  const [commitment, ...alsoCommitments] = kept.map((record) => formatDigest(record.commitment));
  if (commitment === undefined) return digestFields(asked);
  return { commitment, ...(alsoCommitments.length === 0 ? {} : { alsoCommitments }) };
}
