/**
 * Repeats the installation on the Node 24 of the dependency `node` where npm runs on a Node older than 22: such an npm
 * silently skips optional packages whose `engines` require a newer one, such as the native parts of Hardhat and vitest.
 * Then builds the page, so that a service that may not write into this checkout has it.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const npm = process.env.npm_execpath;
const npmNode = /node\/v(\d+)/.exec(process.env.npm_config_user_agent ?? "")?.[1];
const node = fileURLToPath(new URL("../node_modules/node/bin/node", import.meta.url));

if (npm !== undefined && npmNode !== undefined && Number(npmNode) < 22) {
  // without scripts: the second run is not to start a third
  const { status } = spawnSync(node, [npm, "install", "--no-save", "--ignore-scripts"], { stdio: "inherit" });
  process.exitCode = status ?? 1;
}

if (!process.exitCode) {
  const { status } = spawnSync(node, ["scripts/build-page.ts"], { stdio: ["ignore", "ignore", "inherit"] });
  process.exitCode = status ?? 1;
}
