import { describe, expect, it } from "vitest";
import {
  EMPTY_EVIDENCE,
  classifyFile,
  withEvidence,
  type ClassifiedFile,
} from "../../../src/sdk/verify/classify.ts";
import { formatPolicy } from "../../../src/log/policy.ts";
import { formatReceipt } from "../../../src/log/receipt.ts";
import { formatStatementFile } from "../../../src/log/statement.ts";
import { TestLog } from "../../support/log/receipts.ts";

const log = new TestLog();
log.fill(5);
const receipt = formatReceipt(log.receipt(3));
const statement = formatStatementFile(log.statement(3));
const policy = formatPolicy(log.policy());

const classified = (name: string, text: string): ClassifiedFile =>
  classifyFile(name, new TextEncoder().encode(text));
const faultOf = (given: ClassifiedFile): unknown => Object.values(given)[1];

describe("a given file", () => {
  it.each([
    ["receipt", receipt],
    ["statement", statement],
    ["statement", JSON.stringify(JSON.parse(statement))],
    ["policy", policy],
    ["policy", `# trusted by this bank\n\n${policy}`],
  ])("content of the kind %s is recognized under any name", (kind, text) => {
    for (const name of ["report.pdf", "a.txt", ""]) {
      const given = classified(name, text);
      expect(given.kind).toBe(kind);
      expect(faultOf(given)).not.toBeInstanceOf(Error);
    }
  });

  it.each([
    ["%PDF-1.7"],
    [""],
    ["{}"],
    ['{"v": 1, "document": 2}'],
    ["log of the day"],
    ["# a list\nquorum none\n"],
    ["a report that quotes c2sp.org/tlog-proof@v1"],
  ])("the content %j is a file to verify", (text) =>
    expect(classified("report.pdf", text)).toEqual({ kind: "file" }),
  );

  it("damaged evidence is recognized, and its fault reported", () => {
    expect(faultOf(classified("a", receipt.slice(0, 400)))).toThrowCode("RECEIPT_SYNTAX");
    expect(faultOf(classified("entry-3.tlog-proof", "<html>"))).toThrowCode("RECEIPT_SYNTAX");
    expect(faultOf(classified("entry-3.status.json", "{"))).toThrowCode("STATUS_STATEMENT_INVALID");
    expect(faultOf(classified("policy", policy.replace("quorum operators\n", "")))).toThrowCode(
      "POLICY_SYNTAX",
    );
  });

  it("a receipt of another kind of entry is refused with RECEIPT_EXTRA", () => {
    const index = log.status({ document: 3, action: "revoke", reason: "other", successor: undefined });
    expect(faultOf(classified("a", formatReceipt(log.receipt(index))))).toThrowCode("RECEIPT_EXTRA");
  });
});

describe("evidence", () => {
  it("evidence collects readable files, and the faults of unreadable ones", () => {
    const given = [
      classified("a", receipt),
      classified("b.tlog-proof", "?"),
      classified("c", statement),
      classified("d.pdf", "%PDF"),
      classified("e", policy),
    ];
    const { receipts, statements, policy: trusted, faults } = given.reduce(withEvidence, EMPTY_EVIDENCE);
    expect([receipts.length, statements.length, trusted?.quorum]).toEqual([1, 1, "operators"]);
    expect(faults.map(({ code }) => code)).toEqual(["RECEIPT_SYNTAX"]);
  });
});
