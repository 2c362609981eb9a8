/** Tests verification across a registry and its successor. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Wallet } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deployRegistry } from "../../src/chain/registry/deploy.ts";
import { SAMPLE_INSTITUTIONS, SAMPLE_SCENES } from "../../src/chain/embedded/samples.ts";
import { Governance } from "../../src/chain/registry/governance.ts";
import { LocalSigner } from "../../src/chain/keys/signer.ts";
import { readKey } from "../../src/chain/keys/signers.ts";
import { systemClock } from "../../src/core/clock.ts";
import { formatOfficialId } from "../../src/core/official-id.ts";
import type { Address } from "../../src/core/units.ts";
import { grantRole, startTestChain, type TestChain } from "../support/chain/embedded.ts";
import { ask, startTestService, type Answer, type TestService } from "../support/service/service.ts";

const SCENE = "enterprise-credit-report";
const BLINDED = "personal-credit-report";
const CHAIN = 31_337;
const [SHENZHEN, GUANGZHOU] = SAMPLE_INSTITUTIONS;
const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

let chain: TestChain;
let folder: string;
let older: TestService;
let newer: TestService;
let successor: Address;
/** Entry of a commitment of institution 1, Shenzhen, in the older registry. In the newer one Guangzhou is institution 1. */
let blinded: number;
const COMMITMENT = digestOf("a commitment");

/** A registry that continues the chain's own, in which the same two institutions have each other's ids. */
async function succeed(): Promise<Address> {
  const deployer = new LocalSigner(new Wallet(Wallet.createRandom().privateKey));
  await grantRole(chain, "PAUSER_ROLE", deployer.address); // so that the chain takes its transactions
  const registry = await deployRegistry(chain.rpc, deployer, chain.registry);
  const governance = new Governance(chain.rpc, { registry, chainId: CHAIN, key: deployer });
  const scenes = SAMPLE_SCENES.filter(({ slug }) => slug === SCENE || slug === BLINDED);
  if (scenes.length !== 2 || SHENZHEN === undefined || GUANGZHOU === undefined)
    throw new RangeError("samples");
  for (const scene of scenes) await governance.execute({ act: "define-scene", ...scene });
  for (const [i, profile] of [GUANGZHOU, SHENZHEN].entries()) {
    const admin = deployer.address;
    await governance.execute({ act: "register-institution", admin, profile });
    const key = new LocalSigner(chain.hotKeys[i === 0 ? 1 : 0]);
    await governance.execute({ act: "add-key", institution: i + 1, key: key.address, from: 0, until: 0 });
    const accepting = new Governance(chain.rpc, { registry, chainId: CHAIN, key });
    await accepting.execute({ act: "accept-key", institution: i + 1 });
  }
  return registry;
}

async function nameSuccessor(): Promise<void> {
  const key = new LocalSigner(await readKey(join(chain.folder, "governance", "deployer.key")));
  const governance = new Governance(chain.rpc, { registry: chain.registry, chainId: CHAIN, key });
  await governance.execute({ act: "name-successor", registry: successor });
}

/** @param groupAge milliseconds that a document waits for others */
async function serviceOn(registry: Address, key: Wallet, groupAge = 10): Promise<TestService> {
  const own = join(folder, registry);
  mkdirSync(join(own, "data", "keys"), { recursive: true, mode: 0o700 });
  writeFileSync(join(own, "data", "keys", "issuer.key"), `${key.privateKey}\n`, { mode: 0o600 });
  const env = { HUFU_CHAIN_RPC_URL: chain.url, HUFU_REGISTRY_ADDRESS: registry };
  return await startTestService({
    env: { ...env, HUFU_FINALITY: "1", HUFU_GROUP_AGE: `${groupAge}` },
    config: { pollInterval: 50 },
    folder: own,
  });
}

async function anchor(service: TestService, text: string): Promise<Answer> {
  const body = { documents: [{ digest: digestOf(text), scene: SCENE }] };
  return await ask(`${service.url}/v1/anchors?wait=final`, { key: service.keys.issuer, body });
}

/** Records a commitment. @returns the index of its entry */
async function anchorBlinded(service: TestService, commitment: string): Promise<number> {
  const body = { documents: [{ commitment, scene: BLINDED }] };
  const answer = await ask(`${service.url}/v1/anchors?wait=final`, { key: service.keys.issuer, body });
  const [{ index } = { index: -1 }] = answer.body["anchors"] as { index: number }[];
  return index;
}

async function verify(
  service: TestService,
  text: string,
  rest: object = {},
): Promise<Record<string, unknown>> {
  return (await ask(`${service.url}/v1/verifications`, { body: { digest: digestOf(text), ...rest } })).body;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hufu-succession-"));
  chain = await startTestChain({ clock: systemClock });
  older = await serviceOn(chain.registry, chain.hotKeys[0], 4_000);
  await anchor(older, "issued before");
  blinded = await anchorBlinded(older, COMMITMENT);
  successor = await succeed();
  newer = await serviceOn(successor, chain.hotKeys[1]);
});
afterAll(async () => {
  await older.stop();
  await newer.stop();
  await chain.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("a registry that says it continues another", () => {
  it("a successor is not accepted before the registry names it", async () => {
    expect(await verify(newer, "issued before")).toMatchObject({ verdict: "not-found" });
    expect(await verify(older, "issued before")).toMatchObject({ verdict: "valid" });
  });
});

describe("a registry that has a successor", () => {
  let waiting: string;
  beforeAll(async () => {
    const body = { documents: [{ digest: digestOf("waits for others"), scene: SCENE }] };
    const taken = await ask(`${older.url}/v1/anchors`, { key: older.keys.issuer, body });
    [{ id: waiting } = { id: "" }] = taken.body["anchors"] as { id: string }[];
    await nameSuccessor();
    await anchor(newer, "issued after");
  });

  it("a document that waits when the successor is named fails with REGISTRY_SUCCEEDED", async () => {
    const url = `${older.url}/v1/anchors/${waiting}`;
    await expect
      .poll(async () => (await ask(url, { key: older.keys.issuer })).body, { timeout: 10_000 })
      .toMatchObject({
        state: "failed",
        error: { code: "REGISTRY_SUCCEEDED", detail: expect.stringContaining(successor) as string },
      });
  });

  it("a registry with a successor refuses new documents, and names the successor", async () => {
    await expect
      .poll(async () => (await anchor(older, "too late")).body, { timeout: 10_000 })
      .toMatchObject({ code: "REGISTRY_SUCCEEDED", detail: expect.stringContaining(successor) as string });
  });

  it("a registry and its successor are searched together, from either one", async () => {
    await expect
      .poll(() => verify(newer, "issued before"), { timeout: 10_000 })
      .toMatchObject({
        verdict: "valid",
        entries: [{ registry: chain.registry, institution: { id: 1 } }],
        asOf: { others: [{ registry: chain.registry }] },
      });
    await expect
      .poll(() => verify(older, "issued after"), { timeout: 10_000 })
      .toMatchObject({
        verdict: "valid",
        entries: [{ registry: successor, institution: { id: 1, name: GUANGZHOU?.names.en } }],
        asOf: { others: [{ registry: successor }] },
      });
    expect(await verify(newer, "never issued")).toMatchObject({ verdict: "not-found" });
  });

  it("an institution is identified across registries by its official number, not by its id", async () => {
    expect(await verify(newer, "issued before", { expectedIssuer: 2 })).toMatchObject({ verdict: "valid" });
    expect(await verify(newer, "issued before", { expectedIssuer: 1 })).toMatchObject({
      verdict: "not-found",
      others: 1,
      entries: [{ registry: chain.registry, conflict: true }],
    });
    const expectedIssuer = formatOfficialId(SHENZHEN ?? { jurisdiction: "", officialNumber: "" });
    for (const service of [older, newer])
      expect(await verify(service, "issued before", { expectedIssuer })).toMatchObject({ verdict: "valid" });
    expect(await verify(newer, "issued before", { expectedIssuer })).toMatchObject({
      decidedIn: chain.registry,
    });
  });

  it("a commitment is found from either registry where it is bound to, and a copy in the other is none of it", async () => {
    const copy = await anchorBlinded(newer, COMMITMENT);
    const question = async (service: TestService, registry: Address): Promise<unknown> => {
      const origin = `eip155:${CHAIN}:${registry}`;
      const body = { commitment: COMMITMENT, institution: 1, origin };
      return (await ask(`${service.url}/v1/verifications`, { body })).body;
    };
    for (const service of [older, newer]) {
      const isOlder = service === older;
      await expect
        .poll(() => question(service, chain.registry), { timeout: 10_000 })
        .toMatchObject({ verdict: "valid", entries: [{ index: blinded, institution: { id: 1 } }] });
      await expect
        .poll(() => question(service, successor), { timeout: 10_000 })
        .toMatchObject({ verdict: "valid", entries: [{ index: copy, institution: { id: 1 } }] });
      const { body } = await ask(`${service.url}/v1/verifications`, {
        body: { commitment: COMMITMENT, institution: 1 }, // in each log
      });
      const entries = body["entries"] as { index: number; registry?: string }[];
      expect(entries.map(({ index, registry }) => [index, registry]).sort()).toEqual(
        [
          [blinded, isOlder ? undefined : chain.registry],
          [copy, isOlder ? successor : undefined],
        ].sort(),
      );
    }
  });

  it("a registry with a successor accepts withdrawals, which readers of the successor see", async () => {
    const { entries } = await verify(older, "issued before");
    const [{ index } = { index: -1 }] = entries as { index: number }[];
    const url = `${older.url}/v1/entries/${index}/status?wait=final`;
    const body = { action: "revoke", reason: "issued-in-error" };
    expect((await ask(url, { key: older.keys.issuer, body })).body).toMatchObject({ state: "final" });
    await expect
      .poll(() => verify(newer, "issued before"), { timeout: 10_000 })
      .toMatchObject({ verdict: "revoked", withdrawal: { action: "revoke" } });
  });
});
