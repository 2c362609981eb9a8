import { describe } from "vitest";
import { onPostgres } from "../../support/postgres.ts";

describe("on PostgreSQL", async () => {
  onPostgres();
  await import("../../anchor/sender.test.ts");
});
