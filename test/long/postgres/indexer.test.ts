import { onPostgres } from "../../support/store/postgres.ts";

onPostgres("indexer/indexer.test.ts");
