/** Tests a service on a disk that fills up or turns read-only. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { SmallDisk, whyNoMount } from "../support/disk.ts";
import { Serving, Writer } from "../support/service/serving.ts";

const MEGABYTES = 8;
const STORAGE = ["STORAGE_LOW", "STORAGE_FAILED"];
const UNREGISTERED = `sha256:${"ab".repeat(32)}`;

let folder: string;
let disk: SmallDisk | undefined;
let serving: Serving | undefined;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "hufu-disk-"))));
afterEach(async () => {
  await serving?.kill();
  disk?.unmount();
  rmSync(folder, { recursive: true, force: true });
});

/** A test that mounts, or is skipped with the reason in its title. */
function mounting(kind: "tmpfs" | "ext4", title: string, test: () => Promise<void>): void {
  const why = whyNoMount(kind);
  if (why === undefined) it(title, test, 180_000);
  else it.skip(`${title} (skipped: ${why})`, () => undefined);
}

/** Writes a document, and waits until it is verified as valid. */
async function known(writer: Writer, service: Serving): Promise<string> {
  expect(await writer.write(service, 1)).toBe(true);
  await writer.expectRecorded(service);
  return [...writer.acknowledged.values()][0] ?? "";
}

async function writeAndVerify(
  writer: Writer,
  service: Serving,
  { digest, until }: { digest: string; until: () => boolean },
): Promise<void> {
  for (let i = 0; i < 400 && !until(); i++) {
    await writer.write(service);
    await writer.verify(service, digest, "valid");
    await writer.verify(service, UNREGISTERED, "not-found");
  }
  expect(until()).toBe(true);
}

/** Refusals named the disk, and nothing else went wrong; a service that is gone ended by itself. */
function expectStorageRefusals(writer: Writer, atLeast: number): void {
  const counts = [...writer.refusals];
  expect(counts.filter(([code]) => ![...STORAGE, "gone"].includes(code))).toEqual([]);
  expect(counts.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThanOrEqual(atLeast);
}

const seed = (name: string): string => `${inject("seed")}/${name}`;
const refused = (writer: Writer): number => [...writer.refusals.values()].reduce((a, b) => a + b, 0);

describe("a disk that fills up under writes", () => {
  mounting(
    "tmpfs",
    "F42: a full disk loses nothing acknowledged, makes no verdict wrong, and takes writes again once there is space",
    async () => {
      disk = SmallDisk.tmpfs(join(folder, "disk"), MEGABYTES);
      const data = join(disk.folder, "data");
      const writer = new Writer(seed("F42"));
      serving = await Serving.start(data, {}, { minDiskFree: 0 });
      const digest = await known(writer, serving);
      disk.fill(300_000);
      await writeAndVerify(writer, serving, { digest, until: () => refused(writer) > 10 });
      expectStorageRefusals(writer, 10);
      expect(writer.verdicts.get("gone")).toBeUndefined();
      disk.empty();
      await expect.poll(() => serving && writer.write(serving), { timeout: 30_000 }).toBe(true);
      await serving.kill();
      cpSync(data, join(folder, "healthy"), { recursive: true });
      serving = await Serving.start(join(folder, "healthy"));
      await writer.expectRecorded(serving);
    },
  );

  mounting(
    "tmpfs",
    "F42: the guard refuses writes before the disk is full, and takes them again once there is space",
    async () => {
      disk = SmallDisk.tmpfs(join(folder, "disk"), 4 * MEGABYTES);
      const writer = new Writer(seed("F42 guard"));
      serving = await Serving.start(join(disk.folder, "data"), {}, { minDiskFree: 12 << 20 });
      const digest = await known(writer, serving);
      disk.fill(10 << 20);
      const running = serving;
      await expect.poll(() => writer.write(running, 1), { timeout: 10_000 }).toBe(false);
      await writeAndVerify(writer, running, { digest, until: () => refused(writer) > 5 });
      expect([...writer.refusals.keys()]).toEqual(["STORAGE_LOW"]);
      expect(disk.free).toBeGreaterThan(5 << 20);
      disk.empty();
      await expect.poll(() => writer.write(running, 1), { timeout: 10_000 }).toBe(true);
      await writer.expectRecorded(running);
    },
  );
});

describe("a disk that turns read-only under writes", () => {
  mounting("ext4", "F44: nothing acknowledged is lost, and no verdict is wrong", async () => {
    disk = SmallDisk.ext4(join(folder, "disk"), 32);
    const data = join(disk.folder, "data");
    const writer = new Writer(seed("F44"));
    serving = await Serving.start(data, {}, { minDiskFree: 0 });
    const digest = await known(writer, serving);
    const enough = writer.acknowledged.size + 100;
    await writeAndVerify(writer, serving, { digest, until: () => writer.acknowledged.size > enough });
    disk.turnReadOnly();
    await writeAndVerify(writer, serving, { digest, until: () => refused(writer) > 10 });
    expectStorageRefusals(writer, 10);
    await serving.kill();
    disk.unmount();
    disk.mount();
    serving = await Serving.start(data, {}, { minDiskFree: 0 });
    await writer.expectRecorded(serving);
  });
});
