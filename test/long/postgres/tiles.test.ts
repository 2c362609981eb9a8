import { onPostgres } from "../../support/store/postgres.ts";

onPostgres("store/index/tiles.test.ts", "api/tiles.test.ts");
