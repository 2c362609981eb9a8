import { onPostgres } from "../../support/postgres.ts";

onPostgres("indexer/indexer.test.ts");
