import { onPostgres } from "../../support/postgres.ts";

onPostgres("anchor/sender.test.ts");
