/** Deploys the registry on the embedded chain and registers the sample directory in it. */
import { join } from "node:path";
import type { NewOperatorKey } from "../../core/directory.ts";
import type { Address, OperatorId } from "../../core/units.ts";
import { originOf } from "../../log/checkpoint.ts";
import { operatorKeyId } from "../../log/operator-key.ts";
import {
  countDirectory,
  deployRegistry,
  firstAddress,
  isDeployed,
  isKnownKey,
  isKnownOperatorKey,
  isProposedKey,
} from "../registry/deploy.ts";
import { Governance } from "../registry/governance.ts";
import { quantity, type JsonRpc } from "../rpc/rpc.ts";
import { LocalSigner, type Signer } from "../keys/signer.ts";
import { readOrMakeKey } from "../keys/signers.ts";
import { SAMPLE_INSTITUTIONS, SAMPLE_SCENES } from "./samples.ts";

/** The first operator of an embedded chain. */
export interface SampleOperator {
  readonly name: string;
  /** Its keys, as the directory of the log takes them. */
  readonly keysFor: (place: { origin: string; operator: OperatorId }) => readonly NewOperatorKey[];
}

/** The address that deploys the registry; its key is made where there is none. @param folder of the governance's keys */
export async function deployerIn(folder: string): Promise<Address> {
  return new LocalSigner(await readOrMakeKey(join(folder, "deployer.key"))).address;
}

/**
 * Gives a chain its registry with the sample directory. Every step is skipped where it is done already, so the next start
 * completes what a kill interrupted.
 * @param folders.governance the keys of the deployer and of the institutions' admins, as `deployer.key`
 * and `institution-<id>-admin.key`
 * @param folders.hot the institutions' hot keys, as `institution-<id>.key`
 * @param operator the operator of the chain
 */
export async function bootstrap(
  rpc: JsonRpc,
  folders: { governance: string; hot: string },
  operator?: SampleOperator,
): Promise<Address> {
  const chainId = await rpc.request("eth_chainId", [], quantity);
  const signerIn = async (path: string): Promise<Signer> => new LocalSigner(await readOrMakeKey(path));
  const deployer = await signerIn(join(folders.governance, "deployer.key"));
  const registry = firstAddress(deployer);
  if (!(await isDeployed(rpc, registry))) await deployRegistry(rpc, deployer);
  const governanceOf = (key: Signer): Governance => new Governance(rpc, { registry, chainId, key });

  const done = await countDirectory(rpc, registry);
  for (const scene of SAMPLE_SCENES.slice(done.scenes))
    await governanceOf(deployer).execute({ act: "define-scene", ...scene });
  for (const [i, profile] of SAMPLE_INSTITUTIONS.entries()) {
    const institution = i + 1;
    const admin = await signerIn(join(folders.governance, `institution-${institution}-admin.key`));
    const hot = await signerIn(join(folders.hot, `institution-${institution}.key`));
    if (i >= done.institutions)
      await governanceOf(deployer).execute({ act: "register-institution", admin: admin.address, profile });
    if (await isKnownKey(rpc, registry, hot.address)) continue;
    const proposal = { institution, key: hot.address, from: 0, until: 0 };
    if (!(await isProposedKey(rpc, registry, proposal)))
      await governanceOf(admin).execute({ act: "add-key", ...proposal });
    await governanceOf(hot).execute({ act: "accept-key", institution });
  }
  if (operator !== undefined) {
    const { name, keysFor } = operator;
    if (done.operators === 0)
      await governanceOf(deployer).execute({ act: "register-operator", institution: 0, name });
    const operators = Array.from({ length: Math.max(1, done.operators) }, (_, i) => i + 1);
    for (const key of keysFor({ origin: originOf({ chainId, registry }), operator: 1 })) {
      // of any operator: on a copy of the chain, the service may be a later one
      const ids = operators.map((holder) => operatorKeyId({ operator: holder, ...key }));
      const known = await Promise.all(ids.map((id) => isKnownOperatorKey(rpc, registry, id)));
      if (known.includes(true)) continue;
      await governanceOf(deployer).execute({
        act: "add-operator-key",
        operator: 1,
        ...key,
        from: 0,
        until: 0,
      });
    }
  }
  return registry;
}
