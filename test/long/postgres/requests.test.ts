import { onPostgres } from "../../support/postgres.ts";

onPostgres("store/approvals.test.ts", "api/idempotency.test.ts");
