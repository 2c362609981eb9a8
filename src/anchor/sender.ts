import type { Logger } from "pino";
import { toHex } from "../core/bytes.ts";
import type { Clock } from "../core/clock.ts";
import { isRefusal, type Refusal } from "../core/errors.ts";
import { groupDocuments, planStep, type Grouping } from "./plan.ts";
import type {
  Anchor,
  Call,
  Items,
  Outbox,
  RegistryView,
  SigningKey,
  StatusRequest,
  Submitter,
} from "./ports.ts";

/**
 * Brings what was accepted onto the chain, one transaction in flight for each key. Signed bytes and nonce are stored
 * before the first broadcast; after a crash the same bytes go out again. It keeps no state of its own.
 */
export class Sender {
  readonly #outbox: Outbox;
  readonly #chain: Submitter;
  readonly #registry: RegistryView;
  readonly #grouping: Grouping;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #onSent: () => void;

  /** @param options.onSent called when a transaction is out, so that the index can look for it */
  constructor(options: {
    outbox: Outbox;
    chain: Submitter;
    registry: RegistryView;
    grouping: Grouping;
    clock: Clock;
    log: Logger;
    onSent: () => void;
  }) {
    this.#outbox = options.outbox;
    this.#chain = options.chain;
    this.#registry = options.registry;
    this.#grouping = options.grouping;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#onSent = options.onSent;
  }

  /**
   * One step for each key in force; a fault of one does not hold up the others.
   * @returns milliseconds until the next step is due; undefined = nothing waits
   * @throws the first fault, once every key had its step
   */
  async step(): Promise<number | undefined> {
    await this.#outbox.closeFinal();
    const keys = await this.#registry.keysInForce(this.#chain.signers, this.#clock.now());
    const waits: number[] = [];
    const faults: unknown[] = [];
    for (const key of keys) {
      try {
        waits.push((await this.#stepFor(key)) ?? Infinity);
      } catch (error) {
        faults.push(error);
      }
    }
    if (faults.length > 0) throw faults[0];
    const wait = Math.min(...waits);
    return Number.isFinite(wait) ? wait : undefined;
  }

  async #stepFor(key: SigningKey): Promise<number | undefined> {
    if (await this.#inFlight(key)) return undefined;
    const work = await this.#outbox.queued(key.institution, this.#grouping.size);
    const step = planStep({ work, grouping: this.#grouping, now: this.#clock.millis() });
    switch (step.kind) {
      case "wait":
        return step.milliseconds;
      case "status":
        await this.#sendStatus(key, step.request);
        return 0;
      case "anchor":
        await this.#sendAnchors(key, step.anchors);
        return 0;
    }
  }

  /** Whether a transaction of the key is still on its way; it is broadcast again in case it was lost. */
  async #inFlight({ address }: SigningKey): Promise<boolean> {
    for (const transaction of await this.#outbox.open(address)) {
      const outcome = await this.#chain.outcome(transaction.hash);
      if (outcome !== "reverted") {
        if (outcome === "unknown") await this.#chain.broadcast(transaction);
        this.#onSent();
        return true;
      }
      this.#log.warn({ transaction: toHex(transaction.hash) }, "transaction reverted");
      await this.#outbox.release(transaction.hash);
    }
    return false;
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
      await this.#outbox.record(transaction, items);
      await this.#chain.broadcast(transaction);
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

/** Why the contract refuses what a call holds. A refusal that waits is nobody's fault: the items stay queued. */
async function refusalOf(work: () => Promise<unknown>): Promise<Refusal | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (isRefusal(error) && !error.fields.waits) return error;
    throw error;
  }
}
