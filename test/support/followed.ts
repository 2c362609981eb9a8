import { pino } from "pino";
import type { Digest } from "../../src/core/digest.ts";
import { Indexer } from "../../src/indexer/indexer.ts";
import type { ChainReader } from "../../src/indexer/ports.ts";
import type { Database } from "../../src/store/sql/database.ts";
import { SqlEvidenceSource } from "../../src/store/index/evidence.ts";
import { SqlIndexStore } from "../../src/store/index/index-store.ts";
import { Verifier } from "../../src/verify/verifier.ts";
import type { TestClock } from "./clock.ts";
import { dumpIndex, memoryDatabase } from "./database.ts";
import { ModelChain } from "./model-chain.ts";
import { Observer, type Known } from "./observer.ts";

const log = pino({ level: "silent" });

/** An index that follows a chain, and what it answers. */
export interface Followed {
  readonly db: Database;
  readonly store: SqlIndexStore;
  readonly indexer: Indexer;
  readonly verifier: Verifier;
}

export function follow({
  db,
  chain,
  clock,
  emptyBlocks = true,
}: {
  db: Database;
  chain: ChainReader;
  clock: TestClock;
  emptyBlocks?: boolean;
}): Followed {
  const store = new SqlIndexStore(db);
  const indexer = new Indexer({ chain, store, clock, log });
  const source = new SqlEvidenceSource(db);
  return {
    db,
    store,
    indexer,
    verifier: new Verifier({ source, clock, policy: { maxLag: 600, emptyBlocks } }),
  };
}

export function observe({ verifier }: Pick<Followed, "verifier">, known: Known): Observer {
  return new Observer(
    async (digest) => (await verifier.verify({ payloads: [{ ...digest, blinded: false }] })).verdict.kind,
    known,
  );
}

/** What a fresh index makes of the chain as it is now. */
export async function rebuilt(chain: ChainReader, clock: TestClock): Promise<unknown> {
  const fresh = await memoryDatabase();
  await follow({ db: fresh, chain, clock }).indexer.sync();
  const dump = await dumpIndex(fresh);
  await fresh.destroy();
  return dump;
}

/** A model chain with an institution, four documents, the first of them revoked, and all of it final. */
export async function stockedChain(finality: number): Promise<{ chain: ModelChain; known: Known }> {
  const chain = new ModelChain(finality);
  chain.mine({ kind: "institution" });
  chain.mine({ kind: "documents", count: 4 });
  chain.mine({ kind: "revocation" });
  for (let i = 0; i < finality; i++) chain.mine();
  const events = await chain.events({ from: 0, to: chain.height });
  const [revoked, ...valid] = events.flatMap((event) => (event.type === "anchored" ? event.payloads : []));
  const digests = (...payloads: readonly (Uint8Array | undefined)[]): Digest[] =>
    payloads.flatMap((bytes) => (bytes === undefined ? [] : { algorithm: "sha256" as const, bytes }));
  return {
    chain,
    known: {
      valid: digests(...valid),
      revoked: digests(revoked),
      "not-found": digests(new Uint8Array(32).fill(0xab)),
    },
  };
}
