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
  /** Height of the chain when its nonce was first seen spent by nobody known. */
  spentBy?: number;
  told?: string;
}

/** Looks after transactions from their signature to their end in the index. */
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
   * @param followed read before: what the index had then, it has now
   * @returns whether the next one may go out
   */
  async tend(signer: Address, followed: FollowedBlocks): Promise<boolean> {
    const mined = await this.#chain.nonceOf(signer);
    const whole = await this.#fillGaps(signer, mined); // guard: F7 nonce gaps
    const open = await this.#ledger.open(signer); // guard: F1 open transactions
    const watches = this.#watch(signer, open);
    if (open.length === 0) return whole;
    const { final } = followed;
    const minedFinal = final < 0 ? 0 : await this.#chain.nonceOf(signer, final);
    let clear = whole;
    for (const transaction of open) {
      const watch = watches.get(toHex(transaction.id));
      if (watch === undefined) throw new RangeError("every open transaction is watched");
      if (!(await this.#tendOne(transaction, watch, { mined, minedFinal, final }))) clear = false;
    }
    return clear;
  }

  /**
   * Where the chain counts fewer transactions than were closed here, it was restored to an older state: what it lost goes
   * out again, and nonces that nothing stands for are used up, or nothing after them would be mined.
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

  async #tendOne(
    transaction: OpenTransaction,
    watch: Watch,
    { mined, minedFinal, final }: { mined: number; minedFinal: number; final: number },
  ): Promise<boolean> {
    const { nonce, carries, attempts } = transaction;
    const outcomes = await Promise.all(attempts.map(({ hash }) => this.#chain.outcome(hash)));
    const waited = this.#clock.millis() - watch.since;
    // guard: F14 back-off
    const patience = this.#resendAfter * 2 ** Math.min(attempts.length - 1, MAX_DOUBLINGS);
    const course = actionFor({ nonce, carries, outcomes, mined, minedFinal, waited, patience });
    if (course === "give-up" && !outcomes.includes("reverted") && !(await this.#surely(watch, final)))
      return false;
    return await this.#take(course, transaction, watch);
  }

  /** @returns whether the next transaction may go out */
  async #take(course: TransactionAction, transaction: OpenTransaction, watch: Watch): Promise<boolean> {
    const fields = { transaction: toHex(transaction.id), nonce: transaction.nonce };
    switch (course) {
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
        this.#tell(watch, fields, "nonce spent by another transaction");
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
   * A node that lags may not know yet what spent the nonce. What was spent by now is known once the index has followed, to a
   * final block, as far as the chain has come by now.
   */
  async #surely(watch: Watch, final: number): Promise<boolean> {
    const before = watch.spentBy;
    watch.spentBy ??= await this.#chain.height();
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
        this.#tell(watch, fields, "gas price above the limit: the transaction waits");
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

  /** The newest attempt that the node takes. Why it takes none is told, and no reason to stop. */
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
    this.#tell(watch, { nonce, why }, "transaction refused by the node");
  }

  /** What is known of those that are open; what is known of others is forgotten. */
  #watch(signer: Address, open: readonly OpenTransaction[]): ReadonlyMap<string, Watch> {
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

  /** Says the same of a transaction once. */
  #tell(watch: Watch, fields: object, event: string): void {
    const told = `${event} ${JSON.stringify(fields)}`;
    if (watch.told !== told) this.#log.warn(fields, event);
    watch.told = told;
  }
}

function newestOf({ attempts }: OpenTransaction): SignedTransaction {
  const newest = attempts.at(-1);
  if (newest === undefined) throw new RangeError("a transaction has one attempt at least");
  return newest;
}
