/** Tests that the tables of statuses make the state machine of the contract. */
import { describe, expect, it } from "vitest";
import { DOCUMENT_STATUSES, STATUSES_BEFORE, STATUS_AFTER } from "../../src/core/document-status.ts";
import { ACTIONS, isAction } from "../../src/core/entry.ts";

const actions = Object.keys(ACTIONS).filter(isAction);

describe("the status of a document", () => {
  it("a status is final once the document is revoked or superseded, and not before", () => {
    const open = DOCUMENT_STATUSES.filter((status) =>
      actions.some((action) => STATUSES_BEFORE[action].includes(status)),
    );
    expect(open).toEqual(["active", "suspended"]);
  });

  it("every accepted action changes the status", () => {
    for (const action of actions) expect(STATUSES_BEFORE[action]).not.toContain(STATUS_AFTER[action]);
  });
});
