import { onPostgres } from "../../support/postgres.ts";

onPostgres("store/witnessing.test.ts", "attest/witness.test.ts", "attest/collector.test.ts");
