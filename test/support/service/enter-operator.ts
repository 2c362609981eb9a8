/** Registers an operator without an institution, and its keys, in the directory. */
import type { Governance } from "../../../src/chain/registry/governance.ts";
import { newKeysOf } from "../../../src/attest/identity.ts";
import type { OperatorSeeds } from "../../../src/attest/ports.ts";
import { originOf } from "../../../src/log/checkpoint.ts";

export async function enterOperator(
  governance: Governance,
  { name, seeds }: { name: string; seeds: OperatorSeeds },
): Promise<void> {
  const { given } = await governance.execute({ act: "register-operator", institution: 0, name });
  const { operator = 0 } = given;
  for (const key of newKeysOf(seeds, { origin: originOf(governance), operator }))
    await governance.execute({ act: "add-operator-key", operator, ...key, from: 0, until: 0 });
}
