/** Tests the files of 32 random bytes: made once, whole, and refused where they hold anything else. */
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readOrMakeSecretBytes, readSecretBytes } from "../../src/files/secret-file.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hufu-secret-"));
  path = join(folder, "secret");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("the file of a secret", () => {
  it("concurrent calls make a secret file once, for its owner alone", async () => {
    const path = join(folder, "data", "secret");
    const all = await Promise.all(Array.from({ length: 10 }, () => readOrMakeSecretBytes(path)));
    expect(new Set(all.map((bytes) => Buffer.from(bytes).toString("hex"))).size).toBe(1);
    expect(all[0]).toHaveLength(32);
    expect([path, join(folder, "data")].map((made) => statSync(made).mode & 0o777)).toEqual([0o600, 0o700]);
    expect(readdirSync(join(folder, "data"))).toEqual(["secret"]);
  });

  it("a secret file is never visible without its secret, which a kill would leave permanently", async () => {
    const names = Array.from({ length: 50 }, (_, i) => `${i}.key`);
    const state = { making: true };
    const all = Promise.all(names.map((name) => readOrMakeSecretBytes(join(folder, name))));
    const made = all.finally(() => (state.making = false));
    const incomplete = new Set<string>();
    while (state.making) {
      for (const name of readdirSync(folder).filter((found) => names.includes(found)))
        if (statSync(join(folder, name)).size < 64) incomplete.add(name);
      await setImmediate();
    }
    expect(await made).toHaveLength(names.length);
    expect([...incomplete]).toEqual([]);
  });

  it.each([
    ["shorter", "ab".repeat(31)],
    ["longer", "ab".repeat(33)],
    ["of other characters", "zz".repeat(32)],
    ["empty", ""],
  ])("a secret file that is %s is refused, not shown, and stays", async (_, text) => {
    writeFileSync(path, text, { mode: 0o600 });
    for (const read of [readSecretBytes, readOrMakeSecretBytes]) {
      const fault: unknown = await read(path).catch((error: unknown) => error);
      expect(fault).toMatchObject({ code: "API_KEY_SECRET" });
      if (text !== "") expect(String(fault)).not.toContain(text.slice(0, 16));
    }
    await expect(readSecretBytes(path, "KEY_FILE_FORMAT")).rejects.toThrowCode("KEY_FILE_FORMAT");
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  it("a secret file that others can read is refused, and a missing one is undefined", async () => {
    expect(await readSecretBytes(path)).toBeUndefined();
    writeFileSync(path, "ab".repeat(32));
    chmodSync(path, 0o644);
    for (const read of [readSecretBytes, readOrMakeSecretBytes])
      await expect(read(path)).rejects.toThrowCode("KEY_FILE_PERMISSIONS");
  });
});
