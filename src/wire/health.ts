/** Defines the HTTP schemas of liveness and readiness. */
import { z } from "zod";
import { hash, time } from "./common.ts";

/** Liveness: the process runs. */
export const healthResponse = z.object({
  status: z.literal("ok"),
  service: z.literal("hufu"),
  version: z.string(),
});

/** Readiness, and the state of each part. */
export const readyResponse = z.object({
  status: z.enum(["ready", "not-ready"]),
  operator: z.string(),
  chain: z.object({ id: z.int(), registry: z.string() }),
  index: z.object({
    state: z.string(),
    role: z.enum(["leader", "follower"]),
    treeSize: z.int(),
    block: z.int().nullable(),
    because: z.string().optional(),
    /** Start of a doubt about the index. */
    doubtSince: z.string().optional(),
  }),
  /** Whether new documents and status changes are accepted, and if not, why. */
  acceptance: z.object({ open: z.boolean(), code: z.string().optional(), detail: z.string().optional() }),
  /** Accepted and not final; null where the database is unavailable. */
  outbox: z.object({ pending: z.int() }).nullable(),
  /**
   * Roots of other operators that differ from this one's at the same size, the newest first, ten at most; null where the
   * database is unavailable. A split view needs investigation: answers here depend on this operator's node alone.
   */
  splitViews: z.array(z.object({ size: z.int(), root: hash, ownRoot: hash, observedAt: time })).nullable(),
  /** Reasons why verifications cannot be answered, or soon cannot. */
  problems: z.array(z.object({ code: z.string(), detail: z.string() })),
});
