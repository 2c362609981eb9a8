import { expect, it } from "vitest";
import { sized } from "../support/scale.ts";
import { anchorsOnce } from "../support/service/duplicates.ts";

const REQUESTS = sized({ short: 1_000, full: 10_000 });

it(`F52: ${REQUESTS} requests for one digest, through two processes on one database, make one anchor`, async () => {
  const report = await anchorsOnce({ requests: REQUESTS });
  process.stdout.write(`${JSON.stringify(report)}\n`);
  expect(report).toMatchObject({ accepted: REQUESTS, ids: 1, accountedFor: true, timesInLog: 1, wrong: [] });
}, 3_600_000);
