import type { ErrorCode } from "../errors.ts";
import type { Action, Reason } from "../entry.ts";
import type { VerdictCode } from "../verdict.ts";

/** What a verdict says: its title, what it means, and what to do next. `{…}` are filled in. */
export interface VerdictWords {
  readonly title: string;
  readonly means: string;
  readonly next: string;
}

/** Everything that a person reads, in one language. Every language has the same members and the same placeholders. */
export interface Words {
  readonly verdicts: Readonly<Record<VerdictCode, VerdictWords>>;
  readonly actions: Readonly<Record<Action, string>>;
  readonly reasons: Readonly<Record<Reason, string>>;
  readonly statuses: Readonly<Record<"active" | "suspended" | "revoked" | "superseded", string>>;
  readonly kinds: Readonly<Record<"document" | "status" | "consent" | "verification" | "directory", string>>;
  /** Titles of faults. The detail beside them is technical, and in English. */
  readonly errors: Readonly<Record<ErrorCode, string>>;
  readonly labels: {
    readonly file: string;
    readonly fingerprint: string;
    readonly issuer: string;
    readonly registered: string;
    readonly validUntil: string;
    readonly noEnd: string;
    readonly documentType: string;
    readonly entry: string;
    readonly status: string;
    readonly transaction: string;
    readonly reference: string;
    readonly governance: string;
  };
  readonly notes: {
    /** {issuer} {time} {entry}: the file is also registered by somebody else. */
    readonly conflict: string;
    /** The withdrawal is known, and the index is behind. */
    readonly lagging: string;
    /** {time} */
    readonly institutionSuspended: string;
    /** {time} */
    readonly institutionWithdrawn: string;
    /** {time} */
    readonly keyCompromised: string;
    /** A warning about the digest of no bytes. */
    readonly emptyFile: string;
    /** {size} {root} {block} {time}: the state of the log at which an answer is true. */
    readonly asOf: string;
  };
  readonly cli: {
    readonly hashing: string;
    readonly anchoring: string;
    /** {entry} {time} */
    readonly anchored: string;
    /** {entry} {time} */
    readonly anchoredBefore: string;
    readonly accepted: string;
    /** {entry} {time} {reason} */
    readonly revoked: string;
    /** {entry} */
    readonly revocationAccepted: string;
    /** {count} */
    readonly entriesListed: string;
    /** {size} {root} */
    readonly proven: string;
    readonly unproven: string;
    /** {url} */
    readonly serving: string;
    /** {path} */
    readonly credentials: string;
    readonly samples: string;
  };
  readonly help: {
    readonly description: string;
    readonly commands: Readonly<Record<"serve" | "hash" | "anchor" | "verify" | "revoke" | "audit", string>>;
    readonly options: Readonly<
      Record<
        | "server"
        | "apiKeyFile"
        | "as"
        | "algorithm"
        | "json"
        | "lang"
        | "scene"
        | "validUntil"
        | "reference"
        | "manifest"
        | "allowEmpty"
        | "noWait"
        | "rpc"
        | "registry"
        | "finality"
        | "expectedIssuer"
        | "reason"
        | "issuer"
        | "status"
        | "from"
        | "to",
        string
      >
    >;
    readonly files: string;
    readonly target: string;
  };
}
