import { onPostgres } from "../../support/postgres.ts";

onPostgres("store/outbox/approvals.test.ts", "api/idempotency.test.ts");
