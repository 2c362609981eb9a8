/** Lists parts of the directory from the proven log, as text and as JSON. */
import type { Directory } from "../../core/act.ts";
import { toHex } from "../../core/bytes.ts";
import type {
  Institution,
  InstitutionKey,
  KeyWindow,
  Operator,
  PendingKey,
  Scene,
} from "../../core/directory.ts";
import { formatLocalTime, formatTime } from "../../core/time.ts";
import type { UnixSeconds } from "../../core/units.ts";
import { fill, type GovernanceCommand, type Words } from "../../words/index.ts";
import type { InstitutionsResponse } from "../../wire/entries.ts";
import type { Context } from "../context.ts";
import type { NodeFlags } from "../node.ts";
import { printable, rows } from "../output.ts";
import { namesText, windowText } from "./describe.ts";
import { readId, type OptionValues } from "./inputs.ts";
import { fetchDirectory, registryNode } from "./perform.ts";

interface Listing {
  readonly lines: readonly string[];
  readonly json: Readonly<Record<string, unknown>>;
}

type ListedDirectory = Directory & { readonly answer: InstitutionsResponse };

/** A command that needs no key and changes nothing. */
export interface ListCommand {
  readonly name: GovernanceCommand;
  readonly options?: readonly "institution"[];
  readonly show: (directory: ListedDirectory, given: OptionValues, words: Words) => Listing;
}

export const LIST_COMMANDS: readonly ListCommand[] = [
  {
    name: "institution list",
    show: ({ institutions, scenes }, _, words) => ({
      lines: institutions.flatMap((institution) => institutionLines(institution, scenes, words)),
      json: { institutions: institutions.map(institutionJson) },
    }),
  },
  {
    name: "key list",
    options: ["institution"],
    show: showKeys,
  },
  {
    name: "operator list",
    show: ({ operators, answer }, _, words) => ({
      lines: operators.flatMap((operator) => operatorLines(operator, words)),
      json: { operators: answer.operators },
    }),
  },
  {
    name: "scene list",
    show: ({ scenes }, _, words) => ({
      lines: scenes.flatMap((scene) => sceneLines(scene, words)),
      json: { scenes },
    }),
  },
  {
    name: "registry status",
    show: ({ registry: { paused, successor } }, _, { governance: { labels } }) => ({
      lines: rows([
        [labels.paused, paused ? labels.yes : labels.no],
        [labels.successor, successor ?? labels.none],
      ]),
      json: { paused, successor: successor ?? null },
    }),
  },
];

function showKeys(
  { keys, pendingKeys, answer }: ListedDirectory,
  given: OptionValues,
  words: Words,
): Listing {
  const only = given["institution"] === undefined ? undefined : readId(given, "institution");
  const wanted = (institution: number): boolean => only === undefined || institution === only;
  return {
    lines: [
      ...keys.filter(({ institution }) => wanted(institution)).flatMap((key) => keyLines(key, words)),
      ...pendingKeys
        .filter(({ institution }) => wanted(institution))
        .flatMap((key) => pendingLines(key, words)),
    ],
    json: {
      keys: answer.institutions
        .filter(({ id }) => wanted(id))
        .flatMap(({ id, keys: own }) =>
          own.map(({ address, ...window }) => ({ address, institution: id, ...window })),
        ),
      pendingKeys: pendingKeys.filter(({ institution }) => wanted(institution)).map(pendingJson),
    },
  };
}

/** Prints a part of the directory, and the root that proves it. */
export async function listCommand(
  command: ListCommand,
  given: OptionValues,
  flags: NodeFlags,
  context: Context,
): Promise<void> {
  const { out, words } = context;
  const directory = await fetchDirectory(await registryNode(flags, context), context);
  const { lines, json } = command.show(directory, given, words);
  const { size, root, block } = directory.head;
  out.print(...lines, fill(words.cli.proven, { size, root: toHex(root) }));
  const proof = { treeSize: size, root: toHex(root), block: block.number, proven: true };
  out.json({ ...json, proof });
}

function institutionLines(institution: Institution, scenes: readonly Scene[], words: Words): string[] {
  const { id, names, state, stateSince, roles, jurisdiction, officialNumber, admin, nextAdmin } = institution;
  const { placedAdmin } = institution;
  const { labels, states, since } = words.governance;
  const next =
    nextAdmin === undefined
      ? []
      : [adminText(labels.nextAdmin, { ...nextAdmin, since: nextAdmin.from }, words)];
  const placed = placedAdmin === undefined ? [] : [adminText(labels.placedAdmin, placedAdmin, words)];
  const types = scenes.filter((scene) => institution.scenes.includes(scene.id)).map(({ slug }) => slug);
  return [
    `${id}  ${namesText(names)}`,
    ...rows([
      [labels.state, `${states[state]}  ${fill(since, { time: formatLocalTime(stateSince) })}`],
      [labels.roles, roles.map((role) => words.governance.roles[role]).join(" + ")],
      [labels.scenes, types.length === 0 ? labels.none : types.join(", ")],
      [labels.officialNumber, `${printable(jurisdiction)} ${printable(officialNumber)}`],
      [labels.admin, admin],
      ...placed,
      ...next,
    ]),
  ];
}

function adminText(
  label: string,
  { admin, since }: { admin: string; since: UnixSeconds },
  words: Words,
): [string, string] {
  return [label, `${admin}  ${fill(words.governance.since, { time: formatLocalTime(since) })}`];
}

function keyLines(key: InstitutionKey, words: Words): string[] {
  const { labels } = words.governance;
  return [key.address, ...rows([[labels.institution, String(key.institution)], ...windowRows(key, words)])];
}

function pendingLines({ address, institution, from, until }: PendingKey, words: Words): string[] {
  const { labels } = words.governance;
  const window = windowText({ from, until }, words);
  return [
    address,
    ...rows([
      [labels.institution, String(institution)],
      [labels.pending, window],
    ]),
  ];
}

function pendingJson({ proposedAt, from, until, ...key }: PendingKey): object {
  const time = (seconds: UnixSeconds): string | null => (seconds === 0 ? null : formatTime(seconds));
  return { ...key, from: time(from), until: time(until), proposedAt: formatTime(proposedAt) };
}

function operatorLines({ id, name, institution, keys }: Operator, words: Words): string[] {
  const { labels } = words.governance;
  const own = keys.flatMap((key) => [
    `  ${toHex(key.id)}  ${key.purpose} (${key.signatureType})`,
    ...rows(windowRows(key, words)).map((row) => `  ${row}`),
  ]);
  const owner = institution === undefined ? labels.none : String(institution);
  return [`${id}  ${printable(name)}`, ...rows([[labels.institution, owner]]), ...own];
}

function sceneLines({ id, slug, names, blinded, personal }: Scene, words: Words): string[] {
  const { labels } = words.governance;
  const marks = [...(blinded ? [labels.blinded] : []), ...(personal ? [labels.personal] : [])];
  return [[String(id), slug, namesText(names), ...marks].join("  ")];
}

function windowRows(key: KeyWindow, words: Words): [string, string][] {
  const { labels } = words.governance;
  const { addedAt, from, until, compromise } = key;
  const window: [string, string] = [
    labels.window,
    windowText({ from: Math.max(from, addedAt), until }, words),
  ];
  if (compromise === undefined) return [window];
  return [window, [labels.compromisedSince, formatLocalTime(compromise.since)]];
}

function institutionJson({ nextAdmin, placedAdmin, stateSince, ...institution }: Institution): object {
  const next = nextAdmin === undefined ? null : { ...nextAdmin, from: formatTime(nextAdmin.from) };
  const placed = placedAdmin === undefined ? null : { ...placedAdmin, since: formatTime(placedAdmin.since) };
  return { ...institution, stateSince: formatTime(stateSince), nextAdmin: next, placedAdmin: placed };
}
