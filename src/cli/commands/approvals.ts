/** The commands `hufu approvals`, `approve` and `reject` decide on status changes that need two persons. */
import type { Action, Reason } from "../../core/entry.ts";
import { fill } from "../../words/index.ts";
import type { StatusResponse } from "../../wire/anchors.ts";
import { documentRows, isAgreed, type Change, type ChangeFlags } from "../changes.ts";
import type { ClientFlags, Context } from "../context.ts";
import { rows } from "../output.ts";
import { localTime } from "../../sdk/verify/answer-text.ts";

export interface DecisionFlags extends ClientFlags, ChangeFlags {
  readonly wait: boolean;
}

/** `hufu approvals` */
export async function approvalsCommand(flags: ClientFlags, context: Context): Promise<void> {
  const { out, words } = context;
  const client = await context.client(flags, "issuer");
  const waiting = await client.awaitingApproval();
  if (waiting.requests.length === 0) out.print(words.keys.noneWaits);
  const { scenes } = await client.institutions();
  for (const request of waiting.requests) {
    const document = documentRows(await client.entry(request.document), scenes, context);
    out.print(...requestLines(request, document, context));
  }
  out.json(waiting);
}

/** `hufu approve ID`, which shows the document and asks as the first command did; `hufu reject ID` */
export async function decideCommand(
  id: string,
  decision: "approve" | "reject",
  { flags, context }: { flags: DecisionFlags; context: Context },
): Promise<void> {
  const { out, words } = context;
  const client = await context.client(flags, "issuer");
  const asked = async (): Promise<Change> => {
    const { action, ...request } = await client.statusRequest(id);
    return { ...request, action: action as Action };
  };
  if (decision === "approve" && !(await isAgreed(asked, flags, { client, context }))) return;
  const decided = await client.decide(id, decision, { wait: flags.wait });
  const text = decision === "approve" ? words.keys.approved : words.keys.rejected;
  const action = words.actions[decided.action as Action];
  out.print(`✓ ${fill(text, { entry: decided.document, action })}`);
  out.json(decided);
  const settled = decided.state === "final" || decision === "reject";
  out.exitCode = settled || !flags.wait ? 0 : 3;
}

function requestLines(
  request: StatusResponse,
  document: readonly (readonly [string, string])[],
  { words }: Context,
): string[] {
  const { labels } = words.keys;
  const { askedAt, askedBy } = request;
  return [
    request.id,
    ...rows([
      ...document,
      [labels.action, words.actions[request.action as Action]],
      [labels.reason, words.reasons[request.reason as Reason]],
      [labels.askedBy, askedBy === undefined ? "" : `${askedBy.name} (${askedBy.id})`],
      [labels.askedAt, askedAt === undefined ? "" : localTime(askedAt)],
    ]),
  ];
}
