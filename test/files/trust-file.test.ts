import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TrustFile } from "../../src/files/trust-file.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "hufu-trust-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const PIN = { kind: "pin", policy: "log a\n", newest: { size: 3, root: "AAAA" } } as const;

describe("what is trusted on a machine", () => {
  it("is read as it was written, by name, from an owner-only file", async () => {
    const trust = new TrustFile(join(folder, "salts"));
    expect(await trust.read("a")).toBeUndefined();
    await trust.write("a", PIN);
    await trust.write("__proto__", { kind: "policy", policy: "b" });
    expect(await new TrustFile(join(folder, "salts")).read("a")).toEqual(PIN);
    expect(await trust.read("toString")).toBeUndefined();
    expect(statSync(join(folder, "salts", "trust.json")).mode & 0o777).toBe(0o600);
  });

  it("of many writers at once nothing is lost", async () => {
    const names = Array.from({ length: 20 }, (_, i) => `server ${i}`);
    await Promise.all(names.map((name) => new TrustFile(folder).write(name, PIN)));
    for (const name of names) expect(await new TrustFile(folder).read(name)).toEqual(PIN);
  });

  it("a folder that cannot be made is a fault with its path", async () => {
    writeFileSync(join(folder, "file"), "");
    const trust = new TrustFile(join(folder, "file", "salts"));
    await expect(trust.write("a", PIN)).rejects.toThrowCode("DATA_DIR_UNUSABLE");
  });

  it("that others can read, or that another program wrote, is refused", async () => {
    const trust = new TrustFile(folder);
    await trust.write("a", PIN);
    const path = join(folder, "trust.json");
    const whole = readFileSync(path, "utf8");
    writeFileSync(path, whole.slice(1));
    await expect(trust.read("a")).rejects.toMatchObject({ code: "KEY_FILE_FORMAT" });
    chmodSync(path, 0o644);
    await expect(trust.write("b", PIN)).rejects.toMatchObject({ code: "KEY_FILE_PERMISSIONS" });
  });
});
