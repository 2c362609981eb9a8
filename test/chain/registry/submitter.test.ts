/** Tests the signing, sending and pricing of transactions to the registry. */
import { join } from "node:path";
import { Transaction, Wallet, id, keccak256 } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Call, DocumentGroup, SignedTransaction } from "../../../src/anchor/ports.ts";
import { RegistryReader } from "../../../src/chain/registry/reader.ts";
import { encodeCall, registry, toAddress } from "../../../src/chain/registry/registry.ts";
import { hash32, type JsonRpc } from "../../../src/chain/rpc/rpc.ts";
import { readKey } from "../../../src/chain/keys/signers.ts";
import type { RegistrySubmitter } from "../../../src/chain/registry/submitter.ts";
import { fromHex, toHex } from "../../../src/core/bytes.ts";
import { encodeEntry } from "../../../src/core/entry.ts";
import type { Address, Hash } from "../../../src/core/units.ts";
import { entriesOf } from "../../../src/indexer/project.ts";
import { inclusionRanges } from "../../../src/log/proof.ts";
import { signed, startTestChain, type TestChain } from "../../support/chain/embedded.ts";
import { TestClock } from "../../support/clock.ts";
import { ScriptedNode, forward, type Answer, type RpcRequest } from "../../support/chain/json-rpc.ts";
import { CHAIN_ID, documentGroup, submitterAt } from "../../support/chain/submit.ts";
import { leafByDefinition, rootByDefinition } from "../../support/log/tree.ts";

const payload = (n: number): Hash => new Uint8Array(32).fill(n);
const clock = new TestClock();
let chain: TestChain;
let signer: Address;
let submitter: RegistrySubmitter;

beforeAll(async () => {
  chain = await startTestChain({ clock });
  signer = toAddress(chain.hotKeys[0].address);
  submitter = submitterOn(chain.rpc);
});
afterAll(() => chain.close());

function submitterOn(
  rpc: JsonRpc,
  { chainId = CHAIN_ID, keys = chain.hotKeys }: { chainId?: number; keys?: readonly Wallet[] } = {},
) {
  return submitterAt({ rpc, registry: chain.registry, chainId, hotKeys: keys });
}

/** A call that records one document, or what `change` makes of it. */
function anchorCall(change: Partial<DocumentGroup> = {}): Call {
  return { kind: "anchor", groups: [documentGroup([payload(1)], change)] };
}

/** Signs with the first hot key under its next nonce. */
async function signNext(call: Call, by = signer): Promise<SignedTransaction> {
  return await submitter.sign({ signer: by, nonce: await submitter.nonceOf(by), call });
}

/** Records one document, and returns its index. */
async function anchorOne(by = signer): Promise<number> {
  await submitter.broadcast(await signNext(anchorCall(), by));
  const { size } = await new RegistryReader(chain.rpc, { registry: chain.registry, finality: 1 }).treeAt(
    chain.chain.height,
  );
  return size - 1;
}

/** The call that revokes a document, with its proof at the size that the log has now. */
async function revokeCall(document: number): Promise<Call> {
  const reader = new RegistryReader(chain.rpc, { registry: chain.registry, finality: 1 });
  const events = await reader.events({ from: 0, to: chain.chain.height });
  const entries = events.flatMap(entriesOf).map(encodeEntry);
  const leaves = entries.map(leafByDefinition);
  const size = leaves.length;
  const ranges = inclusionRanges({ index: document, size });
  const proof = ranges.map(({ start, end }) => rootByDefinition(leaves.slice(start, end)));
  const entry = entries[document] ?? new Uint8Array();
  const inclusion = { entry, index: document, size, proof };
  return {
    kind: "status",
    document: inclusion,
    action: "revoke",
    reason: "issued-in-error",
    successor: undefined,
  };
}

/** A node that answers `method` as `answer` says, and everything else as the chain does. */
async function nodeWith(method: string, answer: (request: RpcRequest) => Answer): Promise<ScriptedNode> {
  return await ScriptedNode.start((request) =>
    request.method === method ? answer(request) : forward(chain.url, request),
  );
}

describe("signing", () => {
  it("signing sends nothing", async () => {
    await using node = await ScriptedNode.start((request) => forward(chain.url, request));
    const height = chain.chain.height;
    const nonce = await submitter.nonceOf(signer);
    const { hash } = await submitterOn(node.rpc()).sign({ signer, nonce, call: anchorCall() });
    expect(node.requests.map(({ method }) => method)).not.toContain("eth_sendRawTransaction");
    expect([chain.chain.height, await submitter.nonceOf(signer)]).toEqual([height, nonce]);
    expect(await submitter.outcome(hash)).toBe("unknown");
  });

  it("signing makes a type-0 transaction to the registry, for the chain and nonce given", async () => {
    const call = anchorCall({ payloads: [payload(1), payload(2)] });
    const transaction = await submitterOn(chain.rpc, { chainId: 20_231_119 }).sign({
      signer,
      nonce: 77,
      call,
    });
    const { type, chainId, nonce, to, from, data, value } = Transaction.from(`0x${toHex(transaction.raw)}`);
    expect([type, chainId, nonce, value]).toEqual([0, 20_231_119n, 77, 0n]);
    expect([toAddress(from ?? ""), toAddress(to ?? "")]).toEqual([signer, chain.registry]);
    expect(data).toBe(encodeCall(call));
    expect(transaction).toMatchObject({ signer, nonce: 77, hash: fromHex(keccak256(transaction.raw)) });
  });

  it("signing gives the same bytes for the same call while the node estimates the same gas", async () => {
    await using node = await nodeWith("eth_estimateGas", () => ({ result: "0x30000" }));
    const request = { signer, nonce: 5, call: anchorCall() };
    const same = submitterOn(node.rpc());
    expect(await same.sign(request)).toEqual(await same.sign(request));
    expect(await same.sign(request)).not.toEqual(await same.sign({ ...request, nonce: 6 }));
  });

  it("a signed transaction offers at least the price and the gas that the node names", async () => {
    await using node = await ScriptedNode.start(({ method }) => ({
      result: method === "eth_gasPrice" ? "0x3e8" : "0xc350",
    }));
    const { raw } = await submitterOn(node.rpc()).sign({ signer, nonce: 0, call: anchorCall() });
    const { gasPrice, gasLimit } = Transaction.from(`0x${toHex(raw)}`);
    expect(gasPrice).toBeGreaterThanOrEqual(1_000n);
    expect(gasLimit).toBeGreaterThanOrEqual(50_000n);
  });

  it("only the keys held here sign", async () => {
    expect(submitter.signers).toEqual(chain.hotKeys.map(({ address }) => toAddress(address)));
    const stranger = toAddress(new Wallet(id("stranger")).address);
    await expect(submitter.sign({ signer: stranger, nonce: 0, call: anchorCall() })).rejects.toThrow(
      RangeError,
    );
  });
});

describe("broadcasting", () => {
  it("a broadcast turns an unknown outcome into a success, and increments the nonce", async () => {
    const transaction = await signNext(anchorCall());
    expect(await submitter.outcome(transaction.hash)).toBe("unknown");
    await submitter.broadcast(transaction);
    expect(await submitter.outcome(transaction.hash)).toBe("succeeded");
    expect(await submitter.nonceOf(signer)).toBe(transaction.nonce + 1);
  });

  it("a broadcast may be repeated, also after later transactions", async () => {
    const transaction = await signNext(anchorCall());
    await submitter.broadcast(transaction);
    const height = chain.chain.height;
    await submitter.broadcast(transaction);
    expect(chain.chain.height).toBe(height);
    await anchorOne();
    await submitter.broadcast(transaction);
    expect(chain.chain.height).toBe(height + 1);
  });

  it("a broadcast is refused where the nonce was used already, or is not the next", async () => {
    const loser = await signNext(anchorCall({ payloads: [payload(9)] }));
    await anchorOne();
    await expect(submitter.broadcast(loser)).rejects.toThrowCode("RPC_REFUSED");
    const early = await submitter.sign({ signer, nonce: loser.nonce + 2, call: anchorCall() });
    await expect(submitter.broadcast(early)).rejects.toThrowCode("RPC_REFUSED");
    expect(await submitter.outcome(loser.hash)).toBe("unknown");
  });

  it.each(["already known", "transaction already imported", "TxPoolNonceAlreadyExist", "nonce too low", ""])(
    "after the refusal %j the node is asked whether it has the transaction",
    async (message) => {
      const transaction = await signNext(anchorCall());
      const refuse = (): Answer => ({ error: { code: -32_000, message } });
      await using node = await nodeWith("eth_sendRawTransaction", refuse);
      await expect(submitterOn(node.rpc()).broadcast(transaction)).rejects.toThrowCode("RPC_REFUSED");
      await submitter.broadcast(transaction);
      await expect(submitterOn(node.rpc()).broadcast(transaction)).resolves.toBeUndefined();
    },
  );

  it.each<[Answer, "RPC_UNAVAILABLE" | "RPC_INCONSISTENT"]>([
    [{ status: 503, body: "" }, "RPC_UNAVAILABLE"],
    ["reset", "RPC_UNAVAILABLE"],
    [{ result: true }, "RPC_INCONSISTENT"],
  ])("a broadcast leaves the outcome open where the node answers %j", async (answer, code) => {
    await using node = await nodeWith("eth_sendRawTransaction", () => answer);
    const transaction = await signNext(anchorCall());
    await expect(submitterOn(node.rpc()).broadcast(transaction)).rejects.toThrowCode(code);
    expect(node.requests.at(-1)?.method).toBe("eth_sendRawTransaction");
  });
});

describe("an outcome", () => {
  it("an outcome is reverted where the registry refused only when the transaction was mined", async () => {
    const transaction = await signNext(anchorCall({ validUntil: clock.now() + 1_000 }));
    clock.advance(2_000);
    await submitter.broadcast(transaction);
    expect(await submitter.outcome(transaction.hash)).toBe("reverted");
  });

  it.each([
    ["the hash of another transaction", { transactionHash: `0x${"11".repeat(32)}` }],
    ["no transaction hash", { transactionHash: undefined }],
    ["no status", { status: undefined }],
    ["a status that is not a quantity", { status: true }],
    ["no block", { blockNumber: null }],
    ["no hash of a block", { blockHash: null }],
  ])("an outcome is inconsistent where the receipt has %s", async (_, change) => {
    const transaction = await signNext(anchorCall());
    await submitter.broadcast(transaction);
    const text = `0x${toHex(transaction.hash)}`;
    const block = z.object({ hash: hash32, number: z.string() });
    const { hash, number } = await chain.rpc.request("eth_getBlockByNumber", ["0x5", false], block);
    const receipt = { transactionHash: text, status: "0x1", blockHash: hash, blockNumber: number };
    await using good = await nodeWith("eth_getTransactionReceipt", () => ({ result: receipt }));
    await using bad = await nodeWith("eth_getTransactionReceipt", () => ({
      result: { ...receipt, ...change },
    }));
    expect(await submitterOn(good.rpc()).outcome(transaction.hash)).toBe("succeeded");
    await expect(submitterOn(bad.rpc()).outcome(transaction.hash)).rejects.toThrowCode("RPC_INCONSISTENT");
  });
});

describe("a revocation", () => {
  it("a revocation is accepted once, from the institution that recorded the document", async () => {
    const document = await anchorOne();
    const transaction = await signNext(await revokeCall(document));
    await submitter.broadcast(transaction);
    expect(await submitter.outcome(transaction.hash)).toBe("succeeded");
    await expect(signNext(await revokeCall(document))).rejects.toMatchObject({
      code: "STATUS_FINAL",
      fields: { refusal: `RegistryEntryFinal(${document}, 1)`, waits: false },
    });
  });

  it("a revocation by another institution is refused", async () => {
    const document = await anchorOne();
    const other = toAddress(chain.hotKeys[1].address);
    await expect(signNext(await revokeCall(document), other)).rejects.toMatchObject({
      code: "NOT_YOUR_ENTRY",
      fields: { refusal: `RegistryNotYourEntry(${document}, 1, 2)`, waits: false },
    });
  });
});

describe("a call that the registry refuses is not signed, and the error names why", () => {
  it.each<[string, Partial<DocumentGroup>, string]>([
    ["an unknown scene", { scene: 99 }, "RegistryUnknownScene(1, 99)"],
    ["no scene", { scene: 0 }, "RegistryUnknownScene(1, 0)"],
    ["no payload", { payloads: [] }, "RegistryEmptyBatch(0)"],
    ["a zero payload", { payloads: [payload(1), payload(0)] }, "RegistryZeroPayload(0, 1)"],
    [
      "an end beyond the year 9999",
      { validUntil: 253_402_300_800 },
      "RegistryTimeTooLate(253402300800, 253402300799)",
    ],
  ])("a call with %s is not signed, and the error names why", async (_, change, refusal) => {
    await expect(signNext(anchorCall(change))).rejects.toMatchObject({
      fields: { refusal, waits: false },
    });
  });

  it("a call with a past end is not signed; one with a future end is", async () => {
    const now = clock.now();
    await anchorOne(); // the newest block is of this time
    await expect(signNext(anchorCall({ validUntil: now }))).rejects.toMatchObject({
      code: "VALID_UNTIL_PAST",
      fields: {
        refusal: expect.stringContaining(`RegistryValidUntilPassed(${now}, `) as string,
        waits: false,
      },
    });
    await expect(signNext(anchorCall({ validUntil: now + 1_000 }))).resolves.toMatchObject({ signer });
  });

  it("a call without groups is not signed", async () => {
    await expect(signNext({ kind: "anchor", groups: [] })).rejects.toThrowCode("BATCH_EMPTY");
  });

  it("a call of a key that the registry does not know is not signed, and may be retried", async () => {
    const stranger = new Wallet(id("stranger"));
    const strangers = submitterOn(chain.rpc, { keys: [stranger] });
    const asked = strangers.sign({ signer: toAddress(stranger.address), nonce: 0, call: anchorCall() });
    await expect(asked).rejects.toMatchObject({
      code: "KEY_UNKNOWN",
      fields: { refusal: `RegistryUnknownKey(${stranger.address})`, waits: true },
    });
  });

  it("a call of a key before its window is not signed until the window begins", async () => {
    const admin = await readKey(join(chain.folder, "governance", "institution-1-admin.key"));
    const later = new Wallet(id("a key of tomorrow"));
    const from = clock.now() + 86_400;
    const send = async (by: Wallet, data: string): Promise<void> => {
      const nonce = await submitter.nonceOf(toAddress(by.address));
      const raw = await signed(by, { nonce, to: chain.registry, data });
      await chain.rpc.request("eth_sendRawTransaction", [raw], hash32);
    };
    await send(admin, registry.encodeFunctionData("addKey", [1, later.address, from, 0]));
    await send(later, registry.encodeFunctionData("acceptKey", [1]));
    const wallets = submitterOn(chain.rpc, { keys: [later] });
    const sign = (): Promise<SignedTransaction> =>
      wallets.sign({ signer: toAddress(later.address), nonce: 1, call: anchorCall() });
    await expect(sign()).rejects.toMatchObject({
      code: "KEY_NOT_IN_FORCE",
      fields: {
        refusal: expect.stringMatching(`^RegistryKeyNotInForce\\(${later.address}, ${from}, 0, `) as string,
        waits: true,
      },
    });
    clock.advance(86_400);
    await anchorOne(); // the chain's time moves with its blocks
    await expect(sign()).resolves.toMatchObject({ nonce: 1 });
  });

  it("revert data in an object, as some nodes give it, names the refusal", async () => {
    const data = { data: { data: registry.encodeErrorResult("RegistryUnknownScene", [1, 7]) } };
    await using node = await nodeWith("eth_estimateGas", () => ({
      error: { code: -32_000, message: "VM", ...data },
    }));
    const asked = submitterOn(node.rpc()).sign({ signer, nonce: 0, call: anchorCall() });
    await expect(asked).rejects.toMatchObject({ fields: { refusal: "RegistryUnknownScene(1, 7)" } });
  });
});

describe("a refusal that is not the registry's is the node's", () => {
  const selector = registry.encodeErrorResult("RegistryUnknownScene", [1, 7]).slice(0, 10);

  it.each([
    ["no revert data", undefined],
    ["no bytes, as out of gas", "0x"],
    ["less than a selector", "0x3369"],
    ["an unknown selector", `0xdeadbeef${"00".repeat(32)}`],
    ["a selector of the registry without its value", selector],
  ])("a refusal with %s is the node's, not the registry's", async (_, data) => {
    await using node = await nodeWith("eth_estimateGas", () => ({
      error: { code: 3, message: "execution reverted", data },
    }));
    const asked = submitterOn(node.rpc()).sign({ signer, nonce: 0, call: anchorCall() });
    await expect(asked).rejects.toThrowCode("RPC_REFUSED");
  });
});
