/** Sends accepted items to the registry, one transaction of a key at a time. */
import type { Logger } from "pino";
import { toHex } from "../core/bytes.ts";
import type { Clock } from "../core/clock.ts";
import { isRefusal, type Refusal } from "../core/errors.ts";
import { noFailpoint, type Failpoint } from "../core/failpoint.ts";
import type { Address } from "../core/units.ts";
import { OpenTransactions } from "./open-transactions.ts";
import { groupDocuments, planStep, type Grouping } from "./plan.ts";
import type {
  Anchor,
  Call,
  FollowedBlocks,
  Items,
  Outbox,
  RegistryView,
  SigningKey,
  StatusRequest,
  Submitter,
} from "./ports.ts";

/** Seconds between two log lines about items that no key here can send. */
const REMIND_AFTER = 60;

/** Settings of the sender; times in seconds. */
export interface SenderPolicy {
  readonly grouping: Grouping;
  /** A transaction that is in no block for so long is replaced at a higher price. */
  readonly resendAfter: number;
  /** Age of the newest block at which an idle key makes one; 0 = never. */
  readonly heartbeat: number;
}

/**
 * A key's next transaction goes out once the one before is in the index. Signed bytes and nonce are stored before the first
 * broadcast; after a crash the same bytes go out again. State in memory only avoids repeated log lines and heartbeats.
 */
export class Sender {
  readonly #outbox: Outbox;
  readonly #chain: Submitter;
  readonly #registry: RegistryView;
  readonly #grouping: Grouping;
  readonly #heartbeat: number;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #onSent: () => void;
  readonly #failpoint: Failpoint;
  readonly #transactions: OpenTransactions;
  /** The lowest height of the chain that this process was given while the index was behind it. */
  #begin = Infinity;
  #remindedAt = 0;
  #heartbeatAt = 0;

  /** @param options.onSent called when a transaction is out, so that the index can look for it */
  constructor(
    options: SenderPolicy & {
      outbox: Outbox;
      chain: Submitter;
      registry: RegistryView;
      clock: Clock;
      log: Logger;
      onSent: () => void;
      failpoint?: Failpoint;
    },
  ) {
    const { resendAfter, heartbeat, failpoint = noFailpoint, ...rest } = options;
    this.#outbox = rest.outbox;
    this.#chain = rest.chain;
    this.#registry = rest.registry;
    this.#grouping = rest.grouping;
    this.#heartbeat = heartbeat;
    this.#clock = rest.clock;
    this.#log = rest.log;
    this.#onSent = rest.onSent;
    this.#failpoint = failpoint;
    this.#transactions = new OpenTransactions({ ...rest, ledger: rest.outbox, resendAfter, failpoint });
  }

  /**
   * One step for each key that is in force or has a transaction open; a fault of one does not hold up the others.
   * @returns milliseconds until the next step is due; undefined = nothing waits
   * @throws the first fault, once every key had its step
   */
  async step(): Promise<number | undefined> {
    if ((await this.#outbox.closeFinal()) > 0) await this.#failpoint("closed");
    await this.#endSucceeded();
    const followed = await this.#registry.followed();
    if (followed.head < this.#begin) this.#begin = Math.min(this.#begin, await this.#chain.height());
    const keys = await this.#registry.keysInForce(this.#chain.signers, this.#clock.now());
    const waits: number[] = [];
    const faults: unknown[] = [];
    for (const signer of await this.#activeSigners(keys)) {
      try {
        const ready = await this.#transactions.advance(signer, followed);
        const key = keys.find(({ address }) => address === signer);
        if (ready && key !== undefined) waits.push((await this.#stepFor(key, followed)) ?? Infinity);
      } catch (error) {
        faults.push(error);
      }
    }
    await this.#remind(keys);
    if (faults.length > 0) throw faults[0];
    const wait = Math.min(...waits);
    return Number.isFinite(wait) ? wait : undefined;
  }

  /** A registry with a successor takes no documents any more. */
  async #endSucceeded(): Promise<void> {
    const { successor } = await this.#registry.registry();
    if (successor === undefined) return;
    const ended = await this.#outbox.endDocuments(`documents go to the registry at ${successor} now`);
    if (ended > 0)
      this.#log.warn({ successor, ended }, "the registry has a successor: what waited has failed");
  }

  /** Keys in force, and those with transactions still open: these are followed to their end, too. */
  async #activeSigners(keys: readonly SigningKey[]): Promise<ReadonlySet<Address>> {
    const open = await this.#outbox.openSigners();
    const held = open.filter((signer) => this.#chain.signers.includes(signer)); // guard: F11 held signers
    return new Set([...keys.map(({ address }) => address), ...held]);
  }

  /** Logs, at intervals, what waits for a key that governance may still add. */
  async #remind(keys: readonly SigningKey[]): Promise<void> {
    const now = this.#clock.now();
    if (Math.abs(now - this.#remindedAt) < REMIND_AFTER) return;
    this.#remindedAt = now;
    for (const institution of await this.#outbox.waiting()) {
      if (keys.every((key) => key.institution !== institution))
        this.#log.error({ institution }, "no key in force: what was accepted waits for one");
    }
  }

  async #stepFor(key: SigningKey, followed: FollowedBlocks): Promise<number | undefined> {
    const work = await this.#outbox.queued(key.institution, this.#grouping.size);
    const step = planStep({ work, grouping: this.#grouping, now: this.#clock.millis() });
    if (step.kind === "wait") {
      await this.#sendHeartbeat(key, followed);
      return step.milliseconds;
    }
    if (!(await this.#isFollowed(key, followed))) return undefined; // guard: F37 index follows
    await this.#failpoint("grouped");
    if (step.kind === "status") await this.#sendStatus(key, step.request);
    else await this.#sendAnchors(key, step.anchors);
    return 0;
  }

  /**
   * Whether the index has followed the chain to where it was when this process began, and every transaction of the key since:
   * what was recorded before a restore from a backup, with any key, must not go out once more.
   */
  async #isFollowed({ address }: SigningKey, { head }: FollowedBlocks): Promise<boolean> {
    const seen = head < 0 ? 0 : await this.#chain.nonceOf(address, head);
    const isBehind = head < this.#begin; // guard: F37 where the chain was
    if (!isBehind && seen >= (await this.#chain.nonceOf(address))) return true;
    this.#onSent();
    return false;
  }

  /** On a chain without empty blocks, only a heartbeat distinguishes an idle chain from a dead node. */
  async #sendHeartbeat(key: SigningKey, { head, time }: FollowedBlocks): Promise<void> {
    const now = this.#clock.now();
    if (this.#heartbeat === 0 || head < 0) return;
    if (now - time < this.#heartbeat || Math.abs(now - this.#heartbeatAt) < this.#heartbeat) return;
    this.#heartbeatAt = now;
    await this.#send(key, { kind: "heartbeat" }, { anchors: [], statuses: [] });
  }

  async #sendAnchors(key: SigningKey, anchors: readonly Anchor[]): Promise<void> {
    const refusal = await this.#send(
      key,
      { kind: "anchor", groups: groupDocuments(anchors) },
      itemsOf(anchors),
    );
    if (refusal !== undefined) await this.#isolate(key, anchors, refusal);
  }

  /** Finds the items that the contract refuses, by halves, and ends them; the others stay queued (O8). */
  async #isolate(key: SigningKey, anchors: readonly Anchor[], refusal: Refusal): Promise<void> {
    if (anchors.length === 1) {
      await this.#fail(itemsOf(anchors), refusal);
      return;
    }
    const middle = Math.ceil(anchors.length / 2);
    for (const half of [anchors.slice(0, middle), anchors.slice(middle)]) {
      const nonce = await this.#nextNonce(key);
      const call: Call = { kind: "anchor", groups: groupDocuments(half) };
      const refused = await refusalOf(() => this.#chain.sign({ signer: key.address, nonce, call }));
      if (refused !== undefined) await this.#isolate(key, half, refused);
    }
  }

  async #sendStatus(key: SigningKey, request: StatusRequest): Promise<void> {
    const { action, reason } = request;
    const document = await this.#registry.prove(request.document);
    const successor =
      request.successor === undefined ? undefined : await this.#registry.prove(request.successor);
    const items = { anchors: [], statuses: [request.id] };
    const call: Call = { kind: "status", document, action, reason, successor };
    const refusal = await this.#send(key, call, items);
    if (refusal !== undefined) await this.#fail(items, refusal);
  }

  /** Signs, stores and sends; or returns why the contract refuses what the call holds. */
  async #send(key: SigningKey, call: Call, items: Items): Promise<Refusal | undefined> {
    const nonce = await this.#nextNonce(key);
    return await refusalOf(async () => {
      const transaction = await this.#chain.sign({ signer: key.address, nonce, call });
      await this.#failpoint("signed");
      await this.#outbox.record(transaction, items); // guard: F2 recorded before broadcast
      await this.#failpoint("stored");
      this.#transactions.watch(transaction);
      await this.#chain.broadcast(transaction); // guard: F2 broadcast after recording
      await this.#failpoint("broadcast");
      const count = items.anchors.length + items.statuses.length;
      this.#log.info(
        { transaction: toHex(transaction.hash), nonce, kind: call.kind, items: count },
        "transaction sent",
      );
      this.#onSent();
    });
  }

  async #nextNonce({ address }: SigningKey): Promise<number> {
    return Math.max(await this.#outbox.nextNonce(address), await this.#chain.nonceOf(address));
  }

  async #fail(items: Items, { fields }: Refusal): Promise<void> {
    this.#log.warn({ ...items, reason: fields.detail }, "refused by the registry");
    await this.#outbox.fail(items, fields.detail);
  }
}

function itemsOf(anchors: readonly Anchor[]): Items {
  return { anchors: anchors.map(({ id }) => id), statuses: [] };
}

/** Why the contract refuses what a call holds. A refusal that waits is not due to the items: they stay queued. */
async function refusalOf(work: () => Promise<unknown>): Promise<Refusal | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (isRefusal(error) && !error.fields.waits) return error; // guard: F9 F13 refusals that wait
    throw error;
  }
}
