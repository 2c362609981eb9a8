/** Lists the boundaries of the directory's functions, except those of keys. */
import { ZeroAddress } from "ethers";
import { call, type Call } from "../../support/contract/calls.ts";
import {
  BANK,
  DAY,
  GOVERNOR_DELAY,
  NAMES,
  NOW,
  profile,
  ROLES,
  WHO,
} from "../../support/contract/directory.ts";
import { SUCCESSOR } from "../../support/contract/registry.ts";
import { boundary, bounds, by, type Boundary } from "./boundary.ts";

const register = by(WHO.accreditor, "registerInstitution");
const amend = by(WHO.accreditor, "amendInstitution");
const setState = by(WHO.accreditor, "setInstitutionState");
const schedule = by(WHO.accreditor, "scheduleAdmin");
const operator = by(WHO.accreditor, "registerOperator");
const operatorKey = by(WHO.accreditor, "addOperatorKey");
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
    { what: "of who is amended", storyOf: (roles: number) => amend(BANK.issuer, profile(roles)) },
  ].map(({ what, storyOf }) =>
    bounds("RegistryUnsupportedRoles", what, storyOf, {
      refused: [0, 4, 5, 255],
      accepted: [1, 2, 3],
      values: (roles) => [roles],
    }),
  ),
  ...[
    { what: "amendInstitution", storyOf: (id: number) => amend(id, profile(1)) },
    { what: "setInstitutionState", storyOf: (id: number) => setState(id, 3) },
    { what: "scheduleAdmin", storyOf: (id: number) => schedule(id, WHO.newcomer) },
  ].map(({ what, storyOf }) =>
    bounds("RegistryUnknownInstitution", `is for ids that ${what} does not know`, storyOf, {
      refused: [0, 6, 0xffff_ffff],
      accepted: [1, 4],
      values: (id) => [id],
    }),
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
  bounds(
    "RegistryAdminNotScheduled",
    "ends with the delay",
    (at) => [...schedule(BANK.issuer, WHO.newcomer), ...accept(WHO.newcomer, at)],
    {
      refused: [NOW, NOW + 2 * DAY - 1],
      accepted: [NOW + 2 * DAY, NOW + 2 * DAY + 1],
      values: () => [BANK.issuer, WHO.newcomer, NOW + 2 * DAY],
    },
  ),
  boundary(
    "RegistryAdminNotScheduled",
    "is for all but the last that was scheduled, and for a second time",
    [
      [
        [BANK.issuer, WHO.nextAdmin, NOW + 2 * DAY],
        [...schedule(BANK.issuer, WHO.newcomer), ...accept(WHO.nextAdmin, NOW + 2 * DAY)],
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
      [[BANK.issuer, WHO.accreditor], operatorKey(1, 1, 1, "0x01", 0, 0)],
    ],
    [
      [...accept(WHO.nextAdmin, NOW), ...by(WHO.nextAdmin, "addKey")(BANK.issuer, WHO.newcomer, 0, 0)],
      by(WHO.admin4, "addKey")(BANK.suspended, WHO.newcomer, 0, 0),
      by(WHO.admin5, "addKey")(BANK.withdrawn, WHO.newcomer, 0, 0),
      operatorKey(2, 1, 1, "0x01", 0, 0),
    ],
  ),
  bounds("RegistryUnknownOperator", "is for ids of none", (id) => operatorKey(id, 1, 1, "0x01", 0, 0), {
    refused: [0, 3, 0xffff_ffff],
    accepted: [2],
    values: (id) => [id],
  }),
  bounds("RegistryUnsupportedPurpose", "is 1 to 3", (purpose) => operatorKey(2, purpose, 1, "0x01", 0, 0), {
    refused: [0, 4, 255],
    accepted: [1, 2, 3],
    values: (purpose) => [purpose],
  }),
  lengths("an operator's name", 256, (length) => operator(0, text(length))),
  lengths("a public key", 1_312, (length) => operatorKey(2, 1, 1, `0x${"ab".repeat(length)}`, 0, 0)),
  lengths("a jurisdiction", 16, (length) => register(WHO.newcomer, profileWith(1, text(length)))),
  lengths("an official number", 64, (length) => register(WHO.newcomer, profileWith(2, text(length)))),
  lengths("an amended number", 64, (length) => amend(BANK.issuer, profileWith(2, text(length)))),
  ...[0, 1, 2].flatMap((language) => [
    lengths(`an institution's name ${language}`, 256, (length) =>
      register(WHO.newcomer, profileWith(3, named(text(length))[language])),
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
  bounds("RegistrySlugMalformed", "is for other characters and lengths", define, {
    refused: ["", text(65), ...NO_SLUGS],
    accepted: SLUGS,
    values: (slug) => [slug],
  }),
  bounds("RegistrySlugTaken", "names the scene", define, {
    refused: ["personal-credit-report"],
    accepted: ["personal-credit-reports", "personal-credit-repor"],
    values: (slug) => [slug, 2],
  }),
];
