/** Lists the boundaries of `anchor`, except those of its callers, which are in the matrix. */
import { call, type Call } from "../../support/contract/calls.ts";
import {
  addKey,
  ALL_SCENES,
  BANK,
  consents,
  DAY,
  group,
  hashOf,
  MADE_AT,
  MAX_TIME,
} from "../../support/contract/directory.ts";
import { NOW, payloads, profile, verifications, WHO } from "../../support/contract/directory.ts";
import { SUCCESSOR } from "../../support/contract/registry.ts";
import { boundary, bounds, type Boundary } from "./boundary.ts";

const ZERO = `0x${"0".repeat(64)}`;
const ALL_ONES = 0xffff_ffff_ffff_ffffn;
type Group = Record<string, unknown>;

const anchor = (...groups: Group[]): Call[] => [call(WHO.issuer, "anchor", [groups])];
/** A call of the institution that may record all kinds. */
const anyKind = (...groups: Group[]): Call[] => [call(WHO.both, "anchor", [groups])];
const sized = (...counts: number[]): Call[] => anchor(...counts.map((n) => group({ payloads: payloads(n) })));
const paused = call(WHO.pauser, "setPaused", [true]);
const resumed = call(WHO.pauser, "setPaused", [false]);
const succeeded = call(WHO.governor, "nameSuccessor", [SUCCESSOR]);
const KINDS = [group(), consents(), verifications()];
const until = (time: number): Call[] => [
  ...addKey(BANK.verifier, WHO.newcomer, 0, NOW + 10),
  call(WHO.newcomer, "anchor", [[verifications()]], time),
];
const from = (time: number): Call[] => [call(WHO.early, "anchor", [[group()]], time)];
const amended = (roles: number, ...groups: Group[]): Call[] => [
  call(WHO.accreditor, "amendInstitution", [BANK.both, profile(roles, BANK.both)]),
  ...anyKind(...groups),
];

export const ANCHOR: readonly Boundary[] = [
  boundary(
    "RegistryPaused",
    "holds from one setPaused to the next, for every kind",
    KINDS.map((each) => [[], [paused, ...anyKind(each)]] as const),
    KINDS.map((each) => [paused, resumed, ...anyKind(each)]),
  ),
  boundary(
    "RegistryHasSuccessor",
    "holds from nameSuccessor on, for every kind, paused or not",
    [...KINDS.map((each) => [succeeded, ...anyKind(each)]), [paused, succeeded, ...anchor(group())]].map(
      (story) => [[SUCCESSOR], story] as const,
    ),
    KINDS.map((each) => anyKind(each)),
  ),
  boundary(
    "RegistryEmptyBatch",
    "names the first group without payloads",
    [
      [[0], anchor()],
      [[0], sized(0)],
      [[1], sized(1, 0)],
      [[0], sized(0, 0)],
    ],
    [sized(1), sized(1, 1)],
  ),
  boundary(
    "RegistryTooManyPayloads",
    "counts the payloads of all groups",
    [
      [[2_001, 2_000], sized(2_001)],
      [[2_001, 2_000], sized(1, 2_000)],
      [[2_002, 2_000], sized(1, 1, 2_000)],
    ],
    [sized(2_000), sized(1, 1_999)],
  ),
  boundary(
    "RegistryZeroPayload",
    "names group and position",
    [
      [[0, 0], anchor(group({ payloads: [ZERO] }))],
      [[0, 1], anchor(group({ payloads: [hashOf(0), ZERO, ZERO] }))],
      [[1, 2], anchor(group(), group({ payloads: [...payloads(2), ZERO] }))],
    ],
    [
      anchor(group({ payloads: [`0x${"0".repeat(63)}1`] })),
      anchor(group({ payloads: [`0x8${"0".repeat(63)}`] })),
    ],
  ),
  bounds(
    "RegistryUnsupportedKind",
    "knows 1, 3 and 4",
    (kind) => anyKind(kind === 1 ? group() : { ...consents(), kind }),
    {
      refused: [0, 2, 5, 6, 255],
      accepted: [1, 3, 4],
      values: (kind) => [kind],
    },
  ),
  ...[
    { kind: 1, refused: [0, 3, 255], accepted: [1, 2] },
    { kind: 3, refused: [0, 2, 255], accepted: [1] },
    { kind: 4, refused: [0, 2, 255], accepted: [1] },
  ].map(({ kind, ...sides }) =>
    bounds(
      "RegistryUnsupportedAlgorithm",
      `of kind ${kind}`,
      (algorithm) => anyKind({ ...ofKind(kind), algorithm }),
      { ...sides, values: (algorithm) => [kind, algorithm] },
    ),
  ),
  ...[
    { kind: 1, refused: [2, 3, 128, 255], accepted: [0, 1] },
    { kind: 3, refused: [0, 2, 3, 255], accepted: [1] },
    { kind: 4, refused: [0, 2, 3, 255], accepted: [1] },
  ].map(({ kind, ...sides }) =>
    bounds("RegistryUnsupportedFlags", `of kind ${kind}`, (flags) => anyKind({ ...ofKind(kind), flags }), {
      ...sides,
      values: (flags) => [kind, flags],
    }),
  ),
  ...[
    { kind: 1, refused: [0, 3, 0xffff_ffff], accepted: [1, 2] },
    { kind: 3, refused: [1, 2, 3], accepted: [0] },
    { kind: 4, refused: [1, 2, 3], accepted: [0] },
  ].map(({ kind, ...sides }) =>
    bounds("RegistryUnknownScene", `of kind ${kind}`, (scene) => anyKind({ ...ofKind(kind), scene }), {
      ...sides,
      values: (scene) => [kind, scene],
    }),
  ),
  bounds("RegistryValidUntilPassed", "is after the present", (validUntil) => anchor(group({ validUntil })), {
    refused: [1, NOW - 1, NOW],
    accepted: [0, NOW + 1],
    values: (validUntil) => [validUntil, NOW],
  }),
  bounds<number | bigint>(
    "RegistryTimeTooLate",
    "is the end of the year 9999 for entries",
    (validUntil) => anchor(group({ validUntil })),
    { refused: [MAX_TIME + 1, ALL_ONES], accepted: [MAX_TIME], values: (time) => [time, MAX_TIME] },
  ),
  bounds("RegistryKeyNotInForce", "begins with the window", from, {
    refused: [NOW, NOW + DAY - 1],
    accepted: [NOW + DAY, NOW + DAY + 1],
    values: (time) => [WHO.early, NOW + DAY, 0, time],
  }),
  bounds("RegistryKeyNotInForce", "ends with the window", until, {
    refused: [NOW + 10, NOW + 11],
    accepted: [NOW, NOW + 9],
    values: (time) => [WHO.newcomer, 0, NOW + 10, time],
  }),
  boundary(
    "RegistryInstitutionNotActive",
    "ends with a suspension",
    [
      [[BANK.suspended, 2], [call(WHO.ofSuspended, "anchor", [[group()]])]],
      [[BANK.withdrawn, 3], [call(WHO.ofWithdrawn, "anchor", [[group()]])]],
    ],
    [
      [
        call(WHO.accreditor, "setInstitutionState", [BANK.suspended, 1]),
        call(WHO.ofSuspended, "anchor", [[group()]]),
      ],
    ],
  ),
  boundary(
    "RegistryRoleMissing",
    "is by kind and by the last profile",
    [
      [[BANK.issuer, 1, 2], anchor(verifications())],
      [[BANK.issuer, 1, 2], anchor(group(), consents(), verifications())],
      [[BANK.verifier, 2, 1], [call(WHO.verifier, "anchor", [[group()]])]],
      [[BANK.both, 1, 2], amended(1, verifications())],
      [[BANK.both, 2, 1], amended(2, group())],
      [[BANK.both, 2, 1], amended(2, consents())],
      [[BANK.verifier, 2, 1], [call(WHO.verifier, "anchor", [[verifications(), consents()]])]],
    ],
    [
      anchor(group(), consents()),
      [call(WHO.verifier, "anchor", [[verifications()]])],
      anyKind(group(), consents(), verifications()),
      amended(1, group(), consents()),
      amended(2, verifications()),
    ],
  ),
  bounds(
    "RegistrySceneNotAccredited",
    "is by the bit of the scene, for documents",
    ([scenes, scene]: readonly [bigint, number]) => [
      call(WHO.accreditor, "amendInstitution", [BANK.both, profile(3, BANK.both).with(1, scenes)]),
      ...anyKind(group({ scene }), consents(), verifications()),
    ],
    {
      refused: [
        [0n, 1],
        [0b100n, 1],
        [0b10n, 2],
        [ALL_SCENES - 0b10n, 1],
      ],
      accepted: [
        [0b10n, 1],
        [0b100n, 2],
        [0b110n, 2],
      ],
      values: ([, scene]) => [BANK.both, scene],
    },
  ),
  boundary(
    "RegistrySceneNotAccredited",
    "stops no other kind",
    [
      [
        [BANK.issuer, 2],
        [
          call(WHO.accreditor, "amendInstitution", [BANK.issuer, profile(1, BANK.issuer).with(1, 2n)]),
          ...anchor(group(), consents(), group({ scene: 2 })),
        ],
      ],
    ],
    [
      [
        call(WHO.accreditor, "amendInstitution", [BANK.both, profile(3, BANK.both).with(1, 0n)]),
        ...anyKind(consents(), verifications()),
      ],
    ],
  ),
  boundary(
    "RegistryUnknownKey",
    "is for keys that accepted for no institution",
    [
      [[WHO.stranger], [call(WHO.stranger, "anchor", [[group()]])]],
      [[WHO.stranger], [call(WHO.accreditor, "retireKey", [WHO.stranger, 0])]],
      [[WHO.stranger], [call(WHO.accreditor, "reportKey", [WHO.stranger, MADE_AT])]],
    ],
    [anchor(group()), [call(WHO.accreditor, "reportKey", [WHO.issuer, MADE_AT])]],
  ),
];

function ofKind(kind: number): Group {
  return kind === 1 ? group() : { ...consents(), kind };
}
