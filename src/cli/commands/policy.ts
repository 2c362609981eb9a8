/**
 * The command `hufu policy` writes the policy of a registry's log: the trusted keys of its directory, proven by the contract. It is
 * kept on this machine for that log, and for the services at the addresses that are given; it takes the place of what was pinned.
 * One that trusts one operator alone is kept nowhere.
 */
import { urlSchema } from "../../config.ts";
import { AppError, quote } from "../../core/errors.ts";
import type { OperatorId } from "../../core/units.ts";
import { originOf } from "../../log/checkpoint.ts";
import { formatPolicy, parsePolicy } from "../../log/policy.ts";
import { oneOperatorPolicy, pinOf, policyOf } from "../../log/policy-of.ts";
import { keptAs } from "../../sdk/verify/trust.ts";
import type { Context } from "../context.ts";
import { registryNode } from "../governance/perform.ts";
import type { NodeFlags } from "../node.ts";

export interface PolicyFlags extends NodeFlags {
  /** The operator whose log alone is trusted. */
  readonly log?: number;
  /** For trying out: that operator's word is enough, without a witness of others. */
  readonly oneOperator?: boolean;
  /** OPERATOR=URL, the address of an operator's service. */
  readonly url?: readonly string[];
}

export async function policyCommand(flags: PolicyFlags, context: Context): Promise<void> {
  const urls = addressesOf(flags.url ?? []);
  const { ports, language, out } = context;
  const log = await ports.openLog({ ...(await registryNode(flags, context)), language });
  try {
    const directory = await log.directory();
    const { size, root } = directory.head;
    const state = { log: { origin: originOf(log.registry), size, root }, issued: ports.clock.now() };
    const operator = flags.oneOperator === true ? oneOf(directory.operators, flags) : undefined;
    const made =
      operator === undefined
        ? policyOf(directory, { ...state, urls, only: flags.log })
        : oneOperatorPolicy(pinOf(directory, { ...state, operator }), { ...directory, operator });
    const policy = formatPolicy(made);
    parsePolicy(policy); // nothing is printed that would not be read
    const trust = await ports.openTrust(context.config().saltDir);
    if (operator === undefined)
      for (const name of [originOf(log.registry), ...urls.values()])
        await trust.write(name, keptAs("policy", made, undefined));
    out.file(policy);
    out.json({ policy });
  } finally {
    await log.close();
  }
}

/** @throws AppError OPERATOR_UNKNOWN; USAGE: there are several, and none is named */
function oneOf(operators: readonly { id: OperatorId }[], { log }: PolicyFlags): OperatorId {
  const [only, ...more] = log === undefined ? operators : operators.filter(({ id }) => id === log);
  if (only === undefined)
    throw new AppError("OPERATOR_UNKNOWN", { detail: `the directory has no operator ${log ?? "at all"}` });
  if (more.length === 0) return only.id;
  const detail = `the directory has ${more.length + 1} operators: name one with --log`;
  throw new AppError("USAGE", { detail, at: "--log" });
}

/** @throws AppError USAGE */
function addressesOf(given: readonly string[]): ReadonlyMap<OperatorId, string> {
  return new Map(
    given.map((text) => {
      const [, id, address = ""] = /^([1-9][0-9]{0,9})=([^\s#]+)$/.exec(text) ?? [];
      const url = urlSchema.safeParse(address).data;
      if (id === undefined || url === undefined)
        throw new AppError("USAGE", {
          detail: `--url: expected the id of an operator, = and the URL of its service, got ${quote(text)}`,
          at: "--url",
        });
      return [Number(id), url];
    }),
  );
}
