/** Parses and makes trust policies, and verifies checkpoints against them (c2sp.org/tlog-policy). */
import { toHex } from "../core/bytes.ts";
import type { KeyPurpose, Operator } from "../core/directory.ts";
import { AppError, quote } from "../core/errors.ts";
import type { UnixSeconds } from "../core/units.ts";
import { cosignedAt, keyNames, parseCheckpoint, type Checkpoint } from "./checkpoint.ts";
import {
  SIGNATURE_TYPES,
  formatVerifierKey,
  parseVerifierKey,
  verifierKey,
  verifyNote,
  type Note,
  type VerifierKey,
} from "./note.ts";
import { translateErrors } from "./proven-entry.ts";

/** Trusted logs, and the cosignatures that a checkpoint needs. */
export interface Policy {
  readonly logs: readonly { readonly key: VerifierKey; readonly url?: string }[];
  readonly witnesses: readonly PolicyWitness[];
  readonly groups: readonly PolicyGroup[];
  /** Name of a witness or a group, or "none". */
  readonly quorum: string;
}

interface PolicyWitness {
  /** Within the policy. */
  readonly name: string;
  readonly key: VerifierKey;
  readonly url?: string;
}

/** Counts as a witness of what at least `threshold` members cosigned. */
interface PolicyGroup {
  readonly name: string;
  readonly threshold: number;
  readonly members: readonly string[];
}

/** A checkpoint that fulfils the policy. */
export interface TrustedCheckpoint extends Checkpoint {
  /** Keys of the log that signed it. */
  readonly signers: readonly VerifierKey[];
  /** Witnesses of the policy that cosigned it, and when. */
  readonly cosigners: readonly Cosigner[];
  /** The greatest time such that the cosignatures dated then or later fulfil the quorum. */
  readonly time: UnixSeconds;
}

interface Cosigner {
  readonly witness: PolicyWitness;
  readonly at: UnixSeconds;
}

const NONE = "none";
const MAX_LINES = 1_000;
/** Characters of a policy, at most. */
export const MAX_POLICY_LENGTH = 64 * 1024;

/**
 * @throws AppError POLICY_SYNTAX, with the line
 * @throws AppError POLICY_NO_LOG, POLICY_NO_WITNESS: it would trust nothing, or one operator alone
 */
export function parsePolicy(text: string): Policy {
  if (text.length > MAX_POLICY_LENGTH) throw syntaxError(`more than ${MAX_POLICY_LENGTH} characters`, 1);
  const parser = new PolicyParser();
  const lines = text.split("\n");
  if (lines.length > MAX_LINES) throw syntaxError(`more than ${MAX_LINES} lines`, MAX_LINES);
  for (const [i, line] of lines.entries()) parser.line(line, i + 1);
  return parser.policy();
}

class PolicyParser {
  readonly #logs: { key: VerifierKey; url?: string }[] = [];
  readonly #witnesses: PolicyWitness[] = [];
  readonly #groups: PolicyGroup[] = [];
  readonly #members = new Set<string>();
  #quorum: string | undefined;
  #number = 0;

  line(text: string, number: number): void {
    this.#number = number;

    if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text)) throw this.#syntaxError("a control character");
    const [keyword, ...words] = text.split(/[ \t]+/).filter((word) => word !== "");
    if (keyword === undefined || keyword.startsWith("#")) return;
    if (keyword === "log") this.#log(words);
    else if (keyword === "witness") this.#witness(words);
    else if (keyword === "group") this.#group(words);
    else if (keyword === "quorum") this.#setQuorum(words);
    else throw this.#syntaxError(`${quote(keyword)} is no keyword of a policy`);
  }

  #log([vkey = "", url, ...rest]: string[]): void {
    if (rest.length > 0) throw this.#syntaxError("a log has a key and a URL at most");
    const key = this.#key(vkey, SIGNATURE_TYPES.ed25519, this.#logs);
    this.#logs.push({ key, ...(url === undefined ? {} : { url }) });
  }

  #witness([name = "", vkey = "", url, ...rest]: string[]): void {
    if (rest.length > 0) throw this.#syntaxError("a witness has a name, a key and a URL at most");
    this.#define(name);
    const key = this.#key(vkey, SIGNATURE_TYPES.cosignature, this.#witnesses);
    this.#witnesses.push({ name, key, ...(url === undefined ? {} : { url }) });
  }

  #group([name = "", rule = "", ...members]: string[]): void {
    for (const member of members) {
      if (!this.#isDefined(member)) throw this.#syntaxError(`${quote(member)} is not defined before`);
      if (this.#members.has(member)) throw this.#syntaxError(`${quote(member)} is a member already`);
      this.#members.add(member);
    }
    const words: Record<string, number> = { any: 1, all: members.length };
    const threshold = words[rule] ?? (/^[1-9][0-9]{0,3}$/.test(rule) ? Number(rule) : 0);
    if (threshold < 1 || threshold > members.length)
      throw this.#syntaxError(`${quote(rule)} of ${members.length} members cannot be`);
    this.#define(name);
    this.#groups.push({ name, threshold, members });
  }

  #setQuorum([name = "", ...rest]: string[]): void {
    if (this.#quorum !== undefined || rest.length > 0) throw this.#syntaxError("a policy has one quorum");
    if (name !== NONE && !this.#isDefined(name))
      throw this.#syntaxError(`${quote(name)} is not defined before`);
    this.#quorum = name;
  }

  policy(): Policy {
    if (this.#quorum === undefined) throw this.#syntaxError("there is no quorum");
    if (this.#logs.length === 0) throw new AppError("POLICY_NO_LOG", { detail: "the policy trusts no log" });
    if (this.#quorum === NONE)
      throw new AppError("POLICY_NO_WITNESS", { detail: "the policy trusts a log without any witness" });
    return { logs: this.#logs, witnesses: this.#witnesses, groups: this.#groups, quorum: this.#quorum };
  }

  #key(vkey: string, type: number, others: readonly { key: VerifierKey }[]): VerifierKey {
    const key = translateErrors(
      () => parseVerifierKey(vkey),
      ["NOTE_SYNTAX"],
      (detail) => this.#syntaxError(detail),
    );
    if (key.type !== type) throw this.#syntaxError(`a key of type ${key.type} does not sign this`);
    const same = others.some((other) => toHex(other.key.publicKey) === toHex(key.publicKey));
    if (same) throw this.#syntaxError(`${quote(vkey)} is there already`);
    return key;
  }

  #define(name: string): void {
    if (name === "" || name === NONE) throw this.#syntaxError(`${quote(name)} is no name`);
    if (this.#isDefined(name)) throw this.#syntaxError(`${quote(name)} is defined already`);
  }

  #isDefined(name: string): boolean {
    return [...this.#witnesses, ...this.#groups].some((defined) => defined.name === name);
  }

  #syntaxError(detail: string): AppError {
    return syntaxError(detail, this.#number);
  }
}

/**
 * A policy that trusts any of these operators together with another: two cosignatures are required, of which its own may be
 * one. A status key is listed as a log of its own name, which has no entries. Retired keys are included, since their earlier
 * signatures stay valid; reported keys are not.
 * @throws AppError POLICY_NO_WITNESS: fewer than two operators have a witness key
 */
export function policyOf(operators: readonly Operator[], origin: string): Policy {
  const keysOf = ({ id, keys }: Operator, purpose: KeyPurpose): VerifierKey[] =>
    keys
      .filter((key) => key.purpose === purpose && key.compromise === undefined)
      .filter(({ signatureType }) => (Object.values(SIGNATURE_TYPES) as number[]).includes(signatureType))
      .map(({ signatureType: type, publicKey }) =>
        verifierKey({ name: keyNames[purpose](origin, id), type, publicKey }),
      );
  const logs = operators.flatMap((operator) => [...keysOf(operator, "log"), ...keysOf(operator, "status")]);
  const groups = operators.flatMap((operator) => {
    const witnesses = keysOf(operator, "witness").map((key, i) => ({
      name: `operator-${operator.id}-${i + 1}`,
      key,
    }));
    return witnesses.length === 0 ? [] : [{ name: `operator-${operator.id}`, witnesses }];
  });
  if (groups.length < 2)
    throw new AppError("POLICY_NO_WITNESS", {
      detail: `${groups.length} of the directory's operators can witness; it takes two, each for the other`,
    });
  return {
    logs: logs.map((key) => ({ key })),
    witnesses: groups.flatMap(({ witnesses }) => witnesses),
    groups: [
      ...groups.map(({ name, witnesses }) => ({
        name,
        threshold: 1,
        members: witnesses.map((each) => each.name),
      })),
      { name: "operators", threshold: 2, members: groups.map(({ name }) => name) },
    ],
    quorum: "operators",
  };
}

export function formatPolicy({ logs, witnesses, groups, quorum }: Policy): string {
  const at = (url: string | undefined): string => (url === undefined ? "" : ` ${url}`);
  const lines = [
    ...logs.map(({ key, url }) => `log ${formatVerifierKey(key)}${at(url)}`),
    ...witnesses.map(({ name, key, url }) => `witness ${name} ${formatVerifierKey(key)}${at(url)}`),
    ...groups.map(({ name, threshold, members }) => `group ${name} ${threshold} ${members.join(" ")}`),
    `quorum ${quorum}`,
  ];
  return `${lines.join("\n")}\n`;
}

/**
 * Parses a signed checkpoint and verifies it against the policy.
 * @throws AppError NOTE_SYNTAX: the text is not a checkpoint
 * @throws AppError RECEIPT_OTHER_LOG: it is of a log that the policy does not name
 * @throws AppError SIGNATURE_INVALID: no key of the log signed it, or the signature of a known key does not verify
 * @throws AppError NOT_ENOUGH_WITNESSES
 */
export function trustCheckpoint(note: Note, policy: Policy): TrustedCheckpoint {
  const checkpoint = parseCheckpoint(note.text);
  const keys = policy.logs.map(({ key }) => key).filter(({ name }) => name === checkpoint.origin);
  if (keys.length === 0)
    throw new AppError("RECEIPT_OTHER_LOG", {
      detail: `the policy does not name the log ${quote(checkpoint.origin)}`,
    });
  const signers = keys.filter((key) => verifyNote(note, key));
  if (signers.length === 0)
    throw new AppError("SIGNATURE_INVALID", { detail: "no key of the policy signed the checkpoint" });
  const cosigners = policy.witnesses.flatMap((witness) => {
    const at = cosignedAt(note, witness.key);
    return at === undefined ? [] : [{ witness, at }];
  });
  const names = new Set(cosigners.map(({ witness }) => witness.name));
  if (!isWitnessed(policy, policy.quorum, names))
    throw new AppError("NOT_ENOUGH_WITNESSES", {
      detail: `${names.size} of the policy's witnesses cosigned the checkpoint; its quorum is ${quote(policy.quorum)}`,
      witnesses: [...names],
    });
  return { ...checkpoint, signers, cosigners, time: timeOf(cosigners, policy) };
}

/** @param cosigners fulfil the quorum */
function timeOf(cosigners: readonly Cosigner[], policy: Policy): UnixSeconds {
  const isQuorum = (time: UnixSeconds): boolean => {
    const names = cosigners.filter(({ at }) => at >= time).map(({ witness }) => witness.name);
    return isWitnessed(policy, policy.quorum, new Set(names));
  };
  return Math.max(...cosigners.map(({ at }) => at).filter(isQuorum));
}

/** Whether these cosigners fulfil the group, or are the witness, of that name; "none" is never fulfilled. */
export function isWitnessed(policy: Policy, name: string, cosigners: ReadonlySet<string>): boolean {
  const group = policy.groups.find((defined) => defined.name === name);
  if (group === undefined) return cosigners.has(name);
  return group.members.filter((member) => isWitnessed(policy, member, cosigners)).length >= group.threshold;
}

function syntaxError(detail: string, line: number): AppError {
  return new AppError("POLICY_SYNTAX", { detail, at: `line ${line}` });
}
