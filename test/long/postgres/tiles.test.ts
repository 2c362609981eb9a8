import { onPostgres } from "../../support/postgres.ts";

onPostgres("store/index/tiles.test.ts", "api/tiles.test.ts");
