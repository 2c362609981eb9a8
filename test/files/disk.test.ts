/** Tests that the guard of a disk compares its free space with what has to be free. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { systemClock, type Clock } from "../../src/core/clock.ts";
import { DiskGuard } from "../../src/files/disk.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "hufu-disk-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("a disk with enough free space passes", async () => {
  const guard = new DiskGuard({ folder, minFree: 1, clock: systemClock });
  await guard.pass();
  expect(await guard.free()).toBeGreaterThan(1);
});

it("a disk with less than the minimum of free space is refused", async () => {
  const guard = new DiskGuard({ folder, minFree: Number.MAX_SAFE_INTEGER, clock: systemClock });
  await expect(guard.pass()).rejects.toThrowCode("STORAGE_LOW");
});

it("a disk is measured again after a second, and a folder that was removed by then is a fault", async () => {
  let now = 0;
  const clock: Clock = { ...systemClock, millis: () => now };
  const guard = new DiskGuard({ folder, minFree: 1, clock });
  await guard.pass();
  rmSync(folder, { recursive: true });
  now = 999;
  await guard.pass();
  now = 1_000;
  await expect(guard.pass()).rejects.toThrowCode("STORAGE_FAILED");
});
