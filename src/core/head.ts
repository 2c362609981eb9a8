/** Describes the state of the index and its age. */
import type { Hash, TreeSize, UnixSeconds } from "./units.ts";

export interface IndexHead {
  readonly size: TreeSize;
  readonly root: Hash;
  readonly block: { readonly number: number; readonly hash: Hash; readonly time: UnixSeconds };
  readonly final: { readonly number: number; readonly time: UnixSeconds } | undefined;
  /** When the index last agreed with the contract, by the clock. */
  readonly syncedAt: UnixSeconds;
}
