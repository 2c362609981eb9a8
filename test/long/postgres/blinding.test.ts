import { onPostgres } from "../../support/store/postgres.ts";

onPostgres("api/blinding.test.ts");
