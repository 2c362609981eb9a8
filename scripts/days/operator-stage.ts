/** The stage of an operator's Sunday: a chain, a service in a process of its own, the command line, and PostgreSQL. */
import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { LocalSigner } from "../../src/chain/keys/signer.ts";
import { readKey } from "../../src/chain/keys/signers.ts";
import { Governance } from "../../src/chain/registry/governance.ts";
import { JsonRpc, quantity } from "../../src/chain/rpc/rpc.ts";
import { systemClock } from "../../src/core/clock.ts";
import type { Address } from "../../src/core/units.ts";
import { startChain } from "../../src/main/node.ts";
import { operatorSeeds } from "../../src/main/secrets.ts";
import { CERTIFICATES, tlsFiles } from "../../test/support/network/tls.ts";
import { enterOperator } from "../../test/support/service/enter-operator.ts";
import { announced } from "../../test/support/service/announced.ts";
import { startPostgres } from "../../test/support/store/postgres.ts";

const HUFU = fileURLToPath(new URL("../../src/bin/hufu.js", import.meta.url));
const SCENE = "enterprise-credit-report";
const ISSUED = [CERTIFICATES.first.cert, CERTIFICATES.second.cert];
/** Of polls, and how many there are before a step has failed. */
const INTERVAL_MS = 200;
const ATTEMPTS = 300;

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Sunday implements AsyncDisposable {
  readonly folder: string;
  readonly #cleanup: AsyncDisposableStack;
  readonly #env: Record<string, string>;

  private constructor(parts: { folder: string; cleanup: AsyncDisposableStack; env: Record<string, string> }) {
    this.folder = parts.folder;
    this.#cleanup = parts.cleanup;
    this.#env = parts.env;
  }

  /** Starts the chain, and writes keys and certificate of the service. */
  static async begin(): Promise<Sunday> {
    await using cleanup = new AsyncDisposableStack();
    const folder = mkdtempSync(join(tmpdir(), "hufu-sunday-"));
    cleanup.defer(() => rmSync(folder, { recursive: true, force: true }));
    const listen = { host: "127.0.0.1", port: 0 };
    const place = { dataDir: join(folder, "chain"), listen, minDiskFree: 0, bare: false };
    const chain = await startChain(place, { clock: systemClock, log: pino({ level: "silent" }) });
    cleanup.defer(() => chain.stop());
    await enterDirectory(folder, chain.rpc, chain.registry as Address);
    cpSync(join(folder, "chain", "keys"), join(folder, "data", "keys"), { recursive: true });
    const { certFile, keyFile } = tlsFiles(folder);
    writeFileSync(join(folder, "issued.pem"), ISSUED.join(""));
    const env = {
      PATH: process.env["PATH"] ?? "",
      HOME: folder,
      LANG: "C",
      HUFU_LISTEN: "127.0.0.1:0",
      HUFU_DATA_DIR: join(folder, "data"),
      HUFU_CHAIN_RPC_URL: chain.rpc,
      HUFU_REGISTRY_ADDRESS: chain.registry ?? "",
      HUFU_FINALITY: "1",
      HUFU_TLS_CERT_FILE: certFile,
      HUFU_TLS_KEY_FILE: keyFile,
      NODE_EXTRA_CA_CERTS: join(folder, "issued.pem"),
    };
    return new Sunday({ folder, cleanup: cleanup.move(), env });
  }

  get data(): string {
    return join(this.folder, "data");
  }

  /** Prints the sentence of a step. */
  readonly say = (sentence: string): void => console.log(`\n${sentence}`);

  /** Prints what a person looks at. */
  readonly show = (...lines: readonly string[]): void => {
    for (const line of lines) console.log(`    ${line}`);
  };

  /** @throws Error it is something else */
  readonly must = (found: unknown, wanted: unknown): void => {
    const [is, ought] = [JSON.stringify(found), JSON.stringify(wanted)];
    if (is !== ought) throw new Error(`expected ${ought}, and found ${is}`);
  };

  /** From now on the settings name a new database of a server. */
  async startPostgres(): Promise<void> {
    const server = this.#cleanup.use(await startPostgres());
    this.#env["HUFU_DATABASE_URL"] = await server.fresh({ migrated: false });
  }

  async serve(): Promise<SundayService> {
    const service = await SundayService.start(this.#env);
    this.#cleanup.defer(async () => {
      await service.end("SIGKILL");
    });
    return service;
  }

  /** Path of a document, which is made at its first use. */
  file(name: string): string {
    const path = join(this.folder, `${name}.txt`);
    writeFileSync(path, contentOf(name));
    return path;
  }

  /** Registers documents, and waits until they are final. @returns the lines that the command prints */
  async anchor(...names: string[]): Promise<string[]> {
    return await this.hufu("anchor", ...names.map((name) => this.file(name)), "--scene", SCENE);
  }

  /** Runs the command line with the settings of the service. @throws Error it did not exit with 0 */
  async hufu(...args: string[]): Promise<string[]> {
    const { code, stdout, stderr } = await this.#run(args);
    if (code !== 0) throw new Error(`hufu ${args.join(" ")}: exit ${code ?? ""}: ${stderr}`);
    return stdout.trimEnd().split("\n");
  }

  /** Runs it with other settings. @returns its fault, which has the code */
  async refused(env: Record<string, string>, code: string, ...args: string[]): Promise<string> {
    const ran = await this.#run(args, env);
    if (ran.code === 0 || !ran.stderr.includes(code))
      throw new Error(`not refused as ${code}: ${ran.stderr}`);
    return ran.stderr.trimEnd().split("\n")[0] ?? "";
  }

  async refusedStart(env: Record<string, string>, code: string): Promise<string> {
    return await this.refused(env, code, "serve");
  }

  /** The lines of the log, as `hufu audit` prints them. */
  async list(): Promise<string[]> {
    return (await this.hufu("audit", "--issuer", "1", "--scene", SCENE)).map((line) => line.trimEnd());
  }

  /** The names of the documents of the log, in its order; one that is recorded twice is named twice. */
  async log(): Promise<string[]> {
    const answer = JSON.parse((await this.hufu("audit", "--json", "--scene", SCENE)).join("\n")) as {
      entries: { digest: string }[];
    };
    return answer.entries.map(({ digest }) => NAMES.get(digest) ?? digest);
  }

  async verdicts(...names: string[]): Promise<unknown[]> {
    const { stdout } = await this.#run(["verify", "--json", ...names.map((name) => this.file(name))]);
    return (JSON.parse(stdout) as { results: { verdict: string }[] }).results.map(({ verdict }) => verdict);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cleanup.disposeAsync();
  }

  async #run(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
    const child = spawn(process.execPath, [HUFU, ...args], { env: { ...this.#env, ...env }, stdio: "pipe" });
    const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => textOf(stream));
    const [code] = (await once(child, "close")) as [number | null];
    return { code, stdout: stdout?.() ?? "", stderr: stderr?.() ?? "" };
  }
}

/** A service in a process of its own. */
class SundayService {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #log: () => string;

  private constructor(url: string, child: ChildProcess, log: () => string) {
    this.url = url;
    this.#child = child;
    this.#log = log;
  }

  static async start(env: Record<string, string>): Promise<SundayService> {
    const child = spawn(process.execPath, [HUFU, "serve"], { env, stdio: ["ignore", "pipe", "pipe"] });
    const log = textOf(child.stderr);
    if (!(await announced(child))) throw new Error(`the service did not start: ${log()}`);
    const path = join(env["HUFU_DATA_DIR"] ?? "", "credentials.json");
    const { server } = JSON.parse(readFileSync(path, "utf8")) as { server: string };
    return new SundayService(server, child, log);
  }

  /** What `/readyz` answers, once it is not 503 any more. */
  async ready(): Promise<string> {
    return await poll(async () => {
      const status = await statusOf(`${this.url}/readyz`);
      return status === 200 ? "yes" : undefined;
    });
  }

  /** The organisation in the certificate that a new connection is shown. */
  async certificate(): Promise<string> {
    const { hostname: host, port } = new URL(this.url);
    const socket = connect({ host, port: Number(port), ca: ISSUED });
    await once(socket, "secureConnect");
    const { O } = socket.getPeerCertificate().subject;
    socket.destroy();
    return String(O);
  }

  async certificateOtherThan(before: string): Promise<string> {
    return await poll(async () => {
      const now = await this.certificate();
      return now === before ? undefined : now;
    });
  }

  /** The event of a line of its log, once there is one. */
  async logged(event: string): Promise<string> {
    return await poll(() => {
      const line = this.#log()
        .split("\n")
        .find((each) => each.includes(event));
      return Promise.resolve(line && (JSON.parse(line) as { msg: string }).msg);
    });
  }

  signal(name: "SIGHUP"): void {
    this.#child.kill(name);
  }

  /** @returns its exit code; null where a signal ended it */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = once(this.#child, "exit");
      this.#child.kill(signal);
      await gone;
    }
    return this.#child.exitCode;
  }
}

/** The accreditor enters the operator, whose keys are made in the data directory. */
async function enterDirectory(folder: string, url: string, registry: Address): Promise<void> {
  const rpc = new JsonRpc(url);
  const chainId = await rpc.request("eth_chainId", [], quantity);
  const governanceOf = async (name: string): Promise<Governance> => {
    const signer = new LocalSigner(await readKey(join(folder, "chain/chain/keys", `${name}.key`)));
    return new Governance(rpc, { registry, chainId, key: signer });
  };
  const seeds = await operatorSeeds({ dataDir: join(folder, "data") });
  const admin = await governanceOf("institution-1-admin");
  await enterOperator(await governanceOf("deployer"), { name: "Sunday", seeds }, { institution: 1, admin });
}

const MONTHS = ["january", "february", "march", "april", "may", "june", "july", "january-corrected"];
const NAMES = new Map(
  MONTHS.map((name) => [`sha256:${createHash("sha256").update(contentOf(name)).digest("hex")}`, name]),
);

function contentOf(name: string): string {
  return `Credit report of ${name}\n`;
}

/** Reads a stream to its end. @returns what there is so far */
function textOf(stream: NodeJS.ReadableStream): () => string {
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  return () => text;
}

async function statusOf(url: string): Promise<number | undefined> {
  const request = get(url, { ca: ISSUED });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

async function poll<T>(attempt: () => Promise<T | undefined>): Promise<T> {
  for (let i = 0; i < ATTEMPTS; i++) {
    const result = await attempt();
    if (result !== undefined) return result;
    await sleep(INTERVAL_MS);
  }
  throw new Error("it did not come about");
}
