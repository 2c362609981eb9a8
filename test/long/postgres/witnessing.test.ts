import { onPostgres } from "../../support/store/postgres.ts";

onPostgres("store/attest/witnessing.test.ts", "attest/witness.test.ts", "attest/collector.test.ts");
