/** Lists the boundaries of the directory's functions, except those of keys. */
import { ZeroAddress } from "ethers";
import { call, type Call } from "../../support/contract/calls.ts";
import {
  ALL_SCENES,
  BANK,
  DAY,
  GOVERNOR_DELAY,
  NAMES,
  NOW,
  POSSESSION,
  profile,
  ROLES,
  WHO,
} from "../../support/contract/directory.ts";
import { SUCCESSOR } from "../../support/contract/registry.ts";
import { boundary, bounds, by, type Boundary } from "./boundary.ts";

const register = by(WHO.accreditor, "registerInstitution");
const amend = by(WHO.accreditor, "amendInstitution");
const setState = by(WHO.accreditor, "setInstitutionState");
const schedule = by(WHO.accreditor, "nameAdmin");
const nameItself = by(WHO.admin1, "nameAdmin");
const cancel = by(WHO.admin1, "cancelAdmin");
const operator = by(WHO.accreditor, "registerOperator");
const operatorKey = (operator: number, purpose: number, key = "0x01"): Call[] => [
  call(WHO.accreditor, "addOperatorKey", [operator, purpose, 1, key, 0, 0, POSSESSION]),
];
const pause = by(WHO.pauser, "setPaused");
const nameSuccessor = by(WHO.governor, "nameSuccessor");
const accept = (from: string, at: number): Call[] => [call(from, "acceptAdmin", [BANK.issuer], at)];
const define = (slug: string): Call[] => [call(WHO.sceneKeeper, "defineScene", [slug, NAMES, false, true])];
const text = (length: number): string => "x".repeat(length);

/** A name in each language in turn is `name`. */
const named = (name: string): readonly (readonly string[])[] =>
  NAMES.map((_, i) => [...NAMES.slice(0, i), name, ...NAMES.slice(i + 1)]);
const lengths = (what: string, max: number, storyOf: (length: number) => Call[]): Boundary =>
  bounds("RegistryLength", `of ${what} is 1 to ${max} bytes`, storyOf, {
    refused: [0, max + 1],
    accepted: [1, max],
    values: (length) => [length, max],
  });
const profileWith = (at: number, value: unknown): unknown[] => profile(1).with(at, value);

/** Texts of one character around each range of those that a slug may have. */
const NO_SLUGS = [
  "`",
  "{",
  "/",
  ":",
  ",",
  ".",
  "_",
  " ",
  "A",
  "Z",
  "\u0000",
  "é",
  "示",
  "\u007f",
  "aA",
  "a-b c",
];
const SLUGS = ["a", "z", "0", "9", "-", "az-09", text(64)];

/** The stand-ins for a successor that are none, by what they do; test/contracts/refusals.test.ts places them. */
const IMPOSTORS = ["no contract", "another's", "reverting", "mute", "terse", "garbled"] as const;
/** One that is a successor, and answers with more than is asked. */
const TALKATIVE = "talkative";
export type Impostor = (typeof IMPOSTORS)[number] | typeof TALKATIVE;

/** Defines as many further scenes. */
const defineMany = (count: number): Call[] =>
  Array.from({ length: count }, (_, i) => define(`more-${i}`)).flat();

export const directoryBoundaries = (impostor: (kind: Impostor) => string): readonly Boundary[] => [
  boundary(
    "RegistryPauseUnchanged",
    "is for what is so already",
    [
      [[false], pause(false)],
      [[true], [...pause(true), ...pause(true)]],
    ],
    [pause(true), [...pause(true), ...pause(false)]],
  ),
  boundary(
    "RegistryHasSuccessor",
    "lets no second one be named",
    [[[SUCCESSOR], [...nameSuccessor(SUCCESSOR), ...nameSuccessor(SUCCESSOR)]]],
    [nameSuccessor(SUCCESSOR)],
  ),
  boundary(
    "RegistryNotASuccessor",
    "is for all that does not name this registry",
    [...IMPOSTORS.map(impostor), ZeroAddress].map((each) => [[each], nameSuccessor(each)] as const),
    [nameSuccessor(SUCCESSOR), nameSuccessor(impostor(TALKATIVE))],
  ),
  boundary(
    "RegistryTooManyScenes",
    "is for what would be the 256th",
    [[[], defineMany(254)]],
    [defineMany(253)],
  ),
  boundary(
    "RegistryLastAdmin",
    "is for a transfer to the zero address",
    [
      [[], by(WHO.governor, "beginDefaultAdminTransfer")(ZeroAddress)],
      [[], by(WHO.stranger, "beginDefaultAdminTransfer")(ZeroAddress)],
    ],
    [by(WHO.governor, "beginDefaultAdminTransfer")(WHO.newcomer)],
  ),
  bounds(
    "AccessControlEnforcedDefaultAdminDelay",
    "ends after the delay",
    (at) => [
      ...by(WHO.governor, "beginDefaultAdminTransfer")(WHO.newcomer),
      call(WHO.newcomer, "acceptDefaultAdminTransfer", [], at),
    ],
    {
      refused: [NOW, NOW + GOVERNOR_DELAY],
      accepted: [NOW + GOVERNOR_DELAY + 1],
      values: () => [NOW + GOVERNOR_DELAY],
    },
  ),
  boundary(
    "AccessControlUnauthorizedAccount",
    "follows grants, revocations and transfers",
    [
      [
        [WHO.accreditor, ROLES.accreditor],
        [...by(WHO.governor, "revokeRole")(ROLES.accreditor, WHO.accreditor), ...setState(BANK.issuer, 2)],
      ],
      [
        [WHO.governor, ROLES.governor],
        [call(WHO.nextGovernor, "acceptDefaultAdminTransfer"), ...nameSuccessor(SUCCESSOR)],
      ],
    ],
    [
      [
        ...by(WHO.governor, "grantRole")(ROLES.accreditor, WHO.newcomer),
        ...by(WHO.newcomer, "setInstitutionState")(BANK.issuer, 2),
      ],
      [
        call(WHO.nextGovernor, "acceptDefaultAdminTransfer"),
        ...by(WHO.nextGovernor, "nameSuccessor")(SUCCESSOR),
      ],
    ],
  ),
  boundary(
    "RegistryZeroAddress",
    "is for a zero admin and a zero key",
    [
      [[], register(ZeroAddress, profile(1))],
      [[], schedule(BANK.issuer, ZeroAddress)],
      [[], by(WHO.admin1, "addKey")(BANK.issuer, ZeroAddress, 0, 0)],
    ],
    [
      register(`0x${"0".repeat(39)}1`, profile(1)),
      schedule(BANK.issuer, `0x${"0".repeat(39)}1`),
      by(WHO.admin1, "addKey")(BANK.issuer, `0x${"0".repeat(39)}1`, 0, 0),
    ],
  ),
  ...[
    { what: "of who registers", storyOf: (roles: number) => register(WHO.newcomer, profile(roles)) },
    {
      what: "of who is amended",
      storyOf: (roles: number) => amend(BANK.issuer, profile(roles, BANK.issuer)),
    },
  ].map(({ what, storyOf }) =>
    bounds("RegistryUnsupportedRoles", what, storyOf, {
      refused: [0, 4, 5, 255],
      accepted: [1, 2, 3],
      values: (roles) => [roles],
    }),
  ),
  ...[
    { what: "amendInstitution", storyOf: (id: number) => amend(id, profile(1, id)) },
    { what: "setInstitutionState", storyOf: (id: number) => setState(id, 3) },
    { what: "nameAdmin", storyOf: (id: number) => schedule(id, WHO.newcomer) },
  ].map(({ what, storyOf }) =>
    bounds("RegistryUnknownInstitution", `is for ids that ${what} does not know`, storyOf, {
      refused: [0, 6, 0xffff_ffff],
      accepted: [1, 4],
      values: (id) => [id],
    }),
  ),
  boundary(
    "RegistryUnknownInstitution",
    "is for cancellations of none",
    [
      [[0], cancel(0)],
      [[6], cancel(6)],
    ],
    [cancel(BANK.issuer)],
  ),
  ...[
    {
      what: "of who registers",
      storyOf: (scenes: bigint) => register(WHO.newcomer, profile(1).with(1, scenes)),
    },
    {
      what: "of who is amended",
      storyOf: (scenes: bigint) => amend(BANK.issuer, profile(1, BANK.issuer).with(1, scenes)),
    },
  ].map(({ what, storyOf }) =>
    bounds("RegistryUnsupportedScenes", what, storyOf, {
      refused: [1n, 3n, ALL_SCENES + 1n],
      accepted: [0n, 2n, 1n << 255n, ALL_SCENES],
      values: (scenes) => [scenes],
    }),
  ),
  boundary(
    "RegistryOfficialNumber",
    "is unique and constant, jurisdiction and number together",
    [
      [[6, BANK.issuer], register(WHO.newcomer, profile(1, BANK.issuer))],
      [[6, BANK.withdrawn], register(WHO.newcomer, profile(1, BANK.withdrawn))],
      [[BANK.issuer, BANK.both], amend(BANK.issuer, profile(1, BANK.both))],
      [[BANK.issuer, 0], amend(BANK.issuer, profile(1))],
      [[BANK.issuer, 0], amend(BANK.issuer, profile(1, BANK.issuer).with(2, "CN"))],
      [
        [7, 6],
        [...register(WHO.newcomer, profile(1)), ...register(WHO.newcomer, profile(1))],
      ],
    ],
    [
      register(WHO.newcomer, profile(1)),
      register(WHO.newcomer, profile(1, BANK.issuer).with(2, "CN")),
      amend(BANK.issuer, profile(1, BANK.issuer)),
      [...register(WHO.newcomer, profile(1)), ...register(WHO.newcomer, profile(1).with(3, "1234567"))],
    ],
  ),
  ...[2, 3].map((field) =>
    bounds(
      "RegistryCharacter",
      `is printable ASCII in field ${field} of a profile`,
      ([value]: readonly [string, number?]) => register(WHO.newcomer, profile(1).with(field, value)),
      {
        refused: [
          [" ", 0],
          ["a b", 1],
          ["\u007f", 0],
          ["ab\u0000", 2],
          ["é", 0],
          ["x示", 1],
        ],
        accepted: [["!"], ["~"], ["aZ09"]],
        values: ([, position]) => [position],
      },
    ),
  ),
  boundary(
    "RegistryInstitutionNotActive",
    "keeps a withdrawn institution from having a next admin",
    [[[BANK.withdrawn, 3], schedule(BANK.withdrawn, WHO.newcomer)]],
    [schedule(BANK.suspended, WHO.newcomer), schedule(BANK.issuer, WHO.newcomer)],
  ),
  boundary(
    "RegistryNothingToCancel",
    "is for what is not named, and for what is not the caller's to cancel",
    [
      [[BANK.issuer, WHO.accreditor], by(WHO.accreditor, "cancelAdmin")(BANK.issuer)],
      [
        [BANK.issuer, WHO.admin1],
        [...cancel(BANK.issuer), ...cancel(BANK.issuer)],
      ],
      [[BANK.verifier, WHO.admin2], by(WHO.admin2, "cancelAdmin")(BANK.verifier)],
      [[BANK.suspended, WHO.admin4], by(WHO.admin4, "cancelAdmin")(BANK.suspended)],
      [
        [BANK.issuer, WHO.admin1],
        [...setState(BANK.issuer, 2), ...cancel(BANK.issuer)],
      ],
    ],
    [
      cancel(BANK.issuer),
      [...schedule(BANK.issuer, WHO.newcomer), ...cancel(BANK.issuer)],
      [...schedule(BANK.issuer, WHO.newcomer), ...by(WHO.accreditor, "cancelAdmin")(BANK.issuer)],
      by(WHO.accreditor, "cancelAdmin")(BANK.suspended),
    ],
  ),
  bounds("RegistryUnknownInstitution", "is for operators of none", (id) => operator(id, "Operator"), {
    refused: [6],
    accepted: [0, 5],
    values: (id) => [id],
  }),
  bounds(
    "RegistryUnknownInstitution",
    "is for keys of none",
    (id) => [call(id === 1 ? WHO.admin1 : WHO.stranger, "addKey", [id, WHO.newcomer, 0, 0])],
    { refused: [0, 6], accepted: [1], values: (id) => [id] },
  ),
  bounds(
    "RegistryStateChange",
    "is for all but suspending, reinstating and withdrawing",
    ([id, to]: readonly [number, number, number]) => setState(id, to),
    {
      refused: [
        [BANK.issuer, 0, 1],
        [BANK.issuer, 1, 1],
        [BANK.issuer, 4, 1],
        [BANK.issuer, 255, 1],
        [BANK.suspended, 0, 2],
        [BANK.suspended, 2, 2],
        [BANK.suspended, 4, 2],
        [BANK.withdrawn, 0, 3],
        [BANK.withdrawn, 1, 3],
        [BANK.withdrawn, 2, 3],
        [BANK.withdrawn, 3, 3],
        [BANK.withdrawn, 4, 3],
      ],
      accepted: [
        [BANK.issuer, 2, 1],
        [BANK.issuer, 3, 1],
        [BANK.suspended, 1, 2],
        [BANK.suspended, 3, 2],
      ],
      values: ([id, to, from]) => [id, from, to],
    },
  ),
  ...[
    { what: "by the admin", storyOf: nameItself, days: 2 },
    { what: "by governance", storyOf: schedule, days: 7 },
  ].map(({ what, storyOf, days }) =>
    bounds(
      "RegistryAdminNotNamed",
      `ends ${days} days after a naming ${what}`,
      (at) => [...storyOf(BANK.issuer, WHO.newcomer), ...accept(WHO.newcomer, at)],
      {
        refused: [NOW, NOW + days * DAY - 1],
        accepted: [NOW + days * DAY, NOW + days * DAY + 1],
        values: () => [BANK.issuer, WHO.newcomer, NOW + days * DAY],
      },
    ),
  ),
  bounds(
    "RegistryAdminNotNamed",
    "ends 2 days after a naming for a suspended institution",
    (at) => [
      ...schedule(BANK.suspended, WHO.newcomer),
      call(WHO.newcomer, "acceptAdmin", [BANK.suspended], at),
    ],
    {
      refused: [NOW, NOW + 2 * DAY - 1],
      accepted: [NOW + 2 * DAY],
      values: () => [BANK.suspended, WHO.newcomer, NOW + 2 * DAY],
    },
  ),
  boundary(
    "RegistryAdminNotNamed",
    "is for what a change of state or a cancellation ended",
    [
      [
        [BANK.issuer, WHO.nextAdmin, 0],
        [...setState(BANK.issuer, 2), ...accept(WHO.nextAdmin, NOW)],
      ],
      [
        [BANK.suspended, WHO.nextAdmin, 0],
        [...setState(BANK.suspended, 1), call(WHO.nextAdmin, "acceptAdmin", [BANK.suspended])],
      ],
      [
        [BANK.suspended, WHO.nextAdmin, 0],
        [...setState(BANK.suspended, 3), call(WHO.nextAdmin, "acceptAdmin", [BANK.suspended])],
      ],
      [
        [BANK.issuer, WHO.nextAdmin, 0],
        [...cancel(BANK.issuer), ...accept(WHO.nextAdmin, NOW)],
      ],
    ],
    [accept(WHO.nextAdmin, NOW), [call(WHO.nextAdmin, "acceptAdmin", [BANK.suspended])]],
  ),
  boundary(
    "RegistryAdminNotNamed",
    "is for all but the last that was named, and for a second time",
    [
      [
        [BANK.issuer, WHO.nextAdmin, NOW + 7 * DAY],
        [...schedule(BANK.issuer, WHO.newcomer), ...accept(WHO.nextAdmin, NOW + 7 * DAY)],
      ],
      [
        [BANK.issuer, WHO.nextAdmin, 0],
        [...accept(WHO.nextAdmin, NOW), ...accept(WHO.nextAdmin, NOW)],
      ],
      [[BANK.verifier, WHO.nextAdmin, 0], [call(WHO.nextAdmin, "acceptAdmin", [BANK.verifier])]],
      [[9, WHO.nextAdmin, 0], [call(WHO.nextAdmin, "acceptAdmin", [9])]],
    ],
    [accept(WHO.nextAdmin, NOW)],
  ),
  boundary(
    "RegistryNotAdmin",
    "is for all but the present one, whatever the institution's state",
    [
      [
        [BANK.issuer, WHO.admin1],
        [...accept(WHO.nextAdmin, NOW), ...by(WHO.admin1, "addKey")(BANK.issuer, WHO.newcomer, 0, 0)],
      ],
      [[BANK.suspended, WHO.admin1], by(WHO.admin1, "addKey")(BANK.suspended, WHO.newcomer, 0, 0)],
      [[BANK.issuer, WHO.accreditor], operatorKey(1, 1)],
    ],
    [
      [...accept(WHO.nextAdmin, NOW), ...by(WHO.nextAdmin, "addKey")(BANK.issuer, WHO.newcomer, 0, 0)],
      by(WHO.admin4, "retireKey")(WHO.ofSuspended, 0),
      by(WHO.admin5, "reportKey")(WHO.ofWithdrawn, NOW),
      operatorKey(2, 1),
    ],
  ),
  bounds("RegistryUnknownOperator", "is for ids of none", (id) => operatorKey(id, 1), {
    refused: [0, 3, 0xffff_ffff],
    accepted: [2],
    values: (id) => [id],
  }),
  bounds("RegistryUnsupportedPurpose", "is 1 to 3", (purpose) => operatorKey(2, purpose), {
    refused: [0, 4, 255],
    accepted: [1, 2, 3],
    values: (purpose) => [purpose],
  }),
  lengths("an operator's name", 256, (length) => operator(0, text(length))),
  lengths("a public key", 1_312, (length) => operatorKey(2, 1, `0x${"ab".repeat(length)}`)),
  lengths("a jurisdiction", 16, (length) => register(WHO.newcomer, profileWith(2, text(length)))),
  lengths("an official number", 64, (length) => register(WHO.newcomer, profileWith(3, text(length)))),
  ...[0, 1, 2].flatMap((language) => [
    lengths(`an institution's name ${language}`, 256, (length) =>
      register(WHO.newcomer, profileWith(4, named(text(length))[language])),
    ),
    lengths(`a scene's name ${language}`, 256, (length) => [
      call(WHO.sceneKeeper, "defineScene", ["s", named(text(length))[language], false, false]),
    ]),
  ]),
  boundary(
    "RegistryLength",
    "counts bytes, not characters",
    [[[258, 256], operator(0, "示".repeat(86))]],
    [operator(0, "示".repeat(85))],
  ),
  lengths("a slug", 64, (length) => define(text(length))),
  bounds("RegistryCharacter", "is for other characters of a slug", define, {
    refused: NO_SLUGS,
    accepted: SLUGS,
    values: (slug) => [slug.search(/[^a-z0-9\-]/v)],
  }),
  bounds("RegistrySlugTaken", "names the scene", define, {
    refused: ["personal-credit-report"],
    accepted: ["personal-credit-reports", "personal-credit-repor"],
    values: () => [2],
  }),
];
