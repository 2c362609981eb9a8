/** Makes the read model of a registry: its log followed from a node, kept in a database, and judged. */
import { join } from "node:path";
import type { Logger } from "pino";
import type { RegistryReader } from "../chain/registry/reader.ts";
import { decodeDirectoryEvent } from "../log/directory-event.ts";
import type { ServiceConfig } from "../config.ts";
import type { Clock } from "../core/clock.ts";
import { isAppError, type ErrorCode } from "../core/errors.ts";
import type { OnUnsynced } from "../core/storage.ts";
import type { Address } from "../core/units.ts";
import { Indexer } from "../indexer/indexer.ts";
import { LinkedRegistries, type FollowedRegistry } from "../indexer/linked.ts";
import { Scrub } from "../indexer/scrub.ts";
import { SqlEntrySource } from "../store/index/entries.ts";
import { SqlEvidenceSource } from "../store/index/evidence.ts";
import { SqlIndexStore } from "../store/index/index-store.ts";
import { type Place, type SharedDatabase, openShared } from "../store/sql/leadership.ts";
import { SqlScrubbedIndex } from "../store/index/scrub.ts";
import { SqlTileSource } from "../store/index/tiles.ts";
import { ChainedEvidence } from "../verify/chained.ts";
import type { JudgingPolicy } from "../verify/judge.ts";
import { Verifier } from "../verify/verifier.ts";

export interface ClockAndLog {
  readonly clock: Clock;
  readonly log: Logger;
}

/** Where the log of the own registry, or of a linked one, is kept. */
type Places = (other?: Address) => Place;

export function placesOf({ dataDir, databaseUrl: url }: ServiceConfig): Places {
  if (url === undefined) return (other) => ({ at: join(dataDir, `${other ?? "hufu"}.db`) });
  return (other) => (other === undefined ? { at: url } : { at: url, schema: `registry_${other}` });
}

/** A registry's log with its indexer and its scrub. */
interface FollowedLog extends FollowedRegistry {
  readonly indexer: Indexer;
  readonly scrub: Scrub;
  readonly source: SqlEvidenceSource;
}

/** What queries are answered from. */
export interface ReadModel {
  readonly indexer: Indexer;
  readonly registries: LinkedRegistries<FollowedLog>;
  readonly entries: SqlEntrySource;
  readonly tiles: SqlTileSource;
  readonly verifier: Verifier;
}

/** Faults that another node may not have. */
const MAY_BE_OTHER_ELSEWHERE: ReadonlySet<ErrorCode> = new Set([
  "RPC_INCONSISTENT",
  "HISTORY_UNAVAILABLE",
  "EVENT_UNREADABLE",
]);

/** Follows a registry's log: the leading process reads it from a node into the database. */
function follow({
  shared: { db, leadership },
  chain,
  clock,
  log,
}: ClockAndLog & { shared: SharedDatabase; chain: RegistryReader }): FollowedLog {
  const store = new SqlIndexStore(db, leadership);
  const parts = { store, clock, log: log.child({ part: "index" }) };
  const indexer = new Indexer({ chain, ...parts });
  return {
    registry: chain.registry,
    sync: async () => {
      const led = await leadership.lead(async () => {
        await indexer.sync().catch((error: unknown) => {
          if (isAppError(error) && MAY_BE_OTHER_ELSEWHERE.has(error.code)) chain.distrust(error);
          throw error;
        });
        return true;
      });
      if (led === undefined) await chain.heads(); // a follower has a node of its own, which may be unreachable
    },
    indexer,
    scrub: new Scrub({ index: new SqlScrubbedIndex(db, decodeDirectoryEvent), ...parts }),
    source: new SqlEvidenceSource(db),
  };
}

/** The own log with those of the registries before and after it, and the verifier that judges by them. */
export function readModel(
  options: ClockAndLog & {
    shared: SharedDatabase;
    chain: RegistryReader;
    /** Connects to another registry on the same chain. */
    connectTo: (registry: Address) => Promise<RegistryReader>;
    places: Places;
    judging: Pick<JudgingPolicy, "maxLag" | "acceptedIssuers">;
    onUnsynced: OnUnsynced;
    cleanup: AsyncDisposableStack;
  },
): ReadModel {
  const { shared, chain, connectTo, places, clock, log, judging, onUnsynced, cleanup } = options;
  // until the node has answered: the assumption under which fewer heads count as current
  const policy = { ...judging, emptyBlocks: true };
  const own = follow({ shared, chain, clock, log });
  let isProfiled = false;
  const syncOwn = async (): Promise<void> => {
    await own.sync();
    if (!isProfiled) policy.emptyBlocks = await chain.makesEmptyBlocks();
    isProfiled = true;
  };
  const databases = cleanup.use(new AsyncDisposableStack());
  const readers = new Map([[chain.registry, chain]]);
  const readerOf = async (registry: Address): Promise<RegistryReader> => {
    const reader = readers.get(registry) ?? (await connectTo(registry));
    readers.set(registry, reader);
    return reader;
  };
  const registries = new LinkedRegistries({
    own: { ...own, sync: syncOwn },
    clock,
    maxLag: judging.maxLag,
    log,
    linksOf: async (registry) => await (await readerOf(registry)).links(),
    open: async (registry) => {
      const other = await readerOf(registry);
      const database = await openShared(places(registry), { onUnsynced });
      databases.defer(() => database.close());
      return follow({ shared: database, chain: other, clock, log: log.child({ registry }) });
    },
  });
  const sources = (links: typeof registries.before) =>
    links.map(({ registry, log: followed }) => ({ registry, source: followed?.source }));
  const verifier = new Verifier({
    source: new ChainedEvidence(own.source, () => ({
      before: sources(registries.before),
      after: sources(registries.after),
    })),
    clock,
    policy,
  });
  return {
    indexer: own.indexer,
    registries,
    entries: new SqlEntrySource(shared.db),
    tiles: new SqlTileSource(shared.db),
    verifier,
  };
}
