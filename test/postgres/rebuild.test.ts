import { describe } from "vitest";
import { onPostgres } from "../support/postgres.ts";

describe("on PostgreSQL", async () => {
  onPostgres();
  await import("../indexer/rebuild.test.ts");
});
