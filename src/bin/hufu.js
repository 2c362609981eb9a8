#!/usr/bin/env node
/** Starts the command `hufu` under Node 24, which the dependency `node` provides where an older one runs this file. */
import { spawn } from "node:child_process";
import * as module from "node:module";
import { fileURLToPath } from "node:url";

const compiled = fileURLToPath(new URL("../../.cache/node", import.meta.url));

if (Number(process.versions.node.split(".")[0]) >= 24) {
  // halves the time to start; beside the code, so that only a user who may write the code can write it
  module.enableCompileCache(compiled);
  const { main } = await import("./run.ts");
  await main(process.argv.slice(2));
} else {
  const node = fileURLToPath(new URL("../../node_modules/node/bin/node", import.meta.url));
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal === "SIGINT" ? 130 : 1);
  });
}
