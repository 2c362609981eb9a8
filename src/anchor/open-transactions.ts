/** Follows each transaction from its signature until its entries are in the index. */
import type { Logger } from "pino";
import { toHex } from "../core/bytes.ts";
import type { Clock } from "../core/clock.ts";
import { isAppError } from "../core/errors.ts";
import type { Failpoint } from "../core/failpoint.ts";
import type { Address } from "../core/units.ts";
import { actionFor, type TransactionAction } from "./transaction-action.ts";
import type { FollowedBlocks, Ledger, OpenTransaction, SignedTransaction, Submitter } from "./ports.ts";

/** Each attempt waits twice as long as the one before, up to 2^6 times as long as the first. */
const MAX_DOUBLINGS = 6;

/** What this process remembers of an open transaction; nothing is lost with it. */
interface Watch {
  /** Attempts there were, and when the newest went out from here, in Unix milliseconds. */
  attempts: number;
  since: number;
  /** Height of the chain when its nonce was first seen spent by an unknown transaction. */
  spentAtHeight?: number;
  /** Event and fields of the last warning. */
  warned?: string;
}

export class OpenTransactions {
  readonly #ledger: Ledger;
  readonly #chain: Submitter;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #resendAfter: number;
  readonly #onSent: () => void;
  readonly #failpoint: Failpoint;
  readonly #watched = new Map<Address, Map<string, Watch>>();

  /** @param options.resendAfter seconds */
  constructor(options: {
    ledger: Ledger;
    chain: Submitter;
    clock: Clock;
    log: Logger;
    resendAfter: number;
    onSent: () => void;
    failpoint: Failpoint;
  }) {
    this.#ledger = options.ledger;
    this.#chain = options.chain;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#resendAfter = options.resendAfter * 1_000;
    this.#onSent = options.onSent;
    this.#failpoint = options.failpoint;
  }

  /** A transaction goes out for the first time: its wait begins. */
  watch({ signer, hash }: SignedTransaction): void {
    const watches = this.#watched.get(signer) ?? new Map<string, Watch>();
    this.#watched.set(signer, watches.set(toHex(hash), { attempts: 1, since: this.#clock.millis() }));
  }

  /**
   * Does what is due for each open transaction of `signer`, in the order of their nonces.
   * @param followed read before: the index has it still
   * @returns whether the next one may go out
   */
  async advance(signer: Address, followed: FollowedBlocks): Promise<boolean> {
    const mined = await this.#chain.nonceOf(signer);
    const gapless = await this.#fillGaps(signer, mined); // guard: F7 nonce gaps
    const open = await this.#ledger.open(signer); // guard: F1 open transactions
    const watches = this.#watchesOf(signer, open);
    if (open.length === 0) return gapless;
    const { final } = followed;
    const minedFinal = final < 0 ? 0 : await this.#chain.nonceOf(signer, final);
    let ready = gapless;
    for (const transaction of open) {
      const watch = watches.get(toHex(transaction.id));
      if (watch === undefined) throw new RangeError("every open transaction is watched");
      if (!(await this.#advanceOne(transaction, watch, { mined, minedFinal, final }))) ready = false;
    }
    return ready;
  }

  /**
   * Where the chain counts fewer transactions than were closed here, it was restored to an older state: what it lost goes
   * out again, and nonces without a transaction are used up, or no later one would be mined.
   */
  async #fillGaps(signer: Address, mined: number): Promise<boolean> {
    if (mined >= (await this.#ledger.nextNonce(signer))) return true;
    const gaps = await this.#ledger.reopen(signer, mined);
    for (const nonce of gaps) {
      const transaction = await this.#chain.sign({ signer, nonce, call: { kind: "heartbeat" } });
      await this.#ledger.record(transaction, { anchors: [], statuses: [] });
      this.#log.warn({ signer, nonce, mined }, "nonce gap filled");
    }
    return gaps.length === 0;
  }

  async #advanceOne(
    transaction: OpenTransaction,
    watch: Watch,
    { mined, minedFinal, final }: { mined: number; minedFinal: number; final: number },
  ): Promise<boolean> {
    const { nonce, carries, attempts } = transaction;
    const outcomes = await Promise.all(attempts.map(({ hash }) => this.#chain.outcome(hash)));
    const waited = this.#clock.millis() - watch.since;
    // guard: F14 back-off
    const retryAfter = this.#resendAfter * 2 ** Math.min(attempts.length - 1, MAX_DOUBLINGS);
    const action = actionFor({ nonce, carries, outcomes, mined, minedFinal, waited, retryAfter });
    if (action === "give-up" && !outcomes.includes("reverted") && !(await this.#isSpentFinally(watch, final)))
      return false;
    return await this.#perform(action, transaction, watch);
  }

  /** @returns whether the next transaction may go out */
  async #perform(action: TransactionAction, transaction: OpenTransaction, watch: Watch): Promise<boolean> {
    const fields = { transaction: toHex(transaction.id), nonce: transaction.nonce };
    switch (action) {
      case "follow":
        await this.#failpoint("mined");
        this.#onSent();
        return false;
      case "pass":
        this.#onSent();
        return true;
      case "close":
        await this.#ledger.close(transaction.id);
        return true;
      case "give-up":
        this.#log.warn(fields, "transaction given up: its nonce is spent and it recorded nothing");
        await this.#ledger.release(transaction.id);
        return true;
      case "wait":
        this.#warnOnce(watch, fields, "nonce spent by another transaction");
        this.#onSent();
        return false;
      case "repeat":
        await this.#repeat(transaction, watch); // guard: F3 F4 same bytes again
        return false;
      case "replace":
        await this.#replace(transaction, watch);
        return false;
    }
  }

  /**
   * Whether the index has followed, to a final block, as far as the chain was when the nonce was first seen spent: a node
   * that lags may not know yet which transaction spent it.
   */
  async #isSpentFinally(watch: Watch, final: number): Promise<boolean> {
    const before = watch.spentAtHeight;
    watch.spentAtHeight ??= await this.#chain.height();
    this.#onSent();
    return before !== undefined && final >= before;
  }

  async #replace(transaction: OpenTransaction, watch: Watch): Promise<void> {
    const newest = newestOf(transaction);
    const repriced = await this.#chain.reprice(newest);
    if (repriced.kind !== "signed") {
      if (repriced.kind === "above-limit") {
        const { needed, limit } = repriced;
        const fields = { nonce: transaction.nonce, needed: `${needed}`, limit: `${limit}` };
        this.#warnOnce(watch, fields, "gas price above the limit: the transaction waits");
      }
      await this.#repeat(transaction, watch);
      return;
    }
    const attempt = repriced.transaction;
    await this.#failpoint("signed");
    await this.#ledger.recordAttempt(transaction.id, attempt);
    await this.#failpoint("stored");
    const { nonce, gasPrice } = attempt;
    const fields = { transaction: toHex(attempt.hash), nonce, gasPrice: `${gasPrice}` };
    this.#log.warn(fields, "transaction replaced at a higher price");
    const attempts = [...transaction.attempts, attempt];
    watch.attempts = attempts.length;
    watch.since = this.#clock.millis();
    await this.#repeat({ ...transaction, attempts }, watch);
  }

  /** Broadcasts the newest attempt that the node takes. If it takes none, the reason is logged, and not thrown. */
  async #repeat({ attempts, nonce }: OpenTransaction, watch: Watch): Promise<void> {
    let why = "";
    for (const attempt of attempts.toReversed()) {
      try {
        await this.#chain.broadcast(attempt);
        await this.#failpoint("broadcast");
        this.#onSent();
        return;
      } catch (error) {
        if (!isAppError(error, "RPC_REFUSED")) throw error;
        why = error.fields.detail;
      }
    }
    this.#warnOnce(watch, { nonce, why }, "transaction refused by the node");
  }

  /** The state kept of each open transaction; that of others is dropped. */
  #watchesOf(signer: Address, open: readonly OpenTransaction[]): ReadonlyMap<string, Watch> {
    const before = this.#watched.get(signer);
    const since = this.#clock.millis();
    const watches = new Map(
      open.map(({ id, attempts: { length } }): [string, Watch] => {
        const known = before?.get(toHex(id));
        return [toHex(id), known?.attempts === length ? known : { attempts: length, since }];
      }),
    );
    this.#watched.set(signer, watches);
    return watches;
  }

  /** Logs a warning, unless it repeats the last one of the transaction. */
  #warnOnce(watch: Watch, fields: object, event: string): void {
    const warning = `${event} ${JSON.stringify(fields)}`;
    if (watch.warned !== warning) this.#log.warn(fields, event);
    watch.warned = warning;
  }
}

function newestOf({ attempts }: OpenTransaction): SignedTransaction {
  const newest = attempts.at(-1);
  if (newest === undefined) throw new RangeError("a transaction has one attempt at least");
  return newest;
}
