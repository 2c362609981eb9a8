#!/usr/bin/env node
/** Starts the command `hufu` under Node 24, which the dependency `node` provides where an older one runs this file. */
import * as module from "node:module";
import { fileURLToPath } from "node:url";

const compiled = fileURLToPath(new URL("../../.cache/node", import.meta.url));

if (Number(process.versions.node.split(".")[0]) >= 24) {
  // halves the time to start; beside the code, so that only a user who may write the code can write it
  module.enableCompileCache(compiled);
  const { main } = await import("./run.ts");
  await main(process.argv.slice(2));
} else {
  await import("./launch.js");
}
