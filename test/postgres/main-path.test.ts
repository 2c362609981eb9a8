import { onPostgres } from "../support/store/postgres.ts";

onPostgres("api/main-path.test.ts");
