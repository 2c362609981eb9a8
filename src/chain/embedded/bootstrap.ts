import { join } from "node:path";
import type { Address } from "../../core/units.ts";
import { Deployment } from "../deployment.ts";
import type { JsonRpc } from "../rpc.ts";
import { readOrMakeKey } from "../signers.ts";
import { SAMPLE_INSTITUTIONS, SAMPLE_SCENES } from "./samples.ts";

/**
 * Gives a chain its registry with the sample directory. Every step looks first whether it is done, so a kill at any
 * moment is made good by the next start.
 * @param folders.governance where the keys of the deployer and of the institutions' admins are kept
 * @param folders.hot where the institutions' hot keys are kept, as `institution-<id>.key`
 */
export async function bootstrap(
  rpc: JsonRpc,
  folders: { governance: string; hot: string },
): Promise<Address> {
  const deployment = await Deployment.on(rpc);
  const governor = await readOrMakeKey(join(folders.governance, "deployer.key"));
  const address = Deployment.firstAddress(governor);
  if (!(await deployment.isDeployed(address))) await deployment.deploy(governor);

  const done = await deployment.counts(address);
  for (const scene of SAMPLE_SCENES.slice(done.scenes))
    await deployment.defineScene(address, governor, scene);
  for (const [i, names] of SAMPLE_INSTITUTIONS.entries()) {
    const admin = await readOrMakeKey(join(folders.governance, `institution-${i + 1}-admin.key`));
    const key = await readOrMakeKey(join(folders.hot, `institution-${i + 1}.key`));
    if (i >= done.institutions) await deployment.registerInstitution(address, governor, { admin, names });
    if (!(await deployment.isAuthorized(address, key)))
      await deployment.authorizeKey(address, admin, i + 1, key);
  }
  return address;
}
