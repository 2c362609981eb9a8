/** Tests what an audit keeps of a source that fails while it is read. */
import { describe, expect, it } from "vitest";
import { auditLog } from "../../../src/audit/log-audit/audit-log.ts";
import type { ChainLog } from "../../../src/audit/ports.ts";
import { AppError } from "../../../src/core/errors.ts";
import { TestLog } from "../../support/log/receipts.ts";

describe("a node that fails after it gave another root than the entries have", () => {
  it("a node that fails midway is reported with its findings and with the fault", async () => {
    const log = new TestLog();
    log.fill(2);
    const chain: ChainLog = {
      registry: { chainId: 1, registry: `0x${"0a".repeat(20)}` },
      block: 9,
      size: 2,
      pages: async function* () {
        yield await Promise.resolve({ entries: log.entries, ends: [1, 2], keys: [] });
      },
      rootAt: (size) =>
        size === 1
          ? Promise.resolve(new Uint8Array(32))
          : Promise.reject(new AppError("RPC_UNAVAILABLE", { detail: "gone" })),
    };
    const { findings, faults, sources } = await auditLog({
      node: { source: "node", open: () => Promise.resolve(chain) },
      logs: [],
      policy: undefined,
      now: 0,
      grace: 0,
      pause: () => Promise.resolve(),
      progress: (_, work) => work(() => undefined),
    });
    expect(findings.items).toMatchObject([{ code: "contract-root", source: "node", values: { size: 1 } }]);
    expect(faults).toMatchObject([{ source: "node", error: { code: "RPC_UNAVAILABLE" } }]);
    expect(sources).toEqual([]);
  });
});
