import { onPostgres } from "../../support/postgres.ts";

onPostgres("store/tiles.test.ts", "api/tiles.test.ts");
