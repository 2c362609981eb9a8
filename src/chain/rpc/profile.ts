/** How a kind of node differs from others, as far as reading from it goes. */
export interface ChainProfile {
  /** Blocks whose logs are asked for at once, at most. */
  readonly logSpan: number;
  /** Whether `eth_call` looks at the block that it is asked for; else it looks at the newest. */
  readonly oldState: boolean;
}

/**
 * FISCO BCOS as its release 3.17.0 behaves (`bcos-rpc/web3jsonrpc` and `bcos-rpc/filter` of its source): `eth_getLogs`
 * answers for the first ten blocks of a range (`web3_rpc.filter_max_process_block`) and leaves the others out without a
 * word; log indexes start again in each transaction; `eth_call`, `eth_getCode` and `eth_getTransactionCount` ignore the
 * block; the tags `safe` and `finalized` mean `latest`; a transaction that is not mined yet is not found by its hash;
 * `eth_gasPrice` is what the chain's `tx_gas_price` says, 0 unless it was set.
 */
export const CHAIN_PROFILES: Readonly<Record<"ethereum" | "fisco-bcos", ChainProfile>> = {
  ethereum: { logSpan: 2_000, oldState: true },
  "fisco-bcos": { logSpan: 10, oldState: false },
};

/**
 * The methods of the Web3 JSON-RPC that FISCO BCOS 3.17.0 documents (section 5 of `3.x/zh_CN/docs/develop/web3_usage.md`
 * in FISCO-BCOS-DOC). Under its profile nothing else is called.
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
