import { expect, it } from "vitest";
import { notOnce } from "../support/service/cluster.ts";
import { anchorsOnce } from "../support/service/duplicates.ts";

it("F52, F45: 300 concurrent requests for one digest, through two processes on one database, make one anchor", async () => {
  const report = await anchorsOnce({ requests: 300 });
  expect(report).toMatchObject({
    accepted: 300,
    ids: 1,
    accountedFor: true,
    timesInLog: 1,
    wrong: [],
  });
}, 120_000);

it("a document that is doubled or lost is noticed", () => {
  expect(notOnce(["a", "b", "c"], ["a", "b", "b"])).toEqual(["b", "c"]);
});
