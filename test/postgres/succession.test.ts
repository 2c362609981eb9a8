import { onPostgres } from "../support/store/postgres.ts";

onPostgres("api/succession.test.ts");
