import { onPostgres } from "../../support/store/postgres.ts";

onPostgres("store/outbox/approvals.test.ts", "api/idempotency.test.ts", "api/references.test.ts");
