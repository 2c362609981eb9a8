import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonRpc, RpcRefusal, bigQuantity, data, hash32, quantity } from "../../../src/chain/rpc/rpc.ts";
import { isAppError } from "../../../src/core/errors.ts";
import { ScriptedNode, type Answer } from "../../support/chain/json-rpc.ts";

const HASH = `0x${"ab".repeat(32)}`;

/** Asks a node that answers `answer` for a quantity. */
async function ask(answer: Answer): Promise<number> {
  await using node = await ScriptedNode.start(() => answer);
  return await node.rpc().request("eth_chainId", [], quantity);
}

/** A body that answers request 1, which is the first of every JsonRpc. */
const body = (members: object): Answer => ({ body: JSON.stringify({ jsonrpc: "2.0", id: 1, ...members }) });

/** The address of a port without a listener. */
async function closedUrl(): Promise<string> {
  await using node = await ScriptedNode.start(() => "silence");
  return node.url;
}

/** Everything that a log could show of what a promise rejects with: message, fields, stack and all causes. */
async function everythingOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.catch((reason: unknown) => reason);
  expect(isAppError(error)).toBe(true);
  return inspect(error, { depth: 20, showHidden: true });
}

describe("a good answer", () => {
  it("an answer is returned as the schema parses it", async () => {
    expect(await ask({ result: "0x7a69" })).toBe(31_337);
    expect(await ask(body({ result: "0x0" }))).toBe(0);
  });

  it("each request has its method and parameters, and an id of its own", async () => {
    await using node = await ScriptedNode.start(({ id }) => ({ result: `0x${id.toString(16)}` }));
    const rpc = node.rpc();
    const ids = await Promise.all([
      rpc.request("eth_blockNumber", [], quantity),
      rpc.request("eth_getBlockByNumber", ["latest", false], quantity),
    ]);
    expect(ids).toEqual([1, 2]);
    expect(node.requests.find(({ id }) => id === 2)).toMatchObject({
      method: "eth_getBlockByNumber",
      params: ["latest", false],
    });
  });

  it("an answer may be as long as the limit and no longer", async () => {
    const answer = JSON.stringify({ jsonrpc: "2.0", id: 1, result: `0x${"00".repeat(5000)}` });
    await using node = await ScriptedNode.start(() => ({ body: answer }));
    const limited = (maxReply: number): Promise<string> =>
      node.rpc({ maxReply }).request("eth_getCode", [], data);
    expect(await limited(answer.length)).toHaveLength(10_002);
    await expect(limited(answer.length - 1)).rejects.toThrowCode("RPC_INCONSISTENT");
  });
});

describe("a node that cannot be asked is unavailable", () => {
  it.each([400, 401, 403, 404, 429, 500, 502, 503])(
    "a node that answers HTTP %i is unavailable, even with a good body",
    async (status) => {
      await expect(ask({ status, body: '{"jsonrpc":"2.0","id":1,"result":"0x1"}' })).rejects.toThrowCode(
        "RPC_UNAVAILABLE",
      );
    },
  );

  it("a node without a listener is unavailable", async () => {
    const rpc = new JsonRpc(await closedUrl());
    await expect(rpc.request("eth_chainId", [], quantity)).rejects.toThrowCode("RPC_UNAVAILABLE");
  });

  it("a node that resets the connection in the middle of the answer is unavailable", async () => {
    await expect(ask("reset")).rejects.toThrowCode("RPC_UNAVAILABLE");
  });

  it.each<Answer>(["silence", "stall"])(
    "a node without a complete answer in time is unavailable: %s",
    async (answer) => {
      await using node = await ScriptedNode.start(() => answer);
      const asked = node.rpc({ timeout: 30 }).request("eth_chainId", [], quantity);
      await expect(asked).rejects.toThrowCode("RPC_UNAVAILABLE");
    },
  );

  it.each([301, 302, 307, 308])("the redirect of HTTP %i is not followed", async (status) => {
    await using other = await ScriptedNode.start(() => ({ result: "0x1" }));
    await expect(ask({ status, headers: { location: other.url }, body: "" })).rejects.toThrowCode(
      "RPC_UNAVAILABLE",
    );
    expect(other.requests).toEqual([]);
  });
});

describe("an answer that is none to the request is inconsistent", () => {
  it.each<[string, Answer]>([
    ["nothing", { body: "" }],
    ["invalid JSON", { body: '{"jsonrpc":"2.0","id":1,"result":"0x1"' }],
    ["HTML", { headers: { "content-type": "text/html" }, body: "<!doctype html><title>Welcome</title>" }],
    ["JSON that is not an object", { body: "null" }],
    ["a list", { body: '[{"jsonrpc":"2.0","id":1,"result":"0x1"}]' }],
    ["another version", { body: '{"jsonrpc":"1.0","id":1,"result":"0x1"}' }],
    ["the id of another request", { body: '{"jsonrpc":"2.0","id":2,"result":"0x1"}' }],
    ["the id as text", { body: '{"jsonrpc":"2.0","id":"1","result":"0x1"}' }],
    ["no id", { body: '{"jsonrpc":"2.0","result":"0x1"}' }],
    ["neither result nor error", body({})],
    ["an error without a code", body({ error: { message: "no" } })],
    ["null for a result", body({ result: null })],
    ["a number for hex", body({ result: 1 })],
    ["hex without 0x", body({ result: "7a69" })],
    ["a quantity with a leading zero", body({ result: "0x01" })],
    ["a quantity without digits", body({ result: "0x" })],
    ["a negative quantity", body({ result: "-0x1" })],
    ["2^53", body({ result: "0x20000000000000" })],
    ["2^256", body({ result: `0x1${"0".repeat(64)}` })],
    ["a line feed after the quantity", body({ result: "0x1\n" })],
  ])("an answer is inconsistent when it is or has %s", async (_, answer) => {
    await expect(ask(answer)).rejects.toThrowCode("RPC_INCONSISTENT");
  });

  it.each([
    ["bytes of an odd number of digits", "0xabc"],
    ["bytes without 0x", "abcd"],
    ["bytes that are not hexadecimal", "0xzz"],
  ])("an answer is inconsistent with %s", async (_, result) => {
    await using node = await ScriptedNode.start(() => ({ result }));
    const asked = node.rpc().request("eth_getCode", [], data);
    await expect(asked).rejects.toThrowCode("RPC_INCONSISTENT");
  });

  it.each([`${HASH}ab`, HASH.slice(0, -2), HASH.slice(2)])(
    "an answer is inconsistent with %s for a hash",
    async (result) => {
      await using node = await ScriptedNode.start(() => ({ result }));
      const asked = node.rpc().request("eth_sendRawTransaction", [], hash32);
      await expect(asked).rejects.toThrowCode("RPC_INCONSISTENT");
    },
  );
});

describe("quantities and bytes", () => {
  it("a quantity is read up to 2^53 - 1, a big one whatever its size", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), (value) => {
        const text = `0x${value.toString(16)}`;
        expect(bigQuantity.parse(text)).toBe(value);
        expect(quantity.safeParse(text).success).toBe(value <= BigInt(Number.MAX_SAFE_INTEGER));
      }),
      { examples: [[2n ** 53n - 1n], [2n ** 53n], [0n]] },
    );
  });

  it("bytes are read in pairs of digits only", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = `0x${Buffer.from(bytes).toString("hex")}`;
        expect(data.parse(text)).toBe(text);
        expect(data.safeParse(`${text}0`).success).toBe(false);
      }),
    );
  });
});

describe("a node's refusal", () => {
  it("a refusal keeps the code, the message and the revert data", async () => {
    const refused = ask({ error: { code: 3, message: "execution reverted", data: "0x336992c4" } });
    await expect(refused).rejects.toBeInstanceOf(RpcRefusal);
    await expect(
      ask({ error: { code: 3, message: "execution reverted", data: "0x336992c4" } }),
    ).rejects.toMatchObject({
      code: "RPC_REFUSED",
      kind: "refused",
      message: expect.stringContaining('eth_chainId: "execution reverted" (3)') as string,
      data: "0x336992c4",
    });
  });

  it.each([
    ["in an object", { data: "0x336992c4" }],
    ["in an object in an object", { message: "reverted", data: { data: "0x336992c4" } }],
  ])("a refusal has the revert data that the node gives %s", async (_, nested) => {
    await expect(ask({ error: { code: -32_000, message: "", data: nested } })).rejects.toMatchObject({
      code: "RPC_REFUSED",
      data: "0x336992c4",
    });
  });

  it.each([
    ["nothing at all", undefined],
    ["null", null],
    ["text", "Reverted 0x336992c4"],
    ["an odd number of digits", "0x336992c"],
    ["a number", 7],
    ["a list", ["0x336992c4"]],
    ["an object without data", { result: "0x336992c4" }],
  ])("a refusal has no revert data where the node gives %s", async (_, value) => {
    await expect(ask({ error: { code: -32_000, message: "", data: value } })).rejects.toMatchObject({
      code: "RPC_REFUSED",
      data: undefined,
    });
  });

  it("a refusal whose data is nested deeper than a stack is an AppError", async () => {
    const depth = 200_000;
    const nested = `${'{"data":'.repeat(depth)}"0x"${"}".repeat(depth)}`;
    const refusal = `{"jsonrpc":"2.0","id":1,"error":{"code":3,"message":"","data":${nested}}}`;
    const asked = ask({ body: refusal });
    await expect(asked).rejects.toSatisfy((error) => isAppError(error));
  });
});

describe("a node's no in another wrapping", () => {
  /** The error as a body, whatever its id: nodes that cannot read a request, and gateways, give none. */
  const errorBody = (error: object, id: number | null = 1): string =>
    JSON.stringify({ jsonrpc: "2.0", id, error });
  const reverted = { code: 3, message: "execution reverted", data: "0x336992c4" };

  it.each([200, 400, 413, 422, 500])("a refusal is one with HTTP %i too", async (status) => {
    for (const id of [1, null])
      await expect(ask({ status, body: errorBody(reverted, id) })).rejects.toMatchObject({
        code: "RPC_REFUSED",
        data: "0x336992c4",
      });
  });

  it("the error of another request is none of this one", async () => {
    await expect(ask({ status: 400, body: errorBody(reverted, 2) })).rejects.toThrowCode("RPC_INCONSISTENT");
  });

  const often = { code: -32_005, message: "daily request count exceeded, request rate limited" };
  it.each<[string, Answer]>([
    ["a refusal with HTTP 200", { error: often }],
    ["a refusal with HTTP 400", { status: 400, body: errorBody(often) }],
    ["a refusal with HTTP 403", { status: 403, body: errorBody(often, null) }],
    ["a code and no words", { error: { code: 429, message: "" } }],
    ["plain text with HTTP 200", { body: "Too Many Requests" }],
    ["plain text with HTTP 503", { status: 503, body: "error code: 1015 You are being rate limited" }],
    ["a gateway's own JSON", { status: 400, body: '{"message":"API rate limit exceeded"}' }],
    ["HTTP 429 and nothing else", { status: 429, body: "" }],
  ])("a node that limits requests is unavailable for now: %s", async (_, answer) => {
    await expect(ask(answer)).rejects.toMatchObject({
      code: "RPC_UNAVAILABLE",
      fields: { kind: "too-often", detail: expect.stringContaining("limits requests") as string },
    });
  });

  it.each<[string, Answer]>([
    ["HTTP 401", { status: 401, body: "" }],
    ["HTTP 403 and a refusal", { status: 403, body: errorBody({ code: -32_600, message: "no" }) }],
    ["a refusal", { error: { code: -32_000, message: "Unauthorized: You must authenticate your request" } }],
    ["plain text", { status: 400, body: "invalid project id\n" }],
  ])("a node that refuses access is unavailable: %s", async (_, answer) => {
    await expect(ask(answer)).rejects.toMatchObject({
      code: "RPC_UNAVAILABLE",
      fields: { detail: expect.stringContaining("refuses access") as string },
    });
  });

  it("a node that cannot answer now is away, in a refusal too", async () => {
    const busy = { code: -32_011, message: "no backend is currently healthy to serve traffic" };
    for (const status of [200, 503])
      await expect(ask({ status, body: errorBody(busy) })).rejects.toThrowCode("RPC_UNAVAILABLE");
    const internal = { code: -32_603, message: "Internal error" };
    await expect(ask({ status: 500, body: errorBody(internal) })).rejects.toThrowCode("RPC_UNAVAILABLE");
    await expect(ask({ error: internal })).rejects.toThrowCode("RPC_REFUSED");
  });

  it("a key that the node's words repeat is not shown", async () => {
    const key = "0123456789abcdef";
    for (const answer of [
      { error: { code: -32_000, message: `key ${key} is over` } },
      { status: 401, body: `invalid api key ${key}` },
      { status: 400, body: `no plan for ${key}` },
    ]) {
      await using node = await ScriptedNode.start(() => answer);
      for (const url of [`${node.url}/v3/${key}`, `${node.url}/?apikey=${key}`]) {
        const text = await everythingOf(new JsonRpc(url).request("eth_chainId", [], quantity));
        expect(text).not.toContain(key);
        expect(text).toMatch(/key|plan/);
      }
    }
  });
});

describe("an error shows the node's host and port, and nothing else of its URL", () => {
  const secrets = ["hidden-path", "hidden-query", "hidden-user", "hidden-password"];
  const secretUrl = (url: string): string => `${url}/hidden-path?key=hidden-query`;

  it.each<[string, Answer]>([
    ["HTTP 500", { status: 500, body: "" }],
    ["a redirect", { status: 302, headers: { location: "/hidden-path" }, body: "" }],
    ["a reset", "reset"],
    ["silence", "silence"],
    ["HTML", { body: "<html>" }],
    ["a wrong result", { result: 1 }],
    ["a refusal", { error: { code: 3, message: "no" } }],
  ])("an error after %s shows nothing of the URL but host and port", async (_, answer) => {
    await using node = await ScriptedNode.start(() => answer);
    const rpc = new JsonRpc(secretUrl(node.url), { timeout: 30 });
    const text = await everythingOf(rpc.request("eth_chainId", [], quantity));
    for (const secret of secrets) expect(text).not.toContain(secret);
    expect(rpc.endpoint).toBe(new URL(node.url).host);
  });

  it("an error of an unavailable node names its host and port, and nothing else of the URL", async () => {
    const url = await closedUrl();
    const text = await everythingOf(new JsonRpc(secretUrl(url)).request("eth_chainId", [], quantity));
    expect(text).toContain(new URL(url).host);
    for (const secret of secrets) expect(text).not.toContain(secret);
  });

  it("a URL that holds credentials is refused", () => {
    expect(() => new JsonRpc("http://hidden-user:hidden-password@127.0.0.1/")).toThrowCode("CONFIG");
    expect(() => new JsonRpc("http://hidden-user:hidden-password@127.0.0.1/")).not.toThrow(/hidden/);
  });
});
