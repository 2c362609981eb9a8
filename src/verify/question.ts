/** Parses what a verification asks for, with the error code that each fault has. */
import { isAlgorithm, parseDigest, type Payload, type SoughtPayload } from "../core/digest.ts";
import { AppError, quote } from "../core/errors.ts";
import { parseOfficialId, type ExpectedIssuer } from "../core/official-id.ts";
import type { InstitutionId } from "../core/units.ts";
import type { AskedQuestion } from "../log/answer.ts";
import { isOrigin } from "../log/checkpoint.ts";
import type { VerificationRequest } from "../wire/verifications.ts";

/** @throws AppError TYPE: a text that identifies no institution */
function expectedOf(issuer: VerificationRequest["expectedIssuer"]): ExpectedIssuer | undefined {
  if (typeof issuer !== "string") return issuer;
  const parsed = parseOfficialId(issuer);
  if (parsed !== undefined) return parsed;
  const detail = `expected the id of an institution, or JURISDICTION:NUMBER, got ${quote(issuer)}`;
  throw new AppError("TYPE", { detail, at: "/expectedIssuer" });
}

/** What a request asks, in the form that an answer note is of: service and caller make it alike. @throws AppError as `payloadsOf` */
export function askedOf(request: VerificationRequest): AskedQuestion {
  return { payloads: payloadsOf(request), expectedIssuer: expectedOf(request.expectedIssuer) };
}

/**
 * The payloads to search for: digests or commitments, never both, so that it is clear which entries were searched.
 * @throws AppError TYPE, COMMITMENT_NEEDS_ISSUER, and as {@link parseDigest}
 */
function payloadsOf(question: VerificationRequest): SoughtPayload[] {
  const { digest, commitment, algorithm, alsoDigests = [], alsoCommitments = [], ...bound } = question;
  const first = parsePayloadFields({ digest, commitment, algorithm, at: "" });
  if (!first.blinded) {
    const { institution, origin } = bound;
    refuseOthers({ institution, origin, alsoCommitments: alsoCommitments[0] }, "digest and alsoDigests");
    const also = alsoDigests.map((text, i) => parseDigest(text, { at: `/alsoDigests/${i}` }));
    return [first, ...also.map((other) => ({ ...other, blinded: false }))];
  }
  refuseOthers({ alsoDigests: alsoDigests[0] }, "commitment and alsoCommitments");
  return [
    { ...first, boundTo: parseBoundTo(bound, "") },
    ...alsoCommitments.map(({ commitment: text, ...others }, i) => {
      const at = `/alsoCommitments/${i}`;
      const other = parseDigest(text, { at: `${at}/commitment` });
      return { ...other, blinded: true, boundTo: parseBoundTo(others, at) };
    }),
  ];
}

/** @throws AppError TYPE */
function refuseOthers(fields: Readonly<Record<string, unknown>>, expected: string): void {
  const [name] = Object.entries(fields).find(([, value]) => value !== undefined) ?? [];
  if (name === undefined) return;
  throw new AppError("TYPE", { detail: `expected ${expected} only, got ${name} too`, at: `/${name}` });
}

/**
 * A digest or a commitment, with its algorithm in the same text or in a field beside it.
 * @throws AppError as {@link parseDigest}, and TYPE: neither of the two, or both
 */
export function parsePayloadFields(fields: {
  digest: string | undefined;
  commitment: string | undefined;
  algorithm: string | undefined;
  at: string;
}): Payload {
  const { digest, commitment, algorithm, at } = fields;
  const text = digest ?? commitment;
  if (text === undefined || (digest !== undefined && commitment !== undefined)) {
    const got = text === undefined ? "neither" : "both";
    throw new AppError("TYPE", { detail: `expected either digest or commitment, got ${got}`, at: at || "/" });
  }
  const blinded = digest === undefined;
  const where = { at: `${at}/${blinded ? "commitment" : "digest"}` };
  if (algorithm === undefined) return { ...parseDigest(text, where), blinded };
  if (isAlgorithm(algorithm)) return { ...parseDigest(text, { ...where, algorithm }), blinded };
  const detail = `expected sha256 or sm3, got ${quote(algorithm)}`;
  throw new AppError("ALGORITHM_UNSUPPORTED", { detail, at: `${at}/algorithm` });
}

/** What a commitment is bound to. @throws AppError COMMITMENT_NEEDS_ISSUER, and TYPE: the origin is none */
function parseBoundTo(
  { institution, origin }: { institution?: InstitutionId | undefined; origin?: string | undefined },
  at: string,
): NonNullable<SoughtPayload["boundTo"]> {
  if (institution === undefined) {
    const detail = "expected the institution that the commitment is bound to, by its id";
    throw new AppError("COMMITMENT_NEEDS_ISSUER", { detail, at: `${at}/institution` });
  }
  if (origin === undefined || isOrigin(origin)) return { institution, origin };
  const detail = `expected the origin of a log, eip155:<chain id>:<registry>, got ${quote(origin)}`;
  throw new AppError("TYPE", { detail, at: `${at}/origin` });
}
