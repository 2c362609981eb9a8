import { describe } from "vitest";
import { onPostgres } from "../../support/postgres.ts";

describe("on PostgreSQL", () => {
  onPostgres();
  describe("approvals", async () => {
    await import("../../store/approvals.test.ts");
  });
  describe("idempotency", async () => {
    await import("../../api/idempotency.test.ts");
  });
});
