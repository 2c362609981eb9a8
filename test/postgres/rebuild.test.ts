import { onPostgres } from "../support/postgres.ts";

onPostgres("indexer/rebuild.test.ts");
