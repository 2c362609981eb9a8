import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const TESTS = join(import.meta.dirname, "..");

/** Every fault that is injected, by the number that the titles of its tests begin with. */
const FAULTS: Readonly<Record<string, string>> = {
  F1: "the process is killed at each step of an item's way",
  F2: "sending times out, and the transaction was taken",
  F3: "sending succeeds, and the transaction is lost",
  F4: "a transaction is dropped from the pool",
  F5: "a transaction pays too little",
  F6: "another wallet takes the nonce",
  F7: "the chain's nonce is behind",
  F8: "fees rise above the cap",
  F9: "the key runs out of funds",
  F11: "the key is revoked between acceptance and sending",
  F12: "two senders start",
  F13: "the contract is paused",
  F14: "the chain halts",
  F15: "the node serves another chain",
  F17: "the node answers 500 or 429",
  F18: "the node is slow",
  F19: "the node breaks off",
  F20: "the node's JSON is broken",
  F21: "the node answers another request",
  F22: "the node has no receipt for a mined transaction",
  F23: "the node leaves out logs that the bloom shows",
  F24: "logs are missing, doubled or out of order",
  F25: "the newest block goes back",
  F26: "the receipt is on a side branch",
  F27: "logs are of another contract",
  F28: "the reply is huge",
  F29: "the range of logs is too large",
  F30: "the connection is half open",
  F31: "two endpoints disagree",
  F32: "reorgs of every depth",
  F33: "a reorg moves an anchor",
  F34: "a kill while a reorg is rolled back",
  F35: "the chain begins anew",
  F36: "the contract is another",
  F37: "the database or the chain is an older copy",
  F38: "the database is killed",
  F39: "the connection is cut while a commit is under way",
  F40: "deadlocks and serialization failures",
  F41: "the pool of connections is exhausted",
  F42: "the disk is full",
  F43: "a sync to disk fails",
  F44: "the disk becomes read-only",
  F45: "a second process opens the data",
  F46: "a stored bit flips",
  F47: "the clock is wrong or jumps",
  F48: "block times are in the future or go back",
  F50: "time zones, leap days, daylight saving",
  F51: "slow senders of requests",
  F52: "the same digest thousands of times at once",
  F53: "overload",
  F54: "SIGTERM",
};

const titles = readdirSync(TESTS, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".test.ts") && !name.endsWith("catalogue.test.ts"))
  .flatMap((name) => [
    ...readFileSync(join(TESTS, name), "utf8").matchAll(/["'`](F\d+(?:[,/ and]+F\d+)*)[: ]/g),
  ])
  .flatMap(([, numbers]) => numbers?.match(/F\d+/g) ?? []);

describe("the faults that are injected", () => {
  it.each(Object.entries(FAULTS))("%s (%s) have a test of their own", (number) => {
    expect(titles).toContain(number);
  });

  it("are all known here", () => {
    expect([...new Set(titles)].filter((number) => !Object.hasOwn(FAULTS, number))).toEqual([]);
  });
});
