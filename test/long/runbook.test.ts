/** Runs every command of the runbook as it stands there, but for the places and names that it leaves to its reader. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, cpSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Wallet } from "ethers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readKey } from "../../src/chain/keys/signers.ts";
import { keystoreOf } from "../support/cli/keystore.ts";
import { tlsFiles } from "../support/network/tls.ts";
import { startPostgres } from "../support/store/postgres.ts";

const ROOT = join(import.meta.dirname, "../..");
const RUNBOOK = readFileSync(join(ROOT, "src/RUNBOOK.md"), "utf8");
/** Not of this program, or run by other tests: the installation, and tools of the system. */
const OTHERS = ["npm ci", "git pull && npm ci", "dmesg", "smartctl -a", "~/.pgpass", "npx hufu", "pg_dump"];

/** Commands in blocks, with their continued lines, and in the text. */
function commands(): string[] {
  const blocks = [...RUNBOOK.matchAll(/```sh\n([^]*?)```/g)].map(([, block]) => block ?? "");
  const lines = blocks.flatMap((block) => block.trimEnd().split(/(?<!\\)\n/));
  const text = RUNBOOK.replaceAll(/```[^]*?```/g, "");
  const named = [...text.matchAll(/`((?:[A-Z_]+=\S+ )*(?:npx|npm|git|dmesg|smartctl)\b[^`]*)`/g)];
  return [...new Set([...lines, ...named.map(([, command]) => command ?? "")])];
}

let folder: string;
let data: string;
let env: Record<string, string>;
const running: ChildProcess[] = [];
const unrun = new Set(commands().filter((command) => !OTHERS.includes(command)));

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hufu-runbook-"));
  data = join(folder, "lib");
  const { certFile } = tlsFiles(folder);
  env = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    LANG: "C",
    HUFU_DATA_DIR: data,
    HUFU_FINALITY: "1",
    NODE_EXTRA_CA_CERTS: certFile,
  };
});
afterAll(() => {
  for (const child of running) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** The one command that begins so, with words of it replaced. */
function commandOf(begin: string, words: Readonly<Record<string, string>>): string {
  const found = commands().filter((command) => command.includes(begin));
  expect([begin, found.length]).toEqual([begin, 1]);
  const [command = ""] = found;
  unrun.delete(command);
  let text = command.replaceAll("npx hufu", `node ${ROOT}/src/bin/hufu.js`);
  for (const [word, value] of Object.entries(words)) {
    expect([command, word, text.includes(word)]).toEqual([command, word, true]);
    text = text.replace(word, value);
  }
  return text;
}

/** Runs a command to its end. @returns its output */
async function run(begin: string, words: Readonly<Record<string, string>> = {}, more = ""): Promise<string> {
  const command = `${commandOf(begin, words)} ${more}`;
  const child = spawn("sh", ["-c", command], { cwd: folder, env });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const [code] = (await once(child, "close")) as [number | null];
  expect([command, code, output]).toEqual([command, 0, output]);
  return output;
}

/** Starts a command that goes on. @returns its process, and the JSON that it prints at first */
async function start(begin: string, words: Readonly<Record<string, string>> = {}) {
  const command = commandOf(begin, words);
  const child = spawn("sh", ["-c", `${command.replace(/(^|\n)(?=\w+=|node )/, "$1exec env ")} --json`], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.push(child);
  let output = "";
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const printed = new Promise<Record<string, string>>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (output.endsWith("}\n")) resolve(JSON.parse(output) as Record<string, string>);
    });
    child.once("exit", () => reject(new Error(`${command}: ${stderr}`)));
  });
  return { child, printed: await printed };
}

async function stop(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  await gone;
  expect(child.exitCode).toBe(0);
}

/** A file that only its owner can read. */
function secret(path: string, content: string): string {
  writeFileSync(path, content);
  chmodSync(path, 0o600);
  return path;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

it("every command of the runbook does what the runbook says", async () => {
  const chainEnv = env;
  env = { ...env, HUFU_DATA_DIR: join(folder, "chain"), HUFU_CHAIN_LISTEN: "127.0.0.1:0" };
  const chain = await start("hufu chain");
  const { rpc: URL = "", registry: ADDRESS = "" } = chain.printed;
  env = chainEnv;

  mkdirSync(data, { mode: 0o700 });
  cpSync(join(folder, "chain/keys"), join(data, "keys"), { recursive: true });
  const address = `127.0.0.1:${await freePort()}`;
  const place = {
    "0.0.0.0:443": address,
    "https://hufu.example": `https://${address}`,
    "/var/lib/hufu": data,
    "/etc/hufu/tls/cert.pem": join(folder, "cert.pem"),
    "/etc/hufu/tls/key.pem": join(folder, "key.pem"),
    "http://127.0.0.1:8545": URL,
    "eip155:31337:0x5fbdb2315678afecb367f032d93f642f64180aa3": ADDRESS,
  };
  const serve = () => start("HUFU_LISTEN=0.0.0.0:443", place);
  const first = await serve();

  // the directory, and API keys
  expect(await run("hufu registry status")).toContain("proven");
  expect(await run("hufu institution list")).toContain("91440300MA00SAMP01");
  const old = new Wallet((await readKey(join(data, "keys/institution-1.key"))).privateKey).address;
  expect((await run("hufu key list")).toLowerCase()).toContain(old.toLowerCase());
  const keys = JSON.parse(await run("hufu apikey list", {}, "--json")) as {
    keys: { id: string; name: string }[];
  };
  const verifier = keys.keys.find(({ name }) => name === "verifier")?.id ?? "";
  expect(await run("hufu apikey revoke ID", { ID: verifier })).toContain(verifier);

  // a backup, while the service runs
  const backup = join(folder, "backup");
  await run("hufu backup", { "/var/lib/hufu": data, "/backup/2026-11-30": backup });

  // another hot key
  const next = Wallet.createRandom();
  const password = secret(join(folder, "password"), "a password\n");
  const adminKey = await readKey(join(folder, "chain/chain/keys/institution-1-admin.key"));
  const admin = secret(join(folder, "admin.json"), keystoreOf(adminKey, "a password"));
  const replaced = secret(join(data, "keys/NEW.json"), keystoreOf(new Wallet(next.privateKey), "a password"));
  const signed = {
    "--keystore FILE": `--keystore ${admin}`,
    "--password-file FILE": `--password-file ${password}`,
  };
  await run("hufu key add", { "ID ADDRESS": `1 ${next.address}`, ...signed });
  await run("hufu key accept", {
    " ID ": " 1 ",
    "keys/NEW.json": replaced,
    "--password-file FILE": signed["--password-file FILE"],
  });
  await run("hufu key retire", { ADDRESS: old, ...signed });
  const since = new Date(Date.now() - 1_000).toISOString().replace(/\.\d+/, "");
  await run("hufu key compromise", { ADDRESS: old, TIME: since, ...signed });
  expect(await run("hufu key list")).toContain("compromised since");
  expect(await run("hufu audit --issuer", { ID: "1", TIME: "2026-01-01" })).toContain("proven");
  const listed = await run("hufu audit --rpc", { URL, ADDRESS });
  expect(listed).toContain("proven");

  // the loss of the data directory
  await stop(first.child);
  rmSync(data, { recursive: true });
  await run("hufu restore", { "/var/lib/hufu": data, "/backup/2026-11-30": backup });
  const restored = await serve();
  expect(await run("hufu apikey list")).toContain(verifier);
  await stop(restored.child);

  // the index is made again
  Object.assign(env, { HUFU_CHAIN_RPC_URL: URL, HUFU_REGISTRY_ADDRESS: ADDRESS });
  expect(await run("hufu index rebuild")).toMatch(/^\d+ entries of \d+ blocks/);

  // the database is moved
  const postgres = await startPostgres();
  try {
    env["HUFU_DATABASE_URL"] = await postgres.fresh({ migrated: false });
    commandOf("export HUFU_DATABASE_URL=", {});
    expect(await run("hufu database move")).toContain("Start the service with HUFU_DATABASE_URL set.");
    expect(await run("hufu database adopt")).toContain("belongs to");
  } finally {
    await postgres.close();
  }
  expect([...unrun]).toEqual([]);
}, 600_000);
