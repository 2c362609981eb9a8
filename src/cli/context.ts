/** Declares what commands work with: settings, output, and the ports to what the command line does not make itself. */
import type { ChainLog, ContractRoots } from "../audit/ports.ts";
import type { Clock } from "../core/clock.ts";
import type { Act, ActOutcome, Directory } from "../core/act.ts";
import type { Commitment, Digest } from "../core/digest.ts";
import type { Language, OperatorKey } from "../core/directory.ts";
import type { SaltRecord } from "../core/salt.ts";
import type { Address, Finality } from "../core/units.ts";
import type { Words } from "../words/index.ts";
import type { ClientConfig, Listen, RegistryRef, ServiceConfig } from "../config.ts";
import type { HufuClient } from "../sdk/client.ts";
import type { PageFiles } from "../wire/page.ts";
import type { EntriesQuery, EntriesResponse, InstitutionsResponse } from "../wire/entries.ts";
import type { Indeterminate, VerificationRequest, VerificationResponse } from "../wire/verifications.ts";
import type { Output } from "./output.ts";

/** Answers questions about the log: a service does, and so does a log that is read straight from a node. */
export interface LogReader {
  verify(request: VerificationRequest): Promise<VerificationResponse | Indeterminate>;
  entries(query: EntriesQuery): Promise<EntriesResponse>;
}

export interface RunningService {
  readonly url: string;
  readonly rpc: string;
  readonly registry: string;
  /** Path of credentials.json. */
  readonly credentials: string;
  readonly embedded: boolean;
  /** Reads the TLS files again; undefined without TLS. Where they are wrong, the old ones stay. */
  readonly reload?: (() => Promise<void>) | undefined;
  stop(): Promise<void>;
}

/** The embedded chain alone. */
export interface RunningChain {
  readonly rpc: string;
  /** Undefined where none was deployed. */
  readonly registry: string | undefined;
  stop(): Promise<void>;
}

export interface NodeOptions {
  readonly rpc: string;
  readonly registry: RegistryRef;
  readonly finality: Finality;
}

/** A copy of the log, brought up to date from a node and proven against the contract. */
export interface DirectLog extends LogReader {
  /** What the log is kept in. */
  readonly registry: { readonly chainId: number; readonly registry: Address };
  /** The directory, and what a service answers of it. */
  directory(): Promise<Directory & { readonly answer: InstitutionsResponse }>;
  close(): Promise<void>;
}

/** Where the caller's own key is; it goes to no server. */
export type KeySource =
  | { readonly kind: "key-file"; readonly name: string; readonly text: string }
  | {
      readonly kind: "keystore";
      readonly name: string;
      readonly text: string;
      /** Asked for once, when the keystore can be unlocked at all. */
      readonly password: () => Promise<string>;
    };

/** The registry, as the caller's key governs it. */
export interface GovernanceSession {
  readonly signer: Address;
  readonly registry: Address;
  readonly chainId: number;
  /** Has the contract try an act without sending it. @throws Refusal */
  prepare(act: Act): Promise<{ send(): Promise<ActOutcome> }>;
}

export type IndexTask = "check" | "rebuild";

/** What was found, or made. */
export type IndexReport =
  | { readonly task: "check"; readonly entries: number; readonly stateHash: Uint8Array }
  | {
      readonly task: "rebuild";
      readonly entries: number;
      readonly blocks: number;
      readonly milliseconds: number;
      /** State hashes of the index that was there, and of the one that has taken its place. */
      readonly before: Uint8Array;
      readonly after: Uint8Array;
    };
export interface ChainOptions {
  readonly dataDir: string;
  readonly listen: Listen;
  readonly logLevel: string;
  readonly bare: boolean;
}

/** The salts of the documents that were blinded on this machine: digests and salts are secrets, and stay on it. */
export interface SaltStore extends Disposable {
  /**
   * Keeps what it has not: of a document that is known, by digest, registry, institution and scene, it gives what it knows.
   * Everything is on disk when it returns. Several processes may do so at once.
   */
  keep(records: readonly SaltRecord[]): SaltRecord[];
  /** What is kept of a document, for whomever and wherever it was blinded. */
  ofDigest(digest: Digest): SaltRecord[];
  ofCommitment(commitment: Commitment): SaltRecord[];
}

/** A key of an operator, as the directory takes it. */
type OperatorPublicKey = Pick<OperatorKey, "purpose" | "signatureType" | "publicKey">;

/** What the command line does not make itself. */
export interface CliPorts {
  readonly version: string;
  readonly clock: Clock;
  startService(config: ServiceConfig): Promise<RunningService>;
  /** @throws AppError DATA_DIR_LOCKED, DATABASE_IN_USE: the service runs */
  maintainIndex(config: ServiceConfig, task: IndexTask): Promise<IndexReport>;
  /** The page of this checkout. @throws AppError PAGE_NOT_BUILT */
  openPage(): Promise<PageFiles>;
  /** @param options.bare deploys nothing */
  startChain(options: ChainOptions): Promise<RunningChain>;
  openLog(options: NodeOptions & { language: Language }): Promise<DirectLog>;
  openContract(options: NodeOptions): Promise<ContractRoots>;
  /** @throws AppError as {@link openContract}; RPC_INCONSISTENT, HISTORY_UNAVAILABLE while it is read */
  openChainLog(options: NodeOptions): Promise<ChainLog>;
  /** @throws AppError KEY_FILE_PERMISSIONS, STORAGE_FAILED, STORAGE_LOW, SCHEMA_NEWER */
  openSalts(folder: string): Promise<SaltStore>;
  /** The same, and undefined where none was ever kept. */
  findSalts(folder: string): Promise<SaltStore | undefined>;
  /** @throws AppError KEYSTORE_*, KEY_FILE_FORMAT, and why the node or the registry cannot be used */
  openGovernance(options: NodeOptions & { key: KeySource }): Promise<GovernanceSession>;
  /** The public keys that a service signs with. @throws AppError FILE_NOT_FOUND, KEY_FILE_FORMAT, KEY_FILE_PERMISSIONS */
  operatorKeys(dataDir: string): Promise<readonly OperatorPublicKey[]>;
  /** The key of a plain key file, encrypted under a password. @throws AppError KEY_FILE_FORMAT */
  encryptKey(plain: {
    name: string;
    text: string;
    password: string;
  }): Promise<{ address: Address; keystore: string }>;
}

/** What every command works with. */
export interface Context {
  /** The command line's settings, read when a command wants them. */
  readonly config: () => ClientConfig;
  readonly ports: CliPorts;
  readonly language: Language;
  readonly words: Words;
  readonly out: Output;
  /** A client for the service and key that the options, the environment or credentials.json name. */
  client(options: ClientFlags, role: string): Promise<HufuClient>;
}

export interface ClientFlags {
  readonly server?: string;
  readonly apiKeyFile?: string;
  readonly as?: string;
}
