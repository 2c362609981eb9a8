import { onPostgres } from "../../support/store/postgres.ts";

onPostgres("anchor/sender.test.ts");
