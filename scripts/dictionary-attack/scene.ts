/** Registers one page openly and one blinded at a real service, and collects all data that an attacker could hold. */
import { hash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { readServiceConfig } from "../../src/config.ts";
import { systemClock } from "../../src/core/clock.ts";
import { formatDigest, type Digest } from "../../src/core/digest.ts";
import { commit, type Blinder } from "../../src/hash/blinding.ts";
import { parseCheckpoint } from "../../src/log/checkpoint.ts";
import { parseNote } from "../../src/log/note.ts";
import { startService } from "../../src/main/service.ts";
import { HufuClient } from "../../src/sdk/http/client.ts";
import type { Credentials } from "../../src/files/credentials.ts";
import { Haystack } from "./haystack.ts";
import { page } from "./template.ts";

export interface Scene {
  /** Chain, tiles, database, everything else in the service's folder, and its log at the finest level. */
  readonly held: Haystack;
  /** Of the blinded page: its salt is known to its issuer only, the rest to everybody. */
  readonly blinder: Blinder;
}

export async function play(numbers: { open: string; blinded: string }): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), "hufu-attack-"));
  const lines: string[] = [];
  const log = pino({ level: "trace" }, { write: (line) => void lines.push(line) });
  const config = readServiceConfig({ HUFU_LISTEN: "127.0.0.1:0", HUFU_DATA_DIR: folder });
  const service = await startService(config, { clock: systemClock, log });
  const held = new Haystack();
  try {
    const { keys } = JSON.parse(readFileSync(service.credentials, "utf8")) as Credentials;
    const client = new HufuClient({ server: service.url, apiKey: keys["issuer"] });
    const { origin } = (await client.institutions()).registry;
    const blinder = { salt: randomBytes(32), origin, institution: 1 };
    const commitment = formatDigest(commit(digestOf(numbers.blinded), blinder));
    const documents = [
      { digest: formatDigest(digestOf(numbers.open)), scene: "enterprise-credit-report" },
      { commitment, scene: "personal-credit-report" },
    ];
    const { anchors } = await client.anchor(documents, { wait: true });
    if (anchors.some(({ state }) => state !== "final")) throw new Error("the pages are not recorded");
    await client.verify({ commitment, institution: 1 });
    const checkpoint = await checkpointOver(service.url, Math.max(...anchors.map(({ index = 0 }) => index)));
    held.add(checkpoint.bytes);
    for (const path of [`tile/0/000.p/${checkpoint.size}`, `tile/entries/000.p/${checkpoint.size}`])
      held.add(await fetched(`${service.url}/log/${path}`));
    held.add(Buffer.from(JSON.stringify(await chainOf(service.rpc))));
    await service.stop();
    for (const name of filesIn(folder)) held.add(readFileSync(name));
    held.add(Buffer.from(lines.join("\n")));
    return { held, blinder };
  } finally {
    await service.stop(); // a second time does nothing
    rmSync(folder, { recursive: true, force: true });
  }
}

function digestOf(number: string): Digest {
  return { algorithm: "sha256", bytes: Uint8Array.from(hash("sha256", page(number), "buffer")) };
}

/** The newest checkpoint as soon as it covers an entry: it is signed some time after the entry is final. */
async function checkpointOver(server: string, index: number): Promise<{ bytes: Uint8Array; size: number }> {
  for (const until = Date.now() + 60_000; Date.now() < until;) {
    const response = await fetch(`${server}/log/checkpoint`);
    if (response.status !== 404) {
      const bytes = await bodyOf(response);
      const { size } = parseCheckpoint(parseNote(new TextDecoder().decode(bytes)).text);
      if (size > index) return { bytes, size };
    }
    await sleep(100);
  }
  throw new Error("no checkpoint covers the pages");
}

async function fetched(url: string): Promise<Uint8Array> {
  return await bodyOf(await fetch(url));
}

async function bodyOf(response: Response): Promise<Uint8Array> {
  if (!response.ok) throw new Error(`${response.url} answers HTTP ${response.status}`);
  return await response.bytes();
}

/** All blocks with their transactions, and all events. */
async function chainOf(rpc: string): Promise<unknown[]> {
  const call = async (method: string, ...params: unknown[]): Promise<unknown> => {
    const response = await fetch(rpc, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    const { result } = (await response.json()) as { result?: unknown };
    if (result === undefined) throw new Error(`the node does not answer ${method}`);
    return result;
  };
  const height = Number(await call("eth_blockNumber"));
  const all = [await call("eth_getLogs", { fromBlock: "0x0", toBlock: "latest" })];
  for (let n = 0; n <= height; n++) all.push(await call("eth_getBlockByNumber", `0x${n.toString(16)}`, true));
  return all;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
