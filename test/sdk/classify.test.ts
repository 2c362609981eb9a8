import { describe, expect, it } from "vitest";
import { EMPTY_EVIDENCE, classifyFile, withEvidence, type ClassifiedFile } from "../../src/sdk/classify.ts";
import { formatPolicy } from "../../src/log/policy.ts";
import { formatReceipt } from "../../src/log/receipt.ts";
import { formatStatementFile } from "../../src/log/statement.ts";
import { TestLog } from "../support/log/receipts.ts";

const log = new TestLog();
log.fill(5);
const receipt = formatReceipt(log.receipt(3));
const statement = formatStatementFile(log.statement(3));
const policy = formatPolicy(log.policy());

const told = (name: string, text: string): ClassifiedFile =>
  classifyFile(name, new TextEncoder().encode(text));
const faultOf = (dropped: ClassifiedFile): unknown => Object.values(dropped)[1];

describe("what was given", () => {
  it.each([
    ["receipt", receipt],
    ["statement", statement],
    ["statement", JSON.stringify(JSON.parse(statement))],
    ["policy", policy],
    ["policy", `# whom this bank trusts\n\n${policy}`],
  ])("is a %s whatever it is called", (kind, text) => {
    for (const name of ["report.pdf", "a.txt", ""]) {
      const dropped = told(name, text);
      expect(dropped.kind).toBe(kind);
      expect(faultOf(dropped)).not.toBeInstanceOf(Error);
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
  ])("is a file to verify: %j", (text) => expect(told("report.pdf", text)).toEqual({ kind: "file" }));

  it("that is damaged is still told as what it was", () => {
    expect(faultOf(told("a", receipt.slice(0, 400)))).toThrowCode("RECEIPT_SYNTAX");
    expect(faultOf(told("entry-3.tlog-proof", "<html>"))).toThrowCode("RECEIPT_SYNTAX");
    expect(faultOf(told("entry-3.status.json", "{"))).toThrowCode("STATUS_STATEMENT_INVALID");
    expect(faultOf(told("policy", policy.replace("quorum operators\n", "")))).toThrowCode("POLICY_SYNTAX");
  });

  it("as a receipt is one of a document", () => {
    const index = log.status({ document: 3, action: "revoke", reason: "other", successor: undefined });
    expect(faultOf(told("a", formatReceipt(log.receipt(index))))).toThrowCode("RECEIPT_EXTRA");
  });
});

describe("evidence", () => {
  it("collects what can be used, and what cannot", () => {
    const given = [
      told("a", receipt),
      told("b.tlog-proof", "?"),
      told("c", statement),
      told("d.pdf", "%PDF"),
      told("e", policy),
    ];
    const { receipts, statements, policy: trusted, faults } = given.reduce(withEvidence, EMPTY_EVIDENCE);
    expect([receipts.length, statements.length, trusted?.quorum]).toEqual([1, 1, "operators"]);
    expect(faults.map(({ code }) => code)).toEqual(["RECEIPT_SYNTAX"]);
  });
});
