/** Adds the routes of an entry's evidence: receipts and status statements, as files to keep. */
import type { FastifyReply } from "fastify";
import { AppError } from "../../core/errors.ts";
import { formatTime } from "../../core/time.ts";
import type { EntryIndex } from "../../core/units.ts";
import { formatReceipt } from "../../log/receipt.ts";
import { formatStatementFile } from "../../log/statement.ts";
import {
  entryParams,
  evidencePending,
  receiptResponse,
  statementResponse,
  type EvidencePending,
} from "../../wire/entries.ts";
import { parseNumber } from "../parse.ts";
import type { Services } from "../services.ts";
import type { RouteContext } from "./common.ts";

/** Seconds after which a client that waits for evidence may ask again. */
const RETRY_AFTER = 1;

export function evidenceRoutes({ app, services, guard }: RouteContext): void {
  app.get(
    "/v1/entries/:index/receipt",
    {
      ...guard.needs("entry:read"),
      config: { negotiated: false },
      schema: {
        summary: "The receipt of a document (C2SP tlog-proof), once a checkpoint covers it",
        params: entryParams,
        response: { 200: receiptResponse, 202: evidencePending },
      },
    },
    async (request, reply) => {
      const index = parseNumber(request.params.index, "the index of an entry");
      const receipt = await services.receipts.issue(index);
      if (receipt === undefined) return await sendPending(reply, index, services);
      return await reply
        .type("text/plain; charset=utf-8")
        .header("content-disposition", `attachment; filename="entry-${index}.tlog-proof"`)
        .send(formatReceipt(receipt));
    },
  );

  app.get(
    "/v1/entries/:index/status-statement",
    {
      ...guard.needs("entry:read"),
      config: { negotiated: false },
      schema: {
        summary: "What the operator asserts of a document now (hufu/status/v1), once a checkpoint covers it",
        params: entryParams,
        response: { 200: statementResponse, 202: evidencePending },
      },
    },
    async (request, reply) => {
      const index = parseNumber(request.params.index, "the index of an entry");
      const statement = await services.statements.issue(index);
      if (statement === undefined) return await sendPending(reply, index, services);
      return await reply
        .type("application/json; charset=utf-8")
        .header("cache-control", "no-store")
        .header("content-disposition", `attachment; filename="entry-${index}.status.json"`)
        .send(formatStatementFile(statement));
    },
  );
}

/** Answers with the state of an entry that no checkpoint covers yet. */
async function sendPending(
  reply: FastifyReply,
  index: EntryIndex,
  { entries, about }: Services,
): Promise<FastifyReply> {
  const [record, { head }] = await Promise.all([entries.get(index), entries.state()]);
  if (record === undefined)
    throw new AppError("ENTRY_NOT_FOUND", { detail: `the log has no entry ${index}` });
  const pending: EvidencePending = {
    code: "PENDING",
    index,
    state: record.final ? "final" : "included",
    confirmations: head === undefined ? 0 : Math.max(0, head.block.number - record.block + 1),
    deadline: formatTime(record.entry.recordedAt + about.maxPendingAge),
  };
  return await reply.code(202).header("retry-after", RETRY_AFTER).send(pending);
}
