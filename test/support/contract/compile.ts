/** Compiles the contracts with Hardhat. */
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import config from "../../../hardhat.config.ts";

export interface RegistryArtifact {
  readonly compiler: string;
  readonly abi: unknown[];
  readonly bytecode: string;
  readonly deployedBytecode: string;
}

/** Compiles contracts/ by hardhat.config.ts and returns the registry's interface and code. */
export async function compileRegistry(): Promise<RegistryArtifact> {
  const hre = await createHardhatRuntimeEnvironment(config, {}, `${import.meta.dirname}/../../..`);
  await hre.solidity.build(await hre.solidity.getRootFilePaths({ scope: "contracts" }), { quiet: true });
  const { abi, bytecode, deployedBytecode } = await hre.artifacts.readArtifact("DocumentRegistry");
  return { compiler: "solc 0.8.37", abi: abi as unknown[], bytecode, deployedBytecode };
}
