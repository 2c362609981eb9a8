import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockFolder } from "../../src/files/lock.ts";

let folder: string;
let child: ChildProcess | undefined;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "hufu-lock-"))));
afterEach(() => {
  child?.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

const holder = `import { lockFolder } from ${JSON.stringify(join(import.meta.dirname, "../../src/files/lock.ts"))};
  await lockFolder(process.argv[2]);
  process.send("held");
  setInterval(() => undefined, 1000);`;

describe("a folder", () => {
  it("F45: a folder belongs to one process, which is named, until that is killed", async () => {
    const script = join(folder, "holder.mjs");
    writeFileSync(script, holder);
    const data = join(folder, "data");
    child = fork(script, [data]);
    await once(child, "message");
    await expect(lockFolder(data)).rejects.toThrowCode("DATA_DIR_LOCKED");
    await expect(lockFolder(data)).rejects.toThrow(new RegExp(`process ${child.pid ?? ""}\\b`));
    child.kill("SIGKILL");
    await once(child, "exit");
    (await lockFolder(data)).release();
  });

  it("a folder belongs to one holder within a process too, until that releases it", async () => {
    const lock = await lockFolder(folder);
    await expect(lockFolder(folder)).rejects.toThrowCode("DATA_DIR_LOCKED");
    lock.release();
    (await lockFolder(folder)).release();
  });

  it("a lock is waited for as long as the caller sets", async () => {
    const lock = await lockFolder(folder);
    const waiting = lockFolder(folder, { wait: 10_000 });
    lock.release();
    (await waiting).release();
  });

  it("a folder that cannot be made is refused", async () => {
    writeFileSync(join(folder, "file"), "");
    await expect(lockFolder(join(folder, "file", "below"))).rejects.toThrowCode("DATA_DIR_UNUSABLE");
  });
});
