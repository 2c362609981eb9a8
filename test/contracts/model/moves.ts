/** Draws a call for each function of the registry that changes state. */
import { ZeroAddress, hexlify, id, sha256, toBeHex } from "ethers";
import type { Names, Profile } from "./directory.ts";
import { ACTORS, account, type Draw } from "./draw.ts";
import { ROLES } from "./governance.ts";
import { NO_KEY } from "./keys.ts";
import { documentMoves } from "./document-moves.ts";

/** A call: who sends it, and with which arguments. */
export interface Call {
  readonly sender: string;
  readonly args: readonly unknown[];
}

/** Draws a call of a function, near to a valid one in the model's state. */
export type Move = (draw: Draw) => Call;

const ANY_ROLE = [ROLES.ACCREDITOR, ROLES.SCENE, ROLES.PAUSER, id("ANOTHER_ROLE")];

function names(draw: Draw): Names {
  return { zhHans: draw.text("示例", 256), zhHant: draw.text("範例", 256), en: draw.text("Sample", 256) };
}

/** Every document type. */
const ALL_SCENES = 2n ** 256n - 2n;

/** @param number the official number that is wanted */
function profile(draw: Draw, number: string): Profile {
  return {
    roles: draw.of([3n, 1n, 2n, 3n], [0n, 4n, 255n]),
    scenes: draw.of([ALL_SCENES, ALL_SCENES, ALL_SCENES, 2n, 4n], [0n, 1n, ALL_SCENES + 1n]),
    jurisdiction: draw.of(["HK", "HK", "HK"], ["H", "x".repeat(16), ...ODD_TEXTS, "x".repeat(17)]),
    officialNumber: draw.of([number, number], ["1", "x".repeat(64), ...ODD_TEXTS, "x".repeat(65)]),
    names: names(draw),
  };
}

const ODD_TEXTS = ["", " ", "a b", "\u007f", "é", "!~", "\u0000"];

/** The official number that an institution has here. */
const numberOf = (institution: bigint): string => `91440300-${institution}`;

/** An address without a key; or one with a key, or the zero address. */
function newKey(draw: Draw): string {
  const { keys } = draw.model;
  const free = [account(0xb00 + keys.size), ...ACTORS].filter((address) => !keys.has(address));
  return draw.of(free, [...keys.keys(), ZeroAddress]);
}

/** A proposal that stands, or any; and an institution and a key of none. */
function anyProposal(draw: Draw): [institution: bigint, key: string] {
  const { proposals, institutions } = draw.model;
  const all = [...proposals].map(([place, { admin }]) => {
    const [institution = "", key = ""] = place.split(" ");
    return { institution: BigInt(institution), key, admin };
  });
  const open = all.filter(({ institution, admin }) => institutions.get(institution)?.admin === admin);
  const standing = open.filter(({ institution }) => institutions.get(institution)?.state === 1n);
  const none = { institution: draw.id(institutions.size), key: draw.any(ACTORS) };
  const { institution, key } = draw.of(standing, [...all, none]);
  return [institution, key];
}

function anyKey(draw: Draw): string {
  return draw.of([...draw.model.keys.keys()], [ZeroAddress, ...ACTORS]);
}

function anyOperatorKey(draw: Draw): string {
  return draw.of([...draw.model.operatorKeys.keys()], [sha256("0x"), `0x${"00".repeat(32)}`]);
}

function anyInstitution(draw: Draw): bigint {
  return draw.id(draw.model.institutions.size);
}

function adminOf(draw: Draw, institution: bigint): string {
  const admin = draw.model.institutions.get(institution)?.admin;
  return draw.actor(admin === undefined ? [] : [admin]);
}

function operatorAdmin(draw: Draw, operator: bigint): string {
  const institution = draw.model.operators.get(operator) ?? 0n;
  return institution === 0n ? draw.holderOf(ROLES.ACCREDITOR) : adminOf(draw, institution);
}

/** The account that reports a key: its admin or the accreditor. */
function reporter(draw: Draw, admin: (draw: Draw) => string): string {
  return draw.once(3) ? draw.holderOf(ROLES.ACCREDITOR) : admin(draw);
}

function publicKey(draw: Draw): string {
  // the same bytes for several operators and purposes, too
  const fresh = toBeHex(Math.floor(draw.model.operatorKeys.size / 2) + 1, 32);
  const taken = [...draw.model.operatorKeys.keys()].map((_, i) => toBeHex(i + 1, 32));
  const longest = hexlify(new Uint8Array(1312).fill(draw.model.operatorKeys.size));
  return draw.of([fresh, fresh, longest], ["0x", `${longest}00`, ...taken]);
}

function slug(draw: Draw): string {
  const { scenes } = draw.model;
  const fresh = `az09-${scenes.size}`;
  const broken = ["`", "{", "/", ":", ",", ".", "A", "é", ""].map((c) => (c === "" ? c : `a${c}`));
  return draw.of([fresh, fresh.padEnd(64, "z")], [...broken, fresh.padEnd(65, "0"), ...scenes.keys()]);
}

/** Every function of the interface that changes state, but for anchor and setStatus. */
export const MOVES: Readonly<Record<string, Move>> = {
  ...documentMoves,
  registerInstitution: (draw) => ({
    sender: draw.holderOf(ROLES.ACCREDITOR),
    args: [
      draw.of(ACTORS, [ZeroAddress]),
      profile(draw, numberOf(BigInt(draw.model.institutions.size + (draw.once(8) ? 0 : 1)))),
    ],
  }),
  amendInstitution: (draw) => {
    const institution = anyInstitution(draw);
    return {
      sender: draw.holderOf(ROLES.ACCREDITOR),
      args: [institution, profile(draw, numberOf(institution))],
    };
  },
  setInstitutionState: (draw) => {
    const institution = anyInstitution(draw);
    const isActive = draw.model.institutions.get(institution)?.state === 1n;
    const state = draw.of(isActive ? [2n, 2n, 2n, 3n] : [1n, 1n, 1n, 3n], [0n, 1n, 2n, 3n, 4n, 255n]);
    return { sender: draw.holderOf(ROLES.ACCREDITOR), args: [institution, state] };
  },
  nameAdmin: (draw) => {
    const institution = anyInstitution(draw);
    const sender = draw.once(2) ? draw.holderOf(ROLES.ACCREDITOR) : adminOf(draw, institution);
    return { sender, args: [institution, draw.of(ACTORS, [ZeroAddress])] };
  },
  cancelAdmin: (draw) => {
    const { institutions } = draw.model;
    const named = [...institutions].filter(([, { nextAdmin }]) => nextAdmin !== ZeroAddress);
    const institution = draw.of(
      named.map(([number]) => number),
      [0n, 1n, 2n, BigInt(institutions.size + 1)],
    );
    const sender = draw.once(2) ? draw.holderOf(ROLES.ACCREDITOR) : adminOf(draw, institution);
    return { sender, args: [institution] };
  },
  acceptAdmin: (draw) => {
    const { institutions } = draw.model;
    const waiting = [...institutions].filter(([, { nextAdmin }]) => nextAdmin !== ZeroAddress);
    const institution = draw.of(
      waiting.map(([number]) => number),
      [0n, 1n, 2n, BigInt(institutions.size + 1)],
    );
    const next = institutions.get(institution)?.nextAdmin ?? ZeroAddress;
    return { sender: draw.actor(next === ZeroAddress ? [] : [next]), args: [institution] };
  },
  addKey: (draw) => {
    const institution = anyInstitution(draw);
    const { from, until } = draw.window();
    return { sender: adminOf(draw, institution), args: [institution, newKey(draw), from, until] };
  },
  acceptKey: (draw) => {
    const [institution, key] = anyProposal(draw);
    return { sender: draw.actor([key]), args: [institution] };
  },
  retireKey: (draw) => {
    const key = anyKey(draw);
    const { holder, until } = draw.model.keys.get(key) ?? NO_KEY;
    return { sender: adminOf(draw, holder), args: [key, draw.retirement(until)] };
  },
  reportKey: (draw) => {
    const key = anyKey(draw);
    const held = draw.model.keys.get(key) ?? NO_KEY;
    return { sender: reporter(draw, (d) => adminOf(d, held.holder)), args: [key, draw.since(held)] };
  },
  correctKeyReport: (draw) => {
    const reported = [...draw.model.keys].filter(([, { compromisedSince }]) => compromisedSince !== 0n);
    const key = draw.of(
      reported.map(([address]) => address),
      [anyKey(draw)],
    );
    const held = draw.model.keys.get(key) ?? NO_KEY;
    return { sender: draw.holderOf(ROLES.ACCREDITOR), args: [key, draw.correction(held)] };
  },
  registerOperator: (draw) => {
    const institution = draw.once(3) ? 0n : anyInstitution(draw);
    return { sender: draw.holderOf(ROLES.ACCREDITOR), args: [institution, draw.text("Operator", 256)] };
  },
  addOperatorKey: (draw) => {
    const operator = draw.id(draw.model.operators.size);
    const purpose = draw.of([1n, 2n, 3n], [0n, 4n, 255n]);
    const { from, until } = draw.window();
    const key = publicKey(draw);
    const possession = draw.of(["0xab", `0x${"ab".repeat(2420)}`], ["0x", `0x${"ab".repeat(2421)}`]);
    const args = [operator, purpose, draw.any([1n, 4n, 6n, 0n, 255n]), key, from, until, possession];
    return { sender: operatorAdmin(draw, operator), args };
  },
  retireOperatorKey: (draw) => {
    const keyId = anyOperatorKey(draw);
    const { holder, until } = draw.model.operatorKeys.get(keyId)?.key ?? NO_KEY;
    return { sender: operatorAdmin(draw, holder), args: [keyId, draw.retirement(until)] };
  },
  reportOperatorKey: (draw) => {
    const keyId = anyOperatorKey(draw);
    const held = draw.model.operatorKeys.get(keyId)?.key ?? NO_KEY;
    return { sender: reporter(draw, (d) => operatorAdmin(d, held.holder)), args: [keyId, draw.since(held)] };
  },
  correctOperatorKeyReport: (draw) => {
    const { operatorKeys } = draw.model;
    const reported = [...operatorKeys].filter(([, { key }]) => key.compromisedSince !== 0n);
    const keyId = draw.of(
      reported.map(([number]) => number),
      [anyOperatorKey(draw)],
    );
    const held = operatorKeys.get(keyId)?.key ?? NO_KEY;
    return { sender: draw.holderOf(ROLES.ACCREDITOR), args: [keyId, draw.correction(held)] };
  },
  defineScene: (draw) => ({
    sender: draw.holderOf(ROLES.SCENE),
    args: [slug(draw), names(draw), draw.any([false, true]), draw.any([false, true])],
  }),
  setPaused: (draw) => ({
    sender: draw.holderOf(ROLES.PAUSER),
    // most often it is not paused, for the sake of what may then be drawn
    args: [draw.model.isPaused ? draw.of([false], [true]) : draw.once(2)],
  }),
  nameSuccessor: (draw) => ({
    sender: draw.actor([draw.model.defaultAdmin]),
    args: [draw.any([...draw.model.others, ...draw.model.successors, ZeroAddress])],
  }),
  grantRole: (draw) => ({
    sender: draw.actor([draw.model.defaultAdmin]),
    args: [draw.of(ANY_ROLE, [ROLES.DEFAULT_ADMIN]), draw.any(ACTORS)],
  }),
  revokeRole: (draw) => {
    const role = draw.of(ANY_ROLE, [ROLES.DEFAULT_ADMIN]);
    const held = [...(draw.model.holders.get(role) ?? [])].slice(1);
    return { sender: draw.actor([draw.model.defaultAdmin]), args: [role, draw.of(held, ACTORS)] };
  },
  renounceRole: (draw) => {
    const role = draw.of(ANY_ROLE, [ROLES.DEFAULT_ADMIN]);
    const sender = draw.actor([...(draw.model.holders.get(role) ?? [])].slice(1));
    return { sender, args: [role, draw.of([sender], ACTORS)] };
  },
  beginDefaultAdminTransfer: (draw) => ({
    sender: draw.actor([draw.model.defaultAdmin]),
    args: [draw.of(ACTORS, [ZeroAddress])],
  }),
  cancelDefaultAdminTransfer: (draw) => ({ sender: draw.actor([draw.model.defaultAdmin]), args: [] }),
  acceptDefaultAdminTransfer: (draw) => {
    const { value } = draw.model.pendingAdmin;
    return { sender: draw.actor(value === ZeroAddress ? [] : [value]), args: [] };
  },
  changeDefaultAdminDelay: (draw) => ({
    sender: draw.actor([draw.model.defaultAdmin]),
    args: [draw.any([100n, 0n, 1000n, 432_000n, 864_000n])],
  }),
  rollbackDefaultAdminDelay: (draw) => ({ sender: draw.actor([draw.model.defaultAdmin]), args: [] }),
};
