import { describe, expect, it } from "vitest";
import { MAX_CODE_BYTES, readLayout } from "../support/contract/layout-snapshot.ts";
import artifact from "../../src/chain/registry/registry.artifact.json" with { type: "json" };
import approved from "./layout.snapshot.json" with { type: "json" };

describe("the registry's storage and interface", () => {
  const found = readLayout(artifact);

  it.each(["variables", "structs", "functions", "events", "errors", "codeBytes"] as const)(
    "%s are the approved ones; `node scripts/snapshot-contracts.ts` approves others",
    (part) => {
      expect(found[part]).toEqual(approved[part]);
    },
  );

  it("every part of the layout is compared", () => {
    expect(Object.keys(found)).toEqual(Object.keys(approved));
  });

  it("the registry's code leaves at least 500 bytes of the limit of EIP-170", () => {
    expect(found.codeBytes).toBeLessThanOrEqual(MAX_CODE_BYTES - 500);
  });
});
