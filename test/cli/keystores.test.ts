import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Wallet, id } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openKeystore } from "../../src/chain/keys/keystore.ts";
import { hufuHere, type Ran } from "../support/cli/cli.ts";

// no service runs here: what makes a keystore holds up the process for seconds, and the service would turn requests away
const PASSWORD = "a password of the operator";
const wallet = new Wallet(id("a hot key"));
let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "hufu-cli-keystores-"))));
afterAll(() => rmSync(folder, { recursive: true }));

const run = (...args: string[]): Promise<Ran> => hufuHere(args, { HUFU_DATA_DIR: join(folder, "data") });

function file(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe("hufu key encrypt", () => {
  const password = (text = `${PASSWORD}\n`): string => file("password", text);

  it("key encrypt writes a keystore for its owner only that the password opens, and prints no key", async () => {
    const plain = file("hot.key", `${wallet.privateKey}\n`);
    const out = join(folder, "hot.json");
    const ran = await run("key", "encrypt", plain, "--out", out, "--password-file", password());
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    expect(ran.stdout).toContain(wallet.address.toLowerCase());
    expect(ran.stdout).toMatch(/remove .*hot\.key/);
    expect(ran.stdout).not.toContain(wallet.privateKey.slice(2, 18));
    expect(statSync(out).mode & 0o777).toBe(0o600);
    const keystore = { name: out, text: readFileSync(out, "utf8") };
    const opened = await openKeystore(keystore, () => Promise.resolve(PASSWORD));
    expect(opened.privateKey).toBe(wallet.privateKey);
    expect(existsSync(plain)).toBe(true);
  }, 30_000);

  it("key encrypt does not overwrite a file", async () => {
    const plain = file("hot.key", wallet.privateKey);
    const out = file("there.json", "something else");
    const ran = await run("key", "encrypt", plain, "--out", out, "--password-file", password());
    expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining("USAGE")]);
    expect(readFileSync(out, "utf8")).toBe("something else");
  }, 30_000);

  it.each<[string, () => [plain: string, password: string], string]>([
    [
      "a plain file that others can read",
      () => [file("a.key", wallet.privateKey, 0o644), password()],
      "KEY_FILE_PERMISSIONS",
    ],
    [
      "a password file that others can read",
      () => [file("a.key", wallet.privateKey), file("p", PASSWORD, 0o644)],
      "KEY_FILE_PERMISSIONS",
    ],
    ["a file that holds no key", () => [file("a.key", "no key"), password()], "KEY_FILE_FORMAT"],
    ["a file that is not there", () => [join(folder, "none"), password()], "FILE_NOT_FOUND"],
    ["an empty password", () => [file("a.key", wallet.privateKey), password("\n")], "USAGE"],
  ])("key encrypt refuses %s, and writes nothing", async (_, files, code) => {
    const [plain, secret] = files();
    const out = join(folder, "refused.json");
    const ran = await run("key", "encrypt", plain, "--out", out, "--password-file", secret);
    expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining(`(${code})`)]);
    expect(existsSync(out)).toBe(false);
    expect(ran.stderr + ran.stdout).not.toContain(wallet.privateKey.slice(2, 18));
  });

  it("key encrypt accepts no password and no key on the command line", async () => {
    for (const secret of ["--password=x", "--password", "--key", "--private-key"]) {
      const ran = await run("key", "encrypt", "a.key", "--out", "b.json", secret, "x");
      expect([secret, ran.code, ran.stderr]).toEqual([secret, 2, expect.stringContaining("SECRET_IN_ARGV")]);
    }
  });
});
