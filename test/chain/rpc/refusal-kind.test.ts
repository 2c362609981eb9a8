/** Tests the kinds of refusals by what nodes and providers say: their sources, their documents, and reports of users. */
import { describe, expect, it } from "vitest";
import { refusalKind, type RefusalKind } from "../../../src/chain/rpc/refusal-kind.ts";

/** Who says it, the code of the JSON-RPC error (undefined = plain text), the HTTP status, and the words. */
type Said = readonly [who: string, code: number | undefined, status: number, words: string];

const SAID: Readonly<Record<RefusalKind, readonly Said[]>> = {
  "too-much": [
    ["geth", -32_003, 200, "response too large"],
    ["geth", -32_000, 200, "exceed maximum block range: 5000"],
    ["Erigon", -32_000, 200, "query block range exceeds server limit, narrow your filter: 1000"],
    ["Erigon", -32_000, 200, "query returns too many logs, narrow your filter: 20000"],
    ["cdk-erigon", -32_005, 200, "block range too large, max range: 10000"],
    ["Nethermind", -32_005, 200, "Too many logs requested. Max logs per response is 20000."],
    ["Besu", -32_005, 200, "Requested range exceeds maximum RPC range limit"],
    ["reth", -32_602, 200, "query exceeds max block range 100000"],
    ["reth", -32_602, 200, "query exceeds max results 20000, retry with the range 24383075-24383096"],
    ["Frontier", -32_603, 200, "block range is too wide (maximum 10)"],
    ["Avalanche", -32_000, 200, "requested too many blocks from 0 to 5000, maximum is set to 2048"],
    ["Arbitrum", -32_000, 200, "logs matched by query exceeds limit of 10000"],
    ["Morph", -32_000, 200, "block range is larger than max block range, block range = 5120"],
    [
      "Alchemy",
      -32_602,
      200,
      "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range",
    ],
    [
      "Alchemy",
      -32_600,
      400,
      "Under the Free tier plan, you can make eth_getLogs requests with up to a 10 block range.",
    ],
    ["Alchemy", -32_000, 200, "Query timeout exceeded. Consider reducing your block range."],
    ["Infura", -32_005, 200, "query returned more than 10000 results. Try with this block range [0x1, 0x2]."],
    ["Infura", -32_602, 200, "range 1000000 exceeds limit of 10000"],
    ["QuickNode", -32_614, 413, "eth_getLogs is limited to a 10,000 range"],
    ["QuickNode", -32_602, 200, "eth_getLogs and eth_newFilter are limited to a 10,000 blocks range"],
    ["Ankr", -32_600, 200, "block range is too wide"],
    ["publicnode", -32_701, 403, "exceed maximum block range: 50000"],
    ["dRPC", 35, 400, "ranges over 10000 blocks are not supported on freetier"],
    ["1RPC", -32_602, 200, "eth_getLogs is limited to 0 - 50 blocks range"],
    ["Chainstack", -32_000, 403, "Block range limit exceeded. See more details at https://docs.example"],
    ["BlockPI", -32_602, 200, "Exceeded max range limit for eth_getLogs: 1024"],
    ["Base", -32_020, 500, "backend response too large"],
    ["reth", -32_602, 200, "length limit exceeded"],
    ["nginx", undefined, 413, "<html><head><title>413 Request Entity Too Large</title></head>"],
  ],
  failed: [
    ["geth", -32_002, 200, "request timed out"],
    ["geth", -32_000, 200, "context deadline exceeded"],
    ["geth", -32_000, 200, "execution aborted (timeout = 5s)"],
    ["Frontier", -32_603, 200, "query timeout of 10 seconds exceeded"],
    ["nginx", undefined, 504, "<html><head><title>504 Gateway Time-out</title></head>"],
    ["Cloudflare", undefined, 524, "error code: 524"],
    ["a server", undefined, 500, "Internal Server Error"],
    ["a server", -32_603, 500, "Internal error"],
    ["a server", undefined, 400, "Bad Request"],
  ],
  "too-often": [
    ["Alchemy", 429, 429, "Your app has exceeded its compute units per second capacity."],
    ["Alchemy", 429, 200, "Your app has exceeded its concurrent requests capacity."],
    ["Alchemy", 429, 429, "Monthly capacity limit exceeded. Visit https://dashboard.example"],
    ["Infura", -32_005, 429, "daily request count exceeded, request rate limited"],
    ["Infura", -32_005, 429, "project ID request rate exceeded"],
    ["QuickNode", -32_007, 200, "100/second request limit reached - reduce calls per second or upgrade"],
    ["QuickNode", -32_012, 200, "credits limited to 6000/sec"],
    ["Ankr", -32_090, 429, "Too many requests, reason: call rate limit exhausted, retry in 10m0s"],
    ["publicnode", undefined, 429, ""],
    ["Cloudflare", undefined, 429, "error code: 1015"],
    ["a public endpoint", -32_001, 200, "You reached Public endpoint rate limit"],
    ["a gateway", undefined, 429, '{"message":"API rate limit exceeded"}'],
    ["a provider", -32_001, 200, "usage limit reached"],
  ],
  "no-method": [
    ["geth", -32_601, 200, "the method eth_getLogs does not exist/is not available"],
    ["Nethermind", -32_601, 200, "The method 'eth_getLogs' is not supported."],
    ["Besu", -32_601, 200, "Method not found"],
    ["Besu", -32_604, 200, "Method not enabled"],
    ["FISCO BCOS", -32_601, 200, "METHOD_NOT_FOUND"],
    ["a provider", -32_600, 403, "rpc method is not whitelisted"],
    ["Alchemy", -32_600, 400, "Unsupported method: eth_getLogs on ETH_MAINNET"],
  ],
  "no-access": [
    ["Infura", undefined, 401, "invalid project id\n"],
    ["Infura", undefined, 401, "project ID does not have access to this network"],
    ["Alchemy", -32_600, 401, "Must be authenticated!"],
    ["Ankr", -32_000, 200, "Unauthorized: You must authenticate your request with an API key."],
    ["QuickNode", undefined, 401, ""],
    ["Besu", -40_100, 401, "Unauthorized"],
    ["a proxy", undefined, 403, "<html><head><title>403 Forbidden</title></head>"],
    ["a proxy", undefined, 407, ""],
  ],
  away: [
    ["proxyd", -32_011, 503, "no backend is currently healthy to serve traffic"],
    ["proxyd", -32_011, 200, "no backend is currently healthy to serve traffic"],
    ["nginx", undefined, 502, "<html><head><title>502 Bad Gateway</title></head>"],
    ["nginx", undefined, 503, "<html><head><title>503 Service Temporarily Unavailable</title></head>"],
    ["HAProxy", undefined, 503, "No server is available to handle this request."],
    ["a wrong path", undefined, 404, "404 page not found"],
  ],
  refused: [
    ["geth", 3, 200, "execution reverted"],
    ["geth", -32_000, 200, "execution reverted: Unauthorized, too many requests, range limit exceeded"],
    ["geth", -32_000, 200, "nonce too low: next nonce 5, tx nonce 4"],
    ["geth", -32_000, 200, "already known"],
    ["geth", -32_000, 200, "replacement transaction underpriced"],
    ["geth", -32_000, 200, "insufficient funds for gas * price + value"],
    ["geth", -32_000, 200, "header not found"],
    ["geth", 4_444, 200, "pruned history unavailable"],
    ["geth", -32_000, 200, "exceeds block gas limit"],
    ["Nethermind", -32_000, 200, "Receipt not available for From block 1."],
    ["Besu", -32_001, 400, "Nonce too low"],
    ["Besu", -32_007, 200, "Sender account not authorized to send transactions"],
    ["Besu", -32_006, 400, "Transaction nonce is too distant from current sender nonce"],
    ["reth", -32_602, 200, "block range extends beyond current head block"],
    ["proxyd", -32_019, 400, "block is out of range"],
    ["BNB Chain", -32_005, 200, "limit exceeded"],
    ["FISCO BCOS", 16, 200, ""],
    ["a node", -32_603, 200, "Internal error"],
  ],
};

const all = Object.entries(SAID).flatMap(([kind, said]) =>
  said.map(([who, code, status, words]) => ({ kind, who, code, status, words })),
);

describe("what a node says instead of a result", () => {
  it.each(all)("$who: HTTP $status, $code, '$words' is $kind", ({ kind, code, status, words }) => {
    expect(refusalKind({ status, code, words })).toBe(kind);
  });

  it("the limits of a node are told from its words under any HTTP status and code", () => {
    const worded = all.filter(({ kind, words }) => kind !== "refused" && words.length > 20);
    for (const { kind, words } of worded.filter(({ words }) => !/^error code|^Internal/.test(words)))
      for (const status of [200, 400, 403, 413, 429, 500, 503])
        for (const code of [undefined, -32_000, -32_600, -32_005])
          expect([words, status, code, refusalKind({ status, code, words })]).toEqual([
            words,
            status,
            code,
            kind,
          ]);
  });

  it("a page with HTTP 200 that says nothing is no refusal", () => {
    for (const words of ["", "<!doctype html><title>Welcome</title>", '{"jsonrpc":"2.0","id":1,"result":"0x'])
      expect(refusalKind({ status: 200, code: undefined, words })).toBeUndefined();
  });
});
