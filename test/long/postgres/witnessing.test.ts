import { onPostgres } from "../../support/postgres.ts";

onPostgres("store/attest/witnessing.test.ts", "attest/witness.test.ts", "attest/collector.test.ts");
