/**
 * Compiles the contracts and writes what the service needs of the registry, its interface and its code, to
 * src/chain/registry/registry.artifact.json. That file is in the repository so that the service starts without a compiler;
 * test/chain/registry/artifact.test.ts fails when it is not what the sources compile to.
 */
import { writeFileSync } from "node:fs";
import { compileRegistry } from "../test/support/contract/compile.ts";

const target = new URL("../src/chain/registry/registry.artifact.json", import.meta.url);
const artifact = await compileRegistry();
writeFileSync(target, `${JSON.stringify(artifact, null, 1)}\n`);
console.log(`wrote ${target.pathname}: ${(artifact.deployedBytecode.length - 2) / 2} bytes of code`);
