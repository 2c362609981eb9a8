/** Imitates a FISCO BCOS node in front of an EVM node. */
import { z } from "zod";
import { FISCO_METHODS } from "../../../src/chain/rpc/profile.ts";
import { JsonRpc } from "../../../src/chain/rpc/rpc.ts";
import { ScriptedNode, forward, type Answer, type RpcRequest } from "./json-rpc.ts";

/** The most blocks whose logs a node returns for one request. */
const LOG_BLOCKS = 10;

interface Log {
  readonly blockNumber: string;
  readonly transactionIndex: string;
  readonly logIndex: string;
}

/**
 * A proxy of the EVM node at `url` with the behaviour of FISCO BCOS 3.17.0: it refuses undocumented methods and all
 * transactions but those of type 0; block times are in milliseconds, as on chains of an older data version; the block of a
 * call is ignored; logs are of ten blocks at most, with indexes per transaction; a transaction is not found before it is
 * mined; and every tag means the newest block.
 */
export async function startFisco(url: string): Promise<ScriptedNode> {
  const rpc = new JsonRpc(url);
  return await ScriptedNode.start((request) => answer(url, rpc, request));
}

async function answer(url: string, rpc: JsonRpc, request: RpcRequest): Promise<Answer> {
  const { method, params } = request;
  if (!FISCO_METHODS.has(method)) return { error: { code: -32_601, message: "Method not found" } };
  switch (method) {
    case "eth_getBlockByNumber":
      return await milliseconds(await forward(url, { ...request, params: [newest(params[0]), params[1]] }));
    case "eth_call":
    case "eth_getCode":
    case "eth_getTransactionCount":
    case "eth_estimateGas":
      return await forward(url, { ...request, params: [params[0], "latest"] });
    case "eth_getLogs":
      return await logs(url, rpc, request);
    case "eth_getTransactionByHash": {
      const receipt = await forward(url, { ...request, method: "eth_getTransactionReceipt" });
      return isResult(receipt) && receipt.result === null ? receipt : await forward(url, request);
    }
    case "eth_sendRawTransaction":
      // a list of RLP is type 0; other types begin with their number
      if (Number.parseInt(String(params[0]).slice(2, 4), 16) < 0xc0)
        return { error: { code: -32_602, message: "only type 0 is tried here" } };
      return await forward(url, request);
    case "web3_clientVersion":
      return { result: "FISCO-BCOS-Web3RPC/3.17.0" };
    default:
      return await forward(url, request);
  }
}

/** Every tag except `earliest` means the newest block. */
function newest(tag: unknown): unknown {
  return tag === "safe" || tag === "finalized" || tag === "pending" ? "latest" : tag;
}

function isResult(found: Answer): found is { result: unknown } {
  return typeof found === "object" && "result" in found;
}

async function milliseconds(found: Answer): Promise<Answer> {
  if (!isResult(found) || found.result === null) return await Promise.resolve(found);
  const block = found.result as { timestamp: string };
  return { result: { ...block, timestamp: `0x${(Number(block.timestamp) * 1000 + 7).toString(16)}` } };
}

async function logs(url: string, rpc: JsonRpc, request: RpcRequest): Promise<Answer> {
  const filter = request.params[0] as { fromBlock: string; toBlock: string };
  const head = Number(await rpc.request("eth_blockNumber", [], z.string()));
  const from = Number(filter.fromBlock);
  if (from > head) return { result: [] };
  const to = Math.min(Number(filter.toBlock), head, from + LOG_BLOCKS - 1);
  const found = await forward(url, { ...request, params: [{ ...filter, toBlock: `0x${to.toString(16)}` }] });
  if (!isResult(found)) return found;
  const counts = new Map<string, number>();
  const counted = (found.result as Log[]).map((log) => {
    const key = `${log.blockNumber}/${log.transactionIndex}`;
    const logIndex = counts.get(key) ?? 0;
    counts.set(key, logIndex + 1);
    return { ...log, logIndex: `0x${logIndex.toString(16)}` };
  });
  return { result: counted };
}
