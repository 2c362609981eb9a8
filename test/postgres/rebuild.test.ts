import { onPostgres } from "../support/store/postgres.ts";

onPostgres("indexer/rebuild.test.ts");
