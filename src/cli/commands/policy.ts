/** The command `hufu policy` writes the policy of a registry's log: the trusted keys of its directory, proven by the contract. */
import { originOf } from "../../log/checkpoint.ts";
import { formatPolicy, policyOf } from "../../log/policy.ts";
import type { Context } from "../context.ts";
import { registryNode } from "../governance/perform.ts";
import type { NodeFlags } from "../node.ts";

export async function policyCommand(flags: NodeFlags, context: Context): Promise<void> {
  const log = await context.ports.openLog({
    ...(await registryNode(flags, context)),
    language: context.language,
  });
  try {
    const { operators } = await log.directory();
    const policy = formatPolicy(policyOf(operators, originOf(log.registry)));
    context.out.file(policy);
    context.out.json({ policy });
  } finally {
    await log.close();
  }
}
