/**
 * Follows a model chain through a reorg, and kills itself inside the transaction that removes blocks, after its
 * `process.argv[3]`-th statement.
 */
import { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../../../src/store/sql/database.ts";
import { beforeReorg, reorganise } from "../chain/model-chains.ts";
import { Stack } from "./stack.ts";

const [, , path = "", dies = "0"] = process.argv;
let left = Number(dies);
let rewinding = false;
// eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with its object
const prepare = DatabaseSync.prototype.prepare;
DatabaseSync.prototype.prepare = function (this: DatabaseSync, text: string) {
  if (text.startsWith(`delete from "directory_change"`)) rewinding = true;
  if (rewinding && left-- === 0) process.kill(process.pid, "SIGKILL");
  return prepare.call(this, text);
};

const chain = beforeReorg();
const stack = new Stack({ db: await openDatabase(path), chain });
await stack.sync();
reorganise(chain);
await stack.sync();
