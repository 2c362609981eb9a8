/** Registers an operator without an institution, and its keys, in the directory. */
import type { Governance } from "../../../src/chain/registry/governance.ts";
import type { OperatorKey } from "../../../src/core/directory.ts";

export async function enterOperator(
  governance: Governance,
  {
    name,
    keys,
  }: { name: string; keys: readonly Pick<OperatorKey, "purpose" | "signatureType" | "publicKey">[] },
): Promise<void> {
  const { given } = await governance.execute({ act: "register-operator", institution: 0, name });
  const { operator = 0 } = given;
  for (const key of keys)
    await governance.execute({ act: "add-operator-key", operator, ...key, from: 0, until: 0 });
}
