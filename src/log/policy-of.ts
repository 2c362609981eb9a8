/** Makes the policy of a registry's log from its directory. */
import { toHex } from "../core/bytes.ts";
import type { Institution, KeyPurpose, Operator, OperatorKey } from "../core/directory.ts";
import { AppError } from "../core/errors.ts";
import { formatTime } from "../core/time.ts";
import type { InstitutionId, OperatorId, UnixSeconds } from "../core/units.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { judgeKeys, type JudgedKey, type KeyFault } from "./operator-key.ts";
import type { Policy, PolicyKey, PolicyWitness } from "./policy.ts";

/** Seconds after which a generated policy expires. */
const LIFE = 365 * 86_400;
/** Of each operator and purpose the newest keys stand in a policy, and of each operator so many left out are named. */
const MAX_KEYS = 16;
/** Characters of a text of the directory, at most. */
const MAX_TEXT = 200;

export interface PolicyOptions {
  /** The log at the state of the directory. */
  readonly log: Checkpoint;
  readonly issued: UnixSeconds;
  /** Base URLs of operators' services. */
  readonly urls: ReadonlyMap<OperatorId, string>;
  /** The operator whose log alone is trusted; undefined = every operator's. */
  readonly only: OperatorId | undefined;
}

interface PolicyDirectory {
  readonly operators: readonly Operator[];
  readonly institutions: readonly Institution[];
}

/**
 * Trusts an operator's log together with a witness of another institution only (0 = governance): witnesses are grouped by
 * institution, and of all operators' logs two groups are the quorum; of one operator's log it is one group of the others.
 * Retired keys keep their windows. Keys that count for nothing are left out, and named.
 * @throws AppError OPERATOR_UNKNOWN: `only` is none of the directory's
 * @throws AppError POLICY_NO_LOG, POLICY_NO_WITNESS: no log key counts, or no witness of another institution
 */
export function policyOf(directory: PolicyDirectory, options: PolicyOptions): Policy {
  const { operators } = directory;
  const { log, issued, urls, only } = options;
  const host = operators.find(({ id }) => id === only);
  if (only !== undefined && host === undefined)
    throw new AppError("OPERATOR_UNKNOWN", { detail: `the directory has no operator ${only}` });
  const judged = withLimits(
    judgeKeys(
      operators.flatMap(({ keys }) => keys),
      log.origin,
    ),
  );
  const keysOf = (purpose: KeyPurpose): LimitedKey[] =>
    judged.filter(({ left, key }) => left === undefined && key.purpose === purpose).sort(inOrder);
  const hosted = (purpose: KeyPurpose): LimitedKey[] =>
    keysOf(purpose).filter(({ key }) => host === undefined || key.operator === host.id);
  const at = (path: string) => (each: LimitedKey) => policyKey(each, urls.get(each.key.operator), path);
  const logs = hosted("log").map(at("/log"));
  if (logs.length === 0) throw new AppError("POLICY_NO_LOG", { detail: "no key of a log counts" });
  const witnesses = keysOf("witness").map((each, _, all) => ({
    name: `operator-${each.key.operator}-${ordinal(each, all)}`,
    ...at("/witness")(each),
  }));
  const institutions = keysOf("witness").map(({ key }) => institutionOf(key.operator, operators));
  const others = Map.groupBy(witnesses, (_, i) => institutions[i] ?? 0);
  if (host !== undefined) others.delete(institutionOf(host.id, operators));
  return {
    issued,
    expires: issued + LIFE,
    directory: { size: log.size, root: log.root },
    notes: [...operators.map((each) => operatorNote(each, directory)), ...leftOutNotes(judged)],
    logs,
    witnesses,
    ...quorumOf(
      others,
      host === undefined ? { name: "institutions", threshold: 2 } : { name: "others", threshold: 1 },
    ),
    statusKeys: hosted("status").map(({ key, verifier }) => ({ key: verifier, ...windowOf(key) })),
  };
}

/**
 * The policy of a reader who knows one operator alone: its log, with its own cosignature as the quorum, which gives the time and
 * nothing else. It is that operator's word, so it does not expire: its keys change with the directory.
 * @throws AppError POLICY_NO_LOG, POLICY_NO_WITNESS: the operator has no key that counts
 */
export function pinOf(
  { operators }: Pick<PolicyDirectory, "operators">,
  { log, issued, operator }: { log: Checkpoint; issued: UnixSeconds; operator: OperatorId },
): Policy {
  const all = operators.flatMap(({ keys }) => keys);
  const keys = withLimits(judgeKeys(all, log.origin))
    .filter(({ left, key }) => left === undefined && key.operator === operator)
    .sort(inOrder);
  const of = (purpose: KeyPurpose): PolicyKey[] =>
    keys.filter(({ key }) => key.purpose === purpose).map((each) => policyKey(each, undefined, ""));
  const witnesses = of("witness").map((each, i) => ({ name: `own-${i + 1}`, ...each }));
  const logs = of("log");
  if (logs.length === 0) throw new AppError("POLICY_NO_LOG", { detail: "no key of the log counts" });
  if (witnesses.length === 0)
    throw new AppError("POLICY_NO_WITNESS", { detail: "the operator has no witness key that counts" });
  return {
    issued,
    directory: { size: log.size, root: log.root },
    logs,
    witnesses,
    groups: [{ name: OWN, threshold: 1, members: witnesses.map(({ name }) => name) }],
    quorum: OWN,
    statusKeys: of("status"),
  };
}

/** A pin as a file for trying out: who reads it learns that it is one operator's word, and it expires as any other. */
export function oneOperatorPolicy(
  pin: Policy,
  directory?: PolicyDirectory & { operator: OperatorId },
): Policy {
  const named = directory?.operators.find(({ id }) => id === directory.operator);
  return {
    ...pin,
    expires: (pin.issued ?? 0) + LIFE,
    oneOperator: true,
    notes: directory === undefined || named === undefined ? [] : [operatorNote(named, directory)],
  };
}

/** Name of the quorum of one operator's own cosignatures. */
const OWN = "own";

/** 0 = governance. */
function institutionOf(operator: OperatorId, operators: readonly Operator[]): InstitutionId {
  return operators.find(({ id }) => id === operator)?.institution ?? 0;
}

/** @param witnesses by institution, of those that count for the quorum */
function quorumOf(
  witnesses: ReadonlyMap<InstitutionId, readonly PolicyWitness[]>,
  { name, threshold }: { name: string; threshold: number },
): Pick<Policy, "groups" | "quorum"> {
  const groups = [...witnesses].map(([id, members]) => ({
    name: `institution-${id}`,
    threshold: 1,
    members: members.map((member) => member.name),
  }));
  if (groups.length < threshold)
    throw new AppError("POLICY_NO_WITNESS", {
      detail: `it takes the witnesses of ${threshold} institutions, and those of ${groups.length} count: none is a witness of its own log; for trying out with one operator: hufu policy --one-operator`,
    });
  return {
    groups: [...groups, { name, threshold, members: groups.map((group) => group.name) }],
    quorum: name,
  };
}

function policyKey({ key, verifier }: LimitedKey, base: string | undefined, path: string): PolicyKey {
  return { key: verifier, ...(base === undefined ? {} : { url: `${base}${path}` }), ...windowOf(key) };
}

function windowOf({ from, until, addedAt }: OperatorKey): Pick<PolicyKey, "from" | "until"> {
  return { from: from === 0 ? addedAt : from, until: until === 0 ? undefined : until };
}

function inOrder(a: LimitedKey, b: LimitedKey): number {
  return a.key.operator - b.key.operator || a.key.entry - b.key.entry;
}

/** Among the keys of the same operator, from 1. */
function ordinal(each: LimitedKey, all: readonly LimitedKey[]): number {
  return all.filter(({ key }) => key.operator === each.key.operator).indexOf(each) + 1;
}

type LimitedKey = JudgedKey<OperatorKey> & {
  readonly left: KeyFault | "compromised" | "too-many" | undefined;
};

/** Adds why a key is left out; an operator with many keys makes no policy too long. */
function withLimits(judged: readonly JudgedKey<OperatorKey>[]): LimitedKey[] {
  const counts = new Map<string, number>();
  return judged
    .toReversed()
    .map((each): LimitedKey => {
      const { key, fault } = each;
      const left = fault ?? (key.compromise === undefined ? undefined : "compromised");
      if (left !== undefined) return { ...each, left };
      const of = `${key.operator} ${key.purpose}`;
      const count = (counts.get(of) ?? 0) + 1;
      counts.set(of, count);
      return { ...each, left: count > MAX_KEYS ? "too-many" : undefined };
    })
    .toReversed();
}

/** The operator, its institution with its official number, and since when that has its state. */
function operatorNote({ id, name, institution }: Operator, { institutions }: PolicyDirectory): string {
  const of = institutions.find((each) => each.id === institution);
  const values = of
    ? [
        of.jurisdiction,
        of.officialNumber,
        ...new Set(Object.values(of.names)),
        `${of.state} since ${formatTime(of.stateSince)}`,
      ]
    : [];
  return [`operator ${id}`, name, `institution ${institution ?? 0}`, ...values].map(oneLine).join(" | ");
}

function leftOutNotes(judged: readonly LimitedKey[]): string[] {
  const left = judged.filter((each) => each.left !== undefined);
  return [...Map.groupBy(left, ({ key }) => key.operator)].flatMap(([operator, keys]) => [
    ...keys
      .slice(0, MAX_KEYS)
      .map(
        (each) =>
          `left out: operator ${operator} | ${each.key.purpose} | ${toHex(each.key.id)} | ${each.left ?? ""}`,
      ),
    ...(keys.length > MAX_KEYS ? [`left out: operator ${operator} | ${keys.length - MAX_KEYS} more`] : []),
  ]);
}

/** A text of the directory, in which anything may stand, within a value of a line. */
function oneLine(text: string): string {
  return Array.from(text.replace(/[\p{C}\p{Zl}\p{Zp}|]+/gu, " ").trim())
    .slice(0, MAX_TEXT)
    .join("");
}
