/** Lists every injected fault by the number in the titles of its tests, and the guards in src against it. */
import type { Removal } from "../support/guards.ts";

// A guard is named by its mark in src (`// guard: F5 price bump`), its code, and the code that replaces it when it is removed.
// test/faults/catalogue.test.ts checks that each fault has tests and each guard its code; test/long/fault-mutants.test.ts
// removes each guard and checks that the tests fail.

/** One protection against a fault. */
interface Protection {
  /** The test file below `test`, whose tests of the fault fail without it. */
  readonly test: string;
  readonly without: readonly Removal[];
  /** What the machine needs for the tests; without it they are skipped. */
  readonly needs?: "tmpfs" | "ext4" | "strace";
}

export interface Fault {
  readonly what: string;
  readonly protections: readonly [Protection, ...Protection[]];
}

/** A request that one node does not answer goes to the next. */
const FAILOVER: Protection = {
  test: "faults/rpc",
  without: [["F17 F19 failover", "if (!isNodeFault(fault)) throw fault;", "throw fault;"]],
};
const TIME_LIMIT: Protection = {
  test: "faults/rpc",
  without: [["F18 F30 time limit", "signal: AbortSignal.timeout(this.#timeout),", ""]],
};
/** The same bytes are sent again while they are in no block. */
const REPEATED: Protection = {
  test: "faults/sender",
  without: [
    [
      "F3 F4 same bytes again",
      'case "repeat":\n        await this.#repeat(transaction, watch);',
      'case "repeat":',
    ],
  ],
};
/** The size and the root that the contract has, at each step. */
const COMPARED: readonly Removal[] = [
  ["F23 F24 root", "if (projection.entries.length > 0) await this.#compareRoot(tree, proven);", ""],
  [
    "F23 F24 contract's size and root",
    "if (to === latest.number) await this.#compareWithContract(tree, latest);",
    "",
  ],
];
const STALENESS: Protection = {
  test: "faults/index",
  without: [
    ["F47 F48 staleness", "if (!isAhead && Math.abs((ofBlock ? now : clock) - time) <= maxLag)", "if (head)"],
  ],
};
const AGE_GATE: Protection = {
  test: "faults/sender",
  without: [["F9 F11 F13 F14 age gate", "if (age <= limit / 2) return;", "return;"]],
};

export const FAULTS: Readonly<Record<string, Fault>> = {
  F1: {
    what: "the process is killed at each step of an item's way",
    protections: [
      {
        test: "faults/kills",
        without: [
          ["F1 open transactions", "const open = await this.#ledger.open(signer);", "const open = [];"],
        ],
      },
    ],
  },
  F2: {
    what: "sending times out, and the transaction was taken",
    protections: [
      {
        test: "faults/sender",
        without: [
          ["F2 recorded before broadcast", "await this.#outbox.record(transaction, items);\n", "\n"],
          [
            "F2 broadcast after recording",
            "await this.#chain.broadcast(transaction);\n",
            "await this.#chain.broadcast(transaction);\n      await this.#outbox.record(transaction, items);\n",
          ],
        ],
      },
    ],
  },
  F3: { what: "sending succeeds, and the transaction is lost", protections: [REPEATED] },
  F4: { what: "a transaction is dropped from the pool", protections: [REPEATED] },
  F5: {
    what: "a transaction pays too little",
    protections: [
      {
        test: "faults/sender",
        without: [["F5 price bump", "const raised = (before * 11n + 9n) / 10n;", "const raised = before;"]],
      },
    ],
  },
  F6: {
    what: "another wallet takes the nonce",
    protections: [
      {
        test: "faults/sender",
        without: [
          ["F6 final nonce", "const isFinal = minedFinal > nonce;", "const isFinal = mined > nonce;"],
        ],
      },
    ],
  },
  F7: {
    what: "the chain's nonce is behind",
    protections: [
      {
        test: "faults/sender",
        without: [
          ["F7 nonce gaps", "const gapless = await this.#fillGaps(signer, mined);", "const gapless = true;"],
        ],
      },
    ],
  },
  F8: {
    what: "fees rise above the cap",
    protections: [
      {
        test: "faults/sender",
        without: [
          [
            "F8 fee cap",
            "if (limit === undefined || gasPrice <= limit) return { gasPrice };",
            "return { gasPrice };",
          ],
        ],
      },
    ],
  },
  F9: {
    what: "the key runs out of funds",
    protections: [
      {
        test: "faults/sender",
        without: [
          [
            "F9 F13 refusals that wait",
            "if (isRefusal(error) && !error.fields.waits) return error;",
            "return error as Refusal;",
          ],
        ],
      },
      AGE_GATE,
    ],
  },
  F11: {
    what: "the key is revoked between acceptance and sending",
    protections: [
      {
        test: "faults/sender",
        without: [
          [
            "F11 held signers",
            "const held = open.filter((signer) => this.#chain.signers.includes(signer));",
            "const held: Address[] = [];",
          ],
        ],
      },
      AGE_GATE,
    ],
  },
  F12: {
    what: "two senders start",
    protections: [
      {
        test: "faults/leadership",
        without: [["F12 term", "if (this.#term === term) return;", "return;"]],
      },
      {
        test: "faults/leadership",
        without: [["F12 advisory lock", "if (attempts[0]?.won !== true) return undefined;", ""]],
      },
      {
        test: "faults/leadership",
        without: [["F12 work under way", "if (this.#working > 0) return false;", ""]],
      },
      {
        test: "long/postgres/pools",
        without: [
          ["F12 own sessions", "if (isKept && (await endsWithConnection(url, lock))) return;", "return;"],
        ],
      },
    ],
  },
  F13: {
    what: "the contract is paused",
    protections: [
      {
        test: "faults/sender",
        without: [
          ["F9 F13 refusals that wait", "isRefusal(error) && !error.fields.waits", "isRefusal(error)"],
        ],
      },
      AGE_GATE,
    ],
  },
  F14: {
    what: "the chain halts",
    protections: [
      {
        test: "faults/sender",
        without: [["F14 back-off", " * 2 ** Math.min(attempts.length - 1, MAX_DOUBLINGS);", ";"]],
      },
      AGE_GATE,
    ],
  },
  F15: {
    what: "the node serves another chain",
    protections: [
      {
        test: "faults/rpc",
        without: [["F15 chain id", "if (chainId !== pin.chainId)", "if (false)"]],
      },
      {
        test: "faults/rpc",
        without: [["F15 genesis hash", "if (hash.toLowerCase() !== pin.genesisHash)", "if (false)"]],
      },
    ],
  },
  F17: { what: "the node answers 500 or 429", protections: [FAILOVER] },
  F18: { what: "the node is slow", protections: [TIME_LIMIT] },
  F19: { what: "the node breaks off", protections: [FAILOVER] },
  F20: {
    what: "the node's JSON is broken",
    protections: [
      {
        test: "faults/rpc",
        without: [
          [
            "F20 broken JSON",
            "  try {\n    return JSON.parse(text);\n  } catch {\n    return undefined;\n  }",
            "return JSON.parse(text);",
          ],
        ],
      },
    ],
  },
  F21: {
    what: "the node answers another request",
    protections: [
      {
        test: "faults/rpc",
        without: [["F21 request id", "answer !== undefined && !belongsTo(id, answer)", "false"]],
      },
    ],
  },
  F22: {
    what: "the node has no receipt for a mined transaction",
    protections: [
      {
        test: "faults/receipts",
        without: [["F22 missing receipt", 'if (mined > nonce) return "wait";', ""]],
      },
    ],
  },
  F23: {
    what: "the node leaves out logs that the bloom shows",
    protections: [{ test: "faults/index", without: COMPARED }],
  },
  F24: {
    what: "logs are missing, doubled or out of order",
    protections: [{ test: "faults/index", without: COMPARED }],
  },
  F25: {
    what: "the newest block goes back",
    protections: [
      {
        test: "faults/rpc",
        without: [["F25 one endpoint a session", "return this.#session ?? this.#rpc;", "return this.#rpc;"]],
      },
    ],
  },
  F26: {
    what: "the receipt is on a side branch",
    protections: [
      {
        test: "faults/receipts",
        without: [["F26 receipt on the chain", 'if (!(await this.#isOnChain(found))) return "unknown";', ""]],
      },
    ],
  },
  F27: {
    what: "logs are of another contract",
    protections: [
      {
        test: "faults/index",
        without: [["F27 log address", "if (log.address.toLowerCase() !== this.#registry)", "if (false)"]],
      },
    ],
  },
  F28: {
    what: "the reply is huge",
    protections: [{ test: "faults/rpc", without: [["F28 size limit", "if (bytes > limit)", "if (false)"]] }],
  },
  F29: {
    what: "the range of logs is too large",
    protections: [
      {
        test: "faults/rpc",
        without: [["F29 smaller range", 'if (isAppError(error) && !isOfNode(error)) return "too many";', ""]],
      },
    ],
  },
  F30: { what: "the connection is half open", protections: [TIME_LIMIT] },
  F31: {
    what: "two endpoints disagree",
    protections: [
      {
        test: "faults/rpc",
        without: [
          [
            "F31 final blocks agree",
            "if (found === undefined || equalBytes(found.hash, final.hash)) return;",
            "return;",
          ],
        ],
      },
    ],
  },
  F32: {
    what: "reorgs of every depth",
    protections: [
      {
        test: "faults/index",
        without: [
          [
            "F32 final block",
            "if (common === final && final !== undefined && !(await this.#isOnChain(final)))",
            "if (false)",
          ],
        ],
      },
      {
        test: "faults/index",
        without: [["F32 F33 reorg", "if (unchanged) return cursor;", "return cursor;"]],
      },
    ],
  },
  F33: {
    what: "a reorg moves an anchor",
    protections: [
      {
        test: "faults/index",
        without: [["F32 F33 reorg", "if (unchanged) return cursor;", "return cursor;"]],
      },
      {
        test: "faults/receipts",
        without: [["F33 final records", ".where(isRecorded(final))", ".where(isRecorded())"]],
      },
    ],
  },
  F34: {
    what: "a kill while a reorg is rolled back",
    protections: [
      {
        test: "faults/index",
        without: [
          [
            "F34 one transaction",
            "return await run(this.db, async (tx) => {\n      await this.#fence?.hold(tx);\n      return await work(tx);\n    });",
            "return await work(this.db as never);",
          ],
        ],
      },
    ],
  },
  F35: {
    what: "the chain begins again",
    protections: [
      {
        test: "faults/index",
        without: [["F35 chain identity", "if (describe(known) === describe(found)) return;", "return;"]],
      },
    ],
  },
  F36: {
    what: "the contract is another",
    protections: [
      {
        test: "faults/index",
        without: [["F36 contract code", " and registry ${registry} of code ${toHex(codeHash)}`", "`"]],
      },
    ],
  },
  F37: {
    what: "the database or the chain is an older copy",
    protections: [
      {
        test: "faults/receipts",
        without: [
          ["F37 index follows", "if (!(await this.#isFollowed(key, followed))) return undefined;", ""],
        ],
      },
      {
        test: "faults/receipts",
        without: [
          ["F37 where the chain was", "const isBehind = head < this.#begin;", "const isBehind = false;"],
        ],
      },
      {
        test: "long/postgres/own-store",
        without: [["F37 own store", "if (why !== undefined) throw storeChanged(`${name} ${why}`);", ""]],
      },
      {
        test: "long/postgres/own-store",
        without: [["F37 used keys", "if (recorded > 0) {", "if (recorded < 0) {"]],
      },
    ],
  },
  F38: {
    what: "the database is killed",
    protections: [
      {
        test: "faults/processes",
        without: [
          [
            "F38 database unavailable",
            "if (answered && !UNAVAILABLE.test(code)) return error;",
            "return error;",
          ],
        ],
      },
    ],
  },
  F39: {
    what: "the connection is cut while a commit is under way",
    protections: [
      {
        test: "faults/postgres",
        without: [["F39 conflicts alone", ' && error.fields["conflict"] === true', ""]],
      },
    ],
  },
  F40: {
    what: "deadlocks and serialization failures",
    protections: [
      {
        test: "faults/postgres",
        without: [["F40 tries", "const ATTEMPTS = 8;", "const ATTEMPTS = 1;"]],
      },
      {
        test: "faults/postgres",
        without: [
          ["F40 isolation", 'setIsolationLevel("serializable")', 'setIsolationLevel("read committed")'],
        ],
      },
    ],
  },
  F41: {
    what: "the pool of connections is exhausted",
    protections: [
      {
        test: "faults/postgres",
        without: [["F41 wait for a connection", "connectionTimeoutMillis: wait,", ""]],
      },
      {
        test: "faults/postgres",
        without: [["F41 ended transaction", "if (ended !== undefined) throw ended.error;", ""]],
      },
    ],
  },
  F42: {
    what: "the disk is full",
    protections: [
      {
        test: "long/full-disk",
        needs: "tmpfs",
        without: [["F42 free space", "if (free < this.#minFree)", "if (false)"]],
      },
    ],
  },
  F43: {
    what: "a sync to disk fails",
    protections: [
      {
        test: "long/disk",
        needs: "strace",
        without: [["F43 exit", "process.exit(BROKEN);", ""]],
      },
    ],
  },
  F44: {
    what: "the disk becomes read-only",
    protections: [
      {
        test: "long/full-disk",
        needs: "ext4",
        without: [
          ["F44 failing disk", "if (!FAILING.includes(code & 0xff)) return undefined;", "return undefined;"],
        ],
      },
    ],
  },
  F45: {
    what: "a second process opens the data",
    protections: [{ test: "files/lock", without: [["F45 file lock", 'file.exec("begin exclusive");', ""]] }],
  },
  F46: {
    what: "a stored bit flips",
    protections: [
      {
        test: "indexer/scrub",
        without: [
          [
            "F46 doubt",
            "await this.#store.raiseDoubt({ code, detail: fields.detail, since: this.#clock.now() });",
            "",
          ],
        ],
      },
    ],
  },
  F47: { what: "the clock is wrong or jumps", protections: [STALENESS] },
  F48: { what: "block times are in the future or go back", protections: [STALENESS] },
  F50: {
    what: "time zones, leap days, daylight saving",
    protections: [
      { test: "long/operation", without: [["F50 date in UTC", "date.setUTCFullYear(", "date.setFullYear("]] },
    ],
  },
  F51: {
    what: "slow senders of requests",
    protections: [
      {
        test: "long/operation",
        without: [["F51 request timeout", "requestTimeout: front.limits.arrival * 1_000,", ""]],
      },
    ],
  },
  F52: {
    what: "the same digest in thousands of concurrent requests",
    protections: [
      {
        test: "faults/duplicates",
        without: [
          [
            "F52 unique digest",
            "error_code text,\n    unique (payload, institution, algorithm)\n  )",
            "error_code text\n  )",
          ],
          [
            "F52 insert once",
            '.values({ id, ...row })\n    .onConflict((conflict) => conflict.columns(["payload", "institution", "algorithm"]).doNothing())',
            ".values({ id, ...row })",
          ],
          [
            "F52 recorded elsewhere",
            '.values({ id: randomUUID(), ...row })\n      .onConflict((conflict) => conflict.columns(["payload", "institution", "algorithm"]).doNothing())',
            ".values({ id: randomUUID(), ...row })",
          ],
        ],
      },
    ],
  },
  F53: {
    what: "overload",
    protections: [
      {
        test: "long/operation",
        without: [
          [
            "F53 request limit",
            "if (this.#requests >= this.#maxRequests) throw overloaded(`${this.#requests} requests are under way`);",
            "",
          ],
        ],
      },
    ],
  },
  F54: {
    what: "SIGTERM",
    protections: [
      { test: "long/operation", without: [["F54 closing signal", "closing.abort();", ""]] },
      {
        test: "long/operation",
        without: [
          ["F54 drain limit", "setTimeout(() => app.server.closeAllConnections(), DRAIN).unref();", ""],
        ],
      },
    ],
  },
};
