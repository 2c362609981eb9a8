/** Defines the codes of an audit. They are never renamed or reused. */

/** Faults of a log, worst first. */
export const FINDINGS = [
  "split-view",
  "contract-root",
  "log-shrank",
  "checkpoint-root",
  "checkpoint-signature",
  "checkpoint-unsigned",
  "checkpoint-other-log",
  "checkpoint-malformed",
  "checkpoint-missing",
  "checkpoint-unlisted",
  "entries-differ",
  "entries-missing",
  "entries-malformed",
  "entry-malformed",
  "entry-time",
  "tile-differs",
  "tile-malformed",
  "tile-missing",
  "directory-differs",
  "directory-missing",
  "cosignature-invalid",
] as const;
export type FindingCode = (typeof FINDINGS)[number];

/** Why a result is not established without any fault. */
export const OPEN_QUESTIONS = ["log-behind", "node-behind", "key-unproven"] as const;
export type OpenQuestionCode = (typeof OPEN_QUESTIONS)[number];

/** What an audit cannot establish, whatever its findings. */
export const AUDIT_LIMITS = [
  "no-contract",
  "no-operator",
  "one-operator",
  "own-keys",
  "unlisted",
  "newer",
] as const;
export type AuditLimit = (typeof AUDIT_LIMITS)[number];
