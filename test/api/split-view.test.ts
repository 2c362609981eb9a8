/** Tests that operators detect and report a chain that forks. */
import { cpSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { RecordingProxy } from "../support/network/recording-proxy.ts";
import { toHex } from "../../src/core/bytes.ts";
import { parseCheckpoint } from "../../src/log/checkpoint.ts";
import { parseNote } from "../../src/log/note.ts";
import { anchorSome } from "../support/service/anchor-some.ts";
import { readServiceConfig } from "../../src/config.ts";
import { adoptStore } from "../../src/main/move.ts";
import { ask, startTestService, type TestService } from "../support/service/service.ts";
import { checkpointOf, enterOwner } from "../support/service/two-operators.ts";

/** Entries that both chains have. */
const COMMON = 100;

interface Seen {
  readonly size: number;
  readonly root: string;
  readonly ownRoot: string;
}

const seenBy = async ({ url }: TestService): Promise<Seen[]> => {
  const { status, body } = await ask(`${url}/readyz`);
  expect([status, body["status"]]).toEqual([200, "ready"]);
  return body["splitViews"] as Seen[];
};

async function start(folder: string, asks: RecordingProxy, lines: string[]): Promise<TestService> {
  const env = { HUFU_WITNESSES: asks.url };
  return await startTestService({ folder, env, config: { pollInterval: 50 }, lines });
}

/** Every checkpoint of a service above a size, from the first to the newest. */
async function checkpointsAbove({ url }: TestService, size: number): Promise<string[]> {
  const newest = parseCheckpoint((await checkpointOf({ url }, () => true)).text).size;
  const notes: string[] = [];
  for (let at = size + 1; at <= newest; at++) {
    const response = await fetch(`${url}/log/checkpoints/${at}`);
    if (response.ok) notes.push(await response.text());
  }
  return notes;
}

it("two chains that fork are reported on both sides with both roots, and nothing more is cosigned", async () => {
  await using cleanup = new AsyncDisposableStack();
  const lines = [
    cleanup.use(await RecordingProxy.start("there")),
    cleanup.use(await RecordingProxy.start("back")),
  ] as const;
  const folders = ["shenzhen", "hong-kong"].map((name) => mkdtempSync(join(tmpdir(), `hufu-${name}-`)));
  const [first = "", second = ""] = folders;

  // one chain with two operators in its directory, until it has so many entries
  const common = await startTestService({ folder: first });
  const deployerKey = join(first, "data", "chain", "keys", "deployer.key");
  await enterOwner(join(second, "data"), "Hong Kong", {
    rpc: common.rpc,
    registry: common.registry,
    deployerKey,
  });
  const entered = parseCheckpoint((await checkpointOf(common, () => true)).text).size;
  await anchorSome(common, COMMON - entered);
  await checkpointOf(common, (_, size) => size >= COMMON);
  await common.stop();

  // then each goes on with a copy of it
  for (const part of ["chain", "keys"])
    cpSync(join(first, "data", part), join(second, "data", part), { recursive: true });
  await adoptStore(readServiceConfig({ HUFU_DATA_DIR: join(second, "data") })); // the keys have recorded documents
  const logs: [string[], string[]] = [[], []];
  const services = [await start(first, lines[0], logs[0]), await start(second, lines[1], logs[1])] as const;
  for (const service of services) cleanup.defer(() => service.close());
  for (const [i, line] of lines.entries()) line.target = services[1 - i]?.url;
  expect(new Set(services.map(({ registry }) => registry)).size).toBe(1);
  const fork = Math.max(
    ...(await Promise.all(
      services.map(async (service) => {
        const note = await checkpointOf(
          service,
          ({ signatures }, size) => size >= COMMON && signatures.length >= 3,
        );
        return parseCheckpoint(note.text).size;
      }),
    )),
  );
  expect(fork).toBeGreaterThanOrEqual(COMMON);

  // what they record from now on differs; one is ahead of the other
  await anchorSome(services[0], 3);
  await anchorSome(services[1], 5);
  let seen: Seen[][] = [];
  while (seen.length < 2 || seen.some((views) => views.length === 0)) {
    await sleep(50);
    seen = await Promise.all(services.map(seenBy));
  }

  const [[ours], [theirs]] = seen as [[Seen], [Seen]];
  expect({ size: theirs.size, root: theirs.ownRoot, ownRoot: theirs.root }).toEqual({
    size: ours.size,
    root: ours.root,
    ownRoot: ours.ownRoot,
  });
  expect(ours.size).toBeGreaterThan(fork);
  expect(ours.root).not.toBe(ours.ownRoot);
  const own = await fetch(`${services[0].url}/log/checkpoints/${ours.size}`);
  expect(toHex(parseCheckpoint(parseNote(await own.text()).text).root)).toBe(ours.ownRoot);
  for (const [i, written] of logs.entries()) {
    const logged = written.map((line) => JSON.parse(line) as Record<string, unknown>);
    const { size, root, ownRoot } = (seen[i] as [Seen])[0];
    expect(logged).toContainEqual(
      expect.objectContaining({ msg: "split view", level: 50, size, root, ownRoot }),
    );
  }
  for (const { url } of services) {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/^hufu_split_views_total [1-9]/m);
  }
  for (const service of services) {
    const notes = await checkpointsAbove(service, fork);
    expect(notes.length).toBeGreaterThan(0);
    for (const note of notes) expect(parseNote(note).signatures.length).toBe(2);
  }
  process.stdout.write(`${JSON.stringify({ split: { ...ours, fork } })}\n`);
});
