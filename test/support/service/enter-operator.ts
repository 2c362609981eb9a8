/** Registers an operator and its keys in the directory. */
import type { Governance } from "../../../src/chain/registry/governance.ts";
import { newKeysOf } from "../../../src/attest/identity.ts";
import type { OperatorSeeds } from "../../../src/attest/ports.ts";
import { originOf } from "../../../src/log/checkpoint.ts";

/**
 * @param of.institution and its admin, who enters the keys; 0 = none, and the accreditor enters them
 */
export async function enterOperator(
  governance: Governance,
  { name, seeds }: { name: string; seeds: OperatorSeeds },
  { institution, admin }: { institution: number; admin: Governance } = { institution: 0, admin: governance },
): Promise<void> {
  const { given } = await governance.execute({ act: "register-operator", institution, name });
  const { operator = 0 } = given;
  for (const key of newKeysOf(seeds, { origin: originOf(governance), operator }))
    await admin.execute({ act: "add-operator-key", operator, ...key, from: 0, until: 0 });
}
