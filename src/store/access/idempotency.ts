/** Stores the names of requests and their answers, by which a repeated request is recognised. */
import { randomUUID } from "node:crypto";
import { equalBytes } from "../../core/bytes.ts";
import type { Claimed, NamedRequest, StoredAnswer } from "../../core/idempotency.ts";
import { Store } from "../sql/store.ts";

/** Milliseconds that an answer is stored, and after which a claim is void. */
const RETENTION = 86_400_000;
const LEASE = 60_000;
/** Other processes may claim or release the same name between two statements. */
const ATTEMPTS = 5;

/** Each step is one statement, so that any number of processes may claim names at the same time. */
export class SqlIdempotency extends Store {
  async claim(request: NamedRequest): Promise<Claimed> {
    await this.db
      .deleteFrom("idempotency")
      .where("claimed_at", "<", request.at - RETENTION)
      .execute();
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const claimed = (await this.#insertClaim(request)) ?? (await this.#existingClaim(request));
      if (claimed !== undefined) return claimed;
    }
    return { kind: "running" };
  }

  async finish(claim: string, { status, body }: StoredAnswer): Promise<void> {
    await this.db.updateTable("idempotency").set({ status, body }).where("claim", "=", claim).execute();
  }

  async release(claim: string): Promise<void> {
    await this.db.deleteFrom("idempotency").where("claim", "=", claim).execute();
  }

  /** Undefined where the name is in use. */
  async #insertClaim({ caller, name, fingerprint, at }: NamedRequest): Promise<Claimed | undefined> {
    const claim = randomUUID();
    const { numInsertedOrUpdatedRows } = await this.db
      .insertInto("idempotency")
      .values({ caller, name, fingerprint, claim, claimed_at: at, status: null, body: null })
      .onConflict((conflict) => conflict.columns(["caller", "name"]).doNothing())
      .executeTakeFirstOrThrow();
    return Number(numInsertedOrUpdatedRows ?? 0) === 1 ? { kind: "claimed", claim } : undefined;
  }

  /** Undefined where another request changed the claim meanwhile. */
  async #existingClaim({ caller, name, fingerprint, at }: NamedRequest): Promise<Claimed | undefined> {
    const row = await this.db
      .selectFrom("idempotency")
      .selectAll()
      .where("caller", "=", caller)
      .where("name", "=", name)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const { status, body } = row;
    if (!equalBytes(row.fingerprint, fingerprint)) return { kind: "mismatch" };
    if (status !== null && body !== null) return { kind: "answered", answer: { status, body } };
    if (Math.abs(at - row.claimed_at) < LEASE) return { kind: "running" };
    const claim = randomUUID();
    const { numUpdatedRows } = await this.db
      .updateTable("idempotency")
      .set({ claim, claimed_at: at })
      .where("claim", "=", row.claim)
      .where("status", "is", null)
      .executeTakeFirstOrThrow();
    return numUpdatedRows === 1n ? { kind: "claimed", claim } : undefined;
  }
}
