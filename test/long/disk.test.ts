import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { whyNoStrace } from "../support/disk.ts";
import { sized } from "../support/scale.ts";
import { randomFrom } from "../support/random.ts";
import { Serving, Writer } from "../support/service/serving.ts";

const ROUNDS = sized({ short: 4, full: 20 });
/** The fault is at a random one of so many syncs after strace is attached. */
const SYNCS = 40;
const UNREGISTERED = `sha256:${"ab".repeat(32)}`;
/** Exit code after a failure of the storage. */
const BROKEN = 3;
/** Milliseconds until it must have exited. */
const PATIENCE = 20_000;

let folder: string;
let serving: Serving | undefined;
let tracer: ChildProcess | undefined;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "hufu-sync-"))));
afterEach(async () => {
  await serving?.kill();
  tracer?.kill();
  rmSync(folder, { recursive: true, force: true });
});

/** Has the `nth` sync of a process, and every later one, fail with EIO. */
async function failSyncs({ child }: Serving, nth: number): Promise<void> {
  const faults = `inject=fsync,fdatasync:error=EIO:when=${nth}+`;
  const args = ["-f", "-p", String(child.pid), "-o", join(folder, "trace"), "-e", faults];
  tracer = spawn("strace", args, { stdio: ["ignore", "ignore", "pipe"] });
  await once(tracer.stderr ?? tracer, "data"); // it is attached
}

const why = whyNoStrace();
const title = `F43: ${ROUNDS} times a sync fails with EIO under writes: the process ends, and nothing acknowledged is lost`;

describe("a disk whose syncs fail", () => {
  if (why !== undefined) it.skip(`${title} (skipped: ${why})`, () => undefined);
  else
    it(
      title,
      async () => {
        const random = randomFrom(inject("seed"));
        const data = join(folder, "data");
        const writer = new Writer(`${inject("seed")}/F43`);
        let ended = 0;
        for (let round = 0; round < ROUNDS; round++) {
          const running = (serving = await Serving.start(data, { HUFU_LOG_LEVEL: "fatal" }));
          expect(await writer.write(running, 1)).toBe(true);
          await writer.expectRecorded(running);
          const digest = [...writer.acknowledged.values()][0] ?? "";
          await failSyncs(running, 1 + Math.floor(random() * SYNCS));
          for (let i = 0; i < 2 * SYNCS && !running.isGone; i++) {
            await writer.write(running, 3);
            await writer.verify(running, digest, "valid");
            await writer.verify(running, UNREGISTERED, "not-found");
          }
          const end = await Promise.race([running.gone(), sleep(PATIENCE, "still running", { ref: false })]);
          expect(end).toBe(BROKEN);
          expect(running.log).toContain("a sync to disk failed, the process ends");
          ended += 1;
        }
        serving = await Serving.start(data);
        await writer.expectRecorded(serving);
        const refusals = Object.fromEntries(writer.refusals);
        const report = { rounds: ended, acknowledged: writer.acknowledged.size, refusals };
        process.stdout.write(`${JSON.stringify(report)}\n`);
        expect(Object.keys(refusals)).toEqual(["gone"]);
        expect(writer.acknowledged.size).toBeGreaterThan(ROUNDS);
      },
      60_000 * ROUNDS,
    );
});
