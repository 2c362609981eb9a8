/** Reads and writes trust policies (c2sp.org/tlog-policy), and what a generated one says beside it. */
import { fromBase64, toBase64, toHex } from "../core/bytes.ts";
import { AppError, fault, quote } from "../core/errors.ts";
import { formatTime, parseEndOfDayOrTime } from "../core/time.ts";
import type { UnixSeconds } from "../core/units.ts";
import { carriedText } from "./carried-text.ts";
import { parseSize, type Checkpoint } from "./checkpoint.ts";
import {
  SIGNATURE_TYPES,
  formatVerifierKey,
  isKnownType,
  parseVerifierKey,
  type VerifierKey,
} from "./note.ts";
import { translateErrors } from "./proven-entry.ts";

/** Trusted logs, and the cosignatures that a checkpoint needs. Keys of unknown types are there, and sign nothing. */
export interface Policy {
  /** Lines for people, without their "#", before all others. */
  readonly notes?: readonly string[];
  readonly issued?: UnixSeconds | undefined;
  /** From then on, by the reader's clock, nothing is believed; undefined = no end. */
  readonly expires?: UnixSeconds | undefined;
  /** The log as the directory was read. */
  readonly directory?: Pick<Checkpoint, "size" | "root"> | undefined;
  /** It is for trying out: what it believes is the word of one operator. */
  readonly oneOperator?: true | undefined;
  readonly logs: readonly PolicyKey[];
  readonly witnesses: readonly PolicyWitness[];
  readonly groups: readonly PolicyGroup[];
  /** Name of a witness or a group, or "none". */
  readonly quorum: string;
  /** Keys of operators' assertions; they sign no checkpoint. */
  readonly statusKeys: readonly PolicyKey[];
}

/** What the key signs counts if its time lies in the window: `from` <= time < `until`. */
export interface PolicyKey {
  readonly key: VerifierKey;
  readonly url?: string;
  /** Undefined = no limit on that side. */
  readonly from?: UnixSeconds | undefined;
  readonly until?: UnixSeconds | undefined;
}

export interface PolicyWitness extends PolicyKey {
  /** Within the policy. */
  readonly name: string;
}

/** Counts as a witness of what at least `threshold` members cosigned. */
interface PolicyGroup {
  readonly name: string;
  readonly threshold: number;
  readonly members: readonly string[];
}

const NONE = "none";
const MAX_LINES = 1_000;
/** Characters of a policy, at most. */
export const MAX_POLICY_LENGTH = 64 * 1024;

/**
 * Also after what {@link carriedText} sets right.
 * @throws AppError POLICY_SYNTAX, with the line
 * @throws AppError POLICY_NO_LOG, POLICY_NO_WITNESS: it would trust nothing, or one operator alone
 */
export function parsePolicy(text: string): Policy {
  if (text.length > MAX_POLICY_LENGTH) throw syntaxError(`more than ${MAX_POLICY_LENGTH} characters`, 1);
  const parser = new PolicyParser();
  const lines = carriedText(text).split("\n");
  if (lines.length > MAX_LINES) throw syntaxError(`more than ${MAX_LINES} lines`, MAX_LINES);
  for (const [i, line] of lines.entries()) parser.line(line, i + 1);
  return parser.policy();
}

class PolicyParser {
  readonly #header: {
    issued?: UnixSeconds;
    expires?: UnixSeconds;
    directory?: Policy["directory"];
    oneOperator?: true;
  } = {};
  /** By key id in hexadecimal. */
  readonly #windows = new Map<string, Pick<PolicyKey, "from" | "until">>();
  readonly #logs: PolicyKey[] = [];
  readonly #witnesses: PolicyWitness[] = [];
  readonly #statusKeys: PolicyKey[] = [];
  readonly #groups: PolicyGroup[] = [];
  readonly #members = new Set<string>();
  #quorum: string | undefined;
  #number = 0;

  line(text: string, number: number): void {
    this.#number = number;

    if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text)) throw this.#syntaxError("a control character");
    const [keyword, ...words] = text.split(/[ \t]+/).filter((word) => word !== "");
    if (keyword === "#" && words[0] === "hufu") this.#comment(words.slice(1));
    if (keyword === undefined || keyword.startsWith("#")) return;
    if (keyword === "log") this.#log(words);
    else if (keyword === "witness") this.#witness(words);
    else if (keyword === "group") this.#group(words);
    else if (keyword === "quorum") this.#setQuorum(words);
    else throw this.#syntaxError(`${quote(keyword)} is no keyword of a policy`);
  }

  /** What a generated policy says beside C2SP's lines. Lines of other words are comments. */
  #comment([word, ...values]: string[]): void {
    const [first = "", second = "", third = ""] = values;
    const counts: Record<string, number> = {
      issued: 1,
      expires: 1,
      directory: 2,
      key: 3,
      status: 1,
      "one-operator": 0,
    };
    if (word === undefined || counts[word] === undefined) return;
    if (values.length !== counts[word]) throw this.#syntaxError(`${quote(word)} has ${counts[word]} values`);
    if (word === "status") {
      const key = this.#key(first, SIGNATURE_TYPES.ed25519, this.#statusKeys);
      this.#statusKeys.push({ key });
    } else if (word === "key") {
      if (this.#windows.has(first)) throw this.#syntaxError(`${quote(first)} has a window already`);
      this.#windows.set(first, { from: this.#end(second), until: this.#end(third) });
    } else if (word === "one-operator") {
      if (this.#header.oneOperator === true) throw this.#syntaxError(`${quote(word)} is there already`);
      this.#header.oneOperator = true;
    } else {
      if (Object.hasOwn(this.#header, word)) throw this.#syntaxError(`${quote(word)} is there already`);
      if (word === "directory") this.#header.directory = this.#tree(first, second);
      else this.#header[word === "issued" ? "issued" : "expires"] = this.#time(first);
    }
  }

  /** One form of each time. */
  #time(text: string): UnixSeconds {
    const time = fault(() => parseEndOfDayOrTime(text, "time"));
    if (time instanceof AppError || formatTime(time) !== text)
      throw this.#syntaxError(`${quote(text)} is no time in UTC such as 2026-11-21T08:30:00Z`);
    return time;
  }

  #end(text: string): UnixSeconds | undefined {
    return text === "-" ? undefined : this.#time(text);
  }

  #tree(sizeText: string, rootText: string): Policy["directory"] {
    const [size, root] = [parseSize(sizeText), fromBase64(rootText)];
    if (size === undefined || root?.length !== 32)
      throw this.#syntaxError("a directory has a size and a root");
    return { size, root };
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
    if (!this.#logs.some(({ key }) => isKnownType(key.type)))
      throw new AppError("POLICY_NO_LOG", { detail: "the policy trusts no log by a key of a known type" });
    if (this.#quorum === NONE)
      throw new AppError("POLICY_NO_WITNESS", { detail: "the policy trusts a log without any witness" });
    const ids = [...this.#logs, ...this.#witnesses, ...this.#statusKeys].map(({ key }) => toHex(key.id));
    for (const id of this.#windows.keys())
      if (!ids.includes(id)) throw this.#syntaxError(`no key has the id ${id}, which has a window`);
    return {
      ...this.#header,
      logs: this.#logs.map(this.#withWindow),
      witnesses: this.#witnesses.map(this.#withWindow),
      groups: this.#groups,
      quorum: this.#quorum,
      statusKeys: this.#statusKeys.map(this.#withWindow),
    };
  }

  readonly #withWindow = <T extends PolicyKey>(each: T): T => {
    return { ...each, ...this.#windows.get(toHex(each.key.id)) };
  };

  #key(vkey: string, type: number, others: readonly { key: VerifierKey }[]): VerifierKey {
    const key = translateErrors(
      () => parseVerifierKey(vkey),
      ["NOTE_SYNTAX"],
      (detail) => this.#syntaxError(detail),
    );
    if (isKnownType(key.type) && key.type !== type)
      throw this.#syntaxError(`a key of type ${key.type} does not sign this`);
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

export function formatPolicy(policy: Policy): string {
  const { notes = [], logs, witnesses, groups, quorum, statusKeys, issued, expires, directory } = policy;
  const at = (url: string | undefined): string => (url === undefined ? "" : ` ${url}`);
  const end = (time: UnixSeconds | undefined): string => (time === undefined ? "-" : formatTime(time));
  const limited = [...logs, ...witnesses, ...statusKeys].filter(
    ({ from, until }) => from !== undefined || until !== undefined,
  );
  const lines = [
    ...(issued === undefined ? [] : [`# hufu issued ${formatTime(issued)}`]),
    ...(expires === undefined ? [] : [`# hufu expires ${formatTime(expires)}`]),
    ...(policy.oneOperator === true ? ["# hufu one-operator"] : []),
    ...(directory ? [`# hufu directory ${directory.size} ${toBase64(directory.root)}`] : []),
    ...limited.map(({ key, from, until }) => `# hufu key ${toHex(key.id)} ${end(from)} ${end(until)}`),
    ...statusKeys.map(({ key }) => `# hufu status ${formatVerifierKey(key)}`),
    ...notes.map((note) => `# ${note}`),
    ...logs.map(({ key, url }) => `log ${formatVerifierKey(key)}${at(url)}`),
    ...witnesses.map(({ name, key, url }) => `witness ${name} ${formatVerifierKey(key)}${at(url)}`),
    ...groups.map(({ name, threshold, members }) => `group ${name} ${threshold} ${members.join(" ")}`),
    `quorum ${quorum}`,
  ];
  return `${lines.join("\n")}\n`;
}

function syntaxError(detail: string, line: number): AppError {
  return new AppError("POLICY_SYNTAX", { detail, at: `line ${line}` });
}
