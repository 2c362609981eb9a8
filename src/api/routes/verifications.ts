/** Adds the route that verifies a file by its digests or commitments, and answers with a verdict. */
import { indeterminate, verificationRequest, verificationResponse } from "../../wire/verifications.ts";
import { answerVerification } from "../../verify/answer.ts";
import { languageFor } from "../negotiation.ts";
import { sendProblemBody } from "../problem.ts";
import type { RouteContext } from "./common.ts";

export function verificationRoutes({ app, services, guard }: RouteContext): void {
  app.post(
    "/v1/verifications",
    {
      ...(services.about.publicVerify ? {} : guard.needs("verify")),
      schema: {
        summary: "Verify a file by its digests, or by commitments to it",
        body: verificationRequest,
        response: { 200: verificationResponse, 503: indeterminate },
      },
    },
    async (request, reply) => {
      const requester = { language: languageFor(request), id: request.id };
      const answer = await answerVerification(services, request.body, requester);
      const because = answer.verdict === "indeterminate" ? answer.code : undefined;
      services.metrics.judged(answer.verdict, because);
      return answer.verdict === "indeterminate" ? sendProblemBody(reply, answer) : answer;
    },
  );
}
