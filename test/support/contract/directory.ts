/** Sets up the stock directory and log of the contract tests. */
import { createHash } from "node:crypto";
import { AbiCoder, keccak256, sha256, toUtf8Bytes } from "ethers";
import { EVM_START } from "./evm.ts";
import { NOTHING } from "./log-copy.ts";
import { call, type Call } from "./calls.ts";
import type { Registry } from "./registry.ts";

export const DAY = 86_400;
/** Seconds between the two steps of a transfer of the default admin's role, in the stock registry. */
export const GOVERNOR_DELAY = 2 * DAY;
/** The time at which the stock directory is set up. */
export const MADE_AT = EVM_START + 1_000;
/** The start time of tests: later than every delay of the stock directory. */
export const NOW = MADE_AT + 10 * DAY;
/** 9999-12-31T23:59:59Z. */
export const MAX_TIME = 253_402_300_799;

/** The address of a name in these tests. */
export const addressOf = (name: string): string => `0x${keccak256(toUtf8Bytes(name)).slice(-40)}`;

/** A payload or an operator's key, by number or name. */
export const hashOf = (name: number | string): string =>
  `0x${createHash("sha256").update(`${name}`).digest("hex")}`;

const named = <Name extends string>(...names: Name[]): Readonly<Record<Name, string>> =>
  Object.fromEntries(names.map((name) => [name, addressOf(name)])) as Record<Name, string>;

/** Keys are named by their rights; the number of an admin is that of its institution. */
export const WHO = named(
  "governor",
  "nextGovernor",
  "accreditor",
  "sceneKeeper",
  "pauser",
  "admin1",
  "admin2",
  "admin3",
  "admin4",
  "admin5",
  "nextAdmin",
  "issuer",
  "retired",
  "early",
  "compromised",
  "reported",
  "proposed",
  "verifier",
  "both",
  "ofSuspended",
  "ofWithdrawn",
  "stranger",
  "newcomer",
);

/** The institutions, by id. */
export const BANK = { issuer: 1, verifier: 2, both: 3, suspended: 4, withdrawn: 5 } as const;
export const ROLES = {
  governor: `0x${"0".repeat(64)}`,
  accreditor: keccak256(toUtf8Bytes("ACCREDITOR_ROLE")),
  sceneKeeper: keccak256(toUtf8Bytes("SCENE_ROLE")),
  pauser: keccak256(toUtf8Bytes("PAUSER_ROLE")),
} as const;

export const NAMES = ["示例", "範例", "Sample"] as const;
/** Every document type. */
export const ALL_SCENES = 2n ** 256n - 2n;
/** @param institution whose official number it has; 6 is the next one */
export const profile = (roles: number, institution = 6): unknown[] => [
  roles,
  ALL_SCENES,
  "HK",
  `1234567${institution}`,
  NAMES,
];

/** The bytes of an operator's public key. */
export const publicKey = (name: string): string => `0x${Buffer.from(`public key: ${name}`).toString("hex")}`;
/** The id of an operator's key. */
export const keyIdOf = (operator: number, purpose: number, key: string, type = 1): string =>
  sha256(
    AbiCoder.defaultAbiCoder().encode(["uint32", "uint8", "uint8", "bytes"], [operator, purpose, type, key]),
  );
/** The contract does not check possessions. */
export const POSSESSION = "0xabcd";

/** A group of documents of scene 1; fields of `other` override the defaults. */
export function group(other: Record<string, unknown> = {}): Record<string, unknown> {
  return { kind: 1, scene: 1, algorithm: 1, flags: 0, validUntil: 0, payloads: [hashOf(1)], ...other };
}
export const consents = (count = 1): Record<string, unknown> =>
  group({ kind: 3, scene: 0, flags: 1, payloads: payloads(count) });
export const verifications = (count = 1): Record<string, unknown> => ({ ...consents(count), kind: 4 });
export const payloads = (count: number): string[] => Array.from({ length: count }, (_, i) => hashOf(i));

/** Indexes of entries of the stock log. */
export interface Landmarks {
  /** Documents of the issuer: `open` is untouched, `spare` too, `revoked` is revoked by the entry `status`. */
  readonly open: number;
  readonly spare: number;
  readonly revoked: number;
  readonly status: number;
  readonly consent: number;
  readonly verification: number;
  /** Documents of other institutions, two each. */
  readonly ofBoth: number;
  readonly ofSuspended: number;
  readonly consentOfSuspended: number;
  readonly ofWithdrawn: number;
  readonly directory: number;
}

/** Makes the stock directory and log. */
export async function stock(registry: Registry): Promise<Landmarks> {
  await registry.done(...governance(), ...institutions(), ...keys(), ...operators(), ...scenes());
  const open = await registry.done(
    call(WHO.issuer, "anchor", [[group({ payloads: payloads(3) }), consents()]]),
  );
  const verification = await registry.done(call(WHO.verifier, "anchor", [[verifications()]]));
  const two = [[group({ payloads: payloads(2) })]];
  const ofBoth = await registry.done(call(WHO.both, "anchor", two));
  const ofSuspended = await registry.done(
    call(WHO.ofSuspended, "anchor", [[group({ payloads: payloads(2) }), consents()]]),
  );
  const ofWithdrawn = await registry.done(call(WHO.ofWithdrawn, "anchor", two));
  const status = await registry.done(
    call(WHO.issuer, "setStatus", [registry.inclusion(open + 2), 1, 1, NOTHING]),
  );
  await registry.done(
    call(WHO.accreditor, "setInstitutionState", [BANK.suspended, 2]),
    call(WHO.accreditor, "setInstitutionState", [BANK.withdrawn, 3]),
    call(WHO.accreditor, "nameAdmin", [BANK.suspended, WHO.nextAdmin]),
  );
  return {
    open,
    spare: open + 1,
    revoked: open + 2,
    consent: open + 3,
    verification,
    ofBoth,
    ofSuspended,
    consentOfSuspended: ofSuspended + 2,
    ofWithdrawn,
    status,
    directory: 0,
  };
}

/** Each role has one holder, and the default admin has no other role. */
function governance(): Call[] {
  const grants = (["accreditor", "sceneKeeper", "pauser"] as const).flatMap((role) => [
    call(WHO.governor, "grantRole", [ROLES[role], WHO[role]]),
    call(WHO.governor, "renounceRole", [ROLES[role], WHO.governor]),
  ]);
  return [...grants, call(WHO.governor, "beginDefaultAdminTransfer", [WHO.nextGovernor])];
}

function institutions(): Call[] {
  const roles = [1, 2, 3, 1, 1];
  const admins = [WHO.admin1, WHO.admin2, WHO.admin3, WHO.admin4, WHO.admin5];
  return [
    ...roles.map((bits, i) => call(WHO.accreditor, "registerInstitution", [admins[i], profile(bits, i + 1)])),
    call(WHO.admin1, "nameAdmin", [BANK.issuer, WHO.nextAdmin]),
  ];
}

function keys(): Call[] {
  const add = (institution: number, key: string, from = 0): Call[] => addKey(institution, key, from);
  return [
    ...add(BANK.issuer, WHO.issuer),
    ...add(BANK.issuer, WHO.retired),
    ...add(BANK.issuer, WHO.early, NOW + DAY),
    ...add(BANK.issuer, WHO.compromised),
    ...add(BANK.issuer, WHO.reported),
    ...add(BANK.verifier, WHO.verifier),
    ...add(BANK.both, WHO.both),
    ...add(BANK.suspended, WHO.ofSuspended),
    ...add(BANK.withdrawn, WHO.ofWithdrawn),
    call(WHO.admin1, "addKey", [BANK.issuer, WHO.proposed, 0, 0]),
    call(WHO.admin1, "retireKey", [WHO.retired, MADE_AT + DAY]),
    call(WHO.admin1, "reportKey", [WHO.compromised, MADE_AT]),
    call(WHO.accreditor, "reportKey", [WHO.reported, MADE_AT]),
  ];
}

/** Proposes a key by the stock admin of the institution, and accepts it. */
export function addKey(institution: number, key: string, from = 0, until = 0): Call[] {
  return [
    call(addressOf(`admin${institution}`), "addKey", [institution, key, from, until]),
    call(key, "acceptKey", [institution]),
  ];
}

/** Keys of the stock operators: 1 is the issuer's, 2 belongs to no institution. */
export const OPERATOR_KEYS = {
  log: publicKey("log"),
  witness: publicKey("witness"),
  retired: publicKey("retired"),
  compromised: publicKey("compromised"),
  reported: publicKey("reported"),
  ofNone: publicKey("of none"),
} as const;

/** Ids of these keys. */
export const OPERATOR_KEY_IDS = {
  log: keyIdOf(1, 1, OPERATOR_KEYS.log),
  witness: keyIdOf(1, 2, OPERATOR_KEYS.witness),
  retired: keyIdOf(1, 3, OPERATOR_KEYS.retired),
  compromised: keyIdOf(1, 3, OPERATOR_KEYS.compromised),
  reported: keyIdOf(1, 3, OPERATOR_KEYS.reported),
  ofNone: keyIdOf(2, 1, OPERATOR_KEYS.ofNone),
} as const;

function operators(): Call[] {
  const add = (from: string, operator: number, purpose: number, key: string): Call =>
    call(from, "addOperatorKey", [operator, purpose, 1, key, 0, 0, POSSESSION]);
  return [
    call(WHO.accreditor, "registerOperator", [BANK.issuer, "Issuer's operator"]),
    call(WHO.accreditor, "registerOperator", [0, "Neutral operator"]),
    add(WHO.admin1, 1, 1, OPERATOR_KEYS.log),
    add(WHO.admin1, 1, 2, OPERATOR_KEYS.witness),
    add(WHO.admin1, 1, 3, OPERATOR_KEYS.retired),
    add(WHO.admin1, 1, 3, OPERATOR_KEYS.compromised),
    add(WHO.admin1, 1, 3, OPERATOR_KEYS.reported),
    add(WHO.accreditor, 2, 1, OPERATOR_KEYS.ofNone),
    call(WHO.admin1, "retireOperatorKey", [OPERATOR_KEY_IDS.retired, MADE_AT + DAY]),
    call(WHO.admin1, "reportOperatorKey", [OPERATOR_KEY_IDS.compromised, MADE_AT]),
    call(WHO.accreditor, "reportOperatorKey", [OPERATOR_KEY_IDS.reported, MADE_AT]),
  ];
}

function scenes(): Call[] {
  return [
    call(WHO.sceneKeeper, "defineScene", ["enterprise-credit-report", NAMES, false, false]),
    call(WHO.sceneKeeper, "defineScene", ["personal-credit-report", NAMES, true, true]),
  ];
}
