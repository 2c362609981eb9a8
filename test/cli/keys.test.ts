import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hufuHere, type Ran } from "../support/cli/cli.ts";
import { startTestService, type TestService } from "../support/service/service.ts";

let service: TestService;
let folder: string;
beforeAll(async () => {
  service = await startTestService({ env: { HUFU_TWO_PERSON_REVOCATION: "true" } });
  folder = mkdtempSync(join(tmpdir(), "hufu-cli-keys-"));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await service.close();
});

const run = async (...args: string[]): Promise<Ran> =>
  await hufuHere(args, { HUFU_DATA_DIR: join(service.folder, "data") });
const json = async (...args: string[]): Promise<Record<string, unknown>> =>
  JSON.parse((await run(...args, "--json")).stdout) as Record<string, unknown>;

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

describe("hufu apikey", () => {
  it("hufu apikey makes a key that works, shows it once, lists it, and revokes it", async () => {
    const added = await run(
      "apikey",
      "add",
      "--name",
      "night batch",
      "--role",
      "issuer",
      "--institution",
      "1",
    );
    expect(added.code).toBe(0);
    const key = /hufu_([0-9a-f]{12})_[\w-]{43}/.exec(added.stdout);
    const secret = file("api-key", `${key?.[0] ?? ""}\n`);
    const using = async (): Promise<number | null> => (await run("approvals", "--api-key-file", secret)).code;
    expect(await using()).toBe(0);
    const listed = await run("apikey", "list");
    expect(listed.stdout).toContain(`${key?.[1] ?? "none"}  night batch`);
    expect(listed.stdout).not.toMatch(/hufu_/);
    expect((await run("apikey", "revoke", key?.[1] ?? "")).code).toBe(0);
    expect(await using()).toBe(2);
    expect((await run("approvals", "--api-key-file", secret)).stderr).toContain("AUTH_INVALID");
  });

  it.each([
    [["apikey", "add", "--name", "x", "--role", "root"], "ROLE_CODE"],
    [["apikey", "add", "--name", "x", "--role", "issuer", "--institution", "one"], "ID_FORMAT"],
    [["apikey", "add", "--name", "x", "--role", "verifier", "--expires", "2020-01-01"], "KEY_WINDOW"],
    [["apikey", "revoke", "nobody"], "ID_FORMAT"],
    [["apikey", "list", "--as", "issuer"], "SCOPE_REQUIRED"],
  ])("%j is refused with %s", async (args, code) => {
    const ran = await run(...args);
    expect([ran.code, ran.stdout, ran.stderr]).toEqual([2, "", expect.stringContaining(`(${code})`)]);
  });
});

describe("a withdrawal by two persons", () => {
  it("a withdrawal is requested by one person, listed, and approved or rejected by the other", async () => {
    const { key } = await json(
      "apikey",
      "add",
      "--name",
      "checker",
      "--role",
      "issuer",
      "--institution",
      "1",
    );
    const checker = ["--api-key-file", file("checker", String(key))];
    const report = file("report.pdf", "a report that two persons withdraw");
    expect((await run("anchor", report, "--scene", "enterprise-credit-report")).code).toBe(0);

    const asked = await run("revoke", report, "--reason", "issued-in-error");
    const request = /hufu approve ([0-9a-f-]{36})/.exec(asked.stdout)?.[1] ?? "";
    expect([asked.code, request]).toEqual([3, expect.stringMatching(/./)]);
    expect((await run("verify", report)).code).toBe(0);
    const listed = await run("approvals", ...checker);
    expect(listed.stdout).toContain(request);
    expect(listed.stdout).toMatch(/asked by\s+issuer/);

    const own = await run("approve", request);
    expect([own.code, own.stderr]).toEqual([2, expect.stringContaining("SAME_PERSON")]);
    const rejected = await run("reject", request, ...checker);
    expect([rejected.code, rejected.stderr]).toEqual([0, ""]);
    expect((await run("verify", report)).code).toBe(0);

    const again = await json("revoke", report, "--reason", "issued-in-error");
    expect(again).toMatchObject({ state: "awaiting-approval", askedBy: { name: "issuer" } });
    const approved = await run("approve", String(again["id"]), ...checker);
    expect([approved.code, approved.stderr]).toEqual([0, ""]);
    expect((await run("verify", report)).code).toBe(1);
    expect((await run("approvals", ...checker, "--lang", "zh-Hans")).stdout).toBe("没有等待复核的变更\n");
  });
});
