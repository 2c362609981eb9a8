/** Runs the main path of the product on a given chain. */
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { Address } from "../../../src/core/units.ts";
import { hufuHere, type Ran } from "../cli/cli.ts";
import { ask, startTestService } from "./service.ts";

export interface Stage {
  /** URL of the node for the service, the command line and governance. */
  readonly url: string;
  readonly registry: Address;
  /** Folders of the institutions' hot keys, and of the deployer's and the admins' keys. */
  readonly hotFolder: string;
  readonly governanceFolder: string;
  /** Settings of the service and of the command line. */
  readonly env: Readonly<Record<string, string>>;
  /** Value of `--finality`. */
  readonly finality: string;
}

/**
 * A document is anchored, becomes final, is verified at the service and directly at the node, is revoked, and is no longer
 * valid; governance changes the directory; an audit compares the log with the contract.
 */
export async function runStory({
  url,
  registry,
  hotFolder,
  governanceFolder,
  env,
  finality,
}: Stage): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "hufu-story-"));
  const keys = join(folder, "data", "keys");
  mkdirSync(keys, { recursive: true });
  cpSync(hotFolder, keys, { recursive: true });
  const settings = {
    HUFU_CHAIN_RPC_URL: url,
    HUFU_REGISTRY_ADDRESS: registry,
    HUFU_FINALITY: finality,
    ...env,
  };
  const service = await startTestService({ folder, env: settings });
  try {
    const text = `a report ${folder}`;
    const path = join(folder, "report.pdf");
    writeFileSync(path, text);
    const digest = `sha256:${createHash("sha256").update(text).digest("hex")}`;
    const verify = async (asked: string): Promise<Record<string, unknown>> =>
      (await ask(`${service.url}/v1/verifications`, { body: { digest: asked } })).body;
    const cli = async (...args: string[]): Promise<Ran> =>
      await hufuHere(args, {
        ...env,
        HUFU_DATA_DIR: join(folder, "data"),
        XDG_CACHE_HOME: join(folder, "cache"),
      });
    const contract = ["--rpc", url, "--registry", registry];
    const node = [...contract, "--finality", finality];

    const anchored = await ask(`${service.url}/v1/anchors?wait=final`, {
      key: service.keys.issuer,
      body: { documents: [{ digest, scene: "enterprise-credit-report" }] },
    });
    const [anchor] = anchored.body["anchors"] as { state: string; index: number }[];
    expect([anchored.status, anchor?.state]).toEqual([200, "final"]);
    expect((await verify(digest))["verdict"]).toBe("valid");
    expect((await verify(digest.replace(/.$/, (last) => (last === "0" ? "1" : "0"))))["verdict"]).toBe(
      "not-found",
    );
    expect((await cli("verify", path, ...node)).code).toBe(0);

    const revoked = await ask(`${service.url}/v1/entries/${anchor?.index ?? ""}/status?wait=final`, {
      key: service.keys.issuer,
      body: { action: "revoke", reason: "content-corrected" },
    });
    expect(revoked.status).toBe(200);
    expect(await verify(digest)).toMatchObject({ verdict: "revoked", decidedBy: anchor?.index });
    expect((await cli("verify", path, ...node)).code).toBe(1);

    const deployer = ["--key-file", join(governanceFolder, "deployer.key")];
    const suspended = await cli("institution", "suspend", "2", ...deployer, ...contract);
    expect([suspended.code, suspended.stderr]).toEqual([0, ""]);
    const audited = await cli("audit", "--json");
    expect([audited.code, audited.stderr]).toEqual([0, ""]);
    const direct = await cli("audit", "--json", ...node);
    expect([direct.code, direct.stderr]).toEqual([0, ""]);
  } finally {
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
