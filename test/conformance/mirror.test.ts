/** Tests that API, checked answers of the service, node, mirrors from tiles and from a node, and receipts offline agree on one log that has every verdict. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SAMPLE_INSTITUTIONS } from "../../src/chain/embedded/samples.ts";
import { formatDigest } from "../../src/core/digest.ts";
import { formatOfficialId } from "../../src/core/official-id.ts";
import { hashBlob } from "../../src/hash/blob.ts";
import { SqlSalts } from "../../src/store/access/salts.ts";
import { hufuHere, type Ran } from "../support/cli/cli.ts";
import { ownPolicy } from "../support/service/own-policy.ts";
import { ask, startTestService, type TestService } from "../support/service/service.ts";

type Issuer = "issuer" | "issuer2";
type Json = Readonly<Record<string, unknown>>;

/** Files by the verdict that they get where no issuer is expected. */
const FILES = [
  "valid",
  "expired",
  "suspended",
  "reinstated",
  "revoked",
  "superseded",
  "several-issuers",
  "withdrawn-by-one",
  "institution-suspended",
  "key-compromised",
  "blinded",
  "not-found",
] as const;
type Name = (typeof FILES)[number];
const VERDICTS: Readonly<Partial<Record<Name, string>>> = {
  reinstated: "valid",
  "withdrawn-by-one": "several-issuers",
  "institution-suspended": "issuer-not-in-good-standing",
  "key-compromised": "issuer-not-in-good-standing",
  blinded: "valid",
};

let service: TestService;
let folder: string;
let node: readonly string[];
const indexes = new Map<string, number>();

const pathOf = (name: Name): string => join(folder, `${name}.pdf`);
const cli = async (...args: readonly string[]): Promise<Ran> =>
  await hufuHere(args, {
    HUFU_DATA_DIR: join(service.folder, "data"),
    HUFU_SALT_DIR: join(folder, "salts"),
    XDG_CACHE_HOME: join(folder, "cache"),
  });
async function done(...args: readonly string[]): Promise<Json> {
  const ran = await cli(...args, "--json");
  expect([args.join(" "), ran.stderr, ran.code]).toEqual([args.join(" "), "", 0]);
  return JSON.parse(ran.stdout) as Json;
}

async function anchor(name: Name, by: Issuer, ...more: readonly string[]): Promise<void> {
  const scene = name === "blinded" ? "personal-credit-report" : "enterprise-credit-report";
  const { anchors } = (await done("anchor", pathOf(name), "--scene", scene, "--as", by, ...more)) as {
    anchors: { index: number }[];
  };
  indexes.set(`${name} ${by}`, anchors[0]?.index ?? -1);
}

async function change(action: string, name: Name, by: Issuer, ...more: readonly string[]): Promise<void> {
  await done(action, String(indexes.get(`${name} ${by}`)), "--reason", "other", "--as", by, ...more);
}

beforeAll(async () => {
  service = await startTestService();
  folder = mkdtempSync(join(tmpdir(), "hufu-corpus-"));
  node = ["--rpc", service.rpc, "--registry", service.registry, "--finality", "1"];
  for (const name of FILES) writeFileSync(pathOf(name), `a report: ${name}`);
  writeFileSync(join(folder, "policy"), await ownPolicy(service));
  await done("salts", "init");
  const until = new Date((Math.floor(Date.now() / 1_000) + 8) * 1_000).toISOString().replace(".000", "");
  await anchor("expired", "issuer", "--valid-until", until);
  for (const name of ["valid", "suspended", "reinstated", "revoked", "superseded", "blinded"] as const)
    await anchor(name, "issuer");
  await anchor("institution-suspended", "issuer2");
  for (const by of ["issuer", "issuer2"] as const)
    for (const name of ["several-issuers", "withdrawn-by-one"] as const) await anchor(name, by);
  await change("suspend", "suspended", "issuer");
  await change("suspend", "reinstated", "issuer");
  await change("reinstate", "reinstated", "issuer");
  await change("revoke", "revoked", "issuer");
  await change("supersede", "superseded", "issuer", "--by", String(indexes.get("valid issuer")));
  await change("revoke", "withdrawn-by-one", "issuer2");
  await sleep(1_100); // entries of the second before are not in question
  await anchor("key-compromised", "issuer");
  const { body } = await ask(`${service.url}/v1/entries/${indexes.get("key-compromised issuer") ?? ""}`, {
    key: service.keys.auditor,
  });
  const { recordedAt, recordedBy } = body as { recordedAt: string; recordedBy: string };
  const contract = ["--rpc", service.rpc, "--registry", service.registry];
  const deployer = ["--key-file", join(service.folder, "data", "chain", "keys", "deployer.key"), ...contract];
  await done("key", "compromise", recordedBy, "--since", recordedAt, ...deployer);
  await done("institution", "suspend", "2", ...deployer);
  await sleep(Math.max(0, Date.parse(until) - Date.now()));
  await covered();
  const tiles = ["--server", service.url, "--policy", join(folder, "policy")];
  await done("mirror", ...tiles, "--dir", join(folder, "tiles"));
  await done("mirror", ...node, "--dir", join(folder, "node"));
});
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Waits until a checkpoint covers everything. */
async function covered(): Promise<void> {
  for (;;) {
    const { body } = await ask(`${service.url}/v1/verifications`, {
      body: { digest: `sha256:${"1".repeat(64)}` },
    });
    const { treeSize } = body["asOf"] as { treeSize: number };
    const note = await (await fetch(`${service.url}/log/checkpoint`)).text();
    if (note.split("\n")[1] === String(treeSize)) return;
    await sleep(100);
  }
}

/** What has to be the same everywhere. */
const essence = ({
  verdict,
  chosenBy,
  decidedBy,
  basis,
  withdrawal,
  standing,
  others,
  issuers,
  entries,
  asOf,
  searched,
}: Json) => ({
  ...{ verdict, chosenBy, decidedBy, basis, withdrawal, standing, others, issuers, searched },
  entries: (entries as Json[]).map(({ transaction: _, block: __, ...entry }) => entry),
  size: (asOf as Json)["treeSize"],
  root: (asOf as Json)["root"],
});

/** Only an answer that is proven entry by entry has the names of document types, and it has no order of entries to prove. */
const withoutNames = ({ entries, ...answer }: ReturnType<typeof essence>): Json => ({
  ...answer,
  entries: (entries as Json[])
    .map(({ sceneNames: _, final: __, ...entry }) => entry)
    .toSorted((a, b) => Number(a["index"]) - Number(b["index"])),
});

async function viaApi(name: Name, expected: readonly string[]): Promise<Json> {
  const digests = await hashBlob(new File([`a report: ${name}`], name), { subtle: crypto.subtle });
  using salts = await SqlSalts.open(join(folder, "salts"));
  const kept = digests.flatMap((digest) => salts.ofDigest(digest));
  const [first, ...also] = digests.map(formatDigest);
  const asked = kept.map(({ commitment, institution, origin }) => ({
    ...{ commitment: formatDigest(commitment), institution, origin },
  }));
  const [expectedIssuer] = expected.slice(1).map((id) => (/^\d+$/.test(id) ? Number(id) : id));
  const body = {
    ...(asked[0] ?? { digest: first, alsoDigests: also }),
    ...(expectedIssuer && { expectedIssuer }),
  };
  return (await ask(`${service.url}/v1/verifications`, { body })).body;
}

async function viaCli(name: Name, ...args: readonly string[]): Promise<Json & { restsOn: string }> {
  const ran = await cli("verify", pathOf(name), "--json", ...args);
  const { results } = JSON.parse(ran.stdout) as { results: (Json & { restsOn: string })[] };
  return results[0] ?? { restsOn: "" };
}

describe.each(FILES)("the file %s", (name) => {
  it("has one verdict at API, checked, at a node and in both mirrors, whatever issuer is expected", async () => {
    const ids = SAMPLE_INSTITUTIONS.map(formatOfficialId);
    for (const expected of [undefined, "1", "2", "9", ...ids]) {
      const option = expected === undefined ? [] : ["--expected-issuer", expected];
      const answer = essence(await viaApi(name, option));
      if (expected === undefined) expect(answer.verdict).toBe(VERDICTS[name] ?? name);
      const checked = await viaCli(name, "--policy", join(folder, "policy"), ...option);
      expect(withoutNames(essence(checked))).toEqual(withoutNames(answer));
      for (const where of [node, ["--mirror", join(folder, "tiles")], ["--mirror", join(folder, "node")]]) {
        const own = await viaCli(name, ...where, ...option);
        expect([where, own.restsOn, essence(own)]).toEqual([where, "proof", answer]);
      }
    }
  });

  it("is registered offline, by each issuer's receipt, as the entry that a mirror has", async () => {
    for (const [i, by] of (["issuer", "issuer2"] as const).entries()) {
      const index = indexes.get(`${name} ${by}`);
      if (index === undefined) continue;
      const receipt = join(folder, `${name} ${by}.tlog-proof`);
      await done("receipt", String(index), "--out", receipt, "--as", by);
      const issuer = ["--expected-issuer", String(i + 1)];
      const evidence = ["--receipt", receipt, "--policy", join(folder, "policy")];
      const offline = await viaCli(name, ...evidence, ...issuer);
      const mirrored = await viaCli(name, "--mirror", join(folder, "tiles"), ...issuer);
      expect(offline).toMatchObject({ verdict: "registered", index, institution: { id: i + 1 } });
      expect(mirrored["entries"]).toContainEqual(
        expect.objectContaining({ index, recordedAt: offline["recordedAt"], conflict: false }),
      );
    }
  });
});

describe("accepted issuers", () => {
  it("decide in a mirror as at a node", async () => {
    const [first = ""] = SAMPLE_INSTITUTIONS.map(formatOfficialId);
    const verify = async (...where: readonly string[]): Promise<Json> => {
      const ran = await hufuHere(["verify", pathOf("several-issuers"), "--json", ...where], {
        HUFU_ACCEPTED_ISSUERS: first,
        HUFU_DATA_DIR: join(service.folder, "data"),
        XDG_CACHE_HOME: join(folder, "cache"),
      });
      return (JSON.parse(ran.stdout) as { results: Json[] }).results[0] ?? {};
    };
    const atNode = essence(await verify(...node));
    expect(atNode).toMatchObject({ verdict: "valid", chosenBy: "setting", others: 1 });
    expect(essence(await verify("--mirror", join(folder, "tiles")))).toEqual(atNode);
    expect(essence(await verify("--mirror", join(folder, "node")))).toEqual(atNode);
  });
});
