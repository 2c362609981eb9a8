/** Deploys registries and reads from a registry what a deployment needs to know. */
import { getCreateAddress } from "ethers";
import { equalBytes } from "../../core/bytes.ts";
import { AppError } from "../../core/errors.ts";
import type { Address, Hash, InstitutionId } from "../../core/units.ts";
import { CODE_HASH, codeHashOf, creationCode, registry, toAddress } from "./registry.ts";
import { data, quantity, type JsonRpc } from "../rpc/rpc.ts";
import type { Signer } from "../keys/signer.ts";
import { estimateGas, transact } from "./transactions.ts";

/** The address of the first contract of `deployer`, created or not. */
export function firstAddress(deployer: { readonly address: string }): Address {
  return toAddress(getCreateAddress({ from: deployer.address, nonce: 0 }));
}

/**
 * Whether a registry of this version is at the address.
 * @throws AppError CONTRACT_CODE_MISMATCH: something else is
 */
export async function isDeployed(rpc: JsonRpc, address: Address): Promise<boolean> {
  const code = await rpc.request("eth_getCode", [address, "latest"], data);
  if (code === "0x") return false;
  if (equalBytes(codeHashOf(code), CODE_HASH)) return true;
  const detail = `the contract at ${address} was made by another version of Hufu; start with another data directory`;
  throw new AppError("CONTRACT_CODE_MISMATCH", { detail });
}

/**
 * Deploys a registry governed by `deployer`, whose key must be unused, so that the address is unique.
 * @param predecessor the registry that it continues
 */
export async function deployRegistry(
  rpc: JsonRpc,
  deployer: Signer,
  predecessor?: Address,
): Promise<Address> {
  const chainId = await rpc.request("eth_chainId", [], quantity);
  const effect = { data: creationCode(deployer.address, predecessor) };
  const gas = await estimateGas(rpc, { from: deployer.address, ...effect });
  await transact(rpc, deployer, { ...effect, chainId, gas });
  return firstAddress(deployer);
}

/** How many institutions, operators and scenes there are. */
export async function countDirectory(
  rpc: JsonRpc,
  address: Address,
): Promise<{ institutions: number; operators: number; scenes: number }> {
  const [institutions, operators, scenes] = await read(rpc, address, "counts", []);
  return { institutions: Number(institutions), operators: Number(operators), scenes: Number(scenes) };
}

/** Whether an operator has the key. @param keyId see `operatorKeyId` */
export async function isKnownOperatorKey(rpc: JsonRpc, address: Address, keyId: Hash): Promise<boolean> {
  const [found] = (await read(rpc, address, "operatorKeyOf", [keyId])) as [{ key: { holder: bigint } }];
  return found.key.holder !== 0n;
}

/** Whether the key has accepted to act for an institution. */
export async function isKnownKey(rpc: JsonRpc, address: Address, key: Address): Promise<boolean> {
  const [found] = (await read(rpc, address, "keyOf", [key])) as [{ holder: bigint }];
  return found.holder !== 0n;
}

/** Whether an admin has proposed that the key act for the institution, and the key has not accepted. */
export async function isProposedKey(
  rpc: JsonRpc,
  address: Address,
  { institution, key }: { institution: InstitutionId; key: Address },
): Promise<boolean> {
  const [found] = (await read(rpc, address, "proposalOf", [institution, key])) as [{ admin: string }];
  return BigInt(found.admin) !== 0n;
}

async function read(rpc: JsonRpc, to: Address, name: string, args: readonly unknown[]): Promise<unknown[]> {
  const call = { to, data: registry.encodeFunctionData(name, args) };
  const result = await rpc.request("eth_call", [call, "latest"], data);
  return registry.decodeFunctionResult(name, result).toArray() as unknown[];
}
