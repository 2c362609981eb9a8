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

function profile(draw: Draw): Profile {
  return {
    roles: draw.of([3n, 1n, 2n, 3n], [0n, 4n, 255n]),
    jurisdiction: draw.text("HK", 16),
    officialNumber: draw.text("91440300", 64),
    names: names(draw),
  };
}

/** An address without a key; or one with a key, or the zero address. */
function newKey(draw: Draw): string {
  const { keys } = draw.model;
  const free = [account(0xb00 + keys.size), ...ACTORS].filter((address) => !keys.has(address));
  return draw.of(free, [...keys.keys(), ZeroAddress]);
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
  const fresh = toBeHex(draw.model.operatorKeys.size + 1, 32);
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
    args: [draw.of(ACTORS, [ZeroAddress]), profile(draw)],
  }),
  amendInstitution: (draw) => ({
    sender: draw.holderOf(ROLES.ACCREDITOR),
    args: [anyInstitution(draw), profile(draw)],
  }),
  setInstitutionState: (draw) => {
    const institution = anyInstitution(draw);
    const isActive = draw.model.institutions.get(institution)?.state === 1n;
    const state = draw.of(isActive ? [2n, 2n, 2n, 3n] : [1n, 1n, 1n, 3n], [0n, 1n, 2n, 3n, 4n, 255n]);
    return { sender: draw.holderOf(ROLES.ACCREDITOR), args: [institution, state] };
  },
  scheduleAdmin: (draw) => ({
    sender: draw.holderOf(ROLES.ACCREDITOR),
    args: [anyInstitution(draw), draw.of(ACTORS, [ZeroAddress])],
  }),
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
  registerOperator: (draw) => {
    const institution = draw.once(3) ? 0n : anyInstitution(draw);
    return { sender: draw.holderOf(ROLES.ACCREDITOR), args: [institution, draw.text("Operator", 256)] };
  },
  addOperatorKey: (draw) => {
    const operator = draw.id(draw.model.operators.size);
    const purpose = draw.of([1n, 2n, 3n], [0n, 4n, 255n]);
    const { from, until } = draw.window();
    const key = publicKey(draw);
    const args = [operator, purpose, draw.any([1n, 4n, 6n, 0n, 255n]), key, from, until];
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
