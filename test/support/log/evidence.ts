/** Prepares a log with one report and the files for its offline verification. */
import { createHash, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Digest } from "../../../src/core/digest.ts";
import { formatPolicy } from "../../../src/log/policy.ts";
import { formatReceipt, type Receipt } from "../../../src/log/receipt.ts";
import { formatStatementFile, type StatementFile } from "../../../src/log/statement.ts";
import { hufuHere, type Ran } from "../cli/cli.ts";
import { TestClock } from "../clock.ts";
import { TIME, TestLog } from "./receipts.ts";

export const REPORT = "%PDF-1.7\na report of a company\n";
export const SALT = Uint8Array.from({ length: 32 }, (_, i) => i);

/** The digests by each algorithm. */
export function digestsOf(content: string | Uint8Array): [Digest, Digest] {
  const digest = (algorithm: "sha256" | "sm3"): Digest => ({
    algorithm,
    bytes: Uint8Array.from(createHash(algorithm).update(content).digest()),
  });
  return [digest("sha256"), digest("sm3")];
}

export class Evidence {
  readonly log: TestLog;
  readonly folder: string = mkdtempSync(join(tmpdir(), "hufu-evidence-"));
  readonly registration: { index: number; event: Uint8Array };
  readonly index: number;
  readonly report: string;
  readonly policy: string;

  constructor(options: { content?: string; salt?: Uint8Array; validUntil?: number; time?: number } = {}) {
    const { content = REPORT, time = TIME, ...rest } = options;
    this.log = new TestLog({ time });
    this.log.fill(3);
    this.registration = this.log.registration();
    this.log.fill(40);
    this.index = this.log.document(digestsOf(content)[0], rest);
    this.log.fill(17);
    this.report = this.file(content, "report.pdf");
    this.policy = this.file(this.policyText(), "policy");
  }

  policyText(log: TestLog = this.log): string {
    return formatPolicy(log.policy());
  }

  file(content: string | Uint8Array, name: string = randomUUID()): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  receipt(index: number = this.index, change: Partial<Receipt> & { salt?: Uint8Array } = {}): Receipt {
    const { salt, ...rest } = change;
    return {
      ...this.log.receipt(index, { registration: this.registration, ...(salt && { salt }) }),
      ...rest,
    };
  }

  receiptFile(receipt: Receipt = this.receipt()): string {
    return this.file(formatReceipt(receipt));
  }

  statementFile(statement: StatementFile = this.log.statement(this.index)): string {
    return this.file(formatStatementFile(statement));
  }

  /** Runs `hufu verify` without a server, two years after the log. */
  async verify(...args: readonly string[]): Promise<Ran> {
    const env = { HUFU_DATA_DIR: "/nonexistent/hufu", HUFU_SERVER: "http://127.0.0.1:9" };
    return await hufuHere(["verify", ...args], env, { clock: new TestClock(TIME + 2 * 365 * 86_400) });
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
