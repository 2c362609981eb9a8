import { z } from "zod";
import { hash, time } from "./common.ts";

/** The process runs. */
export const healthResponse = z.object({
  status: z.literal("ok"),
  service: z.literal("hufu"),
  version: z.string(),
});

/** Whether it can do its work, and how each part does. */
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
    /** Since when what the index holds may be wrong; a doubt is lifted by making the index anew. */
    doubtSince: z.string().optional(),
  }),
  /** Whether new documents and status changes are taken, and if not, why. */
  acceptance: z.object({ open: z.boolean(), code: z.string().optional(), detail: z.string().optional() }),
  /** What is accepted and not final; null where the database cannot be asked. */
  outbox: z.object({ pending: z.int() }).nullable(),
  /**
   * Roots of other operators that are not this one's at the same size, the newest first, ten at most; null where the
   * database cannot be asked. Somebody has to look into it; what is answered here rests on this operator's node alone.
   */
  splitViews: z.array(z.object({ size: z.int(), root: hash, ownRoot: hash, observedAt: time })).nullable(),
  /** Why verifications cannot be answered, or not for long. */
  problems: z.array(z.object({ code: z.string(), detail: z.string() })),
});
