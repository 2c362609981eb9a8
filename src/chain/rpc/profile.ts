/** Describes how kinds of nodes differ in what can be read from them. */

export interface ChainProfile {
  /** Blocks in one request for logs, at most. */
  readonly logSpan: number;
  /** Whether `eth_call` reads the state of the block that it names; else that of the newest. */
  readonly oldState: boolean;
}

/**
 * FISCO BCOS as its release 3.17.0 behaves (`bcos-rpc/web3jsonrpc` and `bcos-rpc/filter` of its source): `eth_getLogs`
 * answers for the first ten blocks of a range (`web3_rpc.filter_max_process_block`) and omits the others without an
 * error; log indexes start again in each transaction; `eth_call`, `eth_getCode` and `eth_getTransactionCount` ignore the
 * block; the tags `safe` and `finalized` mean `latest`; a transaction that is not mined yet is not found by its hash;
 * `eth_gasPrice` is the chain's `tx_gas_price`, 0 unless it was set.
 */
export const CHAIN_PROFILES: Readonly<Record<"ethereum" | "fisco-bcos", ChainProfile>> = {
  ethereum: { logSpan: 2_000, oldState: true },
  "fisco-bcos": { logSpan: 10, oldState: false },
};

/**
 * The methods of the Web3 JSON-RPC that FISCO BCOS 3.17.0 documents (section 5 of `3.x/zh_CN/docs/develop/web3_usage.md`
 * in FISCO-BCOS-DOC). Under its profile no other is called.
 */
export const FISCO_METHODS: ReadonlySet<string> = new Set([
  "web3_clientVersion",
  "web3_sha3",
  "net_version",
  "net_listening",
  "net_peerCount",
  "eth_protocolVersion",
  "eth_syncing",
  "eth_coinbase",
  "eth_chainId",
  "eth_mining",
  "eth_hashrate",
  "eth_gasPrice",
  "eth_accounts",
  "eth_blockNumber",
  "eth_getBalance",
  "eth_getStorageAt",
  "eth_getTransactionCount",
  "eth_getBlockTransactionCountByHash",
  "eth_getBlockTransactionCountByNumber",
  "eth_getUncleCountByBlockHash",
  "eth_getUncleCountByBlockNumber",
  "eth_getCode",
  "eth_sign",
  "eth_sendTransaction",
  "eth_signTransaction",
  "eth_sendRawTransaction",
  "eth_call",
  "eth_estimateGas",
  "eth_getBlockByHash",
  "eth_getBlockByNumber",
  "eth_getTransactionByHash",
  "eth_getTransactionByBlockHashAndIndex",
  "eth_getTransactionByBlockNumberAndIndex",
  "eth_getTransactionReceipt",
  "eth_getUncleByBlockHashAndIndex",
  "eth_getUncleByBlockNumberAndIndex",
  "eth_newFilter",
  "eth_newBlockFilter",
  "eth_newPendingTransactionFilter",
  "eth_uninstallFilter",
  "eth_getFilterChanges",
  "eth_getFilterLogs",
  "eth_getLogs",
  "eth_maxPriorityFeePerGas",
]);
