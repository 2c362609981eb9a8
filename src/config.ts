import { homedir } from "node:os";
import { isIP } from "node:net";
import { join, resolve } from "node:path";
import type { Language } from "./core/directory.ts";
import { AppError, quote } from "./core/errors.ts";
import { languageOf } from "./core/language.ts";
import type { Address } from "./core/units.ts";

/** The only reader of the environment. Every setting is checked here, once, and travels as a value from then on. */

export interface Listen {
  readonly host: string;
  readonly port: number;
}

/** A registry, and the chain it must be on where that is insisted on. */
export interface RegistryRef {
  readonly address: Address;
  readonly chainId: number | undefined;
}

export type Finality = number | "finalized";

/** Which kind of node is spoken to. */
export type ChainProfileName = "ethereum" | "fisco-bcos";
/** A file that only its owner can read, or an open descriptor. */
type KeyPassword =
  { readonly kind: "file"; readonly path: string } | { readonly kind: "descriptor"; readonly number: number };

export interface ServiceConfig {
  readonly listen: Listen;
  readonly dataDir: string;
  /** PostgreSQL; undefined = SQLite in the data directory. May hold a password. */
  readonly databaseUrl: string | undefined;
  readonly operatorName: string;
  readonly chain:
    | { readonly kind: "embedded"; readonly listen: Listen }
    | {
        readonly kind: "node";
        /** Nodes of one chain, in the order of preference. */
        readonly urls: readonly string[];
        readonly registry: RegistryRef;
        readonly profile: ChainProfileName;
      };
  readonly finality: Finality;
  /** Seconds. */
  readonly maxLag: number;
  readonly publicVerify: boolean;
  /** Where the password of the keystores with the hot keys is, if there are any. */
  readonly keyPassword: KeyPassword | undefined;
  /** A file with the secret that API keys are hashed under; undefined = one of the data directory. */
  readonly apiKeySecretFile: string | undefined;
  /** Whether a status change waits for a second person. */
  readonly twoPersons: boolean;
  readonly grouping: { readonly size: number; readonly age: number };
  /** Milliseconds between two looks at the chain. */
  readonly pollInterval: number;
  /** Seconds that a transaction may be in no block before it is replaced at a higher price. */
  readonly resendAfter: number;
  /** Wei for a unit of gas; undefined = no limit. */
  readonly maxGasPrice: bigint | undefined;
  /** Seconds within which what is accepted is final. */
  readonly maxPendingAge: number;
  /** Seconds of age of the newest block at which an idle key makes one; 0 = never. */
  readonly heartbeat: number;
  /** Seconds between two rounds in which the stored index is looked through. */
  readonly scrubInterval: number;
  readonly logLevel: string;
  /** What clients call this service; where it listens unless set. */
  readonly publicUrl: string | undefined;
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  /** Addresses and CIDR ranges whose word on who the client is counts. */
  readonly trustedProxies: readonly string[];
  readonly limits: {
    /** Requests a minute of one API key, or of one address without a key. */
    readonly rate: number;
    /** Requests under way at once. */
    readonly requests: number;
    /** Seconds that a request may take to arrive. */
    readonly arrival: number;
  };
  /** Bytes. */
  readonly minDiskFree: number;
  /** Services of other operators that are asked to cosign checkpoints. */
  readonly witnesses: readonly string[];
  /** Whether metrics are for every address, or for this machine alone. */
  readonly publicMetrics: boolean;
}

export interface ClientConfig {
  readonly server: string | undefined;
  readonly apiKey: string | undefined;
  readonly dataDir: string;
  /** Where copies of logs are kept that are read without a service. */
  readonly cacheDir: string;
  /** Where the salts of blinded documents are kept. */
  readonly saltDir: string;
  /** Seconds; for checks straight against a node. */
  readonly maxLag: number;
  readonly profile: ChainProfileName;
}

type Env = Readonly<Record<string, string | undefined>>;

interface Setting<T> {
  /** What a value looks like. */
  readonly expected: string;
  readonly example: string;
  /** What stands in the table of settings. */
  readonly fallback: string;
  /** Undefined = not as expected. */
  readonly parse: (text: string) => T | undefined;
}

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "silent"];

const PROFILES: readonly ChainProfileName[] = ["ethereum", "fisco-bcos"];

const service = {
  HUFU_LISTEN: {
    expected: "HOST:PORT",
    example: "127.0.0.1:3000",
    fallback: "127.0.0.1:3000",
    parse: parseListen,
  },
  HUFU_DATA_DIR: { expected: "a path", example: "/var/lib/hufu", fallback: "./data", parse: parsePath },
  HUFU_DATABASE_URL: {
    expected: "a postgres or postgresql URL with the name of a database",
    example: "postgres://hufu@127.0.0.1:5432/hufu",
    fallback: "none: SQLite in the data directory",
    parse: parseDatabaseUrl,
  },
  HUFU_OPERATOR_NAME: {
    expected: "1 to 100 characters",
    example: "Hong Kong operator",
    fallback: "Hufu",
    parse: (text) => (text.length <= 100 ? text : undefined),
  },
  HUFU_CHAIN_RPC_URL: {
    expected: "http or https URLs without user name, separated by commas; the first is preferred",
    example: "http://127.0.0.1:8545",
    fallback: "none: an embedded chain",
    parse: parseUrls,
  },
  HUFU_CHAIN_PROFILE: {
    expected: "ethereum or fisco-bcos",
    example: "fisco-bcos",
    fallback: "ethereum",
    parse: (text) => PROFILES.find((profile) => profile === text),
  },
  HUFU_REGISTRY_ADDRESS: {
    expected: "0x and 40 hex digits, or eip155:CHAIN:ADDRESS to insist on the chain",
    example: "0x5fbdb2315678afecb367f032d93f642f64180aa3",
    fallback: "none: deployed on the embedded chain",
    parse: parseRegistry,
  },
  HUFU_CHAIN_LISTEN: {
    expected: "HOST:PORT of the embedded chain's RPC; port 0 takes a free one",
    example: "127.0.0.1:8545",
    fallback: "127.0.0.1:0",
    parse: parseListen,
  },
  HUFU_FINALITY: {
    expected: "confirmations from 1 to 10000, or finalized",
    example: "finalized",
    fallback: "finalized; on the embedded chain 1",
    parse: parseFinality,
  },
  HUFU_MAX_LAG: {
    expected: "seconds from 1 to 86400",
    example: "600",
    fallback: "600",
    parse: (text) => parseInteger(text, 1, 86_400),
  },
  HUFU_PUBLIC_VERIFY: {
    expected: "true or false",
    example: "true",
    fallback: "true when listening on loopback",
    parse: parseBoolean,
  },
  HUFU_KEY_PASSWORD_FILE: {
    expected: "a path of a file with the password of the keystores",
    example: "/run/secrets/hufu-keys",
    fallback: "none: plain key files, on a local chain only",
    parse: parsePath,
  },
  HUFU_KEY_PASSWORD_FD: {
    expected: "the number of an open descriptor to read that password from: 0, or 3 to 1023",
    example: "3",
    fallback: "none",
    parse: (text) => (text === "0" ? 0 : parseInteger(text, 3, 1_023)),
  },
  HUFU_API_KEY_SECRET_FILE: {
    expected: "a path of a file with 64 hex digits, the same for all processes on one database",
    example: "/run/secrets/hufu-api-keys",
    fallback: "api-keys.secret in HUFU_DATA_DIR, made at the first start",
    parse: parsePath,
  },
  HUFU_TWO_PERSON_REVOCATION: {
    expected: "true or false: whether another key has to approve each change of a status",
    example: "true",
    fallback: "false",
    parse: parseBoolean,
  },
  HUFU_GROUP_SIZE: {
    expected: "documents in one transaction, 1 to 2000",
    example: "2000",
    fallback: "2000",
    parse: (text) => parseInteger(text, 1, 2_000),
  },
  HUFU_GROUP_AGE: {
    expected: "milliseconds that a document waits for company, 0 to 3600000",
    example: "1000",
    fallback: "100",
    parse: (text) => parseInteger(text, 0, 3_600_000),
  },
  HUFU_POLL_INTERVAL: {
    expected: "milliseconds between two looks at the chain, 10 to 60000",
    example: "500",
    fallback: "500",
    parse: (text) => parseInteger(text, 10, 60_000),
  },
  HUFU_RESEND_AFTER: {
    expected: "seconds before a transaction is sent at a higher price, 1 to 86400",
    example: "60",
    fallback: "60",
    parse: (text) => parseInteger(text, 1, 86_400),
  },
  HUFU_MAX_GAS_PRICE: {
    expected: "wei paid for a unit of gas at most, 1 to 30 digits",
    example: "200000000000",
    fallback: "none: any price",
    parse: (text) => (/^[1-9]\d{0,29}$/.test(text) ? BigInt(text) : undefined),
  },
  HUFU_MAX_PENDING_AGE: {
    expected: "seconds within which what is accepted is final, 2 to 604800",
    example: "3600",
    fallback: "3600",
    parse: (text) => parseInteger(text, 2, 604_800),
  },
  HUFU_HEARTBEAT: {
    expected: "age of the newest block, 1 to 86400 seconds; 0 = no heartbeat",
    example: "300",
    fallback: "0",
    parse: (text) => parseInteger(text, 0, 86_400),
  },
  HUFU_SCRUB_INTERVAL: {
    expected: "seconds between two checks of the whole stored index, 1 to 604800",
    example: "86400",
    fallback: "86400",
    parse: (text) => parseInteger(text, 1, 604_800),
  },
  HUFU_PUBLIC_URL: {
    expected: "what clients call this service: an http or https URL without a path",
    example: "https://hufu.example",
    fallback: "where it listens",
    parse: (text) => (URL.parse(text)?.pathname === "/" ? parseUrl(text) : undefined),
  },
  HUFU_TLS_CERT_FILE: {
    expected: "a path: the certificate in PEM, then those between it and its root",
    example: "/etc/hufu/tls/cert.pem",
    fallback: "none: plain HTTP",
    parse: parsePath,
  },
  HUFU_TLS_KEY_FILE: {
    expected: "a path: the certificate's private key in PEM, mode 0600",
    example: "/etc/hufu/tls/key.pem",
    fallback: "none: plain HTTP",
    parse: parsePath,
  },
  HUFU_TRUSTED_PROXY: {
    expected: "addresses or CIDR ranges, separated by commas",
    example: "10.0.0.5,10.1.0.0/16",
    fallback: "none: X-Forwarded-For is ignored",
    parse: parseProxies,
  },
  HUFU_RATE_LIMIT: {
    expected: "requests a minute for each API key, or each address without one, 10 to 10000000",
    example: "6000",
    fallback: "60000",
    parse: (text) => parseInteger(text, 10, 10_000_000),
  },
  HUFU_MAX_REQUESTS: {
    expected: "requests under way at once, 10 to 100000",
    example: "500",
    fallback: "2000",
    parse: (text) => parseInteger(text, 10, 100_000),
  },
  HUFU_REQUEST_TIMEOUT: {
    expected: "seconds that a request may take to arrive, 1 to 300",
    example: "30",
    fallback: "30",
    parse: (text) => parseInteger(text, 1, 300),
  },
  HUFU_MIN_DISK_FREE: {
    expected: "bytes, or a number with KiB, MiB or GiB",
    example: "1GiB",
    fallback: "100MiB",
    parse: parseBytes,
  },
  HUFU_WITNESSES: {
    expected: "https URLs of other operators' services, or http ones on loopback, separated by commas",
    example: "https://hufu.hongkong.example",
    fallback: "none: nobody is asked to cosign",
    parse: parseWitnesses,
  },
  HUFU_METRICS: {
    expected: "loopback or public",
    example: "public",
    fallback: "loopback",
    parse: (text) => (text === "public" || text === "loopback" ? text : undefined),
  },
  HUFU_LOG_LEVEL: {
    expected: LOG_LEVELS.join(", "),
    example: "info",
    fallback: "info",
    parse: (text) => LOG_LEVELS.find((level) => level === text),
  },
} as const satisfies Record<string, Setting<unknown>>;

const client = {
  HUFU_SERVER: {
    expected: "an http or https URL",
    example: "http://127.0.0.1:3000",
    fallback: "from credentials.json",
    parse: parseUrl,
  },
  HUFU_API_KEY: {
    expected: "an API key",
    example: "hufu_…",
    fallback: "from credentials.json",
    parse: (text) => text,
  },
  HUFU_SALT_DIR: {
    expected: "a path of a folder, mode 0700, for the salts of blinded documents",
    example: "/var/lib/hufu-salts",
    fallback: "hufu/salts in XDG_STATE_HOME, else in ~/.local/state",
    parse: parsePath,
  },
  HUFU_LANG: {
    expected: "en, zh-Hans or zh-Hant",
    example: "zh-Hant",
    fallback: "from LC_ALL, LC_MESSAGES, LANG",
    parse: languageOf,
  },
} as const satisfies Record<string, Setting<unknown>>;

/** Every setting with what it takes, for the README and its test. */
export const SETTINGS: Readonly<Record<string, Setting<unknown>>> = { ...service, ...client };

/**
 * The service's settings.
 * @throws AppError CONFIG: names every setting that is wrong, what is expected, and an example
 */
export function readServiceConfig(env: Env = process.env): ServiceConfig {
  const faults = unknownSettings(env);
  const read = reader(env, faults);
  const listen = read("HUFU_LISTEN", service.HUFU_LISTEN) ?? { host: "127.0.0.1", port: 3000 };
  const urls = read("HUFU_CHAIN_RPC_URL", service.HUFU_CHAIN_RPC_URL);
  const registry = read("HUFU_REGISTRY_ADDRESS", service.HUFU_REGISTRY_ADDRESS);
  const chainListen = read("HUFU_CHAIN_LISTEN", service.HUFU_CHAIN_LISTEN) ?? { host: "127.0.0.1", port: 0 };
  if (faults.length === 0 && (urls === undefined) !== (registry === undefined)) {
    faults.push(
      "HUFU_CHAIN_RPC_URL and HUFU_REGISTRY_ADDRESS go together: set both, or neither for the embedded chain",
    );
  }
  const passwordFile = read("HUFU_KEY_PASSWORD_FILE", service.HUFU_KEY_PASSWORD_FILE);
  const passwordFd = read("HUFU_KEY_PASSWORD_FD", service.HUFU_KEY_PASSWORD_FD);
  if (passwordFile !== undefined && passwordFd !== undefined)
    faults.push("HUFU_KEY_PASSWORD_FILE and HUFU_KEY_PASSWORD_FD exclude each other: set one");
  const certFile = read("HUFU_TLS_CERT_FILE", service.HUFU_TLS_CERT_FILE);
  const keyFile = read("HUFU_TLS_KEY_FILE", service.HUFU_TLS_KEY_FILE);
  if (faults.length === 0 && (certFile === undefined) !== (keyFile === undefined)) {
    faults.push("HUFU_TLS_CERT_FILE and HUFU_TLS_KEY_FILE go together: set both, or neither for plain HTTP");
  }
  const config: ServiceConfig = {
    listen,
    dataDir: read("HUFU_DATA_DIR", service.HUFU_DATA_DIR) ?? resolve("data"),
    databaseUrl: read("HUFU_DATABASE_URL", service.HUFU_DATABASE_URL),
    operatorName: read("HUFU_OPERATOR_NAME", service.HUFU_OPERATOR_NAME) ?? "Hufu",
    chain:
      urls === undefined || registry === undefined
        ? { kind: "embedded", listen: chainListen }
        : { kind: "node", urls, registry, profile: readProfile(read) },
    finality: read("HUFU_FINALITY", service.HUFU_FINALITY) ?? (urls === undefined ? 1 : "finalized"),
    maxLag: read("HUFU_MAX_LAG", service.HUFU_MAX_LAG) ?? 600,
    publicVerify: read("HUFU_PUBLIC_VERIFY", service.HUFU_PUBLIC_VERIFY) ?? isLoopback(listen.host),
    keyPassword: keyPasswordOf(passwordFile, passwordFd),
    apiKeySecretFile: read("HUFU_API_KEY_SECRET_FILE", service.HUFU_API_KEY_SECRET_FILE),
    twoPersons: read("HUFU_TWO_PERSON_REVOCATION", service.HUFU_TWO_PERSON_REVOCATION) ?? false,
    grouping: {
      size: read("HUFU_GROUP_SIZE", service.HUFU_GROUP_SIZE) ?? 2_000,
      age: read("HUFU_GROUP_AGE", service.HUFU_GROUP_AGE) ?? 100,
    },
    pollInterval: read("HUFU_POLL_INTERVAL", service.HUFU_POLL_INTERVAL) ?? 500,
    resendAfter: read("HUFU_RESEND_AFTER", service.HUFU_RESEND_AFTER) ?? 60,
    maxGasPrice: read("HUFU_MAX_GAS_PRICE", service.HUFU_MAX_GAS_PRICE),
    maxPendingAge: read("HUFU_MAX_PENDING_AGE", service.HUFU_MAX_PENDING_AGE) ?? 3_600,
    heartbeat: read("HUFU_HEARTBEAT", service.HUFU_HEARTBEAT) ?? 0,
    scrubInterval: read("HUFU_SCRUB_INTERVAL", service.HUFU_SCRUB_INTERVAL) ?? 86_400,
    logLevel: read("HUFU_LOG_LEVEL", service.HUFU_LOG_LEVEL) ?? "info",
    publicUrl: read("HUFU_PUBLIC_URL", service.HUFU_PUBLIC_URL),
    tls: certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile },
    trustedProxies: read("HUFU_TRUSTED_PROXY", service.HUFU_TRUSTED_PROXY) ?? [],
    limits: {
      rate: read("HUFU_RATE_LIMIT", service.HUFU_RATE_LIMIT) ?? 60_000,
      requests: read("HUFU_MAX_REQUESTS", service.HUFU_MAX_REQUESTS) ?? 2_000,
      arrival: read("HUFU_REQUEST_TIMEOUT", service.HUFU_REQUEST_TIMEOUT) ?? 30,
    },
    minDiskFree: read("HUFU_MIN_DISK_FREE", service.HUFU_MIN_DISK_FREE) ?? 100 << 20,
    witnesses: read("HUFU_WITNESSES", service.HUFU_WITNESSES) ?? [],
    publicMetrics: read("HUFU_METRICS", service.HUFU_METRICS) === "public",
  };
  refuse(faults);
  return config;
}

function keyPasswordOf(path: string | undefined, fd: number | undefined): KeyPassword | undefined {
  if (path !== undefined) return { kind: "file", path };
  return fd === undefined ? undefined : { kind: "descriptor", number: fd };
}

/** The command line's settings. @throws AppError CONFIG */
export function readClientConfig(env: Env = process.env): ClientConfig {
  const faults: string[] = [];
  const read = reader(env, faults);
  const config = {
    server: read("HUFU_SERVER", client.HUFU_SERVER),
    apiKey: read("HUFU_API_KEY", client.HUFU_API_KEY),
    dataDir: read("HUFU_DATA_DIR", service.HUFU_DATA_DIR) ?? resolve("data"),
    cacheDir: join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "hufu"),
    saltDir:
      read("HUFU_SALT_DIR", client.HUFU_SALT_DIR) ??
      join(env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state"), "hufu", "salts"),
    maxLag: read("HUFU_MAX_LAG", service.HUFU_MAX_LAG) ?? 600,
    profile: readProfile(read),
  };
  refuse(faults);
  return config;
}

/** The language of what a person reads: HUFU_LANG, else that of the locale, else English. @throws AppError CONFIG */
export function readLanguage(env: Env = process.env): Language {
  const faults: string[] = [];
  const named = reader(env, faults)("HUFU_LANG", client.HUFU_LANG);
  refuse(faults);
  return named ?? languageOf(env["LC_ALL"] ?? env["LC_MESSAGES"] ?? env["LANG"] ?? "") ?? "en";
}

/** Reads settings, noting those that are wrong. An empty one counts as not set. */
function reader(env: Env, faults: string[]) {
  return <T>(name: string, setting: Setting<T>): T | undefined => {
    const text = env[name]?.trim();
    if (text === undefined || text === "") return undefined;
    const value = setting.parse(text);
    // values are not shown: some hold secrets
    if (value === undefined)
      faults.push(`${name} is not ${setting.expected}; for example ${name}=${setting.example}`);
    return value;
  };
}

function readProfile(read: ReturnType<typeof reader>): ChainProfileName {
  return read("HUFU_CHAIN_PROFILE", service.HUFU_CHAIN_PROFILE) ?? "ethereum";
}

function unknownSettings(env: Env): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith("HUFU_") && !Object.hasOwn(SETTINGS, name))
    .map((name) => `${quote(name)} is no setting; there are ${Object.keys(SETTINGS).join(", ")}`);
}

function refuse(faults: readonly string[]): void {
  if (faults.length > 0) throw new AppError("CONFIG", { detail: faults.join("\n") });
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

/** Where the embedded chain keeps its data and listens, for `hufu chain`. @throws AppError CONFIG */
export function readChainConfig(env: Env = process.env): {
  dataDir: string;
  listen: Listen;
  logLevel: string;
} {
  const faults: string[] = [];
  const read = reader(env, faults);
  const config = {
    dataDir: read("HUFU_DATA_DIR", service.HUFU_DATA_DIR) ?? resolve("data"),
    listen: read("HUFU_CHAIN_LISTEN", service.HUFU_CHAIN_LISTEN) ?? { host: "127.0.0.1", port: 8545 },
    logLevel: read("HUFU_LOG_LEVEL", service.HUFU_LOG_LEVEL) ?? "warn",
  };
  refuse(faults);
  return config;
}

export function parseListen(text: string): Listen | undefined {
  const [, host, port] = /^(\[[0-9a-f:]+\]|[\w.-]+):(\d{1,5})$/i.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) return undefined;
  return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
}

function parseBoolean(text: string): boolean | undefined {
  return text === "true" || text === "false" ? text === "true" : undefined;
}

function parsePath(text: string): string | undefined {
  return text.includes("\0") ? undefined : resolve(text);
}

function parseUrl(text: string): string | undefined {
  const url = URL.parse(text);
  const ok = url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
  return ok ? text.replace(/\/+$/, "") : undefined;
}

function parseDatabaseUrl(text: string): string | undefined {
  const url = URL.parse(text);
  const ok = url !== null && /^postgres(ql)?:$/.test(url.protocol) && url.pathname.length > 1;
  return ok ? text : undefined;
}

function parseUrls(text: string): string[] | undefined {
  const urls = text.split(",").map((part) => parseUrl(part.trim()));
  return urls.every((url) => url !== undefined) ? urls : undefined;
}

function parseWitnesses(text: string): string[] | undefined {
  const urls = parseUrls(text);
  return urls?.every((url) => isPrivate(new URL(url))) === true ? [...new Set(urls)] : undefined;
}

/** Whether nobody on the way can read or change what goes to a URL; one with a query is no base of others. */
function isPrivate({ protocol, hostname, search, hash }: URL): boolean {
  const here = hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
  return search === "" && hash === "" && (protocol === "https:" || here);
}

function parseProxies(text: string): string[] | undefined {
  const proxies = text.split(",").map((part) => part.trim());
  return proxies.every(isAddressRange) ? proxies : undefined;
}

function isAddressRange(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

const UNITS: Readonly<Record<string, number>> = { "": 1, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 };

function parseBytes(text: string): number | undefined {
  const [, number, unit = ""] = /^(\d{1,15}) ?([kmg]ib)?$/i.exec(text) ?? [];
  const bytes = Number(number) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** `0x…`, or `eip155:<chain id>:0x…` as in the log's origin. */
export function parseRegistry(text: string): RegistryRef | undefined {
  const [, chainId, address] = /^(?:eip155:(\d{1,15}):)?(0x[0-9a-f]{40})$/i.exec(text) ?? [];
  if (address === undefined) return undefined;
  return {
    address: address.toLowerCase() as Address,
    chainId: chainId === undefined ? undefined : Number(chainId),
  };
}

export function parseFinality(text: string): Finality | undefined {
  return text === "finalized" ? text : parseInteger(text, 1, 10_000);
}

function parseInteger(text: string, min: number, max: number): number | undefined {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}
