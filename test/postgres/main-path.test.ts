import { onPostgres } from "../support/postgres.ts";

onPostgres("api/main-path.test.ts");
