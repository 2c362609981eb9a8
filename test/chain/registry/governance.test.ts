import { join } from "node:path";
import { Wallet, id } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Governance } from "../../../src/chain/registry/governance.ts";
import { RegistryReader } from "../../../src/chain/registry/reader.ts";
import { toAddress } from "../../../src/chain/registry/registry.ts";
import type { JsonRpc } from "../../../src/chain/rpc/rpc.ts";
import { LocalSigner } from "../../../src/chain/keys/signer.ts";
import { readKey } from "../../../src/chain/keys/signers.ts";
import type { Act } from "../../../src/core/act.ts";
import { toHex } from "../../../src/core/bytes.ts";
import type { Profile } from "../../../src/core/directory.ts";
import { ENTRY_KINDS } from "../../../src/core/entry.ts";
import type { AppError } from "../../../src/core/errors.ts";
import type { Address } from "../../../src/core/units.ts";
import { operatorKeyId } from "../../../src/log/operator-key.ts";
import { entriesOf } from "../../../src/indexer/project.ts";
import type { RegistryEvent } from "../../../src/indexer/ports.ts";
import { startTestChain, type TestChain } from "../../support/chain/embedded.ts";
import { TestClock } from "../../support/clock.ts";
import { ScriptedNode, altering, forward, type Answer } from "../../support/chain/json-rpc.ts";

const TWO_DAYS = 172_800;
const clock = new TestClock();
let chain: TestChain;
let governor: Wallet;
let admin: Wallet;

beforeAll(async () => {
  chain = await startTestChain({ clock });
  const folder = join(chain.folder, "governance");
  governor = await readKey(join(folder, "deployer.key"));
  admin = await readKey(join(folder, "institution-1-admin.key"));
});
afterAll(() => chain.close());

function by(wallet: Wallet, { rpc = chain.rpc, timeout = 5_000 }: { rpc?: JsonRpc; timeout?: number } = {}) {
  const key = new LocalSigner(wallet);
  return new Governance(rpc, { registry: chain.registry, chainId: 31_337, key, timeout });
}

const stranger = new Wallet(id("stranger"));
const fresh = (name: string): Address => toAddress(new Wallet(id(name)).address);
const profile: Profile = {
  roles: ["issuer", "verifier"],
  scenes: [1, 3],
  jurisdiction: "HK",
  officialNumber: "12345678",
  names: { en: "Harbour Sample", "zh-Hans": "海港示例", "zh-Hant": "海港範例" },
};

const amended: Profile = { ...profile, roles: ["issuer"], scenes: [] };
const key = new Wallet(id("key"));

/** The registry's newest event. */
async function newest(): Promise<RegistryEvent | undefined> {
  const reader = new RegistryReader(chain.rpc, { registry: chain.registry, finality: 1 });
  const { latest } = await reader.heads();
  return (await reader.events({ from: latest.number, to: latest.number })).at(-1);
}

describe("an act", () => {
  it.each<[Act, () => Wallet, object, object]>([
    [
      { act: "register-institution", admin: fresh("admin"), profile },
      () => governor,
      { institution: 3 },
      profile,
    ],
    [
      { act: "amend-institution", institution: 3, profile: amended },
      () => governor,
      { institution: 3 },
      amended,
    ],
    [{ act: "set-state", institution: 2, state: "suspended" }, () => governor, {}, { state: "suspended" }],
    [
      { act: "name-admin", institution: 1, admin: fresh("b") },
      () => governor,
      { from: expect.any(Number) as number },
      { admin: fresh("b"), byGovernance: true },
    ],
    [{ act: "cancel-admin", institution: 1 }, () => admin, {}, { admin: fresh("b") }],
    [
      { act: "add-key", institution: 1, key: fresh("key"), from: 1_900_000_000, until: 2_000_000_000 },
      () => admin,
      {},
      { type: "key-proposed", key: fresh("key"), from: 1_900_000_000, until: 2_000_000_000 },
    ],
    [{ act: "accept-key", institution: 1 }, () => key, {}, { type: "key-added", key: fresh("key") }],
    [
      { act: "retire-key", key: fresh("key"), until: 1_950_000_000 },
      () => admin,
      { until: 1_950_000_000 },
      { until: 1_950_000_000 },
    ],
    [
      { act: "report-key", key: fresh("key"), since: 1_800_000_000 },
      () => admin,
      {},
      { key: fresh("key"), since: 1_800_000_000 },
    ],
    [
      { act: "register-operator", institution: 1, name: "One" },
      () => governor,
      { operator: 1 },
      { name: "One" },
    ],
    [
      {
        act: "add-operator-key",
        operator: 1,
        purpose: "witness",
        signatureType: 4,
        publicKey: new Uint8Array(32).fill(7),
        possession: new Uint8Array(64).fill(6),
        from: 0,
        until: 0,
      },
      () => admin,
      { keyId: expect.any(Uint8Array) as Uint8Array },
      { purpose: "witness", publicKey: new Uint8Array(32).fill(7), possession: new Uint8Array(64).fill(6) },
    ],
    [
      { act: "define-scene", slug: "a-1", names: profile.names, blinded: true, personal: false },
      () => governor,
      { scene: 9 },
      { slug: "a-1", names: profile.names, blinded: true, personal: false },
    ],
    [{ act: "set-paused", paused: true }, () => governor, {}, { paused: true }],
    [{ act: "set-paused", paused: false }, () => governor, {}, { paused: false }],
  ])("$act is recorded as requested, and its outcome names its entry", async (act, wallet, given, says) => {
    const height = chain.chain.height;
    const outcome = await by(wallet()).execute(act);
    const event = await newest();
    expect(event).toMatchObject(says);
    expect(outcome).toMatchObject({
      block: height + 1,
      index: event?.index,
      recordedAt: event?.recordedAt,
      given,
    });
    expect(toHex(outcome.transaction)).toBe(toHex(event?.transaction ?? new Uint8Array()));
    expect(event === undefined ? 0 : entriesOf(event).map(({ kind }) => ENTRY_KINDS[kind])).toEqual([5]);
  });

  it("an act on an operator's key names it by the id of the format", async () => {
    const publicKey = new Uint8Array(32).fill(8);
    const act = {
      act: "add-operator-key",
      operator: 1,
      purpose: "log",
      signatureType: 1,
      publicKey,
      possession: new Uint8Array(64),
    } as const;
    const { given } = await by(admin).execute({ ...act, from: 0, until: 0 });
    const keyId = operatorKeyId(act);
    expect(given).toEqual({ keyId });
    const retired = await by(admin).execute({ act: "retire-operator-key", keyId, until: 0 });
    expect(retired.given).toEqual({ until: retired.recordedAt });
    await by(governor).execute({ act: "report-operator-key", keyId, since: retired.recordedAt });
    expect(await newest()).toMatchObject({ type: "operator-key-compromised", keyId });
    await by(governor).execute({ act: "correct-operator-key-report", keyId, since: 0 });
    expect(await newest()).toMatchObject({ type: "operator-key-report-corrected", keyId, since: 0 });
  });

  it("what governance reported of a key it takes back, and nothing else", async () => {
    const report = { key: fresh("key"), since: 1_800_000_000 };
    const correct = { act: "correct-key-report", key: report.key, since: 0 } as const;
    await expect(by(governor).prepare(correct)).rejects.toThrowCode("COMPROMISE_TIME");
    const other = toAddress(chain.hotKeys[1].address);
    await by(governor).execute({ act: "report-key", key: other, since: clock.now() });
    await by(governor).execute({ ...correct, key: other });
    expect(await newest()).toMatchObject({ type: "key-report-corrected", key: other, since: 0 });
    await expect(by(governor).prepare({ ...correct, key: other })).rejects.toThrowCode("KEY_NOT_REPORTED");
  });

  it("an admin takes over after the delay only, and only the named one", async () => {
    const next = new Wallet(id("next admin"));
    const naming = { act: "name-admin", institution: 1, admin: toAddress(next.address) } as const;
    const { recordedAt, given } = await by(admin).execute(naming);
    expect(given).toEqual({ from: recordedAt + TWO_DAYS });
    const accept = { act: "accept-admin", institution: 1 } as const;
    await expect(by(next).prepare(accept)).rejects.toThrowCode("ADMIN_NOT_SCHEDULED");
    clock.advance(TWO_DAYS);
    await expect(by(stranger).prepare(accept)).rejects.toThrowCode("ADMIN_NOT_SCHEDULED");
    await by(next).execute(accept);
    expect(await newest()).toMatchObject({
      type: "admin-replaced",
      admin: toAddress(next.address),
      byGovernance: false,
    });
    await expect(
      by(admin).prepare({ act: "add-key", institution: 1, key: fresh("late"), from: 0, until: 0 }),
    ).rejects.toThrowCode("NOT_INSTITUTION_ADMIN");
    admin = next;
  });
});

describe("an act that the contract refuses", () => {
  const window = { from: 0, until: 0 };
  const known = fresh("key");
  it.each<[string, Act, () => Wallet, string]>([
    [
      "an accreditor's act by a stranger",
      { act: "set-state", institution: 1, state: "suspended" },
      () => stranger,
      "GOVERNANCE_ROLE",
    ],
    ["a pause, from an admin", { act: "set-paused", paused: true }, () => admin, "GOVERNANCE_ROLE"],
    [
      "a resumption of what is not paused",
      { act: "set-paused", paused: false },
      () => governor,
      "PAUSE_UNCHANGED",
    ],
    [
      "an unknown institution",
      { act: "set-state", institution: 99, state: "suspended" },
      () => governor,
      "INSTITUTION_UNKNOWN",
    ],
    [
      "a state that it has",
      { act: "set-state", institution: 2, state: "suspended" },
      () => governor,
      "INSTITUTION_STATE",
    ],
    [
      "a key by an account that is not the admin",
      { act: "add-key", institution: 1, key: fresh("z"), ...window },
      () => governor,
      "NOT_INSTITUTION_ADMIN",
    ],
    ["a key twice", { act: "add-key", institution: 1, key: known, ...window }, () => admin, "KEY_TAKEN"],
    [
      "a window that is over",
      { act: "add-key", institution: 1, key: fresh("z"), from: 0, until: 5 },
      () => admin,
      "KEY_WINDOW",
    ],
    ["an unknown key", { act: "retire-key", key: fresh("unknown"), until: 0 }, () => admin, "KEY_UNKNOWN"],
    [
      "a compromise to come",
      { act: "report-key", key: known, since: 2_500_000_000 },
      () => admin,
      "COMPROMISE_TIME",
    ],
    ["the last key", { act: "retire-key", key: toAddress("0x0"), until: 0 }, () => admin, "LAST_KEY"],
    [
      "an operator of an unknown institution",
      { act: "register-operator", institution: 99, name: "x" },
      () => governor,
      "INSTITUTION_UNKNOWN",
    ],
    [
      "an operator without name",
      { act: "register-operator", institution: 0, name: "" },
      () => governor,
      "FIELD_LENGTH",
    ],
    [
      "an unknown operator key",
      { act: "retire-operator-key", keyId: new Uint8Array(32), until: 0 },
      () => admin,
      "KEY_UNKNOWN",
    ],
    [
      "a slug twice",
      { act: "define-scene", slug: "kyc-report", names: profile.names, blinded: true, personal: true },
      () => governor,
      "SLUG_TAKEN",
    ],
    [
      "a slug in capitals",
      { act: "define-scene", slug: "KYC", names: profile.names, blinded: true, personal: true },
      () => governor,
      "NAME_FORMAT",
    ],
    [
      "no role",
      { act: "amend-institution", institution: 3, profile: { ...profile, roles: [] } },
      () => governor,
      "ROLE_CODE",
    ],
    [
      "another's official number",
      { act: "amend-institution", institution: 1, profile },
      () => governor,
      "OFFICIAL_NUMBER",
    ],
    ["a key that nobody proposed", { act: "accept-key", institution: 2 }, () => stranger, "KEY_NOT_PROPOSED"],
    [
      "a naming that does not stand",
      { act: "cancel-admin", institution: 2 },
      () => admin,
      "NOTHING_TO_CANCEL",
    ],
    [
      "a successor that is not one",
      { act: "name-successor", registry: fresh("x") },
      () => governor,
      "NOT_A_SUCCESSOR",
    ],
  ])("an act that is refused for %s is not sent", async (_, act, wallet, code) => {
    const last = toAddress(chain.hotKeys[0].address);
    const wanted: Act = code === "LAST_KEY" ? { act: "retire-key", key: last, until: 0 } : act;
    const height = chain.chain.height;
    await expect(by(wallet()).execute(wanted)).rejects.toMatchObject({
      code,
      fields: { refusal: expect.any(String) as string },
    });
    expect(chain.chain.height).toBe(height);
  });
});

describe("a transaction", () => {
  const act = { act: "set-paused", paused: true } as const;
  const undo = async (): Promise<unknown> => await by(governor).execute({ act: "set-paused", paused: false });

  async function faultAt(node: ScriptedNode, timeout = 100): Promise<AppError> {
    const done = by(governor, { rpc: node.rpc(), timeout }).execute(act);
    return await done.then(
      () => Promise.reject(new Error("it was done")),
      (error: unknown) => error as AppError,
    );
  }
  const sent = (node: ScriptedNode): number =>
    node.requests.filter(({ method }) => method === "eth_sendRawTransaction").length;
  const answering = async (method: string, answer: () => Answer): Promise<ScriptedNode> =>
    await ScriptedNode.start((request) =>
      request.method === method ? answer() : forward(chain.url, request),
    );

  it("a transaction is of type 0, and is sent once", async () => {
    await using node = await ScriptedNode.start((request) => forward(chain.url, request));
    await by(governor, { rpc: node.rpc() }).execute(act);
    const [raw] = node.requests.find(({ method }) => method === "eth_sendRawTransaction")?.params ?? [];
    expect(sent(node)).toBe(1);
    expect(raw).toMatch(/^0xf8/); // an RLP list, without the byte of a typed transaction
    await undo();
  });

  it("the fault of a transaction that is not mined in time names its hash", async () => {
    await using node = await answering("eth_getTransactionReceipt", () => ({ result: null }));
    const fault = await faultAt(node);
    const event = await newest();
    expect(fault.code).toBe("ANCHOR_TIMEOUT");
    expect(fault.fields.detail).toContain(`0x${toHex(event?.transaction ?? new Uint8Array())}`);
    expect(sent(node)).toBe(1);
    await undo();
  });

  it("a transaction of unknown fate, as after a broken connection, is not sent again", async () => {
    await using node = await answering("eth_sendRawTransaction", () => "reset");
    const fault = await faultAt(node);
    expect(fault.code).toBe("RPC_UNAVAILABLE");
    expect(fault.fields.detail).toMatch(/transaction 0x[0-9a-f]{64} may still be mined/);
    expect(sent(node)).toBe(1);
  });

  it("the fault of a transaction that the node refuses does not say that it may be mined", async () => {
    const error = { code: -32_000, message: "insufficient funds for gas" };
    await using node = await answering("eth_sendRawTransaction", () => ({ error }));
    const fault = await faultAt(node);
    expect(fault.code).toBe("RPC_REFUSED");
    expect(fault.fields.detail).toContain("insufficient funds");
    expect(fault.fields.detail).not.toContain("may still be mined");
  });

  it("a transaction that the node knows already is waited for", async () => {
    await using node = await ScriptedNode.start(async (request) => {
      const answer = await forward(chain.url, request);
      if (request.method !== "eth_sendRawTransaction") return answer;
      return { error: { code: -32_000, message: "already known" } };
    });
    await by(governor, { rpc: node.rpc() }).execute(act);
    expect(await newest()).toMatchObject({ type: "pause-set", paused: true });
    await undo();
  });

  it.each<[string, (receipt: Record<string, unknown>) => object, string]>([
    [
      "of another transaction",
      (receipt) => ({ ...receipt, transactionHash: `0x${"11".repeat(32)}` }),
      "RPC_INCONSISTENT",
    ],
    ["without the registry's event", (receipt) => ({ ...receipt, logs: [] }), "RPC_INCONSISTENT"],
    ["that says reverted", (receipt) => ({ ...receipt, status: "0x0" }), "PAUSE_UNCHANGED"],
  ])("a transaction with a receipt %s does not succeed", async (_, change, code) => {
    await using node = await ScriptedNode.start(altering(chain.url, "eth_getTransactionReceipt", change));
    expect((await faultAt(node)).code).toBe(code);
    await undo();
  });

  it("no fault of a transaction shows its key", async () => {
    await using node = await answering("eth_sendRawTransaction", () => "reset");
    const { message, fields, stack, cause } = await faultAt(node);
    expect(JSON.stringify([message, fields, stack, String(cause)])).not.toContain(
      governor.privateKey.slice(2),
    );
  });
});
