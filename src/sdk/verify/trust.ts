/**
 * Keeps whom a reader trusts: the policy that was given, or what was pinned when a service was first seen. A pin is a policy too:
 * the keys of one operator, and therefore that operator's word.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { equalBytes, fromBase64, toBase64, toHex } from "../../core/bytes.ts";
import { AppError, fault, isAppError, quote } from "../../core/errors.ts";
import type { UnixSeconds } from "../../core/units.ts";
import { originOfNote, parseCheckpoint, type Checkpoint } from "../../log/checkpoint.ts";
import { formatVerifierKey, parseNote, verifyNote, type Note } from "../../log/note.ts";
import { formatPolicy, parsePolicy, type Policy, type PolicyKey } from "../../log/policy.ts";
import { pinOf } from "../../log/policy-of.ts";
import { trustCheckpoint, type TrustedCheckpoint } from "../../log/trusted-checkpoint.ts";
import type { LogClient } from "../http/log-client.ts";
import { operatorsOf, proveKey } from "./operator-keys.ts";
import { requireOneLog } from "./tiles.ts";

/** "pin": by the word of one operator: the one that was seen first, or the one of a policy for trying out. */
export type TrustKind = "policy" | "pin";

/** What is kept of a service, or of a log. */
export interface KeptTrust {
  readonly kind: TrustKind;
  /** As text. */
  readonly policy: string;
  /** The largest tree that was believed; later ones extend it. */
  readonly newest?: { readonly size: number; readonly root: string } | undefined;
}

/** Keeps trust on this machine, by the name of a service or the origin of a log. Several processes may use it at once. */
export interface TrustStore {
  /** Undefined: nothing is kept under the name. */
  read(name: string): Promise<KeptTrust | undefined>;
  /** Durable when it resolves; takes the place of what was kept under the name. */
  write(name: string, kept: KeptTrust): Promise<void>;
}

/** Keeps trust as long as it lives. */
export class MemoryTrust implements TrustStore {
  readonly #kept = new Map<string, KeptTrust>();

  /** As {@link TrustStore}. */
  read(name: string): Promise<KeptTrust | undefined> {
    return Promise.resolve(this.#kept.get(name));
  }

  /** As {@link TrustStore}. */
  write(name: string, kept: KeptTrust): Promise<void> {
    this.#kept.set(name, kept);
    return Promise.resolve();
  }
}

/** What a first contact pinned, to be shown once: no one vouches for it. */
export interface FirstContact {
  readonly origin: string;
  /** SHA-256 of the keys, in hexadecimal. */
  readonly fingerprint: string;
}

export type TrustedSource = Pick<LogClient, "tile" | "checkpoint" | "institutions" | "sizes">;

export interface TrustOptions {
  /** Under which the service is kept. */
  readonly name: string;
  readonly log: TrustedSource;
  readonly store: TrustStore;
  /** The caller's; undefined = what is kept, or is pinned now. */
  readonly policy: Policy | undefined;
  /** By the reader's clock. */
  readonly now: () => UnixSeconds;
}

/** The trust in the log of one service. Checkpoints are believed one after the other, each consistent with those before. */
export class LogTrust {
  readonly kind: TrustKind;
  /** Undefined: it was known before. */
  readonly firstContact: FirstContact | undefined;
  #policy: Policy;
  #newest: Tree | undefined;
  readonly #options: TrustOptions;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(kept: Kept, options: TrustOptions, firstContact?: FirstContact) {
    this.kind = kept.kind;
    this.firstContact = firstContact;
    this.#policy = kept.policy;
    this.#newest = kept.newest ?? kept.policy.directory;
    this.#options = options;
  }

  /**
   * The caller's policy; else the policy that is kept of the service's log; else the pin; else a new pin, which is kept.
   * @throws AppError ANSWER_UNPROVEN: at first contact the service shows no checkpoint by an operator of its directory
   * @throws AppError as the client and the store
   */
  static async open(options: TrustOptions): Promise<LogTrust> {
    const { policy, store, name } = options;
    if (policy !== undefined) {
      const seen = await store.read(keptName(options));
      const kind = policy.oneOperator === true ? "pin" : "policy";
      return new LogTrust({ kind, policy, newest: seen && keptOf(seen).newest }, options);
    }
    const kept = await store.read(name);
    if (kept === undefined) {
      const { first, ...pinned } = await firstContact(options);
      return new LogTrust(pinned, options, first);
    }
    const own = keptOf(kept);
    const better = await store.read(originOf(own.policy));
    return new LogTrust(better ? { ...keptOf(better), newest: own.newest } : own, options);
  }

  get policy(): Policy {
    return this.#policy;
  }

  /** The largest tree that is believed. */
  get newest(): Tree | undefined {
    return this.#newest;
  }

  get origin(): string {
    return originOf(this.#policy);
  }

  /** Keys of operators' assertions about this log. */
  get statusKeys(): readonly PolicyKey[] {
    return this.#policy.statusKeys.filter(({ key }) => key.name.startsWith(`${this.origin}/status/`));
  }

  /**
   * Verifies a checkpoint by the policy, and that it is of the tree that was believed before.
   * @throws AppError LOG_CHANGED: another log, or another history of it, or keys that no believed checkpoint shows
   * @throws AppError POLICY_EXPIRED, NOTE_SYNTAX, SIGNATURE_INVALID, NOT_ENOUGH_WITNESSES, as `trustCheckpoint`
   * @throws AppError TILE_*, and those of the client
   */
  async believe(note: Note): Promise<TrustedCheckpoint> {
    const one = this.#queue.then(() => this.#believe(note));
    this.#queue = one.catch(() => undefined);
    return await one;
  }

  async #believe(note: Note): Promise<TrustedCheckpoint> {
    const checked = fault(() => this.#verify(note));
    if (!isAppError(checked)) return await this.#extend(checked);
    const mayBeNewKey = checked.code === "SIGNATURE_INVALID" || checked.code === "NOT_ENOUGH_WITNESSES";
    if (!mayBeNewKey || !(await this.renew())) throw checked;
    return await this.#extend(this.#verify(note));
  }

  #verify(note: Note): TrustedCheckpoint {
    const served = originOfNote(note);
    const known = this.#policy.logs.some(({ key }) => key.name === served);
    if (!known) throw changed(`it is the log ${quote(served)}; known is ${quote(this.origin)}`);
    return trustCheckpoint(note, { policy: this.#policy, now: this.#options.now() });
  }

  async #extend(checkpoint: TrustedCheckpoint): Promise<TrustedCheckpoint> {
    const { log } = this.#options;
    const newest = this.#newest;
    if (newest !== undefined && !isSame(newest, checkpoint))
      await requireOneLog(newest, checkpoint, log).catch((error: unknown) => {
        if (!isAppError(error, "PROOF_INVALID")) throw error;
        throw changed(`its tree of ${checkpoint.size} entries is not that of the ${newest.size} known here`);
      });
    if (checkpoint.size > (newest?.size ?? -1)) {
      this.#newest = { size: checkpoint.size, root: checkpoint.root };
      await this.#keep();
    }
    return checkpoint;
  }

  /**
   * Reads the operator's keys again. A pin takes new ones whose entry a checkpoint by the old ones proves, and none of them
   * for longer than it did.
   * @returns false: there is nothing new
   * @throws AppError LOG_CHANGED: another log, or a key that is not proven; and those of the client
   */
  async renew(): Promise<boolean> {
    if (this.kind !== "pin") return false;
    const { log, now } = this.#options;
    const directory = await log.institutions();
    const { origin } = directory.registry;
    if (origin !== this.origin)
      throw changed(`it is the log ${quote(origin)}; known is ${quote(this.origin)}`);
    const operators = operatorsOf(directory);
    const before = keysOf(this.#policy);
    const operator = operators.find(({ keys }) => keys.some((key) => before.some(isSameKey(key))))?.id;
    if (operator === undefined) throw changed("no operator of its directory has a key that is known here");
    const tree = this.#newest ?? { size: 0, root: new Uint8Array(32) };
    const fresh = pinOf({ operators }, { log: { origin, ...tree }, issued: now(), operator });
    const added = keysOf(fresh).filter(({ key }) => !before.some((old) => isSameKey(key)(old)));
    if (added.length === 0 && formatPolicy(fresh) === formatPolicy(this.#policy)) return false;
    const old = this.#policy;
    for (const { key } of added) {
      const held = operators.flatMap(({ keys }) => keys).find(isSameKey({ publicKey: key.publicKey }));
      if (held !== undefined) await proveKey(held, log, (note) => this.#byOld(note, old));
    }
    this.#policy = narrowed(fresh, before);
    await this.#keep();
    return true;
  }

  async #byOld(note: Note, policy: Policy): Promise<Checkpoint> {
    return await this.#extend(trustCheckpoint(note, { policy, now: this.#options.now() }));
  }

  async #keep(): Promise<void> {
    const kept = keptAs(this.kind, this.#policy, this.#newest);
    await this.#options.store.write(keptName(this.#options), kept);
  }
}

/** The tree that a caller's own policy believed is kept apart from the pin. */
function keptName({ name, policy }: Pick<TrustOptions, "name" | "policy">): string {
  return policy === undefined ? name : `${name} policy ${fingerprintOf(policy)}`;
}

type Tree = Pick<Checkpoint, "size" | "root">;

interface Kept {
  readonly kind: TrustKind;
  readonly policy: Policy;
  readonly newest: Tree | undefined;
}

/** A policy as it is kept for the origin of its log, or for a service. */
export function keptAs(kind: TrustKind, policy: Policy, newest: Tree | undefined): KeptTrust {
  return {
    kind,
    policy: formatPolicy(policy),
    ...(newest && { newest: { size: newest.size, root: toBase64(newest.root) } }),
  };
}

/** @throws AppError POLICY_*: the file was changed by another */
function keptOf({ kind, policy, newest }: KeptTrust): Kept {
  const root = newest && fromBase64(newest.root);
  return { kind, policy: parsePolicy(policy), newest: newest && root && { size: newest.size, root } };
}

/** @throws AppError ANSWER_UNPROVEN, POLICY_NO_LOG, POLICY_NO_WITNESS, and as `trustCheckpoint`, the client and the store */
async function firstContact(
  options: TrustOptions,
): Promise<Kept & { readonly first: FirstContact | undefined }> {
  const { log, store, name, now } = options;
  const [directory, text] = await Promise.all([log.institutions(), log.checkpoint()]);
  if (text === undefined)
    throw new AppError("ANSWER_UNPROVEN", { detail: "the service shows no checkpoint of its log" });
  const note = parseNote(text);
  const checkpoint = parseCheckpoint(note.text);
  const known = await store.read(checkpoint.origin);
  const policy = known ? keptOf(known).policy : pinFor(note, checkpoint, operatorsOf(directory), now());
  trustCheckpoint(note, { policy, now: now() });
  const kept = { kind: known?.kind ?? "pin", policy, newest: checkpoint } as const;
  await store.write(name, keptAs(kept.kind, policy, checkpoint));
  const first = known ? undefined : { origin: checkpoint.origin, fingerprint: fingerprintOf(policy) };
  return { ...kept, first };
}

function pinFor(
  note: Note,
  checkpoint: Checkpoint,
  operators: ReturnType<typeof operatorsOf>,
  issued: UnixSeconds,
): Policy {
  const pins = operators.flatMap(({ id }) => {
    const pin = fault(() => pinOf({ operators }, { log: checkpoint, issued, operator: id }));
    const [place] = isAppError(pin) ? [] : placesOf(pin, checkpoint.origin, note);
    return isAppError(pin) || place === undefined ? [] : [{ pin, place }];
  });
  // an operator keeps what others have signed of the same tree after its own signature
  const [serving] = pins.toSorted((a, b) => a.place - b.place);
  if (serving !== undefined) return serving.pin;
  const detail = "no operator of the service's directory signed the checkpoint that it shows";
  throw new AppError("ANSWER_UNPROVEN", { detail });
}

/** The places of the signatures in a note that keys of the pin's log made of it. */
function placesOf({ logs }: Policy, origin: string, note: Note): number[] {
  return logs
    .filter(({ key }) => key.name === origin && fault(() => verifyNote(note, key)) === true)
    .map(({ key }) =>
      note.signatures.findIndex(({ name, keyId }) => name === origin && equalBytes(keyId, key.id)),
    )
    .toSorted((a, b) => a - b);
}

/** SHA-256 of the keys of a policy, in hexadecimal: two readers compare what they have pinned by it. */
export function fingerprintOf(policy: Policy): string {
  const lines = keysOf(policy).map(({ key }) => `${formatVerifierKey(key)}\n`);
  return toHex(sha256(new TextEncoder().encode(lines.toSorted().join(""))));
}

function originOf({ logs }: Policy): string {
  return logs[0]?.key.name ?? "";
}

function keysOf({ logs, witnesses, statusKeys }: Policy): readonly PolicyKey[] {
  return [...logs, ...witnesses, ...statusKeys];
}

const isSameKey =
  (one: { readonly publicKey: Uint8Array }) =>
  (other: PolicyKey | { readonly publicKey: Uint8Array }): boolean =>
    equalBytes(one.publicKey, "key" in other ? other.key.publicKey : other.publicKey);

/** The policy, in which no key counts for longer than it did. */
function narrowed(policy: Policy, before: readonly PolicyKey[]): Policy {
  const narrow = <T extends PolicyKey>(each: T): T => {
    const old = before.find(isSameKey(each.key));
    if (old === undefined) return each;
    const until = Math.min(each.until ?? Infinity, old.until ?? Infinity);
    return {
      ...each,
      from: Math.max(each.from ?? 0, old.from ?? 0),
      until: until === Infinity ? undefined : until,
    };
  };
  const { logs, witnesses, statusKeys } = policy;
  return {
    ...policy,
    logs: logs.map(narrow),
    witnesses: witnesses.map(narrow),
    statusKeys: statusKeys.map(narrow),
  };
}

function isSame(a: Tree, b: Tree): boolean {
  return a.size === b.size && equalBytes(a.root, b.root);
}

function changed(detail: string): AppError {
  return new AppError("LOG_CHANGED", { detail });
}

/** Opens the trust in a service's log once for the caller's policy, and once without. */
export function trustIn(
  options: Omit<TrustOptions, "policy">,
): (policy: Policy | undefined) => Promise<LogTrust> {
  const opened = new Map<Policy | undefined, Promise<LogTrust>>();
  return async (policy) => {
    const known = opened.get(policy) ?? LogTrust.open({ ...options, policy });
    opened.set(policy, known);
    return await known.catch((error: unknown) => {
      opened.delete(policy);
      throw error;
    });
  };
}
