import type { Action } from "../../core/entry.ts";

/** What people read on the verify page beside the verdicts. */
export interface PageWords {
  readonly question: string;
  readonly drop: string;
  readonly dropHint: string;
  readonly letGo: string;
  readonly chooseFiles: string;
  readonly chooseFolder: string;
  readonly stays: string;
  readonly staysHow: string;
  readonly paper: string;
  readonly paperMeans: string;
  readonly language: string;
  readonly offline: {
    readonly label: string;
    readonly on: string;
    readonly insecure: string;
  };
  readonly given: {
    /** {entry} */
    readonly receipt: string;
    readonly statement: string;
    readonly policy: string;
    readonly fileWanted: string;
  };
  readonly progress: {
    readonly queued: string;
    /** {percent} */
    readonly hashing: string;
    readonly asking: string;
    readonly cancelled: string;
    readonly key: string;
  };
  readonly cancel: string;
  readonly another: string;
  readonly retry: string;
  readonly addReceipt: string;
  readonly addPolicy: string;
  readonly alone: string;
  readonly aloneMeans: string;
  readonly likely: {
    readonly title: string;
    readonly changed: string;
    readonly personal: string;
    readonly never: string;
  };
  readonly key: {
    readonly title: string;
    readonly means: string;
    readonly label: string;
    readonly use: string;
    readonly refused: string;
  };
  readonly next: string;
  readonly detail: string;
  readonly size: string;
  /** {bytes} */
  readonly bytes: string;
  readonly checkedAt: string;
  readonly proof: {
    readonly title: string;
    readonly holds: string;
    /** {why} */
    readonly missing: string;
    readonly nothing: string;
    readonly fingerprint: string;
    /** {entry} */
    readonly entry: string;
    /** {entry} */
    readonly blinded: string;
    readonly leaf: string;
    /** {count} */
    readonly path: string;
    readonly left: string;
    readonly right: string;
    /** {origin} {size} */
    readonly root: string;
    /** {entry} */
    readonly withdrawal: string;
    readonly sameRoot: string;
    /** {signer} */
    readonly byService: string;
    /** {signer} */
    readonly byPolicy: string;
    /** {name} {time} */
    readonly cosigned: string;
  };
  readonly history: {
    readonly title: string;
    /** {issuer} {entry} */
    readonly registered: string;
    /** {done} {actor} {reason} {entry} */
    readonly change: string;
    readonly done: Readonly<Record<Action, string>>;
    readonly unknown: string;
  };
  readonly sent: {
    readonly title: string;
    readonly nothing: string;
    /** {bytes} */
    readonly brief: string;
    /** {count} {bytes} */
    readonly total: string;
  };
  readonly certificate: {
    readonly print: string;
    readonly title: string;
    readonly by: string;
    readonly nobody: string;
    /** {bank} {time} */
    readonly footer: string;
    /** {entry} */
    readonly code: string;
  };
  readonly many: {
    /** {done} {total} */
    readonly title: string;
    readonly result: string;
    readonly save: string;
    readonly again: string;
    readonly back: string;
  };
  readonly entry: {
    /** {entry} */
    readonly title: string;
    readonly means: string;
    /** {entry} {why} */
    readonly missing: string;
  };
  readonly problems: {
    readonly mismatch: string;
    readonly receipt: string;
    readonly salt: string;
    readonly policy: string;
    readonly trust: string;
    readonly empty: string;
    readonly changed: string;
    readonly file: string;
    readonly other: string;
    readonly unproven: string;
  };
}
