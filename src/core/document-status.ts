/** Defines the statuses of a document and the actions that lead from one to another. */
import type { Action } from "./entry.ts";

/** By the status entries alone; a verdict also considers the document's validity and its issuer. */
export const DOCUMENT_STATUSES = ["active", "suspended", "revoked", "superseded"] as const;
export type DocumentStatus = (typeof DOCUMENT_STATUSES)[number];

/** The status that an action leaves a document in. */
export const STATUS_AFTER: Readonly<Record<Action, DocumentStatus>> = {
  revoke: "revoked",
  suspend: "suspended",
  reinstate: "active",
  supersede: "superseded",
};

/** The statuses in which the contract accepts an action. */
export const STATUSES_BEFORE: Readonly<Record<Action, readonly DocumentStatus[]>> = {
  revoke: ["active", "suspended"],
  suspend: ["active"],
  reinstate: ["suspended"],
  supersede: ["active", "suspended"],
};

/** Whether no action changes the status that an action leads to. */
export function isFinalAction(action: Action): boolean {
  return !Object.values(STATUSES_BEFORE).some((statuses) => statuses.includes(STATUS_AFTER[action]));
}
