/** Adds the routes of the witness (C2SP tlog-witness): logs ask for cosignatures, and monitors read them. No API key is needed. */
import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { AppError, isAppError } from "../../core/errors.ts";
import { originOf } from "../../log/checkpoint.ts";
import { MAX_WITNESS_BYTES } from "../../log/witness.ts";
import { problem } from "../../wire/common.ts";
import { checkpointResponse } from "../../wire/log.ts";
import { cosignatureRequest, cosignaturesResponse, monitoredLog, sizeResponse } from "../../wire/witness.ts";
import { languageFor } from "../negotiation.ts";
import { sendProblemBody } from "../problem.ts";
import { toProblem } from "../../wire/problem.ts";
import type { RouteContext } from "./common.ts";
import { sendCheckpoint } from "./log.ts";

/** Seconds after which a checkpoint that is not final here yet may be sent again. */
const RETRY_AFTER = "1";

export function witnessRoutes({ app, services }: RouteContext): void {
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_, body, done) => {
    try {
      done(null, new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body as Buffer));
    } catch {
      done(new AppError("WITNESS_REQUEST", { detail: "it is no UTF-8 text", at: "line 1" }));
    }
  });
  app.post(
    "/witness/add-checkpoint",
    {
      bodyLimit: MAX_WITNESS_BYTES,
      config: { negotiated: false, takes: "text" },
      schema: {
        summary: "Cosign a checkpoint that another operator has signed (C2SP tlog-witness); 64 KiB at most",
        consumes: ["text/plain"],
        body: cosignatureRequest,
        response: { 200: cosignaturesResponse, 409: sizeResponse, 422: problem },
      },
    },
    async (request, reply) => {
      try {
        const lines = await services.witness.cosign(request.body);
        return await reply.type("text/plain; charset=utf-8").send(lines);
      } catch (error) {
        if (isAppError(error, "CHECKPOINT_CONFLICT")) return await sendSize(reply, error);
        if (isAppError(error, "SPLIT_VIEW")) return await sendSplit(request, reply, error);
        if (isAppError(error, "WITNESS_UNAVAILABLE")) void reply.header("retry-after", RETRY_AFTER);
        throw error;
      }
    },
  );

  app.get(
    "/witness/:log/checkpoint",
    {
      config: { negotiated: false },
      schema: {
        summary:
          "The newest cosigned checkpoint of the log, by the SHA-256 of its origin in hexadecimal (C2SP tlog-witness)",
        params: monitoredLog,
        response: { 200: checkpointResponse },
      },
    },
    async (request, reply) => {
      const own = createHash("sha256").update(originOf(services.about)).digest("hex");
      const isOwn = request.params.log === own;
      return await sendCheckpoint(reply, isOwn ? await services.checkpoints.latest() : undefined);
    },
  );

  /** Sends the media type of the specification, without the charset that text has otherwise. */
  async function sendSize(reply: FastifyReply, { code, fields }: AppError): Promise<FastifyReply> {
    services.metrics.refused(code);
    const size = Buffer.from(`${String(fields["size"])}\n`);
    return await reply.code(409).header("content-type", "text/x.tlog.size").serializer(String).send(size);
  }

  /** Sends the problem with the evidence that this operator's tree differs. */
  async function sendSplit(
    request: FastifyRequest,
    reply: FastifyReply,
    error: AppError,
  ): Promise<FastifyReply> {
    services.metrics.refused(error.code);
    const body = toProblem(error, { language: languageFor(request), id: request.id });
    const { split } = error.fields;
    return await sendProblemBody(reply, split === undefined ? body : { ...body, split });
  }
}
