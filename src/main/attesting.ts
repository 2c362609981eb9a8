/** Wires the operator's signing: checkpoints, receipts and statements of its own log, and cosignatures with other operators. */
import { AnswerNotes } from "../attest/answers.ts";
import { Collector } from "../attest/collector.ts";
import { HttpWitness } from "../attest/http-witness.ts";
import { Proofs } from "../attest/proofs.ts";
import { Publisher } from "../attest/publisher.ts";
import { Receipts } from "../attest/receipts.ts";
import { SplitWatch } from "../attest/splits.ts";
import { Statements } from "../attest/statements.ts";
import { Witness } from "../attest/witness.ts";
import type { Services } from "../api/services.ts";
import { AppError } from "../core/errors.ts";
import { originOf } from "../log/checkpoint.ts";
import { SIGNATURE_TYPES, parseVerifierKey, type VerifierKey } from "../log/note.ts";
import { translateErrors } from "../log/proven-entry.ts";
import { MAX_STATEMENT_AGE } from "../log/statement.ts";
import { SqlCheckpoints } from "../store/attest/checkpoints.ts";
import { SqlClaims } from "../store/attest/claims.ts";
import { SqlFinalLog } from "../store/attest/final-log.ts";
import { SqlSplits } from "../store/attest/splits.ts";
import type { Verifier } from "../verify/verifier.ts";
import type { Connections, ServiceContext } from "./connections.ts";
import type { LoopRow, Loops } from "./loops.ts";

type Attesting = Pick<
  Services,
  "checkpoints" | "receipts" | "proofs" | "notes" | "statements" | "splits" | "witness"
> & {
  /** Signs checkpoints, and asks each witness to cosign them; an unreachable witness delays no other. */
  readonly loops: readonly LoopRow[];
};

export function openAttesting(
  { config, clock, log, metrics }: ServiceContext,
  { shared: { db, leadership }, seeds, registry, chain }: Connections,
  { judge, loops }: { judge: Verifier; loops: Loops },
): Attesting {
  const checkpoints = new SqlCheckpoints(db, leadership);
  const splits = new SqlSplits(db, leadership);
  const finalLog = new SqlFinalLog(db);
  const origin = originOf(registry);
  const own = { seeds, origin, log: finalLog, chain, clock };
  const { pollInterval, checkpointInterval, maxLag } = config;
  // a statement speaks of a checkpoint of the last minutes, also where the chain may lag for longer
  const renewal = Math.min(maxLag, MAX_STATEMENT_AGE) / 3;
  const publisher = new Publisher({
    ...own,
    store: checkpoints,
    interval: checkpointInterval,
    renewal,
    logger: log.child({ part: "checkpoints" }),
  });
  const logger = log.child({ part: "witness" });
  const onSplit = (): void => metrics.splitSeen();
  const watch = new SplitWatch({ store: splits, origin, clock, logger, onSplit });
  const witness = new Witness({ ...own, splits: watch, checkpoints });
  const collecting = config.witnesses.map(({ url, key }): LoopRow => {
    const closing = new AbortController();
    const prefix = key === undefined ? `${url}/witness` : url;
    const collector = new Collector({
      ...own,
      witness: new HttpWitness(prefix, { closing: closing.signal }),
      key: key === undefined ? undefined : witnessKey(key),
      store: checkpoints,
      publisher,
      splits: watch,
      renewal,
      logger,
    });
    return {
      name: "witness",
      interval: pollInterval,
      work: async () => {
        // what is written goes through the fence anyway
        if (leadership.leads && collector.wait === 0) await collector.step();
        return undefined;
      },
      after: () => (collector.wait === 0 ? undefined : collector.wait),
      ending: () => closing.abort(),
    };
  });
  return {
    checkpoints,
    splits,
    receipts: new Receipts({ checkpoints, log: finalLog }),
    proofs: new Proofs({ checkpoints, log: finalLog }),
    notes: new AnswerNotes({ ...own, claims: new SqlClaims(db) }),
    statements: new Statements({ seeds, registry, checkpoints, log: finalLog, judge, clock }),
    witness: {
      cosign: async (text) => {
        const lines = await leadership.lead(() => witness.cosign(text));
        if (lines !== undefined) return lines;
        throw new AppError("LEADERSHIP_LOST", { detail: "another process of this operator cosigns" });
      },
    },
    loops: [
      {
        name: "checkpoints",
        interval: pollInterval,
        work: async () => {
          const signed = await leadership.lead(() => publisher.step());
          if (signed !== undefined) loops.poke("witness");
          return checkpointInterval - (clock.millis() % checkpointInterval);
        },
      },
      ...collecting,
    ],
  };
}

/** @throws AppError CONFIG: it is no key that cosigns */
function witnessKey(text: string): VerifierKey {
  const invalid = (detail: string): AppError =>
    new AppError("CONFIG", { detail: `HUFU_WITNESSES: ${detail}` });
  const key = translateErrors(() => parseVerifierKey(text), ["NOTE_SYNTAX"], invalid);
  if (key.type === SIGNATURE_TYPES.cosignature) return key;
  throw invalid(`a key of type ${key.type} does not cosign`);
}
