import { describe, expect, it } from "vitest";
import { compileRegistry } from "../../support/contract/compile.ts";
import artifact from "../../../src/chain/registry/registry.artifact.json" with { type: "json" };

describe("the registry's interface and code in the repository", () => {
  it("the committed interface and code are what the sources compile to", async () => {
    expect(await compileRegistry()).toEqual(artifact);
  }, 300_000); // solc in JavaScript: a minute of one core
});
