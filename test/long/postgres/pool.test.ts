import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { describe, expect, it } from "vitest";
import { startPostgres } from "../../support/store/postgres.ts";
import { ask, startTestService } from "../../support/service/service.ts";

describe("F41: a service whose connections are all taken", () => {
  it("a service without a free connection answers 503, stores nothing, and recovers", async () => {
    await using server = await startPostgres();
    const url = await server.fresh();
    const service = await startTestService({ env: { HUFU_DATABASE_URL: url } });
    const locking = new Client({ connectionString: url });
    await locking.connect();
    await locking.query("begin; lock table entry, anchor in access exclusive mode");
    const digest = `sha256:${"5a".repeat(32)}`;
    const verify = () => ask(`${service.url}/v1/verifications`, { body: { digest } });
    const documents = [{ digest, scene: "enterprise-credit-report" }];
    const waiting = Array.from({ length: 10 }, verify); // as many as there are connections
    await sleep(200);
    const more = await Promise.all([
      verify(),
      ask(`${service.url}/v1/anchors`, { key: service.keys.issuer, body: { documents } }),
    ]);
    const refused = more.map(({ status, body, headers }) => [
      status,
      body["code"],
      body["verdict"],
      headers.has("retry-after"),
    ]);
    await locking.query("rollback");
    const verdicts = (await Promise.all(waiting)).map(({ body }) => body["verdict"] ?? body["code"]);
    expect(refused).toEqual([
      [503, "DATABASE_UNAVAILABLE", "indeterminate", true],
      [503, "DATABASE_UNAVAILABLE", undefined, true],
    ]);
    expect(verdicts.every((verdict) => verdict === "not-found" || verdict === "indeterminate")).toBe(true);
    const after = await verify();
    expect(after.body["verdict"], JSON.stringify(after.body)).toBe("not-found");
    expect(await locking.query("select id from anchor")).toMatchObject({ rows: [] });
    await locking.end();
    await service.close();
  });
});
