import { onPostgres } from "../support/postgres.ts";

onPostgres("api/succession.test.ts");
