/** Lists the views of the registry with the results of the model. */
import { ZeroAddress, id, sha256 } from "ethers";
import { NO_INSTITUTION, NO_OPERATOR_KEY } from "./directory.ts";
import { ACTORS, type Draw } from "./draw.ts";
import { ROLES } from "./governance.ts";
import { documents, inclusionOf } from "./inclusions.ts";
import { NO_KEY } from "./keys.ts";
import { ZERO_HASH } from "./log.ts";
import type { RegistryModel } from "./registry.ts";

/** A view of the registry with its arguments, and what it returns by the model. */
export interface View {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly result: readonly unknown[];
}

/** The latest root: all the entries follow from it. */
export function headOf(model: RegistryModel): View {
  return { name: "head", args: [], result: [model.size, model.rootAt(model.size)] };
}

/** All views of the state, also with arguments just outside of what exists. */
export function viewsOf(model: RegistryModel): View[] {
  return [headOf(model), ...ofGovernance(model), ...ofDirectory(model), ...ofKeys(model), ...ofLog(model)];
}

/** One view with arguments that are near to something. */
export function drawnView(draw: Draw): View {
  const { model } = draw;
  const inclusion = draw.once(3) ? inclusionOf(draw, []) : inclusionOf(draw, documents(draw));
  const { entry, index, size, proof } = inclusion;
  const key = draw.of([...model.keys.keys()], [...ACTORS, ZeroAddress]);
  const { addedAt, from, until } = model.keys.get(key) ?? NO_KEY;
  const time = draw.any([addedAt, addedAt - 1n, from, from - 1n, until, until - 1n, model.now(), 0n]);
  const then = time < 0n ? 0n : time;
  return draw.any([
    {
      name: "verifyInclusion",
      args: [entry, index, size, proof],
      result: [model.verifyInclusion(inclusion)],
    },
    { name: "holderAt", args: [key, then], result: [model.holderAt(key, then)] },
    { name: "rootAt", args: [size], result: [model.rootAt(size)] },
  ]);
}

function ofGovernance(model: RegistryModel): View[] {
  const roles = [...Object.values(ROLES), id("ANOTHER_ROLE")];
  const holders = new Set([...model.holders.values()].flatMap((held) => [...held]));
  const accounts = [...holders, ...ACTORS.filter((actor) => !holders.has(actor)).slice(0, 1)];
  const held = roles.flatMap((role) =>
    accounts.map((account) => ({
      name: "hasRole",
      args: [role, account],
      result: [model.hasRole(role, account)],
    })),
  );
  const { value, at } = model.pendingAdmin;
  return [
    ...held,
    { name: "paused", args: [], result: [model.isPaused] },
    { name: "chainOfRegistries", args: [], result: [model.predecessor, model.successor] },
    { name: "defaultAdmin", args: [], result: [model.defaultAdmin] },
    { name: "pendingDefaultAdmin", args: [], result: [value, at] },
  ];
}

function ofDirectory(model: RegistryModel): View[] {
  const { institutions, operators, scenes } = model;
  const counts = [institutions.size, operators.size, scenes.size].map(BigInt);
  return [
    { name: "counts", args: [], result: counts },
    ...upTo(institutions.size + 1).map((institution) => ({
      name: "institutionOf",
      args: [institution],
      result: [Object.values(institutions.get(institution) ?? NO_INSTITUTION)],
    })),
    ...upTo(operators.size + 1).map((operator) => ({
      name: "institutionOfOperator",
      args: [operator],
      result: [operators.get(operator) ?? 0n],
    })),
    ...[...scenes, ["unknown", 0n] as const].map(([slug, scene]) => ({
      name: "sceneOf",
      args: [slug],
      result: [scene],
    })),
  ];
}

function ofKeys(model: RegistryModel): View[] {
  const proposed = [...model.proposals.keys()].slice(-4).map((place) => place.split(" ")[1] ?? ZeroAddress);
  const keys = [...model.keys.keys(), ...proposed, ...ACTORS.slice(0, 2)].flatMap((key) => {
    const held = model.keys.get(key) ?? NO_KEY;
    const now = model.now();
    return [
      { name: "keyOf", args: [key], result: [Object.values(held)] },
      { name: "holderAt", args: [key, now], result: [model.holderAt(key, now)] },
      ...upTo(model.institutions.size + 1).map((institution) => ({
        name: "proposalOf",
        args: [institution, key],
        result: [Object.values(model.proposalOf(institution, key))],
      })),
    ];
  });
  const operatorKeys = [...model.operatorKeys.keys(), sha256("0x")].map((keyId) => {
    const { key, purpose, signatureType } = model.operatorKeys.get(keyId) ?? NO_OPERATOR_KEY;
    const result = [[Object.values(key), purpose, signatureType]];
    return { name: "operatorKeyOf", args: [keyId], result };
  });
  return [...keys, ...operatorKeys];
}

function ofLog(model: RegistryModel): View[] {
  const sizes = [...model.roots.keys()].slice(-8).flatMap((size) => [size, size + 1n]);
  const roots = [0n, ...sizes].map((size) => ({
    name: "rootAt",
    args: [size],
    result: [model.rootAt(size)],
  }));
  const indexes = [...model.statuses.keys(), model.size, model.size - 1n];
  const statuses = indexes.map((index) => ({
    name: "statusOf",
    args: [index],
    result: [Object.values(model.statusOf(index))],
  }));
  return [...roots, ...statuses, { name: "rootAt", args: [0n], result: [ZERO_HASH] }];
}

function upTo(last: number): bigint[] {
  return Array.from({ length: last + 1 }, (_, i) => BigInt(i));
}
