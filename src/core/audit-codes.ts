/** What may be found wrong with a log, worst first. Codes are never renamed or reused. */
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
  "cosignature-invalid",
] as const;
export type FindingCode = (typeof FINDINGS)[number];

/** Why something is not established, where no fault is why. */
export const OPEN_QUESTIONS = ["log-behind", "node-behind", "key-unproven"] as const;
export type OpenQuestionCode = (typeof OPEN_QUESTIONS)[number];

/** What an audit cannot show, whatever it finds. */
export const AUDIT_LIMITS = [
  "no-contract",
  "no-operator",
  "one-operator",
  "own-keys",
  "unlisted",
  "newer",
] as const;
export type AuditLimit = (typeof AUDIT_LIMITS)[number];
