/** Tests that the directory of a mirror is that of a service's index, after any history. */
import fc from "fast-check";
import { expect, inject, it } from "vitest";
import { DirectoryState } from "../../../src/sdk/mirror/directory-state.ts";
import {
  readInstitutionKeys,
  readInstitutions,
  readOperators,
  readPendingKeys,
  readRegistryState,
  readScenes,
} from "../../../src/store/index/directory.ts";
import { ModelChain, type Change } from "../../support/chain/model-chain.ts";
import { openStack } from "../../support/stack/stack.ts";

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Change>({ kind: "institution" }) },
  { weight: 8, arbitrary: fc.nat(10_000).map((pick): Change => ({ kind: "directory", pick })) },
);

it("any history makes the directory that the index of a service has", async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 5, maxLength: 60 }), async (changes) => {
      const chain = new ModelChain(1);
      chain.mine({ kind: "institution" }, ...changes);
      await using stack = await openStack({ chain });
      await stack.sync();
      const state = new DirectoryState();
      for (const event of await chain.events({ from: 0, to: chain.height })) {
        if (event.type === "anchored" || event.type === "status-set") continue;
        seen.add(event.type);
        state.apply(event);
      }
      expect(state.institutions()).toEqual(await readInstitutions(stack.db));
      expect(state.keys()).toEqual(await readInstitutionKeys(stack.db));
      expect(state.pendingKeys()).toEqual(await readPendingKeys(stack.db));
      expect(state.operators()).toEqual(await readOperators(stack.db));
      expect(state.scenes()).toEqual(await readScenes(stack.db));
      expect(state.registry).toEqual(await readRegistryState(stack.db));
    }),
    { seed: inject("seed"), numRuns: 40 },
  );
  expect(seen.size).toBeGreaterThan(15);
});
