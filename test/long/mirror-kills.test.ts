/** Tests that a mirror which is killed at any moment is whole after it was run again. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, inject, it } from "vitest";
import { isAppError } from "../../src/core/errors.ts";
import { largeLog } from "../support/log/served-mirror.ts";
import { MirrorFolder } from "../support/log/mirror-folder.ts";
import { randomFrom } from "../support/random.ts";
import { sized } from "../support/scale.ts";

const { entries, kills } = sized({
  short: { entries: 5_000, kills: 10 },
  full: { entries: 100_000, kills: 50 },
});
const CHILD = join(import.meta.dirname, "../support/log/mirror-child.ts");

/** @param after milliseconds from its start @returns whether it was killed before it was done */
async function killed(folder: string, after: number): Promise<boolean> {
  const child = spawn(process.execPath, [CHILD, folder, String(entries)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  await once(child.stdout, "data");
  await sleep(after);
  child.kill("SIGKILL");
  const [, signal] = (await closed) as [number | null, string | null];
  return signal === "SIGKILL";
}

async function sizeOf(folder: MirrorFolder): Promise<number> {
  try {
    return (await folder.open()).state.size;
  } catch (error) {
    if (!isAppError(error, "MIRROR_MISSING")) throw error;
    return 0;
  }
}

it(`${kills} kills on ${entries} entries leave a mirror that is completed, byte for byte a fresh one`, async () => {
  const random = randomFrom(inject("seed"));
  using folder = new MirrorFolder();
  using fresh = new MirrorFolder();
  const source = await largeLog(entries).source();
  const started = performance.now();
  await fresh.follow(source);
  const whole = performance.now() - started;
  let hits = 0;
  let sizes = 0;
  for (let round = 0; hits < kills; round++) {
    if (await killed(folder.path, random() * whole)) hits += 1;
    // what is there is either nothing yet, or the whole
    const size = await sizeOf(folder);
    expect([0, entries]).toContain(size);
    if (size === entries) folder.sql("delete from state");
    const [{ rows = 0 } = {}] = folder.rows("select count(*) as rows from bundle");
    if (rows !== 0) sizes += 1;
    // begin again now and then, so that kills hit every part of a run
    if (round % 3 === 2) for (const table of ["bundle", "event", "state"]) folder.sql(`delete from ${table}`);
  }
  expect(sizes).toBeGreaterThan(0);
  await folder.follow(source);
  expect(folder.dump()).toEqual(fresh.dump());
}, 3_600_000);
