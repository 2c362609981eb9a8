/** Starts two services that are witnesses of each other. */
import { cpSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { hufuHere } from "../cli/cli.ts";
import { RecordingProxy } from "../network/recording-proxy.ts";
import { enterOperator } from "./enter-operator.ts";
import { Governance } from "../../../src/chain/registry/governance.ts";
import { JsonRpc, quantity } from "../../../src/chain/rpc/rpc.ts";
import { LocalSigner } from "../../../src/chain/keys/signer.ts";
import { readKey } from "../../../src/chain/keys/signers.ts";
import { systemClock } from "../../../src/core/clock.ts";
import type { Address } from "../../../src/core/units.ts";
import { parseCheckpoint } from "../../../src/log/checkpoint.ts";
import { parseNote, type Note } from "../../../src/log/note.ts";
import { operatorSeeds } from "../../../src/main/secrets.ts";
import { startTestChain, type TestChain } from "../chain/embedded.ts";
import { startTestService, type TestService } from "./service.ts";

/** Registers the operator of a data directory, with its existing or new keys. */
export async function enterOwner(
  dataDir: string,
  name: string,
  chain: { rpc: string; registry: Address; deployerKey: string },
  institution?: { id: number; adminKey: string },
): Promise<void> {
  const rpc = new JsonRpc(chain.rpc);
  const chainId = await rpc.request("eth_chainId", [], quantity);
  const governanceOf = async (path: string): Promise<Governance> =>
    new Governance(rpc, { registry: chain.registry, chainId, key: new LocalSigner(await readKey(path)) });
  const of = institution && {
    institution: institution.id,
    admin: await governanceOf(institution.adminKey),
  };
  const seeds = await operatorSeeds({ dataDir });
  await enterOperator(await governanceOf(chain.deployerKey), { name, seeds }, of);
}

/** The links between the services can be cut. */
export class TwoOperators implements AsyncDisposable {
  readonly chain: TestChain;
  readonly services: readonly [TestService, TestService];
  /** From the first to the second, and back. */
  readonly lines: readonly [RecordingProxy, RecordingProxy];

  /** Log lines of both. */
  readonly logged: readonly string[];

  private constructor(parts: Pick<TwoOperators, "chain" | "services" | "lines" | "logged">) {
    ({ chain: this.chain, services: this.services, lines: this.lines, logged: this.logged } = parts);
  }

  static async start(): Promise<TwoOperators> {
    const chain = await startTestChain({ clock: systemClock });
    const lines = [await RecordingProxy.start("there"), await RecordingProxy.start("back")] as const;
    const logged: string[] = [];
    const start = async (name: string, asks: RecordingProxy): Promise<TestService> => {
      const folder = mkdtempSync(join(tmpdir(), "hufu-operator-"));
      const { url, registry } = chain;
      const deployerKey = join(chain.folder, "governance", "deployer.key");
      if (asks === lines[0]) {
        mkdirSync(join(folder, "data", "keys"), { recursive: true, mode: 0o700 });
        cpSync(
          join(chain.folder, "hot", "institution-1.key"),
          join(folder, "data", "keys", "institution-1.key"),
        );
      }
      const institution = asks === lines[0] ? 1 : 2;
      const adminKey = join(chain.folder, "governance", `institution-${institution}-admin.key`);
      const place = { rpc: url, registry, deployerKey };
      await enterOwner(join(folder, "data"), name, place, { id: institution, adminKey });
      const env = {
        HUFU_CHAIN_RPC_URL: url,
        HUFU_REGISTRY_ADDRESS: registry,
        HUFU_FINALITY: "1",
        HUFU_WITNESSES: asks.url,
      };
      return await startTestService({ folder, env, config: { pollInterval: 50 }, lines: logged });
    };
    // the operators are of two institutions; the first signs for its own, the second for none
    const services = [await start("Shenzhen", lines[0]), await start("Hong Kong", lines[1])] as const;
    const both = new TwoOperators({ chain, services, lines, logged });
    both.connect();
    return both;
  }

  connect(): void {
    for (const [i, line] of this.lines.entries()) line.target = this.services[1 - i]?.url;
  }

  cut(): void {
    for (const line of this.lines) line.target = undefined;
  }

  /** As `hufu policy` makes it of the directory, which the contract proves. */
  async policy(): Promise<string> {
    const { url, registry, folder } = this.chain;
    const node = ["--rpc", url, "--registry", registry, "--finality", "1"];
    const ran = await hufuHere(["policy", ...node], { XDG_CACHE_HOME: join(folder, "cache") });
    if (ran.code !== 0) throw new Error(ran.stderr);
    return ran.stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const service of this.services) await service.close();
    for (const line of this.lines) await line[Symbol.asyncDispose]();
    await this.chain.close();
  }
}

/** Waits for a checkpoint of a service that satisfies `wanted`. */
export async function checkpointOf(
  { url }: { readonly url: string },
  wanted: (note: Note, size: number) => boolean,
): Promise<Note> {
  for (;;) {
    const response = await fetch(`${url}/log/checkpoint`);
    const text = await response.text();
    const note = response.ok ? parseNote(text) : undefined;
    if (note !== undefined && wanted(note, parseCheckpoint(note.text).size)) return note;
    await sleep(20);
  }
}
