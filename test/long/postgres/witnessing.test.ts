import { onPostgres } from "../../support/postgres.ts";

onPostgres("attest/witness.test.ts", "attest/collector.test.ts");
