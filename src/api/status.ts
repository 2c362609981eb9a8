/** Reports whether the service can do its work, which it tests by doing some. */
import type { Gate, Outbox, Pending } from "../anchor/ports.ts";
import type { SplitStore, SplitView } from "../attest/ports.ts";
import type { EntrySource } from "../audit/ports.ts";
import { parseDigest } from "../core/digest.ts";
import type { Doubt } from "../core/doubt.ts";
import { AppError, isAppError } from "../core/errors.ts";
import type { IndexHead } from "../core/head.ts";
import type { Verifier } from "../verify/verifier.ts";

/** The state of the index. */
export interface IndexState {
  readonly kind: "starting" | "current" | "failing";
  /** Whether this process follows the chain and sends, or another one does. */
  readonly role: "leader" | "follower";
  readonly because: AppError | undefined;
}

export interface Status {
  readonly head: IndexHead | undefined;
  /** Why the index may be wrong, if it may. */
  readonly doubt: Doubt | undefined;
  /** Why verifications cannot be answered, or soon will not be; empty = they can. */
  readonly problems: readonly AppError[];
  /** Why no new document or status change is accepted; undefined = they are. */
  readonly closed: AppError | undefined;
  /** Undefined where the database cannot be asked. */
  readonly pending: Pending | undefined;
  /** The newest roots of other operators that are not this one's; undefined where the database cannot be asked. */
  readonly splits: readonly SplitView[] | undefined;
}

const REPORTED_SPLITS = 10;

/** SHA-256 of "hufu/readiness/v1", which no institution registers. */
const PROBE = parseDigest("sha256:85b7272e4a5eddc6a435f855be049241a17d59ab5d3265656e06efb97fd834f8");

/** What is tested. */
interface Tested {
  readonly index: () => IndexState;
  readonly entries: Pick<EntrySource, "state">;
  readonly verifier: Verifier;
  readonly outbox: Pick<Outbox, "pending">;
  readonly splits: Pick<SplitStore, "newest">;
  readonly gates: readonly Gate[];
}

/** Asks for a verdict, passes the gates, and reads outbox and split views. */
export async function tryService({ gates, ...parts }: Tested): Promise<Status> {
  const { kind, because } = parts.index();
  const starting = new AppError("INDEX_STALE", { detail: "the index has not caught up with the chain yet" });
  const following = kind === "current" ? undefined : (because ?? starting);
  const log = await attempt(() => parts.entries.state());
  const verified = await attempt(() => parts.verifier.verify({ payloads: [{ ...PROBE, blinded: false }] }));
  const outbox = await attempt(() => parts.outbox.pending());
  const splits = await attempt(() => parts.splits.newest(REPORTED_SPLITS));
  const passed = await attempt(() => passAll(gates));
  const found = [indeterminate(verified.value?.verdict), verified.fault, following, log.fault, outbox.fault];
  return {
    head: log.value?.head,
    doubt: log.value?.doubt,
    problems: distinct(found.filter((fault) => fault !== undefined)),
    closed: passed.fault,
    pending: outbox.value,
    splits: splits.value,
  };
}

async function passAll(gates: readonly Gate[]): Promise<void> {
  for (const gate of gates) await gate();
}

async function attempt<T>(
  work: () => Promise<T>,
): Promise<{ value: T; fault: undefined } | { value: undefined; fault: AppError }> {
  try {
    return { value: await work(), fault: undefined };
  } catch (error) {
    const internal = (): AppError =>
      new AppError("INTERNAL", { detail: "the log has the cause" }, { cause: error });
    return { value: undefined, fault: isAppError(error) ? error : internal() };
  }
}

function indeterminate(
  verdict: Awaited<ReturnType<Verifier["verify"]>>["verdict"] | undefined,
): AppError | undefined {
  if (verdict?.kind !== "indeterminate") return undefined;
  return new AppError(verdict.because, { detail: verdict.detail });
}

/** The first of each code. */
function distinct(faults: readonly AppError[]): AppError[] {
  return [...new Map([...faults].reverse().map((fault) => [fault.code, fault])).values()].reverse();
}
