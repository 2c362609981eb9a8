/** Runs operators and the command line of the demo in processes of their own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { announced } from "../../test/support/service/announced.ts";
import type { Credentials } from "../../src/files/credentials.ts";

const HUFU = fileURLToPath(new URL("../../src/bin/hufu.js", import.meta.url));

/** The part of this process's environment that every process of the demo inherits. */
function baseEnv(): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "/" };
}

/** One operator: `hufu serve` in a process of its own, with its own database and keys. */
export interface Operator extends AsyncDisposable {
  readonly credentials: Credentials;
  stop(): Promise<void>;
}

/**
 * @param options.rpc URL of its node
 * @param options.witness URL of the other operator, which cosigns
 */
export async function startOperator(options: {
  name: string;
  folder: string;
  rpc: string;
  registry: string;
  witness: string;
}): Promise<Operator> {
  const { name, folder, rpc, registry, witness } = options;
  const env = {
    ...baseEnv(),
    HUFU_LISTEN: "127.0.0.1:0",
    HUFU_DATA_DIR: folder,
    HUFU_OPERATOR_NAME: name,
    HUFU_CHAIN_RPC_URL: rpc,
    HUFU_REGISTRY_ADDRESS: registry,
    HUFU_FINALITY: "1",
    HUFU_WITNESSES: witness,
    HUFU_LOG_LEVEL: "error",
  };
  const child = spawn(process.execPath, [HUFU, "serve"], { env, stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await exited;
  };
  if (!(await announced(child))) throw new Error(`${name} did not start`);
  const credentials = JSON.parse(readFileSync(join(folder, "credentials.json"), "utf8")) as Credentials;
  return { credentials, stop, [Symbol.asyncDispose]: stop };
}

/** Runs `hufu … --json`. @returns the exit code, and the JSON document that it prints */
export async function hufu(
  args: readonly string[],
  { home, apiKey }: { home: string; apiKey?: string | undefined },
): Promise<{ code: number; document: Record<string, unknown> }> {
  const env = {
    ...baseEnv(),
    HUFU_DATA_DIR: join(home, "none"),
    HUFU_SALT_DIR: join(home, "salts"),
    XDG_CACHE_HOME: join(home, "cache"),
  };
  const child = spawn(process.execPath, [HUFU, ...args, "--json"], {
    env: apiKey === undefined ? env : { ...env, HUFU_API_KEY: apiKey },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code: code ?? 1, document: JSON.parse(stdout === "" ? "{}" : stdout) as Record<string, unknown> };
}
