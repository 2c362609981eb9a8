import { onPostgres } from "../../support/postgres.ts";

onPostgres("api/blinding.test.ts");
