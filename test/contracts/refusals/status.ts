/** Lists the boundaries of `setStatus`. */
import { NOTHING, type Inclusion } from "../../support/contract/log-copy.ts";
import { call, type Call } from "../../support/contract/calls.ts";
import { BANK, hashOf, WHO } from "../../support/contract/directory.ts";
import type { Landmarks } from "../../support/contract/directory.ts";
import { SUCCESSOR, type Registry } from "../../support/contract/registry.ts";
import { boundary, bounds, type Boundary, type Story } from "./boundary.ts";

const REVOKE = 1;
const SUSPEND = 2;
const REINSTATE = 3;
const SUPERSEDE = 4;

type Mark = keyof Landmarks;
/** A status of the document at `mark`, which `by` sets; the successor is the document at `next`. */
const set =
  (mark: Mark, action: number, by: string = WHO.issuer, next?: Mark) =>
  (registry: Registry): Call =>
    call(by, "setStatus", [
      registry.inclusion(registry.marks[mark]),
      action,
      action === SUSPEND ? 5 : 1,
      next === undefined ? NOTHING : registry.inclusion(registry.marks[next]),
    ]);
const story =
  (...steps: ((registry: Registry) => Call)[]) =>
  (registry: Registry): Call[] =>
    steps.map((step) => step(registry));
const at =
  (mark: Mark, ...values: unknown[]) =>
  ({ marks }: Registry): unknown[] => [marks[mark], ...values];
const put = (institution: number, state: number) => (): Call =>
  call(WHO.accreditor, "setInstitutionState", [institution, state]);

/** Revokes `open` with another document, action, reason or successor. */
const odd =
  (other: {
    document?: Partial<Inclusion>;
    action?: number;
    reason?: number;
    successor?: Partial<Inclusion>;
  }) =>
  (registry: Registry): Call[] => {
    const document = { ...registry.inclusion(registry.marks.open), ...other.document };
    const successor = { ...NOTHING, ...other.successor };
    return [call(WHO.issuer, "setStatus", [document, other.action ?? REVOKE, other.reason ?? 1, successor])];
  };
const superseding =
  (other: Partial<Inclusion>) =>
  (registry: Registry): Call[] => {
    const { open, spare } = registry.marks;
    const successor = { ...registry.inclusion(spare), ...other };
    return [call(WHO.issuer, "setStatus", [registry.inclusion(open), SUPERSEDE, 1, successor])];
  };
/** The entry of `open`, cut or filled to `bytes`, its first byte being `version`. */
const entry =
  (bytes: number, version = 1): Story =>
  (registry) => {
    const text = registry.inclusion(registry.marks.open).entry.slice(4).padEnd(1_000, "0");
    const hex = (version.toString(16).padStart(2, "0") + text).slice(0, 2 * bytes);
    return odd({ document: { entry: `0x${hex}` } })(registry);
  };

const KINDS = { status: 2, verification: 4, directory: 5 } as const;
const actionsOn = (
  mark: Mark,
  before: ((registry: Registry) => Call)[],
  action: number,
): Boundary["refused"] =>
  [REVOKE, SUSPEND, REINSTATE, SUPERSEDE].map((next) => [
    at(mark, action),
    story(...before, set(mark, next, WHO.issuer, next === SUPERSEDE ? "spare" : undefined)),
  ]);

/** The conditions of `setStatus`; forged proofs and the whole state machine are in status-proofs.test.ts. */
export const STATUS: readonly Boundary[] = [
  bounds(
    "RegistryUnsupportedAction",
    "is 1 to 4",
    (action) => (action === 4 ? superseding({}) : odd({ action })),
    {
      refused: [0, 5, 255],
      accepted: [1, 2, 4],
      values: (action) => [action],
    },
  ),
  bounds("RegistryUnsupportedReason", "is 1 to 6", (reason) => odd({ reason }), {
    refused: [0, 7, 255],
    accepted: [1, 2, 3, 4, 5, 6],
    values: (reason) => [reason],
  }),
  boundary(
    "RegistryEntryMalformed",
    "is for all but 80 bytes of version 1",
    [
      [[0], entry(0)],
      [[1], entry(1)],
      [[79], entry(79)],
      [[81], entry(81)],
      [[80], entry(80, 0)],
      [[80], entry(80, 2)],
      [
        [79],
        (registry) =>
          superseding({ entry: registry.inclusion(registry.marks.spare).entry.slice(0, -2) })(registry),
      ],
      [[0], superseding(NOTHING)],
    ],
    [entry(80), superseding({})],
  ),
  boundary(
    "RegistryUnknownSize",
    "is for sizes within a transaction, and to come",
    [0, 1_000_000, 0xffff_ffff_ffff_ffffn]
      .map((size): Boundary["refused"][number] => [[size], odd({ document: { size } })])
      .concat([[at("revoked"), (registry) => odd({ document: { size: registry.marks.revoked } })(registry)]]),
    [
      odd({}),
      ({ marks, log }) => [
        call(WHO.issuer, "setStatus", [log.inclusion(marks.open, marks.verification), REVOKE, 1, NOTHING]),
      ],
    ],
  ),
  boundary(
    "RegistryProofInvalid",
    "is for a proof of something else",
    [
      [
        ({ marks, log }) => [marks.spare, log.size],
        (registry) => odd({ document: { index: registry.marks.spare } })(registry),
      ],
      [({ marks, log }) => [marks.open, log.size], odd({ document: { proof: [] } })],
      [({ marks, log }) => [marks.spare, log.size], superseding({ proof: [hashOf("x")] })],
    ],
    [odd({}), superseding({})],
  ),
  boundary(
    "RegistryNotADocument",
    "is for entries of other kinds",
    Object.entries(KINDS).map(
      ([mark, kind]) => [at(mark as Mark, kind), story(set(mark as Mark, REVOKE))] as const,
    ),
    [story(set("open", REVOKE)), story(set("consent", REVOKE))],
  ),
  boundary(
    "RegistryNotADocument",
    "is for all that is done to a consent but revoking it",
    [SUSPEND, REINSTATE, SUPERSEDE].map(
      (action) =>
        [
          at("consent", 3),
          story(set("consent", action, WHO.issuer, action === SUPERSEDE ? "spare" : undefined)),
        ] as const,
    ),
    [
      story(set("consent", REVOKE)),
      story(set("consentOfSuspended", REVOKE, WHO.ofSuspended)),
      story(() => call(WHO.pauser, "setPaused", [true]), set("consent", REVOKE)),
      story(() => call(WHO.governor, "nameSuccessor", [SUCCESSOR]), set("consent", REVOKE)),
    ],
  ),
  boundary(
    "RegistryEntryFinal",
    "is for a consent that is revoked",
    [[at("consent", REVOKE), story(set("consent", REVOKE), set("consent", REVOKE))]],
    [story(set("consent", REVOKE))],
  ),
  boundary(
    "RegistryInstitutionNotActive",
    "lets keys of a suspended institution suspend documents and revoke consents, those of a withdrawn one nothing",
    [
      ...[REVOKE, REINSTATE].map(
        (action) => [[BANK.suspended, 2], story(set("ofSuspended", action, WHO.ofSuspended))] as const,
      ),
      ...[REVOKE, SUSPEND].map(
        (action) => [[BANK.withdrawn, 3], story(set("ofWithdrawn", action, WHO.ofWithdrawn))] as const,
      ),
      [
        [BANK.suspended, 2],
        story(set("ofSuspended", SUSPEND, WHO.accreditor), set("ofSuspended", REINSTATE, WHO.ofSuspended)),
      ],
      [
        [BANK.suspended, 3],
        story(put(BANK.suspended, 3), set("consentOfSuspended", REVOKE, WHO.ofSuspended)),
      ],
    ],
    [
      story(set("ofSuspended", SUSPEND, WHO.ofSuspended)),
      story(set("consentOfSuspended", REVOKE, WHO.ofSuspended)),
      story(set("ofSuspended", SUSPEND, WHO.accreditor), set("ofSuspended", REINSTATE, WHO.accreditor)),
      story(
        set("ofSuspended", SUSPEND, WHO.accreditor),
        put(BANK.suspended, 1),
        set("ofSuspended", REINSTATE, WHO.ofSuspended),
      ),
    ],
  ),
  boundary(
    "RegistryNotADocument",
    "is for successors of other kinds",
    [...Object.entries(KINDS), ["consent", 3] as const].map(
      ([mark, kind]) =>
        [at(mark as Mark, kind), story(set("open", SUPERSEDE, WHO.issuer, mark as Mark))] as const,
    ),
    [story(set("open", SUPERSEDE, WHO.issuer, "spare"))],
  ),
  boundary(
    "RegistryNotADocument",
    "is for the owner of the entry and for others",
    [
      [at("verification", 4), story(set("verification", REVOKE, WHO.verifier))],
      [at("verification", 4), story(set("verification", REVOKE, WHO.stranger))],
    ],
    [story(set("ofBoth", REVOKE, WHO.both))],
  ),
  boundary(
    "RegistryNotYourEntry",
    "is for another's document and another's successor",
    [
      [at("ofBoth", BANK.both, BANK.issuer), story(set("ofBoth", REVOKE))],
      [at("open", BANK.issuer, BANK.both), story(set("open", REVOKE, WHO.both))],
      [at("ofSuspended", BANK.suspended, BANK.issuer), story(set("ofSuspended", REVOKE))],
      [at("ofBoth", BANK.both, BANK.issuer), story(set("open", SUPERSEDE, WHO.issuer, "ofBoth"))],
      [
        at("ofBoth", BANK.both, BANK.suspended),
        story(set("ofSuspended", SUPERSEDE, WHO.accreditor, "ofBoth")),
      ],
    ],
    [story(set("ofBoth", REVOKE, WHO.both)), story(set("open", SUPERSEDE, WHO.issuer, "spare"))],
  ),
  boundary(
    "RegistryInstitutionActive",
    "keeps governance from documents of active institutions",
    [
      [[BANK.issuer], story(set("open", REVOKE, WHO.accreditor))],
      [[BANK.suspended], story(put(BANK.suspended, 1), set("ofSuspended", SUSPEND, WHO.accreditor))],
    ],
    [
      story(set("ofSuspended", SUSPEND, WHO.accreditor)),
      story(set("ofWithdrawn", REVOKE, WHO.accreditor)),
      story(put(BANK.issuer, 2), set("open", REVOKE, WHO.accreditor)),
    ],
  ),
  boundary(
    "RegistryEntryFinal",
    "is for all that comes after revoke and supersede",
    [
      ...actionsOn("revoked", [], REVOKE),
      ...actionsOn("open", [set("open", SUPERSEDE, WHO.issuer, "spare")], SUPERSEDE),
    ],
    [REVOKE, REINSTATE].map((action) => story(set("open", SUSPEND), set("open", action))),
  ),
  boundary(
    "RegistryStatusUnchanged",
    "is for what is so already",
    [
      [at("open", REINSTATE), story(set("open", REINSTATE))],
      [at("open", SUSPEND), story(set("open", SUSPEND), set("open", SUSPEND))],
      [at("open", REINSTATE), story(set("open", SUSPEND), set("open", REINSTATE), set("open", REINSTATE))],
    ],
    [
      story(set("open", SUSPEND)),
      story(set("open", SUSPEND), set("open", REINSTATE)),
      story(set("open", SUSPEND), set("open", REINSTATE), set("open", SUSPEND)),
    ],
  ),
  boundary(
    "RegistryUnexpectedSuccessor",
    "is for any part of a successor where there is none",
    [
      ...[REVOKE, SUSPEND].map(
        (action) => [[action], story(set("open", action, WHO.issuer, "spare"))] as const,
      ),
      [[REINSTATE], story(set("open", SUSPEND), set("open", REINSTATE, WHO.issuer, "spare"))],
      ...[{ entry: "0x00" }, { index: 1 }, { size: 1 }, { proof: [hashOf(0)] }].map(
        (successor) => [[REVOKE], odd({ successor })] as const,
      ),
    ],
    [odd({}), story(set("open", SUPERSEDE, WHO.issuer, "spare"))],
  ),
  boundary(
    "RegistrySuccessorIsItself",
    "is for a document in its own place",
    [[at("open"), story(set("open", SUPERSEDE, WHO.issuer, "open"))]],
    [story(set("open", SUPERSEDE, WHO.issuer, "spare"))],
  ),
  boundary(
    "RegistrySuccessorWithdrawn",
    "is for one that is itself revoked, suspended or superseded",
    [
      [at("revoked", REVOKE), story(set("open", SUPERSEDE, WHO.issuer, "revoked"))],
      [at("spare", SUSPEND), story(set("spare", SUSPEND), set("open", SUPERSEDE, WHO.issuer, "spare"))],
      [
        at("open", SUPERSEDE),
        story(set("open", SUPERSEDE, WHO.issuer, "spare"), set("spare", SUPERSEDE, WHO.issuer, "open")),
      ],
    ],
    [
      story(set("spare", SUSPEND), set("spare", REINSTATE), set("open", SUPERSEDE, WHO.issuer, "spare")),
      story(set("open", SUSPEND), set("open", SUPERSEDE, WHO.issuer, "spare")),
    ],
  ),
];
