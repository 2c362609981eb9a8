/** Tests that files and folders which other users have access to are refused. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { undefinedIfMissing } from "../../src/files/missing.ts";
import { isPrivate, readOwnerOnly, requireOwnerOnly } from "../../src/files/owner-only.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hufu-owner-"));
  path = join(folder, "secret");
  writeFileSync(path, "content\n");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("a file that holds a secret", () => {
  it.each([
    { mode: 0o440, uid: 0, gid: 7, as: "Kubernetes mounts it with fsGroup" },
    { mode: 0o640, uid: 0, gid: 7, as: "root gives it to the group" },
    { mode: 0o440, uid: 0, gid: 0, as: "systemd mounts a credential, with an access list" },
    { mode: 0o600, uid: 1000, gid: 1000, as: "its owner has it" },
  ])("a secret of mode $mode and group $gid is private, as $as", ({ mode, uid, gid }) => {
    expect(isPrivate({ mode: 0o100_000 | mode, uid, gid }, [7, 8])).toBe(true);
  });

  it.each([
    { mode: 0o440, uid: 1000, gid: 7, since: "its owner is another user" },
    { mode: 0o440, uid: 0, gid: 9, since: "its group is another" },
    { mode: 0o444, uid: 0, gid: 7, since: "all can read it" },
    { mode: 0o460, uid: 0, gid: 7, since: "the group can write it" },
    { mode: 0o450, uid: 0, gid: 7, since: "the group can execute it" },
    { mode: 0o442, uid: 0, gid: 0, since: "all can write it" },
  ])(
    "a secret of mode $mode, user $uid and group $gid is not private, since $since",
    ({ mode, uid, gid }) => {
      expect(isPrivate({ mode: 0o100_000 | mode, uid, gid }, [7, 8])).toBe(false);
    },
  );

  it("a symbolic link to a secret, as in a volume of Kubernetes, is judged by its target", async () => {
    const link = join(folder, "..data");
    symlinkSync(path, link);
    chmodSync(path, 0o400);
    expect(await readOwnerOnly(link)).toBe("content\n");
    chmodSync(path, 0o404);
    await expect(readOwnerOnly(link)).rejects.toThrowCode("KEY_FILE_PERMISSIONS");
  });

  it.each([0o600, 0o400, 0o700])("a secret file of mode %o is read", async (mode) => {
    chmodSync(path, mode);
    expect(await readOwnerOnly(path)).toBe("content\n");
  });

  it.each([0o644, 0o604, 0o620, 0o602, 0o610, 0o601, 0o660, 0o666, 0o777])(
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
