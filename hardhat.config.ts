import { fileURLToPath } from "node:url";
import { defineConfig } from "hardhat/config";

const compiler = { version: "0.8.37", path: fileURLToPath(import.meta.resolve("solc/soljson.js")) };

/**
 * Tests reach the registry through its artifact, so that it runs as it is deployed while they are compiled without the
 * intermediate representation, many times faster. MerkleLog.t.sol has the library inlined, and is compiled as that is.
 */
const plain = { ...compiler, settings: { evmVersion: "paris", optimizer: { enabled: true } } };
const plainTests = ["Anchor", "Governance", "Keys", "RegistryInvariants", "SetStatus", "Takeover"];

/* eslint-disable no-restricted-properties -- these are settings of the tests, not of the service */
/** A number; without it Hardhat's own seed is used, and the calls are the same every time. */
const seed = process.env["TEST_SEED"];
/** Runs of each invariant test. With the 10 of `npm test` there are 100,000 calls. */
const runs = Number(process.env["HUFU_INVARIANT_RUNS"] ?? 10);
/* eslint-enable no-restricted-properties */

/** Calls of one run of an invariant test; there are two such tests, which run side by side. */
const DEPTH = 5_000;

/** The compiler is the npm package `solc`, so nothing is downloaded. `paris` runs on FISCO BCOS and Besu alike. */
export default defineConfig({
  solidity: {
    compilers: [
      {
        ...compiler,
        settings: { evmVersion: "paris", viaIR: true, optimizer: { enabled: true, runs: 200 } },
      },
    ],
    overrides: Object.fromEntries(plainTests.map((name) => [`test/contracts/${name}.t.sol`, plain])),
  },
  paths: {
    sources: "contracts",
    tests: { solidity: "test/contracts" },
    artifacts: ".cache/artifacts",
    cache: ".cache/hardhat",
  },
  test: {
    solidity: {
      fuzz: { runs: 256, ...(seed === undefined ? {} : { seed: `0x${BigInt(seed).toString(16)}` }) },
      invariant: {
        runs,
        depth: DEPTH,
        failOnRevert: true,
        // chance comes from the handler's seeds alone
        includeStorage: false,
        includePushBytes: false,
        shrinkRunLimit: 0,
      },
    },
  },
});
