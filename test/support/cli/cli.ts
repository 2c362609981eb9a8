/** Runs the command line for tests. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { runCli } from "../../../src/cli/program.ts";
import { ports } from "../../../src/bin/run.ts";
import type { Terminal } from "../../../src/cli/context.ts";
import type { Clock } from "../../../src/core/clock.ts";

const HUFU = join(import.meta.dirname, "../../../src/bin/hufu.js");

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Not that of the user who runs the tests, and another for each service. */
function stateFor({ HUFU_DATA_DIR: data = "" }: Record<string, string>): string {
  const name = createHash("sha256").update(data).digest("hex").slice(0, 16);
  return join(tmpdir(), `hufu-no-state-${process.pid}`, name);
}

/** Runs the command line in a process of its own, without the environment of this one. */
export async function hufu(
  args: readonly string[],
  options: { env?: Record<string, string>; cwd?: string; input?: string | Buffer } = {},
): Promise<Ran> {
  const state = stateFor(options.env ?? {});
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: options.cwd ?? "/",
    LANG: "C",
    XDG_STATE_HOME: state,
    ...options.env,
  };
  const child = spawn(process.execPath, [HUFU, ...args], { env, cwd: options.cwd });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.on("error", () => undefined).end(options.input ?? "");
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, stdout, stderr };
}

/** Runs the command line in this process. */
export async function hufuHere(
  args: readonly string[],
  env: Record<string, string> = {},
  { clock = ports.clock, terminal }: { clock?: Clock; terminal?: Terminal } = {},
): Promise<Ran> {
  const written = { stdout: "", stderr: "" };
  const settings = { LANG: "C", LC_ALL: "C", LC_MESSAGES: "C", XDG_STATE_HOME: stateFor(env), ...env };
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
  const spies = (["stdout", "stderr"] as const).map((stream) =>
    vi.spyOn(process[stream], "write").mockImplementation((text) => {
      written[stream] += String(text);
      return true;
    }),
  );
  try {
    return { code: await runCli(args, { ...ports, clock, terminal }), ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
    vi.unstubAllEnvs();
  }
}
