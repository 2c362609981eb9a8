/** Declares what commands work with: settings, output, and the ports that the composition root implements. */
import type { ChainLog, ContractRoots } from "../audit/ports.ts";
import type { Clock } from "../core/clock.ts";
import type { Act, ActOutcome, Directory } from "../core/act.ts";
import type { Commitment } from "../core/digest.ts";
import type { Language, NewOperatorKey } from "../core/directory.ts";
import type { SaltRecord } from "../core/salt.ts";
import type { Address, Finality, OperatorId } from "../core/units.ts";
import type { Words } from "../words/index.ts";
import type { BackupManifest } from "../files/backup.ts";
import type { ClientConfig, Listen, RegistryRef, ServiceConfig } from "../config.ts";
import type { HufuClient } from "../sdk/http/client.ts";
import type { SaltStore } from "../sdk/issue/ports.ts";
import type { PageFiles } from "../core/page-files.ts";
import type { EntriesQuery, EntriesResponse, InstitutionsResponse } from "../wire/entries.ts";
import type { Indeterminate, VerificationRequest, VerificationResponse } from "../wire/verifications.ts";
import type { TrustStore } from "../sdk/verify/trust.ts";
import type { MirrorSource, MirrorStore } from "../sdk/mirror/ports.ts";
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
  /** Reads the TLS files again. Where they are wrong, the old ones stay; without TLS nothing is read. */
  reload(): Promise<void>;
  /** @param signal what asked for it, for the log */
  stop(signal: NodeJS.Signals): Promise<void>;
}

/** The embedded chain alone. */
export interface RunningChain {
  readonly rpc: string;
  /** Undefined where none was deployed. */
  readonly registry: string | undefined;
  /** There is nothing to read again. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

export interface NodeOptions {
  readonly rpc: string;
  readonly registry: RegistryRef;
  readonly finality: Finality;
}

/** A copy of the log, brought up to date from a node and proven against the contract. */
export interface DirectLog extends LogReader {
  /** The registry that holds the log. */
  readonly registry: { readonly chainId: number; readonly registry: Address };
  /** The directory, and the answer that a service gives for it. */
  directory(): Promise<Directory & { readonly answer: InstitutionsResponse }>;
  close(): Promise<void>;
}

/** The caller's own key, which is sent to no server. */
export type KeySource =
  | { readonly kind: "key-file"; readonly name: string; readonly text: string }
  | {
      readonly kind: "keystore";
      readonly name: string;
      readonly text: string;
      /** Called once, after the keystore was found to be readable. */
      readonly password: () => Promise<string>;
    };

/** A session that governs the registry with the caller's key. */
export interface GovernanceSession {
  readonly signer: Address;
  readonly registry: Address;
  readonly chainId: number;
  /** Simulates an act on the contract without sending it. @throws Refusal */
  prepare(act: Act): Promise<{ send(): Promise<ActOutcome> }>;
}

export type IndexTask = "check" | "rebuild";

/** The result of an index task. */
export type IndexReport =
  | { readonly task: "check"; readonly entries: number; readonly stateHash: Uint8Array }
  | {
      readonly task: "rebuild";
      readonly entries: number;
      readonly blocks: number;
      readonly milliseconds: number;
      /** State hashes of the replaced index, and of the new one. */
      readonly before: Uint8Array;
      readonly after: Uint8Array;
    };

/** What a backup holds, or what was restored of one: of that, the files outside that do not exist. */
export interface BackupReport extends Omit<BackupManifest, "kind" | "tool"> {
  /** The command that dumps the database in PostgreSQL, or fills it from the dump, without its password. */
  readonly command: string | undefined;
}

export const DATABASE_KINDS = ["sqlite", "postgresql"] as const;
export type DatabaseKind = (typeof DATABASE_KINDS)[number];

/** A store that was moved. */
export interface MoveReport {
  /** Names of the databases, without user and password. */
  readonly from: string;
  readonly to: string;
  /** What was compared; nothing where the store had been moved before. */
  readonly tables: readonly { readonly table: string; readonly rows: number; readonly hash: string }[];
}

/** The store that a data directory belongs to now, and the one before. */
export interface AdoptReport {
  readonly store: string;
  readonly at: string;
  readonly before: { readonly store: string; readonly at: string } | undefined;
}

export interface ChainOptions {
  readonly dataDir: string;
  readonly listen: Listen;
  /** Bytes. */
  readonly minDiskFree: number;
  readonly logLevel: string;
  readonly bare: boolean;
}

/** The salts on the disk of this machine, which answer immediately. */
export interface LocalSalts extends SaltStore {
  ofCommitment(commitment: Commitment): readonly SaltRecord[];
}

/** The person at the terminal. */
export interface Terminal {
  /** The line that is typed; empty where the input ends. */
  ask(question: string): Promise<string>;
}

/** What the composition root implements for the command line. */
export interface CliPorts {
  readonly version: string;
  readonly clock: Clock;
  /** Undefined where no person can be asked, as under cron and in pipes. */
  readonly terminal: Terminal | undefined;
  startService(config: ServiceConfig): Promise<RunningService>;
  /** @throws AppError DATA_DIR_LOCKED, DATABASE_IN_USE: the service runs */
  maintainIndex(config: ServiceConfig, task: IndexTask): Promise<IndexReport>;
  /** Saves the data directory to a folder, while a service runs. @throws AppError as `saveFolder` */
  backup(config: ServiceConfig, folder: string): Promise<BackupReport>;
  /** Puts a backup into the data directory. @throws AppError as `restoreFolder` */
  restore(config: ServiceConfig, folder: string): Promise<BackupReport>;
  /** @throws AppError DATA_DIR_LOCKED, DATABASE_IN_USE: a service runs; STORE_CHANGED, CONFIG */
  moveDatabase(config: ServiceConfig, to: DatabaseKind): Promise<MoveReport>;
  /** @throws AppError DATA_DIR_LOCKED, STORE_CHANGED */
  adoptDatabase(config: ServiceConfig): Promise<AdoptReport>;
  /** The page of this checkout. @throws AppError PAGE_NOT_BUILT */
  openPage(): Promise<PageFiles>;
  /** @param options.bare deploys nothing */
  startChain(options: ChainOptions): Promise<RunningChain>;
  openLog(options: NodeOptions & { language: Language }): Promise<DirectLog>;
  openContract(options: NodeOptions): Promise<ContractRoots>;
  /** @throws AppError as {@link openContract}; RPC_INCONSISTENT, HISTORY_UNAVAILABLE while it is read */
  openChainLog(options: NodeOptions): Promise<ChainLog>;
  /** @throws AppError SALTS_MISSING, KEY_FILE_PERMISSIONS, STORAGE_FAILED, STORAGE_LOW, SCHEMA_NEWER */
  openSalts(folder: string): Promise<LocalSalts>;
  /** The same; undefined where there are none. */
  findSalts(folder: string): Promise<LocalSalts | undefined>;
  /** The same; made where there are none. */
  initSalts(folder: string): Promise<LocalSalts>;
  /** What is trusted on this machine, in one file of the folder. */
  openTrust(folder: string): Promise<TrustStore>;
  /** A mirror to be read; it may be brought up to date meanwhile. @throws AppError MIRROR_MISSING, STORAGE_*, SCHEMA_NEWER */
  findMirror(folder: string): Promise<MirrorStore & Disposable>;
  /** A mirror to be brought up to date, by one writer. @throws AppError DATA_DIR_LOCKED, STORAGE_* */
  writeMirror(folder: string): Promise<Disposable & { readonly store: MirrorStore }>;
  /** @throws AppError as {@link openContract}; INDEX_STALE */
  openNodeSource(options: NodeOptions): Promise<MirrorSource>;
  /** @throws AppError KEYSTORE_*, KEY_FILE_FORMAT, and why the node or the registry cannot be used */
  openGovernance(options: NodeOptions & { key: KeySource }): Promise<GovernanceSession>;
  /**
   * The keys that a service signs with, as the directory of a log takes them for an operator.
   * @throws AppError FILE_NOT_FOUND, KEY_FILE_FORMAT, KEY_FILE_PERMISSIONS
   */
  operatorKeys(
    dataDir: string,
    place: { origin: string; operator: OperatorId },
  ): Promise<readonly NewOperatorKey[]>;
  /** The key of a plain key file, encrypted under a password. @throws AppError KEY_FILE_FORMAT */
  encryptKey(plain: {
    name: string;
    text: string;
    password: string;
  }): Promise<{ address: Address; keystore: string }>;
}

/** A client, and the name under which this machine keeps what the service is bound to. */
export interface Connection {
  readonly client: HufuClient;
  /** URL of the service. */
  readonly server: string;
  /** Under which this machine keeps what it trusts of the service: a registry that was set up afresh here is another. */
  readonly trustedAs: string;
  readonly peer: string;
}

/** The context of every command. */
export interface Context {
  /** The command line's settings, read when a command needs them. */
  readonly config: () => ClientConfig;
  readonly ports: CliPorts;
  readonly language: Language;
  readonly words: Words;
  readonly out: Output;
  /** The service and key that the options, the environment or credentials.json name. */
  connect(options: ClientFlags, role: string): Promise<Connection>;
  /** The client alone. */
  client(options: ClientFlags, role: string): Promise<HufuClient>;
}

export interface ClientFlags {
  readonly server?: string | undefined;
  readonly apiKeyFile?: string | undefined;
  /** It is the second of two services: the key of the environment is for the first one. */
  readonly isSecond?: boolean;
  readonly as?: string;
}
