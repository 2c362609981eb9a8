/** Defines the verdicts on a document and their exit codes. */

/** Answers to "is this file exactly what was issued, and is it in force?". Codes are never renamed or reused. */
export const VERDICTS = [
  "valid",
  "expired",
  "suspended",
  "revoked",
  "superseded",
  "issuer-not-in-good-standing",
  "pending",
  "registered",
  "several-issuers",
  "not-found",
  "indeterminate",
] as const;

/** One of {@link VERDICTS}. */
export type VerdictCode = (typeof VERDICTS)[number];

/**
 * What an answer rests on: a proof that the reader checked, the agreement of two operators of different institutions, or the
 * word of one.
 */
export type RestsOn = "proof" | "operators" | "operator";

/** 0 valid, 1 checked and not valid, 3 not established; 2 stands for wrong use and unreadable input. */
export type ExitCode = 0 | 1 | 2 | 3;

/** The exit code of the command line for a verdict. What one operator says under a policy for trying out does not establish it. */
export function exitCodeOf(
  verdict: VerdictCode,
  { oneOperator }: { oneOperator?: true | undefined } = {},
): ExitCode {
  switch (verdict) {
    case "valid":
      return oneOperator === true ? 3 : 0;
    case "expired":
    case "suspended":
    case "revoked":
    case "superseded":
    case "issuer-not-in-good-standing":
    case "not-found":
      return 1;
    case "pending":
    case "registered":
    case "several-issuers":
    case "indeterminate":
      return 3;
  }
}

/** The most severe of several exit codes: 2, else 1, else 3, else 0. */
export function gravest(codes: readonly ExitCode[]): ExitCode {
  return ([2, 1, 3] as const).find((code) => codes.includes(code)) ?? 0;
}
