/** Defines the catalogue of errors. */
import { visible } from "./visible.ts";

export interface ErrorSpec {
  /** HTTP status (RFC 9110). */
  readonly status: number;
  /** Exit code of the command line: 1 checked and not valid, 2 wrong use or unreadable input, 3 not established. */
  readonly exit: 1 | 2 | 3;
  /** Whether the same request may succeed later, unchanged. */
  readonly retryable: boolean;
}

const input = { status: 400, exit: 2, retryable: false } as const;
const refused = { status: 422, exit: 2, retryable: false } as const;
const unauthorized = { status: 401, exit: 2, retryable: false } as const;
const forbidden = { status: 403, exit: 2, retryable: false } as const;
const missing = { status: 404, exit: 2, retryable: false } as const;
const conflict = { status: 409, exit: 2, retryable: false } as const;
const unsupportedMedia = { status: 415, exit: 2, retryable: false } as const;
const local = { status: 500, exit: 2, retryable: false } as const;
const disproved = { status: 422, exit: 1, retryable: false } as const;
const unavailable = { status: 503, exit: 3, retryable: true } as const;
const broken = { status: 503, exit: 3, retryable: false } as const;

/** Codes never change meaning and are never reused; their titles are in `words/`. */
export const ERRORS = {
  // Digests
  DIGEST_FORMAT: input,
  DIGEST_LENGTH: input,
  DIGEST_NOT_HEX: input,
  DIGEST_ZERO: input,
  DIGEST_OF_EMPTY_INPUT: refused,
  ALGORITHM_UNSUPPORTED: input,

  // Requests
  TYPE: input,
  UNKNOWN_FIELD: input,
  JSON_SYNTAX: input,
  JSON_DUPLICATE_KEY: input,
  JSON_FORBIDDEN_KEY: input,
  JSON_TOO_DEEP: input,
  HTTP_MALFORMED: input,
  HOST_NOT_SERVED: { status: 421, exit: 2, retryable: false },
  REQUEST_TIMEOUT: { status: 408, exit: 3, retryable: true },
  SEND_DIGEST_ONLY: unsupportedMedia,
  CONTENT_TYPE: unsupportedMedia,
  CONTENT_ENCODING: unsupportedMedia,
  BODY_TOO_LARGE: { status: 413, exit: 2, retryable: false },
  ROUTE: { status: 404, exit: 2, retryable: false },
  METHOD: { status: 405, exit: 2, retryable: false },
  NOT_ACCEPTABLE: { status: 406, exit: 2, retryable: false },
  ID_FORMAT: input,
  PAGE_LIMIT: input,
  CURSOR_INVALID: input,
  DATE_FORMAT: input,
  DATE_INVALID: input,
  DATE_ZONE: input,
  DATE_RANGE: input,
  INTERNAL: { status: 500, exit: 3, retryable: true },

  // Authentication
  AUTH_MISSING: unauthorized,
  AUTH_MALFORMED: unauthorized,
  AUTH_INVALID: unauthorized,
  SCOPE_REQUIRED: { status: 403, exit: 2, retryable: false },
  API_KEY_NOT_FOUND: missing,
  LAST_OPERATOR_KEY: conflict,
  SAME_PERSON: forbidden,
  DECISION_CODE: input,
  STATUS_REQUEST_NOT_FOUND: missing,
  STATUS_DECIDED: conflict,
  STATUS_REJECTED: conflict,

  // Anchoring and statuses
  BATCH_EMPTY: input,
  BATCH_TOO_LARGE: { status: 413, exit: 2, retryable: false },
  SCENE_UNKNOWN: refused,
  SCENE_NOT_ACCREDITED: refused,
  SCENE_BLINDED: refused,
  SCENE_OPEN: refused,
  COMMITMENT_NEEDS_ISSUER: input,
  VALID_UNTIL_PAST: refused,
  REFERENCE_FORMAT: input,
  ANCHORED_DIFFERENTLY: refused,
  REVOKED_CANNOT_REANCHOR: refused,
  REFERENCE_REUSED: conflict,
  REFERENCE_SEVERAL: conflict,
  REFERENCE_AMBIGUOUS: conflict,
  ANCHOR_NOT_FOUND: { status: 404, exit: 2, retryable: false },
  ANCHOR_TIMEOUT: { status: 504, exit: 3, retryable: true },
  REGISTRY_REFUSED: { status: 409, exit: 2, retryable: false },
  SIGNING_KEY_MISSING: { status: 409, exit: 2, retryable: false },
  ENTRY_NOT_FOUND: { status: 404, exit: 2, retryable: false },
  TILE_NOT_FOUND: missing,
  DIRECTORY_FILE_NOT_FOUND: missing,
  CHECKPOINT_NOT_FOUND: missing,
  ENTRY_NOT_FINAL: { status: 409, exit: 3, retryable: true },
  NOT_A_DOCUMENT: { status: 409, exit: 2, retryable: false },
  NOT_YOUR_ENTRY: { status: 403, exit: 2, retryable: false },
  ACTION_CODE: input,
  STATUS_FINAL: { status: 409, exit: 2, retryable: false },
  STATUS_UNCHANGED: { status: 409, exit: 2, retryable: false },
  SUCCESSOR_INVALID: refused,
  STATUS_ELSEWHERE: { status: 409, exit: 3, retryable: false },
  STATUS_PENDING: { status: 409, exit: 3, retryable: true },
  ISSUER_SUSPENDED: { status: 403, exit: 2, retryable: false },
  INSTITUTION_ROLE: { status: 403, exit: 2, retryable: false },
  REGISTRY_PAUSED: unavailable,
  ACCEPTANCE_PAUSED: unavailable,
  IDEMPOTENCY_KEY: input,
  IDEMPOTENCY_MISMATCH: refused,
  IDEMPOTENCY_IN_PROGRESS: { status: 409, exit: 3, retryable: true },
  REGISTRY_SUCCEEDED: { status: 409, exit: 2, retryable: false },
  REASON_CODE: input,

  // Governance: the directory, and what the contract refuses
  ADDRESS_FORMAT: input,
  ADDRESS_ZERO: input,
  NAME_FORMAT: input,
  FIELD_LENGTH: input,
  SLUG_FORMAT: input,
  SLUG_TAKEN: conflict,
  PUBLIC_KEY_FORMAT: input,
  ROLE_CODE: input,
  KIND_CODE: input,
  FLAGS_CODE: input,
  PURPOSE_CODE: input,
  GOVERNANCE_ROLE: forbidden,
  GOVERNANCE_RULES: conflict,
  NOT_INSTITUTION_ADMIN: forbidden,
  ADMIN_NOT_SCHEDULED: conflict,
  NOTHING_TO_CANCEL: conflict,
  OFFICIAL_NUMBER: conflict,
  SCENE_CODE: input,
  SCENES_FULL: conflict,
  INSTITUTION_UNKNOWN: missing,
  INSTITUTION_STATE: conflict,
  INSTITUTION_ACTIVE: conflict,
  OPERATOR_UNKNOWN: missing,
  KEY_UNKNOWN: missing,
  KEY_NOT_IN_FORCE: conflict,
  KEY_TAKEN: conflict,
  KEY_NOT_PROPOSED: conflict,
  KEY_NOT_REPORTED: conflict,
  KEY_WINDOW: refused,
  KEY_RETIREMENT: refused,
  LAST_KEY: conflict,
  COMPROMISE_TIME: refused,
  TREE_SIZE_UNKNOWN: conflict,
  PAUSE_UNCHANGED: conflict,
  NOT_A_SUCCESSOR: refused,

  // The log and its proofs
  ENTRY_MALFORMED: { status: 500, exit: 1, retryable: false },
  TILE_MALFORMED: { status: 500, exit: 1, retryable: false },
  DIRECTORY_MALFORMED: { status: 500, exit: 1, retryable: false },
  PROOF_SHAPE: { status: 500, exit: 1, retryable: false },
  PROOF_INVALID: { status: 500, exit: 1, retryable: false },

  // Signed notes, policies and receipts: unreadable 2, forged or of another thing 1, not enough to say 3
  NOTE_SYNTAX: input,
  SIGNATURE_INVALID: disproved,
  NOT_ENOUGH_WITNESSES: { status: 422, exit: 3, retryable: false },
  POLICY_MISSING: local,
  POLICY_SYNTAX: local,
  POLICY_NO_LOG: local,
  POLICY_NO_WITNESS: local,
  POLICY_EXPIRED: { status: 422, exit: 3, retryable: false },
  RECEIPT_MISSING: { status: 422, exit: 3, retryable: false },
  RECEIPT_SYNTAX: input,
  RECEIPT_TOO_LARGE: { status: 413, exit: 2, retryable: false },
  RECEIPT_VERSION: input,
  RECEIPT_EXTRA: input,
  RECEIPT_OTHER_LOG: disproved,
  ZIP_REFUSED: input,
  ZIP_DAMAGED: input,
  DOCUMENT_MISMATCH: disproved,
  ISSUER_MISMATCH: disproved,
  SALT_MISSING: { status: 422, exit: 3, retryable: false },
  BOUND_TO_ANOTHER: disproved,
  INSTITUTION_UNPROVEN: { status: 422, exit: 3, retryable: false },
  STATUS_STATEMENT_INVALID: disproved,
  ANSWER_UNPROVEN: { status: 422, exit: 3, retryable: false },
  OPERATORS_DISAGREE: { status: 422, exit: 3, retryable: false },
  LOG_CHANGED: broken,
  MIRROR_MISSING: missing,
  MIRROR_DAMAGED: broken,
  MIRROR_UNPROVEN: broken,
  MIRROR_SUCCEEDED: broken,

  // Witnesses: malformed requests, and refusals to cosign (the statuses are those of C2SP tlog-witness)
  WITNESS_REQUEST: input,
  LOG_UNKNOWN: missing,
  LOG_KEY_UNKNOWN: forbidden,
  CHECKPOINT_CONFLICT: conflict,
  CHECKPOINT_INCONSISTENT: disproved,
  SPLIT_VIEW: disproved,
  WITNESS_UNAVAILABLE: unavailable,
  WITNESS_REFUSED: broken,

  // The chain and the index: nothing here says anything about a document
  RPC_UNAVAILABLE: unavailable,
  RPC_INCONSISTENT: unavailable,
  RPC_REFUSED: unavailable,
  EVENT_UNREADABLE: broken,
  HISTORY_UNAVAILABLE: unavailable,
  GAS_PRICE_ABOVE_LIMIT: unavailable,
  SIGNER_UNAVAILABLE: unavailable,
  SIGNER_MISMATCH: broken,
  INDEX_STALE: unavailable,
  INDEX_MISMATCH: broken,
  REORG_BELOW_FINAL: broken,
  CHAIN_ID_MISMATCH: broken,
  CHAIN_IDENTITY_MISMATCH: broken,
  NO_CONTRACT: broken,
  CONTRACT_CODE_MISMATCH: broken,
  DATABASE_UNAVAILABLE: unavailable,
  LEADERSHIP_LOST: unavailable,
  AUDIT_MISMATCH: { status: 500, exit: 1, retryable: false },

  // The disk and the load
  STORAGE_LOW: { status: 507, exit: 3, retryable: true },
  STORAGE_FAILED: unavailable,
  RATE_LIMITED: { status: 429, exit: 3, retryable: true },
  OVERLOADED: unavailable,
  METRICS_PRIVATE: forbidden,

  // Starting
  CONFIG: local,
  PORT_IN_USE: local,
  PAGE_NOT_BUILT: broken,
  DATA_DIR_LOCKED: local,
  DATABASE_IN_USE: local,
  DATA_DIR_UNUSABLE: local,
  STORE_CHANGED: local,
  DATABASE_POOLED: local,
  SCHEMA_NEWER: local,
  DATA_OF_OLDER_VERSION: local,
  FOLDER_NOT_EMPTY: local,
  BACKUP_INCOMPLETE: local,
  BACKUP_DAMAGED: local,
  RESTORE_INCOMPLETE: local,
  JOURNAL_DAMAGED: local,
  TLS_FILES: local,
  KEY_FILE_FORMAT: local,
  KEY_FILE_PERMISSIONS: local,
  KEY_FILE_PLAIN: local,
  KEY_PASSWORD: local,
  API_KEY_SECRET: local,
  DEV_KEY_ON_REAL_CHAIN: local,
  KEYSTORE_FORMAT: local,
  KEYSTORE_PASSWORD: local,
  KEYSTORE_COST: local,
  KEYSTORE_ADDRESS: local,

  // Files and the command line
  FILE_NOT_FOUND: local,
  IS_DIRECTORY: local,
  FILE_PERMISSION: local,
  NOT_REGULAR_FILE: local,
  FILE_UNREADABLE: local,
  EMPTY_FILE: local,
  FILE_CHANGED: local,
  BATCH_LINE: local,
  NOT_CSV: local,
  RESULTS_UNWRITABLE: local,
  USAGE: local,
  SECRET_IN_ARGV: local,
  SALTS_MISSING: local,
  CREDENTIALS: local,
  SERVER_UNREACHABLE: unavailable,
  NOT_THE_SERVICE: broken,
} as const satisfies Record<string, ErrorSpec>;

/** A code of {@link ERRORS}. */
export type ErrorCode = keyof typeof ERRORS;

export interface ErrorFields {
  /** The fault, its object, and what is allowed; in English, technical, without secrets. */
  readonly detail: string;
  /** JSON pointer (RFC 6901), setting, option or file position at fault. */
  readonly at?: string;
  /** Further values for the handler. */
  readonly [name: string]: unknown;
}

/** The one error type that crosses a module's border. Tests and handlers look at `code`, never at the message. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly fields: ErrorFields;

  constructor(code: ErrorCode, fields: ErrorFields, options?: ErrorOptions) {
    super(`${code}: ${fields.detail}`, options);
    this.name = "AppError";
    this.code = code;
    this.fields = fields;
  }

  get spec(): ErrorSpec {
    return ERRORS[this.code];
  }
}

/** Whether an error is one of the catalogue; with `code`, of that code. */
export function isAppError(error: unknown, code?: ErrorCode): error is AppError {
  return error instanceof AppError && (code === undefined || error.code === code);
}

/** The result of `attempt`, or the AppError that it throws. */
export function fault<T>(attempt: () => T): T | AppError {
  try {
    return attempt();
  } catch (error) {
    if (isAppError(error)) return error;
    throw error;
  }
}

/** A refusal by the contract. */
export interface Refusal extends AppError {
  readonly fields: ErrorFields & {
    /** The custom error with its values. */
    readonly refusal: string;
    /** Whether the reason may pass without the caller, so that the same call may succeed later. */
    readonly waits: boolean;
  };
}

export function isRefusal(error: unknown): error is Refusal {
  return error instanceof AppError && typeof error.fields["refusal"] === "string";
}

/** Quotes input for an error: at most 64 characters, each {@link visible}, so that an error leaks no document. */
export function quote(text: string): string {
  const quoted = visible(text.slice(0, 256));
  return quoted.length > 64 ? `"${quoted.slice(0, 63)}…"` : `"${quoted}"`;
}

/** `U+200B` and the like. */
export function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}
