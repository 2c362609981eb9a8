/** Draws calls of the model's functions that record documents and set their statuses. */
import { toBeHex } from "ethers";
import { ACTORS, type Draw } from "./draw.ts";
import { ROLES } from "./governance.ts";
import { documents, inclusionOf, ownerOf } from "./inclusions.ts";
import { inForce } from "./keys.ts";
import { NO_INCLUSION, ZERO_HASH, type Inclusion } from "./log.ts";
import type { Call } from "./moves.ts";
import { MAX_PAYLOADS, type Group } from "./registry.ts";

/** The payload at `position` of a group. */
function payload(draw: Draw, position: number): string {
  return draw.of([toBeHex((draw.model.size << 64n) + BigInt(position + 1), 32)], [ZERO_HASH]);
}

/** Keys that could act now, for the institutions that `suit`. */
function keysInForce({ model }: Draw, suit: (institution: bigint) => boolean): string[] {
  const now = model.now();
  return [...model.keys].flatMap(([key, held]) => (inForce(held, now) && suit(held.holder) ? [key] : []));
}

function group(draw: Draw, roles: bigint): Group {
  const { model } = draw;
  const kinds = [roles & 1n ? [1n, 1n, 3n] : [], roles & 2n ? [4n] : []].flat();
  const kind = draw.of(kinds, [1n, 4n, 1n, 4n, 3n, 0n, 2n, 5n, 255n]);
  const isDocument = kind === 1n;
  const scene = isDocument ? draw.id(model.scenes.size) : draw.of([0n], [1n]);
  const algorithm = draw.of(isDocument ? [1n, 2n] : [1n], [0n, 2n, 3n]);
  const flags = draw.of(isDocument ? [0n, 1n] : [1n], [0n, 2n, 255n]);
  const count = draw.of([1, 1, 2, 3, 5], [0]);
  const validUntil = draw.end(0n);
  return {
    kind,
    scene,
    algorithm,
    flags,
    validUntil,
    payloads: Array.from({ length: count }, (_, i) => payload(draw, i)),
  };
}

/** Fills the call to the most payloads that it may have, or by one more. */
function fill(draw: Draw, groups: Group[]): Group[] {
  const [first] = groups;
  if (first === undefined) return groups;
  const count = groups.reduce((sum, { payloads }) => sum + payloads.length, 0);
  const missing = MAX_PAYLOADS - count + draw.any([0, 1]);
  const payloads = Array.from({ length: missing }, (_, i) => toBeHex(BigInt(i + 1) << 128n, 32));
  return [{ ...first, payloads: [...first.payloads, ...payloads] }, ...groups.slice(1)];
}

function anchor(draw: Draw): Call {
  const { model } = draw;
  const isActive = (institution: bigint): boolean => model.institutions.get(institution)?.state === 1n;
  const sender = draw.of(keysInForce(draw, isActive), [...model.keys.keys(), ...ACTORS]);
  const roles = model.institutions.get(model.keys.get(sender)?.holder ?? 0n)?.roles ?? 1n;
  const count = draw.of([1, 1, 2, 3], [0]);
  const groups = Array.from({ length: count }, () => group(draw, roles));
  return { sender, args: [draw.once(60) ? fill(draw, groups) : groups] };
}

/** A key of the institution; or, where that is not active, governance as well. */
function setter(draw: Draw, owner: bigint): string {
  const { model } = draw;
  const isActive = model.institutions.get(owner)?.state === 1n;
  const keys = keysInForce(draw, (institution) => institution === owner);
  const accreditors = [...(model.holders.get(ROLES.ACCREDITOR) ?? [])];
  return draw.of(isActive ? keys : [...keys, ...accreditors], [
    ...accreditors,
    ...model.keys.keys(),
    ...ACTORS,
  ]);
}

function successorFor(draw: Draw, action: bigint, owner: bigint): Inclusion {
  if (action !== 4n && draw.of([false], [true])) {
    return draw.any([
      { ...NO_INCLUSION, entry: "0x01" },
      { ...NO_INCLUSION, index: 1n },
      { ...NO_INCLUSION, size: 1n },
      { ...NO_INCLUSION, proof: [ZERO_HASH] },
    ]);
  }
  if (action !== 4n) return NO_INCLUSION;
  return draw.once(12) ? inclusionOf(draw, documents(draw)) : inclusionOf(draw, documents(draw, owner));
}

function setStatus(draw: Draw): Call {
  const { model } = draw;
  const open = documents(draw).filter((index) => ![1n, 4n].includes(model.statusOf(index).action));
  const consents = draw.once(8) ? documents(draw, undefined, 3) : [];
  const document = inclusionOf(draw, consents.length > 0 ? consents : open);
  const isSuspended = model.statusOf(document.index).action === 2n;
  const action = draw.of(isSuspended ? [3n, 3n, 1n, 4n] : [2n, 2n, 4n, 4n, 1n], [
    0n,
    1n,
    2n,
    3n,
    4n,
    5n,
    255n,
  ]);
  const reason = draw.of([1n, 2n, 3n, 4n, 5n, 6n], [0n, 7n, 255n]);
  const entry = model.entries[Number(document.index)];
  const owner = entry === undefined ? 0n : ownerOf(entry);
  const sender = setter(draw, owner);
  return { sender, args: [document, action, reason, successorFor(draw, action, owner)] };
}

/** The calls that write documents, and what becomes of them. */
export const documentMoves = { anchor, setStatus };
