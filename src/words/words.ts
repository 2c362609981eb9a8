import type { AuditLimit, FindingCode, OpenQuestionCode } from "../core/audit-codes.ts";
import type { Act } from "../core/act.ts";
import type { Role } from "../core/caller.ts";
import type { InstitutionRole, InstitutionState } from "../core/directory.ts";
import type { ErrorCode } from "../core/errors.ts";
import type { Action, Reason } from "../core/entry.ts";
import type { VerdictCode } from "../core/verdict.ts";
import type { PageWords } from "./page/words.ts";

/** What a verdict says: its title, what it means, and what to do next. `{…}` are filled in. */
interface VerdictWords {
  readonly title: string;
  readonly means: string;
  readonly next: string;
}

/** How a file of the page may differ from the one of this release. */
export type PageDifference = "missing" | "content" | "type" | "policy" | "headers";

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
    readonly registry: string;
    /** The entry that a verdict rests on. */
    readonly decidedBy: string;
    readonly file: string;
    readonly fingerprint: string;
    /** What stands in the place of the fingerprint where that is blinded. */
    readonly commitment: string;
    readonly issuer: string;
    readonly registered: string;
    readonly validUntil: string;
    readonly noEnd: string;
    readonly documentType: string;
    readonly entry: string;
    readonly status: string;
    readonly transaction: string;
    readonly reference: string;
    readonly witness: string;
    readonly statement: string;
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
    /** {origin} {size} {root} */
    readonly offline: string;
    /** {by} {time}: what nobody but the operator answers for. */
    readonly asserted: string;
    /** {by} {time} {entry}: a withdrawal, which is proven. */
    readonly stated: string;
    /** {time}: the statement says no more of it. */
    readonly inQuestion: string;
  };
  readonly cli: {
    readonly hashing: string;
    readonly anchoring: string;
    /** {entry} {time} */
    readonly anchored: string;
    /** {entry} {time} */
    readonly anchoredBefore: string;
    readonly accepted: string;
    readonly waiting: string;
    /** {lines} {final} {open} {refused}: what became of a night's feed. */
    readonly feed: string;
    /** {path} */
    readonly feedResults: string;
    readonly keeping: string;
    /** {count} {path} */
    readonly receiptsKept: string;
    /** {document} {receipt} {index} {time} {origin}: what stands in the bundle that a person carries. */
    readonly bundleNote: string;
    /** {path} */
    readonly badLines: string;
    /** {line} {detail} */
    readonly badLine: string;
    /** {path} {why} */
    readonly skipped: string;
    readonly skips: Readonly<Record<"hidden" | "link" | "special" | "deep" | "results", string>>;
    /** {detail} {seconds} */
    readonly away: string;
    /** {entry} {time} {reason} */
    readonly revoked: string;
    /** {entry} {action} {time} {reason}: a change of status that is no revocation. */
    readonly statusRecorded: string;
    /** {entry} {action} */
    readonly statusAccepted: string;
    /** {matched} {log} {register}: an issuer's register compared with the log. */
    readonly mine: string;
    /** {entry} {time} {key} {digest} */
    readonly mineNotInRegister: string;
    /** {line} {digest} */
    readonly mineNotInLog: string;
    /** {line} {entry} {what} */
    readonly mineDifferent: string;
    /** {line} {first} */
    readonly mineDuplicate: string;
    /** {count} */
    readonly entriesListed: string;
    /** {size} {root} */
    readonly proven: string;
    readonly unproven: string;
    /** {entries} {hash} */
    readonly indexSound: string;
    /** {entries} {blocks} {seconds} {rate} */
    readonly indexRebuilt: string;
    readonly stateHashBefore: string;
    readonly stateHashAfter: string;
    /** {url} */
    readonly serving: string;
    /** {url} */
    readonly chainServing: string;
    /** {path} */
    readonly credentials: string;
    readonly samples: string;
  };
  readonly help: {
    readonly description: string;
    readonly commands: Readonly<Record<CliCommand, string>>;
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
        | "results"
        | "batch"
        | "patience"
        | "allowEmpty"
        | "receipt"
        | "policy"
        | "statement"
        | "out"
        | "noWait"
        | "rpc"
        | "registry"
        | "finality"
        | "expectedIssuer"
        | "reason"
        | "ofReference"
        | "by"
        | "register"
        | "ofIssuer"
        | "issuer"
        | "status"
        | "from"
        | "to"
        | "listen"
        | "bare"
        | "statusOut"
        | "receipts"
        | "bundle"
        | "log"
        | "logPolicy"
        | "logPatience",
        string
      >
    >;
    readonly files: string;
    readonly target: string;
    readonly index: string;
    readonly url: string;
  };
  /** What is said of a page that a server serves, beside the one of this release. */
  readonly pageCheck: {
    /** {url} {version} {count} */
    readonly same: string;
    /** {url} {version} {count} {files} */
    readonly differs: string;
    readonly differences: Readonly<Record<PageDifference, string>>;
    /** {version}: the server says so of itself. */
    readonly otherVersion: string;
    readonly limit: string;
  };
  /** What an auditor of the log reads. */
  readonly auditLog: {
    readonly reading: string;
    readonly holds: string;
    /** {count} */
    readonly found: string;
    readonly notEstablished: string;
    /** {origin} */
    readonly log: string;
    /** By what checkpoints are judged. */
    readonly keys: Readonly<Record<"policy" | "node" | "log", string>>;
    readonly labels: Readonly<
      Record<
        | "node"
        | "operator"
        | "entries"
        | "recorded"
        | "root"
        | "contractRoots"
        | "finalBlock"
        | "tiles"
        | "checkpoints"
        | "signedBy"
        | "cosignedBy"
        | "quorum"
        | "unknown",
        string
      >
    >;
    /** {read} {size}: the entries could not be read to the end. */
    readonly incomplete: string;
    /** {from} {to} */
    readonly period: string;
    /** {count} {smallest} {largest} */
    readonly sizes: string;
    /** {name} {count} */
    readonly times: string;
    /** {a} {b} {size} */
    readonly agree: string;
    /** {a} {b} {size} */
    readonly differ: string;
    readonly findingsTitle: string;
    readonly openTitle: string;
    readonly limitsTitle: string;
    /** {count} {source} */
    readonly more: string;
    /** What is in {…} depends on the code. */
    readonly findings: Readonly<Record<FindingCode, string>>;
    readonly open: Readonly<Record<OpenQuestionCode, string>>;
    readonly limits: Readonly<Record<AuditLimit, string>>;
  };
  /** Keys and those who hold them. */
  readonly keys: {
    /** By the words that are typed. */
    readonly commands: Readonly<Record<KeyCommand, string>>;
    readonly arguments: Readonly<Record<"keyFile" | "apiKey" | "request", string>>;
    readonly options: Readonly<
      Record<"out" | "passwordFile" | "name" | "role" | "institution" | "expires", string>
    >;
    /** {file} */
    readonly newPassword: string;
    readonly again: string;
    /** {address} {file} */
    readonly encrypted: string;
    /** {file} */
    readonly removePlain: string;
    /** Above commands that enter public keys in the directory. */
    readonly enterThese: string;
    /** {id} {name} */
    readonly made: string;
    readonly shownOnce: string;
    /** {id} {name} {time} */
    readonly ended: string;
    readonly states: Readonly<Record<"in-force" | "expired" | "revoked", string>>;
    readonly roles: Readonly<Record<Role, string>>;
    readonly labels: Readonly<
      Record<
        "role" | "state" | "created" | "expires" | "revoked" | "action" | "reason" | "askedBy" | "askedAt",
        string
      >
    >;
    /** {entry} {id}: the change is not sent before another person approves it. */
    readonly waits: string;
    readonly noneWaits: string;
    /** {entry} {action} */
    readonly approved: string;
    /** {entry} {action} */
    readonly rejected: string;
  };
  readonly page: PageWords;
  /** What accreditors and admins of institutions read on the command line. */
  readonly governance: {
    /** By the words that are typed. */
    readonly commands: Readonly<Record<GovernanceCommand, string>>;
    readonly arguments: Readonly<
      Record<"institution" | "operator" | "address" | "admin" | "keyId" | "slug" | "successor", string>
    >;
    readonly options: Readonly<
      Record<
        | "rpc"
        | "registry"
        | "keystore"
        | "passwordFile"
        | "keyFile"
        | "dryRun"
        | "admin"
        | "nameEn"
        | "nameZhHans"
        | "nameZhHant"
        | "jurisdiction"
        | "officialNumber"
        | "roles"
        | "from"
        | "until"
        | "retireAt"
        | "since"
        | "name"
        | "institution"
        | "purpose"
        | "type"
        | "publicKey"
        | "blinded"
        | "personal",
        string
      >
    >;
    /** What is about to be done; {…} are its particulars. */
    readonly acts: Readonly<Record<Exclude<Act["act"], "set-paused"> | "pause" | "resume", string>>;
    /** {signer} {registry} {chain} */
    readonly as: string;
    readonly dryRun: string;
    /** {entry} {time} {transaction} */
    readonly recorded: string;
    /** {file} */
    readonly password: string;
    readonly states: Readonly<Record<InstitutionState, string>>;
    readonly roles: Readonly<Record<InstitutionRole, string>>;
    readonly labels: Readonly<
      Record<
        | "institution"
        | "operator"
        | "scene"
        | "keyId"
        | "from"
        | "until"
        | "now"
        | "none"
        | "yes"
        | "no"
        | "state"
        | "roles"
        | "officialNumber"
        | "admin"
        | "nextAdmin"
        | "window"
        | "compromisedSince"
        | "blinded"
        | "personal"
        | "paused"
        | "successor",
        string
      >
    >;
    /** {time} */
    readonly since: string;
    /** {from} {until} */
    readonly window: string;
  };
}

/** Commands about keys, and the group that they are in. */
export type KeyCommand =
  | "key encrypt"
  | "operator keys"
  | "apikey"
  | "apikey add"
  | "apikey list"
  | "apikey revoke"
  | "approvals"
  | "approve"
  | "reject";
/** Commands that are not governance's. */
type CliCommand =
  | "serve"
  | "chain"
  | "hash"
  | "anchor"
  | "verify"
  | "receipt"
  | "statement"
  | "policy"
  | "revoke"
  | "suspend"
  | "reinstate"
  | "supersede"
  | "audit"
  | "log"
  | "mine"
  | "index"
  | "check"
  | "rebuild"
  | "page"
  | "page check";

/** Commands of governance, and the groups that they are in. */
export type GovernanceCommand =
  | "institution"
  | "institution register"
  | "institution amend"
  | "institution suspend"
  | "institution reinstate"
  | "institution withdraw"
  | "institution admin"
  | "institution admin schedule"
  | "institution admin accept"
  | "institution list"
  | "key"
  | "key add"
  | "key retire"
  | "key compromise"
  | "key list"
  | "operator"
  | "operator add"
  | "operator list"
  | "operator key"
  | "operator key add"
  | "operator key retire"
  | "operator key compromise"
  | "scene"
  | "scene define"
  | "scene list"
  | "registry"
  | "registry pause"
  | "registry resume"
  | "registry successor"
  | "registry status";
