/** Tests that files and folders which other users have access to are refused. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { undefinedIfMissing } from "../../src/files/missing.ts";
import { readOwnerOnly, requireOwnerOnly } from "../../src/files/owner-only.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hufu-owner-"));
  path = join(folder, "secret");
  writeFileSync(path, "content\n");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("a file that holds a secret", () => {
  it.each([0o600, 0o400, 0o700])("a secret file of mode %o is read", async (mode) => {
    chmodSync(path, mode);
    expect(await readOwnerOnly(path)).toBe("content\n");
  });

  it.each([0o640, 0o644, 0o604, 0o620, 0o602, 0o610, 0o601, 0o660, 0o666, 0o777])(
    "a secret file of mode %o is refused, with the setting that names it and what to do",
    async (mode) => {
      chmodSync(path, mode);
      const fault: unknown = await readOwnerOnly(path, "HUFU_X").catch((error: unknown) => error);
      expect(fault).toMatchObject({ code: "KEY_FILE_PERMISSIONS", fields: { at: "HUFU_X" } });
      expect(String(fault)).toContain(`(mode ${mode.toString(8)}); run: chmod 600 "`);
      expect(String(fault)).not.toContain("content");
    },
  );

  it("a missing secret file is ENOENT of the system, or undefined", async () => {
    const missing = join(folder, "missing");
    await expect(readOwnerOnly(missing)).rejects.toMatchObject({ code: "ENOENT" });
    expect(await readOwnerOnly(missing).catch(undefinedIfMissing)).toBeUndefined();
    await expect(readOwnerOnly(join(path, "below")).catch(undefinedIfMissing)).rejects.toMatchObject({
      code: "ENOTDIR",
    });
  });
});

it("a folder that others can read is refused with the mode that folders need", async () => {
  const secrets = join(folder, "secrets");
  mkdirSync(secrets);
  chmodSync(secrets, 0o750);
  await expect(requireOwnerOnly(secrets)).rejects.toThrow(/\(mode 750\); run: chmod 700 "/);
  chmodSync(secrets, 0o700);
  await requireOwnerOnly(secrets);
});
