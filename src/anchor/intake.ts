/** Accepts documents and status changes: checks them, and stores them before it answers. */
import type { Clock } from "../core/clock.ts";
import { isDigestOfEmptyInput, type Payload } from "../core/digest.ts";
import type { Scene } from "../core/directory.ts";
import type { Action, Reason } from "../core/entry.ts";
import { AppError, quote, type ErrorCode } from "../core/errors.ts";
import { noFailpoint, type Failpoint } from "../core/failpoint.ts";
import { formatTime } from "../core/time.ts";
import type { Address, EntryIndex, InstitutionId, SceneId, UnixSeconds } from "../core/units.ts";
import type {
  Anchor,
  Gate,
  NewAnchor,
  Outbox,
  Person,
  RecordedEntry,
  RegistryView,
  StatusRequest,
  QueueResult,
} from "./ports.ts";

/** A document to be anchored. */
export interface AnchorRequest {
  readonly payload: Payload;
  /** Slug. */
  readonly scene: string;
  /** 0 = no end. */
  readonly validUntil: UnixSeconds;
  readonly reference: string | undefined;
}

/** What became of one document of a request. */
export type IntakeResult =
  | {
      readonly kind: "taken";
      readonly anchor: Anchor;
      readonly duplicate: boolean;
      /** As the request names it. */
      readonly reference: string | undefined;
      /** Another document that came under the same reference before, and still stands. */
      readonly sameReference: Anchor | undefined;
    }
  | { readonly kind: "refused"; readonly because: AppError };

/** Letters, digits, punctuation and single spaces of any script, as in a register's own numbers. */
const REFERENCE = /^(?! )[\p{L}\p{N}\p{P}\p{S} ]{1,128}(?<! )$/u;

export class Intake {
  readonly #outbox: Outbox;
  readonly #registry: RegistryView;
  readonly #signers: readonly Address[];
  readonly #clock: Clock;
  readonly #gates: readonly Gate[];
  readonly #onTaken: () => void;
  readonly #failpoint: Failpoint;
  readonly #twoPersons: boolean;

  /**
   * @param options.gates all of them must let a request through
   * @param options.signers addresses of the keys held here
   * @param options.onTaken called when there is something to send
   * @param options.twoPersons a change of a status waits for a second person
   */
  constructor(options: {
    outbox: Outbox;
    registry: RegistryView;
    signers: readonly Address[];
    clock: Clock;
    gates: readonly Gate[];
    onTaken: () => void;
    failpoint?: Failpoint;
    twoPersons?: boolean;
  }) {
    this.#outbox = options.outbox;
    this.#registry = options.registry;
    this.#signers = options.signers;
    this.#clock = options.clock;
    this.#gates = options.gates;
    this.#onTaken = options.onTaken;
    this.#failpoint = options.failpoint ?? noFailpoint;
    this.#twoPersons = options.twoPersons ?? false;
  }

  /**
   * One result for each document, in order; a refused one takes none of the others with it.
   * @throws AppError SIGNING_KEY_MISSING, ISSUER_SUSPENDED, INSTITUTION_ROLE, REGISTRY_PAUSED, REGISTRY_SUCCEEDED: nothing
   * could be recorded for the institution; and what the gates throw
   */
  async takeDocuments(
    institution: InstitutionId,
    documents: readonly AnchorRequest[],
  ): Promise<IntakeResult[]> {
    await this.#passGates(institution);
    const accredited = await this.#requireStanding(institution);
    await this.#requireKey(institution);
    const scenes = new Map((await this.#registry.scenes()).map((scene) => [scene.slug, scene]));
    const checked = documents.map((document) => this.#check({ institution, accredited }, document, scenes));
    const taken = await this.#outbox.enqueue(
      checked.flatMap((item) => (item instanceof AppError ? [] : [item])),
    );
    await this.#failpoint("accepted");
    this.#onTaken();
    const standing = await this.#standingByReference(institution, checked);
    const results = taken.values();
    return checked.map((item) => {
      if (item instanceof AppError) return { kind: "refused", because: item };
      const { value } = results.next();
      if (value === undefined)
        throw new RangeError("the outbox answered for fewer documents than it was given");
      return toIntakeResult(
        item,
        value,
        item.reference === undefined ? undefined : standing.get(item.reference),
      );
    });
  }

  /** The first document that stands under each reference of a request. */
  async #standingByReference(
    institution: InstitutionId,
    checked: readonly (NewAnchor | AppError)[],
  ): Promise<ReadonlyMap<string, Anchor>> {
    const references = checked.flatMap((item) => (item instanceof AppError ? [] : (item.reference ?? [])));
    const standing = new Map<string, Anchor>();
    if (references.length === 0) return standing;
    for (const anchor of await this.#outbox.referenced(institution, [...new Set(references)])) {
      for (const reference of anchor.references)
        if (!standing.has(reference)) standing.set(reference, anchor);
    }
    return standing;
  }

  /**
   * Accepts a change of a document's status. The same change twice is one.
   * @param request.successor the document that takes its place; supersede only
   * @throws AppError SIGNING_KEY_MISSING, ISSUER_SUSPENDED, ENTRY_NOT_FOUND, NOT_A_DOCUMENT, NOT_YOUR_ENTRY, ENTRY_NOT_FINAL, STATUS_FINAL,
   * STATUS_UNCHANGED, SUCCESSOR_INVALID, and what the gates throw
   */
  async takeStatus(request: {
    institution: InstitutionId;
    document: EntryIndex;
    action: Action;
    reason: Reason;
    successor: EntryIndex | undefined;
    by?: Person;
  }): Promise<StatusRequest> {
    const awaits = this.#twoPersons;
    if (awaits && request.by === undefined)
      throw new RangeError("a change that awaits approval needs the person who requests it");
    await this.checkStatus(request);
    const acceptedAt = this.#clock.millis();
    const taken = await this.#outbox.enqueueStatus({ ...request, awaits, acceptedAt });
    await this.#failpoint("accepted");
    this.#onTaken();
    return taken;
  }

  /** Whether a change would be taken now. @throws AppError as {@link takeStatus} */
  async checkStatus(request: {
    institution: InstitutionId;
    document: EntryIndex;
    action: Action;
    successor: EntryIndex | undefined;
  }): Promise<void> {
    const { institution, document, action } = request;
    await this.#passGates(institution);
    await this.#requireMayChange(institution, action);
    const { lastAction } = await this.#ownDocument(institution, document);
    checkTransition(document, lastAction, action);
    await this.#checkSuccessor(request);
    await this.#requireKey(institution);
  }

  async #passGates(institution: InstitutionId): Promise<void> {
    for (const gate of this.#gates) await gate(institution);
  }

  async #checkSuccessor(request: {
    institution: InstitutionId;
    document: EntryIndex;
    action: Action;
    successor: EntryIndex | undefined;
  }): Promise<void> {
    const { institution, document, action, successor } = request;
    const refuse = (detail: string): never => {
      throw new AppError("SUCCESSOR_INVALID", { detail, at: "/successor" });
    };
    if (action !== "supersede") {
      if (successor !== undefined) refuse(`${action} takes no successor`);
      return;
    }
    if (successor === undefined)
      return refuse("supersede needs the index of the document that takes its place");
    if (successor === document) refuse(`entry ${document} cannot take its own place`);
    const { lastAction } = await this.#ownDocument(institution, successor);
    if (lastAction !== undefined && lastAction !== "reinstate") {
      refuse(`entry ${successor} is itself withdrawn (${lastAction})`);
    }
  }

  /** A final document of the institution. */
  async #ownDocument(institution: InstitutionId, document: EntryIndex): Promise<RecordedEntry> {
    const found = await this.#registry.entryAt(document);
    if (found === undefined)
      throw new AppError("ENTRY_NOT_FOUND", { detail: `the log has no entry ${document}` });
    if (found.entry.kind !== "document") {
      throw new AppError("NOT_A_DOCUMENT", {
        detail: `entry ${document} is a ${found.entry.kind} entry, not a document`,
      });
    }
    if (found.entry.institution !== institution) {
      const detail = `entry ${document} was recorded by institution ${found.entry.institution}, and this key acts for ${institution}`;
      throw new AppError("NOT_YOUR_ENTRY", { detail });
    }
    if (!found.final)
      throw new AppError("ENTRY_NOT_FINAL", {
        detail: `entry ${document} is not final yet; try again in a moment`,
      });
    return found;
  }

  /** A suspended institution only suspends its documents, and a withdrawn one changes nothing. */
  async #requireMayChange(institution: InstitutionId, action: Action): Promise<void> {
    const state = (await this.#registry.institution(institution))?.state ?? "active";
    if (state === "active" || (state === "suspended" && action === "suspend")) return;
    const may = state === "suspended" ? "it may only suspend its documents" : "it changes no status";
    throw new AppError("ISSUER_SUSPENDED", { detail: `institution ${institution} is ${state}: ${may}` });
  }

  /**
   * The registry takes new documents, and takes them from this institution.
   * @returns the document types that it is accredited for
   */
  async #requireStanding(institution: InstitutionId): Promise<readonly SceneId[]> {
    const { paused, successor } = await this.#registry.registry();
    if (successor !== undefined) {
      throw new AppError("REGISTRY_SUCCEEDED", {
        detail: `documents go to the registry at ${successor} now`,
      });
    }
    if (paused) throw new AppError("REGISTRY_PAUSED", { detail: "the registry takes no new documents now" });
    const found = await this.#registry.institution(institution);
    if (found === undefined) return []; // then no key is in force either
    if (found.state !== "active") {
      const detail = `institution ${institution} is ${found.state} since ${formatTime(found.stateSince)}`;
      throw new AppError("ISSUER_SUSPENDED", { detail });
    }
    if (found.roles.includes("issuer")) return found.scenes;
    const detail = `institution ${institution} is accredited as ${found.roles.join(" and ")}, not as issuer`;
    throw new AppError("INSTITUTION_ROLE", { detail });
  }

  /** What is accepted must be possible to send. */
  async #requireKey(institution: InstitutionId): Promise<void> {
    const keys = await this.#registry.keysInForce(this.#signers, this.#clock.now());
    if (keys.some((key) => key.institution === institution)) return;
    const detail = `this instance holds no key in force for institution ${institution}`;
    throw new AppError("SIGNING_KEY_MISSING", { detail });
  }

  #check(
    { institution, accredited }: { institution: InstitutionId; accredited: readonly SceneId[] },
    document: AnchorRequest,
    scenes: ReadonlyMap<string, Scene>,
  ): NewAnchor | AppError {
    const { payload, validUntil, reference } = document;
    const scene = scenes.get(document.scene);
    if (!payload.blinded && isDigestOfEmptyInput(payload)) {
      return new AppError("DIGEST_OF_EMPTY_INPUT", { detail: "this is the digest of a file of no bytes" });
    }
    if (scene === undefined) {
      const known = [...scenes.keys()].join(", ");
      return new AppError("SCENE_UNKNOWN", {
        detail: `${quote(document.scene)} is not defined; defined are ${known}`,
      });
    }
    if (!accredited.includes(scene.id)) {
      const detail = `institution ${institution} is not accredited for documents of ${quote(scene.slug)}`;
      return new AppError("SCENE_NOT_ACCREDITED", { detail });
    }
    if (scene.blinded !== payload.blinded) return blindingError(scene);
    if (validUntil !== 0 && validUntil <= this.#clock.now()) {
      return new AppError("VALID_UNTIL_PAST", { detail: `${formatTime(validUntil)} is past` });
    }
    if (reference !== undefined && !REFERENCE.test(reference)) {
      const detail = `a reference is 1 to 128 visible characters, got ${quote(reference)}`;
      return new AppError("REFERENCE_FORMAT", { detail });
    }
    const { algorithm, blinded, bytes } = payload;
    const acceptedAt = this.#clock.millis();
    const what = { institution, algorithm, blinded, payload: bytes, scene: scene.id };
    return { ...what, validUntil, reference, acceptedAt };
  }
}

/** A digest lets a guess of the document be confirmed; so each scene takes digests only, or commitments only. */
function blindingError({ slug, blinded }: Scene): AppError {
  if (!blinded) {
    const detail = `documents of ${quote(slug)} are recorded open: send the digest, not a commitment`;
    return new AppError("SCENE_OPEN", { detail });
  }
  const detail = `documents of ${quote(slug)} are recorded blinded: send a commitment, and never the digest`;
  return new AppError("SCENE_BLINDED", { detail });
}

/** Revoked and superseded are final; suspended can be reinstated. What is so already is the same request again. */
function checkTransition(document: EntryIndex, last: Action | undefined, action: Action): void {
  if (last === action) return;
  if (last === "revoke" || last === "supersede") {
    throw new AppError("STATUS_FINAL", {
      detail: `entry ${document} is withdrawn for good (${last}); nothing changes that any more`,
    });
  }
  if (action === "reinstate" && last !== "suspend") {
    throw new AppError("STATUS_UNCHANGED", {
      detail: `entry ${document} is not suspended, so there is nothing to reinstate`,
    });
  }
}

function toIntakeResult(
  wanted: NewAnchor,
  { taken, anchor }: QueueResult,
  standing: Anchor | undefined,
): IntakeResult {
  const refused = (code: ErrorCode, detail: string): IntakeResult => {
    return { kind: "refused", because: new AppError(code, { detail, index: anchor.index }) };
  };
  switch (taken) {
    case "new":
    case "duplicate": {
      const sameReference = standing?.id === anchor.id ? undefined : standing;
      const { reference } = wanted;
      return { kind: "taken", anchor, duplicate: taken === "duplicate", reference, sameReference };
    }
    case "revoked": {
      const detail = `this institution withdrew the document, entry ${anchor.index ?? ""}; issue a corrected one instead`;
      return refused("REVOKED_CANNOT_REANCHOR", detail);
    }
    case "different": {
      const what = differenceOf(wanted, anchor);
      const detail = `this institution has anchored the document with another ${what}; see anchor ${anchor.id}`;
      return refused("ANCHORED_DIFFERENTLY", detail);
    }
  }
}

function differenceOf(wanted: NewAnchor, anchor: Anchor): string {
  if (wanted.blinded !== anchor.blinded) return "blinding";
  return wanted.scene === anchor.scene ? "validity" : "scene";
}
