/** Reads the settings from the environment, the only part that does, and checks each of them once. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { closest } from "fastest-levenshtein";
import { z } from "zod";
import { LANGUAGES, type Language } from "./core/directory.ts";
import { AppError, quote } from "./core/errors.ts";
import { languageOf } from "./core/language.ts";
import { isLoopback } from "./core/loopback.ts";
import { OFFICIAL_ID, parseOfficialId, type OfficialId } from "./core/official-id.ts";
import type { Address, Finality } from "./core/units.ts";

export interface Listen {
  readonly host: string;
  readonly port: number;
}

/** A registry's address, and the id of the chain that it has to be on, where one is required. */
export interface RegistryRef {
  readonly address: Address;
  readonly chainId: number | undefined;
}

/** A witness: another operator's service, or, where its key is named, the submission prefix of one outside of the directory. */
interface WitnessRef {
  readonly url: string;
  /** A vkey. */
  readonly key: string | undefined;
}

const PROFILES = ["ethereum", "fisco-bcos"] as const;
/** The kind of node. */
export type ChainProfileName = (typeof PROFILES)[number];

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
  /** Issuers whose entries decide where a question names none. */
  readonly acceptedIssuers: readonly OfficialId[];
  readonly publicVerify: boolean;
  /** A file with the password of the keystores with the hot keys; only its owner can read it. */
  readonly keyPasswordFile: string | undefined;
  /** A file with the secret that API keys are hashed under; undefined = one of the data directory. */
  readonly apiKeySecretFile: string | undefined;
  /** Whether a status change waits for a second person. */
  readonly twoPersons: boolean;
  /** Documents in one transaction, and milliseconds that a document waits for more of them. */
  readonly grouping: { readonly size: number; readonly age: number };
  /** Milliseconds between two polls of the chain. */
  readonly pollInterval: number;
  /** Seconds after which a transaction that is not in a block is replaced at a higher price. */
  readonly resendAfter: number;
  /** Wei for a unit of gas; undefined = no limit. */
  readonly maxGasPrice: bigint | undefined;
  /** Seconds within which what is accepted is final. */
  readonly maxPendingAge: number;
  /** Seconds of age of the newest block at which an idle key makes one; 0 = never. */
  readonly heartbeat: number;
  /** Seconds between two scrubs of the stored index. */
  readonly scrubInterval: number;
  readonly logLevel: string;
  /** What clients call this service; where it listens unless set. */
  readonly publicUrl: string | undefined;
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  /** Addresses and CIDR ranges of proxies whose X-Forwarded-For names the client. */
  readonly trustedProxies: readonly string[];
  readonly limits: {
    /** Requests a minute of one API key, or of one address without a key. */
    readonly rate: number;
    /** Requests under way at the same time. */
    readonly requests: number;
    /** Seconds that a request may take to arrive. */
    readonly arrival: number;
  };
  /** Free bytes below which no document is accepted. */
  readonly minDiskFree: number;
  /** Milliseconds: checkpoints are signed of the sizes at which such an interval ended. */
  readonly checkpointInterval: number;
  /** The services that are asked to cosign checkpoints. */
  readonly witnesses: readonly WitnessRef[];
  /** Whether metrics are served to every address, or to this machine only. */
  readonly publicMetrics: boolean;
  /** Names of the environment that look like settings, and that Kubernetes or Docker set. */
  readonly injected: readonly string[];
}

export interface ClientConfig {
  readonly server: string | undefined;
  readonly apiKey: string | undefined;
  readonly dataDir: string;
  /** Where copies of logs that are read without a service are kept. */
  readonly cacheDir: string;
  /** Where the salts of blinded documents are kept. */
  readonly saltDir: string;
  /** For checks straight against a node, as those of a service; seconds. */
  readonly maxLag: number;
  readonly acceptedIssuers: readonly OfficialId[];
  readonly profile: ChainProfileName;
}

/** Ends of the names that {@link isInjected}, and their values. */
const INJECTED: readonly (readonly [names: RegExp, values: RegExp])[] = [
  [/_SERVICE_HOST$/, /^[0-9a-z.:-]+$/i],
  [/_SERVICE_PORT(_[A-Z0-9_]+)?$/, /^\d+$/],
  [/_PORT(_\d+_(TCP|UDP|SCTP))?$/, /^(tcp|udp|sctp):\/\/\S+:\d+$/],
  [/_PORT_\d+_(TCP|UDP|SCTP)_ADDR$/, /^[0-9a-z.:-]+$/i],
  [/_PORT_\d+_(TCP|UDP|SCTP)_PORT$/, /^\d+$/],
  [/_PORT_\d+_(TCP|UDP|SCTP)_PROTO$/, /^(tcp|udp|sctp)$/],
  [/_NAME$/, /^\/\S+\/\S+$/],
  [/_ENV_\S+$/, /^/],
];

/** The names are those of the environment. */
interface Proxies {
  readonly http_proxy: string | undefined;
  readonly https_proxy: string | undefined;
  /** Hosts that are asked directly, separated by commas. */
  readonly no_proxy: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Values that no operator has a reason to change, in the units of ServiceConfig. */
const FIXED = {
  pollInterval: 500,
  resendAfter: 60,
  scrubInterval: 86_400,
  minDiskFree: 100 << 20,
} as const satisfies Partial<ServiceConfig>;
/** Documents: what the contract takes in one transaction. */
const GROUP_SIZE = 2_000;
const MAX_REQUESTS = 2_000;
/** Seconds. */
const REQUEST_ARRIVAL = 30;

/** Defaults that depend on the kind of chain. */
const FINALITY = { node: "finalized", embedded: 1 } as const;
/** Milliseconds. Blocks of an embedded chain follow at once, and no other operator signs its log. */
const CHECKPOINT_INTERVAL = { node: 5_000, embedded: 500 } as const;
const LISTEN = "127.0.0.1:3000";
/** The server of a client for which none is set. */
export const DEFAULT_SERVER = `http://${LISTEN}`;
/** Defaults of `hufu chain`, where they differ from those of a service. */
export const CHAIN_DEFAULTS = { listen: "127.0.0.1:8545", logLevel: "warn" } as const;

const path = z
  .string()
  .refine((text) => !text.includes("\0"))
  .transform((text) => resolve(text));

const boolean = z.enum(["true", "false"]).transform((text) => text === "true");

const logLevel = z.enum(["fatal", "error", "warn", "info", "debug", "silent"]);

export const listenSchema = z
  .string()
  .regex(/^(\[[0-9a-f:]+\]|[\w.-]+):\d{1,5}$/i)
  .transform((text): Listen => {
    const colon = text.lastIndexOf(":");
    return { host: text.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(text.slice(colon + 1)) };
  })
  .refine(({ port }) => port <= 65_535);

export const urlSchema = z
  .url({ protocol: /^https?$/ })
  .refine((text) => URL.parse(text)?.username === "" && URL.parse(text)?.password === "")
  .transform((text) => text.replace(/\/+$/, ""));

/** `0x…`, or `eip155:<chain id>:0x…` as in the log's origin. */
export const registrySchema = z
  .string()
  .regex(/^(eip155:\d{1,15}:)?0x[0-9a-f]{40}$/i)
  .transform((text): RegistryRef => {
    const [address = "", chainId] = text.toLowerCase().split(":").reverse();
    return { address: address as Address, chainId: chainId === undefined ? undefined : Number(chainId) };
  });

function integer(min: number, max: number) {
  const digits = z.string().regex(/^\d{1,9}$/);
  return digits.transform(Number).pipe(z.int().min(min).max(max));
}

const CONFIRMATIONS = [1, 10_000] as const;
export const finalitySchema = z.union([z.literal("finalized"), integer(...CONFIRMATIONS)]);

function list<T extends z.ZodType<unknown, string>>(item: T) {
  const parts = z.string().transform((text) => text.split(",").map((part) => part.trim()));
  return parts.pipe(z.array(item));
}

const officialId = z
  .string()
  .regex(OFFICIAL_ID)
  .transform((text) => parseOfficialId(text) ?? z.NEVER);

/** Whether traffic to a URL is safe from eavesdroppers, and other URLs can be based on it. */
function isSecureBase(text: string): boolean {
  const url = new URL(text);
  return isBase(url) && (url.protocol === "https:" || isLoopback(url.hostname));
}

/** Whether paths can be appended to a URL. */
function isBase({ search, hash }: URL): boolean {
  return search === "" && hash === "";
}

const proxySchema = z.url({ protocol: /^https?$/ });
/** As NO_PROXY names this machine. */
const UNPROXIED = ["localhost", "127.0.0.1", "::1", "[::1]"];

const vkeySchema = z.string().regex(/^[^\s+,]+\+[0-9a-f]{8}\+[0-9A-Za-z+/]+=*$/);

const witnessUrlSchema = urlSchema.refine(isSecureBase);

/** `URL`, or `VKEY URL`. */
const witnessSchema = z
  .string()
  .transform((text) => text.split(/\s+/))
  .pipe(z.union([z.tuple([witnessUrlSchema]), z.tuple([vkeySchema, witnessUrlSchema])]))
  .transform(([first, url]): WitnessRef =>
    url === undefined ? { url: first, key: undefined } : { url, key: first },
  );

/** Texts on a setting, for the table of settings and for faults; the example defaults to the default value. */
const notes = z.registry<{ expected: string; example?: string; unset?: string }>();

function bounded({ what, min, max, unset }: { what: string; min: number; max: number; unset: number }) {
  const schema = integer(min, max).prefault(String(unset));
  return schema.register(notes, { expected: `${what}, ${min} to ${max}` });
}

const service = {
  HUFU_LISTEN: listenSchema.prefault(LISTEN).register(notes, { expected: "HOST:PORT" }),
  HUFU_DATA_DIR: path.prefault("./data").register(notes, { expected: "a path", example: "/var/lib/hufu" }),
  HUFU_DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .refine((text) => (URL.parse(text)?.pathname.length ?? 0) > 1)
    .optional()
    .register(notes, {
      expected: "a postgres or postgresql URL with the name of a database",
      example: "postgres://hufu@127.0.0.1:5432/hufu",
      unset: "none: SQLite in the data directory",
    }),
  HUFU_OPERATOR_NAME: z
    .string()
    .max(100)
    .prefault("Hufu")
    .register(notes, { expected: "1 to 100 characters", example: "Hong Kong operator" }),
  HUFU_CHAIN_RPC_URL: list(urlSchema).optional().register(notes, {
    expected: "http or https URLs without user name, separated by commas; the first is preferred",
    example: "http://127.0.0.1:8545",
    unset: "none: an embedded chain",
  }),
  HUFU_CHAIN_PROFILE: z
    .enum(PROFILES)
    .prefault("ethereum")
    .register(notes, { expected: PROFILES.join(" or ") }),
  HUFU_REGISTRY_ADDRESS: registrySchema.optional().register(notes, {
    expected: "0x and 40 hex digits, or eip155:CHAIN:ADDRESS to insist on the chain",
    example: "0x5fbdb2315678afecb367f032d93f642f64180aa3",
    unset: "none: deployed on the embedded chain",
  }),
  HUFU_CHAIN_LISTEN: listenSchema.prefault("127.0.0.1:0").register(notes, {
    expected: "HOST:PORT of the embedded chain's RPC; port 0 takes a free one",
    example: CHAIN_DEFAULTS.listen,
    unset: `for hufu chain ${CHAIN_DEFAULTS.listen}`,
  }),
  HUFU_FINALITY: finalitySchema.optional().register(notes, {
    expected: `confirmations from ${CONFIRMATIONS.join(" to ")}, or finalized`,
    example: FINALITY.node,
    unset: `${FINALITY.node}; on the embedded chain ${FINALITY.embedded}`,
  }),
  HUFU_MAX_LAG: bounded({ what: "seconds that the final block may be old", min: 1, max: 86_400, unset: 600 }),
  HUFU_ACCEPTED_ISSUERS: list(officialId).optional().register(notes, {
    expected: "issuers as JURISDICTION:NUMBER, separated by commas: where a question names none, they decide",
    example: "CN:91440300MA00SAMP01,HK:12345678",
    unset: "none: each issuer that has entries is shown",
  }),
  HUFU_PUBLIC_VERIFY: boolean.optional().register(notes, {
    expected: "true or false",
    example: "true",
    unset: "true when listening on loopback",
  }),
  HUFU_KEY_PASSWORD_FILE: path.optional().register(notes, {
    expected: "a path of a file with the password of the keystores",
    example: "/run/secrets/hufu-keys",
    unset: "none: plain key files, on a local chain only",
  }),
  HUFU_API_KEY_SECRET_FILE: path.optional().register(notes, {
    expected: "a path of a file with 64 hex digits, the same for all processes on one database",
    example: "/run/secrets/hufu-api-keys",
    unset: "api-keys.secret in HUFU_DATA_DIR, made at the first start",
  }),
  HUFU_TWO_PERSON_REVOCATION: boolean.prefault("false").register(notes, {
    expected: "true or false: whether another key has to approve each change of a status",
  }),
  HUFU_GROUP_AGE: bounded({
    what: "milliseconds that a document waits for others to share a transaction",
    min: 0,
    max: 3_600_000,
    unset: 100,
  }),
  HUFU_MAX_GAS_PRICE: z
    .string()
    .regex(/^[1-9]\d{0,29}$/)
    .transform(BigInt)
    .optional()
    .register(notes, {
      expected: "wei paid for a unit of gas at most, 1 to 30 digits",
      example: "200000000000",
      unset: "none: any price",
    }),
  HUFU_MAX_PENDING_AGE: bounded({
    what: "seconds within which what is accepted is final",
    min: 2,
    max: 604_800,
    unset: 3_600,
  }),
  HUFU_HEARTBEAT: bounded({
    what: "seconds that the newest block may be old before one is made (0 = never)",
    min: 0,
    max: 86_400,
    unset: 0,
  }),
  HUFU_PUBLIC_URL: urlSchema
    .refine((text) => isBase(new URL(text)))
    .optional()
    .register(notes, {
      expected: "what clients call this service: an http or https URL, with the path where a proxy serves it",
      example: "https://hufu.example",
      unset: "where it listens",
    }),
  HUFU_TLS_CERT_FILE: path.optional().register(notes, {
    expected: "a path: the certificate in PEM, then those between it and its root",
    example: "/etc/hufu/tls/cert.pem",
    unset: "none: plain HTTP",
  }),
  HUFU_TLS_KEY_FILE: path.optional().register(notes, {
    expected: "a path: the certificate's private key in PEM, mode 0600",
    example: "/etc/hufu/tls/key.pem",
    unset: "none: plain HTTP",
  }),
  HUFU_TRUSTED_PROXY: list(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))
    .optional()
    .register(notes, {
      expected: "addresses or CIDR ranges, separated by commas",
      example: "10.0.0.5,10.1.0.0/16",
      unset: "none: X-Forwarded-For is ignored",
    }),
  HUFU_RATE_LIMIT: bounded({
    what: "requests a minute for each API key, or each address without one",
    min: 10,
    max: 10_000_000,
    unset: 60_000,
  }),
  HUFU_WITNESSES: list(witnessSchema).optional().register(notes, {
    expected:
      "https URLs of other operators' services, or http ones on loopback, separated by commas; for a witness outside of the directory its vkey, a space and its submission prefix",
    example: "https://hufu.hongkong.example",
    unset: "none: no other operator cosigns",
  }),
  HUFU_METRICS: z
    .enum(["loopback", "public"])
    .prefault("loopback")
    .register(notes, { expected: "loopback or public" }),
  HUFU_LOG_LEVEL: logLevel.prefault("info").register(notes, {
    expected: logLevel.options.join(", "),
    unset: `for hufu chain ${CHAIN_DEFAULTS.logLevel}`,
  }),
};

const client = {
  HUFU_SERVER: urlSchema.optional().register(notes, {
    expected: "an http or https URL",
    example: DEFAULT_SERVER,
    unset: `from credentials.json, else ${DEFAULT_SERVER}`,
  }),
  HUFU_API_KEY: z.string().optional().register(notes, {
    expected: "an API key",
    example: "hufu_…",
    unset: "from credentials.json",
  }),
  HUFU_SALT_DIR: path.optional().register(notes, {
    expected: "a path of a folder, mode 0700, for the salts of blinded documents",
    example: "/var/lib/hufu-salts",
    unset: "hufu/salts in XDG_STATE_HOME, else in ~/.local/state",
  }),
  HUFU_LANG: z
    .string()
    .transform(languageOf)
    .pipe(z.enum(LANGUAGES))
    .optional()
    .register(notes, {
      expected: LANGUAGES.join(", "),
      example: "zh-Hant",
      unset: "from LC_ALL, LC_MESSAGES, LANG",
    }),
};

const schemas: Readonly<Record<string, z.ZodType>> = { ...service, ...client };

/** Every setting with its expected format, an example, and its default. */
export const SETTINGS = Object.fromEntries(
  Object.entries(schemas).map(([name, schema]) => {
    const { expected = "", example, unset } = notes.get(schema) ?? {};
    const fallback = schema instanceof z.ZodPrefault ? String(schema.def.defaultValue) : undefined;
    const texts = [fallback, unset].filter((text) => text !== undefined);
    return [name, { expected, example: example ?? fallback ?? "", fallback: texts.join("; ") }];
  }),
);

/**
 * The service's settings.
 * @throws AppError CONFIG: names every setting that is wrong, what is expected, and an example
 */
export function readServiceConfig(env: Env = process.env): ServiceConfig {
  const read = parse(service, env, [...unknownSettings(env), ...incompletePairs(env)]);
  const { HUFU_CHAIN_RPC_URL: urls, HUFU_REGISTRY_ADDRESS: registry } = read;
  const { HUFU_TLS_CERT_FILE: certFile, HUFU_TLS_KEY_FILE: keyFile } = read;
  const embedded = urls === undefined || registry === undefined;
  return {
    ...FIXED,
    listen: read.HUFU_LISTEN,
    dataDir: read.HUFU_DATA_DIR,
    databaseUrl: read.HUFU_DATABASE_URL,
    operatorName: read.HUFU_OPERATOR_NAME,
    chain: embedded
      ? { kind: "embedded", listen: read.HUFU_CHAIN_LISTEN }
      : { kind: "node", urls, registry, profile: read.HUFU_CHAIN_PROFILE },
    finality: read.HUFU_FINALITY ?? (embedded ? FINALITY.embedded : FINALITY.node),
    maxLag: read.HUFU_MAX_LAG,
    acceptedIssuers: read.HUFU_ACCEPTED_ISSUERS ?? [],
    publicVerify: read.HUFU_PUBLIC_VERIFY ?? isLoopback(read.HUFU_LISTEN.host),
    keyPasswordFile: read.HUFU_KEY_PASSWORD_FILE,
    apiKeySecretFile: read.HUFU_API_KEY_SECRET_FILE,
    twoPersons: read.HUFU_TWO_PERSON_REVOCATION,
    grouping: { size: GROUP_SIZE, age: read.HUFU_GROUP_AGE },
    maxGasPrice: read.HUFU_MAX_GAS_PRICE,
    maxPendingAge: read.HUFU_MAX_PENDING_AGE,
    heartbeat: read.HUFU_HEARTBEAT,
    logLevel: read.HUFU_LOG_LEVEL,
    publicUrl: read.HUFU_PUBLIC_URL,
    tls: certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile },
    trustedProxies: read.HUFU_TRUSTED_PROXY ?? [],
    limits: { rate: read.HUFU_RATE_LIMIT, requests: MAX_REQUESTS, arrival: REQUEST_ARRIVAL },
    checkpointInterval: embedded ? CHECKPOINT_INTERVAL.embedded : CHECKPOINT_INTERVAL.node,
    witnesses: [...new Map(read.HUFU_WITNESSES?.map((each) => [each.url, each])).values()],
    publicMetrics: read.HUFU_METRICS === "public",
    injected: foreignNames(env),
  };
}

/** The command line's settings. @throws AppError CONFIG */
export function readClientConfig(env: Env = process.env): ClientConfig {
  const { HUFU_DATA_DIR, HUFU_MAX_LAG, HUFU_ACCEPTED_ISSUERS, HUFU_CHAIN_PROFILE } = service;
  const { HUFU_SERVER, HUFU_API_KEY, HUFU_SALT_DIR } = client;
  const judging = { HUFU_MAX_LAG, HUFU_ACCEPTED_ISSUERS };
  const own = { HUFU_SERVER, HUFU_API_KEY, HUFU_SALT_DIR };
  const read = parse({ ...own, ...judging, HUFU_DATA_DIR, HUFU_CHAIN_PROFILE }, env);
  const home = homeOr(read.HUFU_DATA_DIR);
  const stateDir = env["XDG_STATE_HOME"] ?? join(home, ".local", "state");
  return {
    server: read.HUFU_SERVER,
    apiKey: read.HUFU_API_KEY,
    dataDir: read.HUFU_DATA_DIR,
    cacheDir: join(env["XDG_CACHE_HOME"] ?? join(home, ".cache"), "hufu"),
    saltDir: read.HUFU_SALT_DIR ?? join(stateDir, "hufu", "salts"),
    maxLag: read.HUFU_MAX_LAG,
    acceptedIssuers: read.HUFU_ACCEPTED_ISSUERS ?? [],
    profile: read.HUFU_CHAIN_PROFILE,
  };
}

/** The home folder, or another one for a user without any, as a container may have. */
function homeOr(other: string): string {
  try {
    return homedir();
  } catch {
    return other;
  }
}

/** The language of texts for people: HUFU_LANG, else that of the locale, else English. @throws AppError CONFIG */
export function readLanguage(env: Env = process.env): Language {
  const { HUFU_LANG } = parse({ HUFU_LANG: client.HUFU_LANG }, env);
  return HUFU_LANG ?? languageOf(env["LC_ALL"] ?? env["LC_MESSAGES"] ?? env["LANG"] ?? "") ?? "en";
}

/**
 * The proxies of outgoing requests, in the variables that other programs read too; undefined where there are none. This
 * machine is asked without one.
 * @throws AppError CONFIG: without the value, which may hold a password
 */
export function readProxies(env: Env = process.env): Proxies | undefined {
  const set = given(env);
  const valueOf = (name: keyof Proxies): string | undefined => set[name] ?? set[name.toUpperCase()];
  const urlOf = (name: keyof Proxies): string | undefined => {
    const text = valueOf(name);
    const url = text === undefined || text.includes("://") ? text : `http://${text}`;
    if (url === undefined || proxySchema.safeParse(url).success) return url;
    const at = name.toUpperCase();
    const detail = `${at} is not an http or https URL of a proxy; for example ${at}=http://proxy.example:3128`;
    throw new AppError("CONFIG", { detail, at });
  };
  const urls = { http_proxy: urlOf("http_proxy"), https_proxy: urlOf("https_proxy") };
  if (urls.http_proxy === undefined && urls.https_proxy === undefined) return undefined;
  return { ...urls, no_proxy: [valueOf("no_proxy") ?? [], ...UNPROXIED].flat().join(",") };
}

/** Whether `npm start` or `npx` runs this process, by the event that npm names to what it runs. */
export function isRunByNpm(env: Env = process.env): boolean {
  return ["start", "npx"].includes(env["npm_lifecycle_event"] ?? "");
}

/** Where the embedded chain keeps its data and listens, for `hufu chain`. @throws AppError CONFIG */
export function readChainConfig(env: Env = process.env): {
  dataDir: string;
  listen: Listen;
  minDiskFree: number;
  logLevel: string;
} {
  const defaults = { HUFU_CHAIN_LISTEN: CHAIN_DEFAULTS.listen, HUFU_LOG_LEVEL: CHAIN_DEFAULTS.logLevel };
  const { HUFU_DATA_DIR, HUFU_CHAIN_LISTEN, HUFU_LOG_LEVEL } = service;
  const own = { HUFU_DATA_DIR, HUFU_CHAIN_LISTEN, HUFU_LOG_LEVEL };
  const read = parse(own, { ...defaults, ...given(env) }, unknownSettings(env));
  return {
    dataDir: read.HUFU_DATA_DIR,
    listen: read.HUFU_CHAIN_LISTEN,
    minDiskFree: FIXED.minDiskFree,
    logLevel: read.HUFU_LOG_LEVEL,
  };
}

/**
 * Reads the settings of a shape.
 * @param faults faults found before
 * @throws AppError CONFIG: all faults, without the values, some of which are secrets
 */
function parse<S extends z.core.$ZodShape>(shape: S, env: Env, faults: readonly string[] = []) {
  const { data, error } = z.object(shape).safeParse(given(env));
  const wrong = new Set(error?.issues.map(({ path: [name] }) => String(name)));
  const all = [...faults, ...[...wrong].map(describeFault)];
  if (data === undefined || all.length > 0) throw new AppError("CONFIG", { detail: all.join("\n") });
  return data;
}

function describeFault(name: string): string {
  const { expected, example } = SETTINGS[name] ?? {};
  return `${name} is not ${expected ?? ""}; for example ${name}=${example ?? ""}`;
}

/** The settings that are set, trimmed; an empty one counts as not set. */
function given(env: Env): Record<string, string> {
  const set = Object.entries(env).map(([name, text = ""]) => [name, text.trim()] as const);
  return Object.fromEntries(set.filter(([, text]) => text !== ""));
}

function unknownSettings(env: Env): string[] {
  return foreignNames(env)
    .filter((name) => !isInjected(name, env[name]))
    .map((name) => `${quote(name)} is no setting; the nearest is ${closest(name, Object.keys(SETTINGS))}`);
}

/** Names of the environment that begin as settings do, and are none. */
function foreignNames(env: Env): string[] {
  return Object.keys(env).filter((name) => name.startsWith("HUFU_") && !Object.hasOwn(SETTINGS, name));
}

/**
 * Whether Kubernetes sets such a variable for a Service whose name begins with "hufu" (the addresses of its Services, and
 * those of Docker's links, which it copies), or Docker for a link of such a name.
 */
function isInjected(name: string, value = ""): boolean {
  const end = name.slice("HUFU".length);
  return INJECTED.some(([names, values]) => names.test(end) && values.test(value));
}

/** Faults of settings that go together, of which only one is set. */
function incompletePairs(env: Env): string[] {
  const set = given(env);
  return [
    ["HUFU_CHAIN_RPC_URL", "HUFU_REGISTRY_ADDRESS", "the embedded chain"],
    ["HUFU_TLS_CERT_FILE", "HUFU_TLS_KEY_FILE", "plain HTTP"],
  ].flatMap(([one = "", other = "", without = ""]) =>
    Object.hasOwn(set, one) === Object.hasOwn(set, other)
      ? []
      : [`${one} and ${other} go together: set both, or neither for ${without}`],
  );
}
