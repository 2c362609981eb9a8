/** Counts requests, verdicts and faults for Prometheus; no label holds a digest or a text that a caller chooses. */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import type { ErrorCode } from "../core/errors.ts";
import type { Status } from "./status.ts";

/** Seconds. */
const BUCKETS = [0.005, 0.025, 0.1, 0.5, 2.5, 10, 30];

export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = this.#counter("hufu_http_requests_total", "Requests answered", [
    "method",
    "route",
    "status",
  ]);
  readonly #seconds = new Histogram({
    name: "hufu_http_request_seconds",
    help: "Seconds from a request's head to the end of its answer",
    labelNames: ["route"],
    buckets: BUCKETS,
    registers: [this.#registry],
  });
  readonly #verdicts = this.#counter("hufu_verdicts_total", "Verdicts given, with why where indeterminate", [
    "verdict",
    "because",
  ]);
  readonly #refusals = this.#counter("hufu_problems_total", "Requests answered with a problem", ["code"]);
  readonly #faults = this.#counter("hufu_faults_total", "Steps of the sender and the index that failed", [
    "part",
    "code",
  ]);
  readonly #splits = this.#counter(
    "hufu_split_views_total",
    "Observations of another operator's root that differs from this one's at the same size",
    [],
  );
  readonly #dropped = this.#counter(
    "hufu_log_lines_dropped_total",
    "Lines of the log that could not be written",
    [],
  );
  #updateGauges: () => Promise<void> = () => Promise.resolve();

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  /** Sets the gauges from `observe` at every read of the metrics. */
  watch(observe: () => Promise<Observed>): void {
    const registers = [this.#registry];
    const gauges = Object.entries(GAUGES).map(([name, { help, value }]) => {
      return { gauge: new Gauge({ name, help, registers }), value };
    });
    this.#updateGauges = async () => {
      const observed = await observe();
      for (const { gauge, value } of gauges) gauge.set(value(observed) ?? Number.NaN);
    };
  }

  answered(request: { method: string; route: string; status: number; seconds: number }): void {
    const { method, route, status, seconds } = request;
    this.#requests.inc({ method, route, status: String(status) });
    this.#seconds.observe({ route }, seconds);
  }

  judged(verdict: string, because: string | undefined): void {
    this.#verdicts.inc({ verdict, because: because ?? "" });
  }

  refused(code: ErrorCode): void {
    this.#refusals.inc({ code });
  }

  failed(part: string, code: ErrorCode): void {
    this.#faults.inc({ part, code });
  }

  splitSeen(): void {
    this.#splits.inc();
  }

  lineDropped(): void {
    this.#dropped.inc();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(): Promise<string> {
    await this.#updateGauges();
    return await this.#registry.metrics();
  }

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.#registry] });
  }
}

/** What the gauges show: the service's state, and what is measured at each read. */
export interface Observed {
  readonly status: Status;
  /** Unix seconds. */
  readonly now: number;
  /** The node's newest block; undefined where it cannot be asked. */
  readonly latestBlock: number | undefined;
  /** Bytes; undefined where unknown. */
  readonly diskFree: number | undefined;
  /** Unix seconds; undefined without TLS. */
  readonly tlsUntil: number | undefined;
}

/** Gauges by name; NaN stands for an unknown value. */
const GAUGES: Readonly<Record<string, { help: string; value: (observed: Observed) => number | undefined }>> =
  {
    hufu_ready: {
      help: "1 while verifications can be answered",
      value: ({ status }) => (status.problems.length === 0 ? 1 : 0),
    },
    hufu_acceptance_open: {
      help: "1 while new documents and status changes are taken",
      value: ({ status }) => (status.closed === undefined ? 1 : 0),
    },
    hufu_outbox_pending: {
      help: "Documents and status changes accepted and not final",
      value: ({ status }) => status.pending?.count,
    },
    hufu_outbox_oldest_seconds: {
      help: "Age of the oldest of them",
      value: ({ status, now }) => {
        if (status.pending === undefined) return undefined;
        const oldest = status.pending.oldestAcceptedAt;
        return oldest === undefined ? 0 : Math.max(0, now - oldest / 1000);
      },
    },
    hufu_tree_size: { help: "Entries in the index", value: ({ status }) => status.head?.size ?? 0 },
    hufu_index_block: { help: "Newest block in the index", value: ({ status }) => status.head?.block.number },
    hufu_index_lag_blocks: {
      help: "Blocks of the node that the index has not read",
      value: ({ status, latestBlock }) => difference(latestBlock, status.head?.block.number),
    },
    hufu_index_lag_seconds: {
      help: "Seconds since the index was last seen to be the contract's",
      value: ({ status, now }) => difference(now, status.head?.syncedAt),
    },
    hufu_finality_lag_blocks: {
      help: "Blocks in the index that are not final",
      value: ({ status }) => difference(status.head?.block.number, status.head?.final?.number),
    },
    hufu_final_block_age_seconds: {
      help: "Age of the newest final block",
      value: ({ status, now }) => difference(now, status.head?.final?.time),
    },
    hufu_disk_free_bytes: { help: "Bytes free for the data directory", value: ({ diskFree }) => diskFree },
    hufu_tls_seconds_left: {
      help: "Seconds until the TLS certificate ends",
      value: ({ tlsUntil, now }) => (tlsUntil === undefined ? undefined : tlsUntil - now),
    },
  };

function difference(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : Math.max(0, from - to);
}
