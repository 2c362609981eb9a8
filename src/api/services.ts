/** Declares the services that the routes of the API call. */
import type { Approvals } from "../anchor/approvals.ts";
import type { Outbox } from "../anchor/ports.ts";
import type { Intake } from "../anchor/intake.ts";
import type { EntrySource, TileSource } from "../audit/ports.ts";
import type { CheckpointStore, SplitStore } from "../attest/ports.ts";
import type { Receipts } from "../attest/receipts.ts";
import type { Statements } from "../attest/statements.ts";
import type { Witness } from "../attest/witness.ts";
import type { Clock } from "../core/clock.ts";
import type { Address } from "../core/units.ts";
import type { AnswerSigner, ProofSource } from "../verify/ports.ts";
import type { Verifier } from "../verify/verifier.ts";
import type { KeyStore } from "./credentials.ts";
import type { Cursors } from "./cursor.ts";
import type { IdempotencyStore } from "./idempotency.ts";
import type { Metrics } from "./metrics.ts";
import type { IndexState, Status } from "./status.ts";

export interface Services {
  readonly intake: Intake;
  readonly outbox: Outbox;
  readonly approvals: Approvals;
  readonly verifier: Verifier;
  readonly entries: EntrySource;
  readonly checkpoints: Pick<CheckpointStore, "latest" | "at" | "sizes">;
  readonly receipts: Receipts;
  readonly proofs: ProofSource;
  readonly notes: AnswerSigner;
  readonly statements: Statements;
  /** Answers add-checkpoint requests as `Witness` does. @throws AppError LEADERSHIP_LOST: another process does so */
  readonly witness: Pick<Witness, "cosign">;
  readonly splits: Pick<SplitStore, "newest">;
  readonly tiles: TileSource;
  readonly idempotency: IdempotencyStore;
  readonly keys: KeyStore;
  readonly cursors: Cursors;
  readonly clock: Clock;
  readonly index: () => IndexState;
  /** Tests whether the service can do its work. */
  readonly status: () => Promise<Status>;
  readonly metrics: Metrics;
  readonly about: About;
}

export interface About {
  readonly version: string;
  readonly operator: string;
  readonly chainId: number;
  readonly registry: Address;
  /** Whether verifications need no API key. */
  readonly publicVerify: boolean;
  /** Whether metrics are served to every address, or to this machine only. */
  readonly publicMetrics: boolean;
  /** What clients call this service; undefined = where they reach it. */
  readonly publicUrl: string | undefined;
  /** Seconds within which what is accepted becomes final, or acceptance stops. */
  readonly maxPendingAge: number;
}
