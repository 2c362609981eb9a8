/** Defines the steps of an accepted item at which tests end the process. */

/** In order; the chain's own steps are those of the embedded chain. */
export const STEPS = [
  /** Written to the outbox; not answered yet. */
  "accepted",
  /** Chosen for a batch. */
  "grouped",
  /** Signed; not stored yet. */
  "signed",
  /** Stored with nonce and bytes; not sent yet. */
  "stored",
  /** In a block that the chain's journal does not have yet, and that no caller sees. */
  "in-block",
  /** In the chain's journal; not answered yet. */
  "journalled",
  /** Handed to the node. */
  "broadcast",
  /** Seen in a block by the sender. */
  "mined",
  /** Final, and its transaction closed. */
  "closed",
] as const;
export type Step = (typeof STEPS)[number];

/** Called at each step. */
export type Failpoint = (step: Step) => void | Promise<void>;

export const noFailpoint: Failpoint = () => undefined;
