import { fileURLToPath } from "node:url";
import { defineConfig } from "hardhat/config";

/** The compiler is the npm package `solc`, so nothing is downloaded. `paris` runs on FISCO BCOS and Besu alike. */
export default defineConfig({
  solidity: {
    version: "0.8.37",
    path: fileURLToPath(import.meta.resolve("solc/soljson.js")),
    settings: { evmVersion: "paris", viaIR: true, optimizer: { enabled: true, runs: 1000 } },
  },
  paths: {
    sources: "contracts",
    tests: { solidity: "test/contracts" },
    artifacts: ".cache/artifacts",
    cache: ".cache/hardhat",
  },
  test: { solidity: { fuzz: { runs: 256 } } },
});
