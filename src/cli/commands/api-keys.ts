/** The commands `hufu apikey add`, `list` and `revoke` manage a service's API keys. */
import { fill } from "../../words/index.ts";
import type { ApiKeyView } from "../../wire/api-keys.ts";
import type { ClientFlags, Context } from "../context.ts";
import { readId } from "../governance/inputs.ts";
import { rows } from "../output.ts";
import { localTime } from "../../sdk/verify/answer-text.ts";

export interface NewApiKeyFlags extends ClientFlags {
  readonly name: string;
  readonly role: string;
  readonly institution?: string;
  readonly expires?: string;
}

/** `hufu apikey add --name N --role R` */
export async function addApiKeyCommand(flags: NewApiKeyFlags, context: Context): Promise<void> {
  const { out, words } = context;
  const { name, role, institution, expires } = flags;
  const client = await context.client(flags, "operator");
  const made = await client.makeApiKey({
    name,
    role,
    ...(institution === undefined ? {} : { institution: readId({ institution }, "institution") }),
    ...(expires === undefined ? {} : { expires }),
  });
  out.print(`✓ ${fill(words.keys.made, { id: made.id, name: made.name })}`);
  out.print(`  ${made.key}`, words.keys.shownOnce);
  out.json(made);
}

/** `hufu apikey list` */
export async function listApiKeysCommand(flags: ClientFlags, context: Context): Promise<void> {
  const client = await context.client(flags, "operator");
  const listed = await client.apiKeys();
  for (const key of listed.keys) context.out.print(...keyLines(key, context));
  context.out.json(listed);
}

/** `hufu apikey revoke ID` */
export async function revokeApiKeyCommand(id: string, flags: ClientFlags, context: Context): Promise<void> {
  const { out, words } = context;
  const client = await context.client(flags, "operator");
  const ended = await client.revokeApiKey(id);
  const time = ended.revokedAt === undefined ? "" : localTime(ended.revokedAt);
  out.print(`✓ ${fill(words.keys.ended, { id: ended.id, name: ended.name, time })}`);
  out.json(ended);
}

function keyLines(key: ApiKeyView, { words }: Context): string[] {
  const { labels, roles, states } = words.keys;
  const { governance } = words;
  const whose =
    key.institution === undefined ? [] : [[governance.labels.institution, `${key.institution}`] as const];
  return [
    `${key.id}  ${key.name}`,
    ...rows([
      [labels.role, roles[key.role]],
      ...whose,
      [labels.state, states[key.state]],
      [labels.created, localTime(key.createdAt)],
      [labels.expires, key.expiresAt === null ? words.labels.noEnd : localTime(key.expiresAt)],
      ...(key.revokedAt === undefined ? [] : [[labels.revoked, localTime(key.revokedAt)] as const]),
    ]),
  ];
}
