/** Tests that a mirror answers where there is no network at all: in a namespace without interfaces, and without a socket. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MirrorFolder } from "../support/log/mirror-folder.ts";
import { MirroredLog } from "../support/log/served-mirror.ts";
import { systemClock } from "../../src/core/clock.ts";
import { hashBlob } from "../../src/hash/blob.ts";

const HUFU = join(import.meta.dirname, "../../src/bin/hufu.js");

async function mirrored(): Promise<MirrorFolder> {
  const folder = new MirrorFolder();
  const served = new MirroredLog(systemClock.now() - 5);
  served.register();
  writeFileSync(join(folder.path, "known.pdf"), "a report");
  writeFileSync(join(folder.path, "unknown.pdf"), "another report");
  const [digest] = await hashBlob(new File(["a report"], "known.pdf"), { subtle: crypto.subtle });
  if (digest === undefined) throw new RangeError("a file has a digest");
  served.log.document(digest);
  await folder.follow(await served.source());
  return folder;
}

/** Runs `hufu verify` under a program, and gives what both have written. */
function verifyUnder(folder: MirrorFolder, command: readonly string[]) {
  const files = ["known.pdf", "unknown.pdf"].map((name) => join(folder.path, name));
  const [program = "", ...args] = [...command, process.execPath, HUFU, "verify", ...files];
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder.path,
    // of a service that must not be asked
    HUFU_SERVER: "http://192.0.2.1",
    HUFU_SALT_DIR: join(folder.path, "salts"),
  };
  const ran = spawnSync(program, [...args, "--mirror", folder.path, "--json"], { env, encoding: "utf8" });
  if (ran.error !== undefined) throw ran.error;
  return ran;
}

describe("hufu verify --mirror", () => {
  it("answers in a network namespace without interfaces", async () => {
    using folder = await mirrored();
    const inside = spawnSync("unshare", ["-rn", "cat", "/proc/net/dev"], { encoding: "utf8" });
    const names = inside.stdout
      .split("\n")
      .slice(2)
      .map((line) => line.split(":")[0]?.trim());
    expect([inside.status, names.filter((name) => name !== "" && name !== "lo")]).toEqual([0, []]);
    const ran = verifyUnder(folder, ["unshare", "-rn"]);
    const { results } = JSON.parse(ran.stdout) as { results: { verdict: string; restsOn: string }[] };
    expect([ran.stderr, results.map(({ verdict, restsOn }) => [verdict, restsOn])]).toEqual([
      "",
      [
        ["valid", "proof"],
        ["not-found", "proof"],
      ],
    ]);
  });

  it("connects to nothing and looks up no name", async () => {
    using folder = await mirrored();
    const trace = join(folder.path, "trace");
    const ran = verifyUnder(folder, [
      "strace",
      "-f",
      "-qq",
      "-e",
      "trace=connect,sendto,sendmsg",
      "-o",
      trace,
    ]);
    expect([ran.status, ran.stderr]).toEqual([1, ""]);
    const calls = readFileSync(trace, "utf8")
      .split("\n")
      .filter((line) => line.includes("AF_INET"));
    expect(calls).toEqual([]);
    expect(readFileSync(trace, "utf8")).not.toContain("resolv");
  });
});
