/** Starts a whole service in this process for tests, and sends requests to it. */
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { readServiceConfig, type ServiceConfig } from "../../../src/config.ts";
import { systemClock, type Clock } from "../../../src/core/clock.ts";
import type { Failpoint } from "../../../src/core/failpoint.ts";
import { startService, type Service } from "../../../src/main/service.ts";
import type { Credentials } from "../../../src/files/credentials.ts";

export interface TestService extends Service, AsyncDisposable {
  readonly folder: string;
  readonly credentialsFile: Credentials;
  readonly keys: Readonly<Record<"issuer" | "issuer2" | "verifier" | "auditor" | "operator", string>>;
  /** Stops it and removes its data; may be called repeatedly. */
  close(): Promise<void>;
}

type Env = Record<string, string>;
let settingsFor: (folder: string) => Promise<Env> = () => Promise.resolve({});

/** Sets additional settings of all services in a test file, by folder; undefined = none. */
export function servicesWith(settings: typeof settingsFor | undefined): void {
  settingsFor = settings ?? (() => Promise.resolve({}));
}

/**
 * A copy of an initial chain with its directory and keys, kept until this worker exits, since deploying takes longer than
 * replaying. A test that needs a chain of its own names a folder.
 */
let initialData: string | undefined;
process.once(
  "exit",
  () => initialData !== undefined && rmSync(initialData, { recursive: true, force: true }),
);

function saveInitialData(data: string): void {
  const copy = mkdtempSync(join(tmpdir(), "hufu-beginning-"));
  for (const part of ["chain", "keys", "operator"])
    cpSync(join(data, part), join(copy, part), { recursive: true });
  initialData = copy;
}

/** Milliseconds; shorter than any setting gives, for tests that wait for a checkpoint. */
const CHECKPOINT_INTERVAL = 50;

/** @param options.config overrides members of the configuration that are not settings */
export async function startTestService(
  options: {
    env?: Env;
    config?: Partial<ServiceConfig>;
    folder?: string;
    clock?: Clock;
    lines?: string[];
    failpoint?: Failpoint;
  } = {},
): Promise<TestService> {
  const { env = {}, clock = systemClock, lines, failpoint } = options;
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "hufu-service-"));
  const isDefault = options.folder === undefined && options.clock === undefined;
  if (isDefault && initialData !== undefined) cpSync(initialData, join(folder, "data"), { recursive: true });
  const read = readServiceConfig({
    HUFU_LISTEN: "127.0.0.1:0",
    HUFU_DATA_DIR: join(folder, "data"),
    HUFU_GROUP_AGE: "10",
    ...(await settingsFor(folder)),
    ...env,
  });
  const config = { ...read, checkpointInterval: CHECKPOINT_INTERVAL, ...options.config };
  const log =
    lines === undefined
      ? pino({ level: "silent" })
      : pino({ level: "debug" }, { write: (line) => void lines.push(line) });
  const service = await startService(config, { clock, log, ...(failpoint && { failpoint }) });
  const credentials = JSON.parse(readFileSync(service.credentials, "utf8")) as Credentials;
  if (isDefault && service.embedded && initialData === undefined) saveInitialData(join(folder, "data"));
  let closed: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const close = (): Promise<void> => (closed ??= end());
  return {
    ...service,
    folder,
    credentialsFile: credentials,
    keys: credentials.keys as TestService["keys"],
    close,
    [Symbol.asyncDispose]: close,
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** Sends one request; `body` is sent unchanged if it is text or bytes, else as JSON. */
export async function ask(
  url: string,
  options: {
    method?: string;
    key?: string | undefined;
    body?: unknown;
    headers?: Record<string, string>;
  } = {},
): Promise<Answer> {
  const { key, body, headers = {}, method = body === undefined ? "GET" : "POST" } = options;
  const raw = typeof body === "string" || body instanceof Uint8Array;
  const response = await fetch(url, {
    method,
    headers: {
      ...(body === undefined || "content-type" in headers ? {} : { "content-type": "application/json" }),
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: raw ? Buffer.from(body as string) : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>),
  };
}
