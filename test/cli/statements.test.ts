import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatNote } from "../../src/log/note.ts";
import type { StatementFile } from "../../src/log/statement.ts";
import { Evidence, digestsOf } from "../support/log/evidence.ts";
import { TIME } from "../support/log/receipts.ts";

const YEAR = 365 * 24 * 3_600;
let evidence: Evidence;
beforeEach(() => void (evidence = new Evidence()));
afterEach(() => evidence.close());

/** Verifies the report by receipt, policy and these statements. */
async function verified(statements: readonly StatementFile[], ...more: readonly string[]) {
  const files = statements.flatMap((statement) => ["--status", evidence.statementFile(statement)]);
  const { report, policy } = evidence;
  return await evidence.verify(
    report,
    "--receipt",
    evidence.receiptFile(),
    "--policy",
    policy,
    ...files,
    ...more,
  );
}

async function answerOf(
  statements: readonly StatementFile[],
): Promise<{ verdict: string; statement: unknown }> {
  const { results } = JSON.parse((await verified(statements, "--json")).stdout) as {
    results: [{ verdict: string; statement: unknown }];
  };
  return results[0];
}

const withdrawal = (action: "revoke" | "suspend", institution = 1): StatementFile => {
  const { log, index } = evidence;
  const at = log.status(
    { document: index, action, reason: "content-corrected", successor: undefined },
    institution,
  );
  const verdict = action === "revoke" ? "revoked" : "suspended";
  return log.statement(index, { verdict, status: log.prove(at), time: TIME + 90 });
};

describe("with a status statement", () => {
  it("a file with a status statement is valid as the operator asserts, and the output says so", async () => {
    const statement = evidence.log.statement(evidence.index);
    const ran = await verified([statement]);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(ran.stdout).toMatch(
      /status statement\s+Signed by operator 1 for .*: not withdrawn\. \(Its word; a proof exists only of withdrawals\.\)/,
    );
    expect(await answerOf([statement])).toMatchObject({
      verdict: "valid",
      statement: {
        proven: false,
        signers: [`${evidence.log.origin}/status/1`],
        time: "2027-01-15T08:01:00Z",
      },
    });
  });

  it("a file with a statement of revocation is revoked, with time, institution and reason", async () => {
    const statement = withdrawal("revoke");
    const ran = await verified([statement]);
    expect(ran).toMatchObject({ code: 1, stderr: "" });
    expect(ran.stdout).toContain(
      "Shenzhen Tiger Tally Credit withdrew it on 2027-01-15 16:00:00 UTC+8: content corrected.",
    );
    expect(ran.stdout).toMatch(/proven by status entry 62/);
    expect(await answerOf([statement])).toMatchObject({
      verdict: "revoked",
      statement: { proven: true, decidedBy: 62, change: { action: "revoke", reason: "content-corrected" } },
    });
  });

  it("that a suspension still stands is the word of the operator", async () => {
    const statement = withdrawal("suspend");
    const ran = await verified([statement]);
    expect(ran.stdout).toMatch(
      /Signed by operator 1 for .*: suspended\. \(Status entry 62 proves the suspension; that it was not lifted is its word\.\)/,
    );
    expect(await answerOf([statement])).toMatchObject({
      verdict: "suspended",
      statement: { proven: false, change: { action: "suspend" } },
    });
  });

  it("a withdrawal by the registry's governance is reported as its own", async () => {
    const ran = await verified([withdrawal("suspend", 0)]);
    expect(ran.stdout).toContain(
      "the registry's governance has suspended it since 2027-01-15 16:00:00 UTC+8",
    );
  });

  it("a statement after the end of validity is accepted only as expired", async () => {
    evidence.close();
    evidence = new Evidence({ validUntil: TIME + YEAR });
    const { log, index } = evidence;
    const after = { time: TIME + YEAR };
    const expired = await verified([log.statement(index, { verdict: "expired", ...after })]);
    expect(expired).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("It was valid until 2028-01-15") as string,
    });
    for (const [verdict, time] of [
      ["valid", TIME + YEAR],
      ["expired", TIME + YEAR - 1],
    ] as const)
      expect(await answerOf([log.statement(index, { verdict, time })])).toMatchObject({
        verdict: "registered",
        statement: { error: { code: "STATUS_STATEMENT_INVALID" } },
      });
    expect(await answerOf([log.statement(index, { verdict: "valid", time: TIME + YEAR - 1 })])).toMatchObject(
      {
        verdict: "valid",
      },
    );
  });

  it("the newest usable statement decides, in any order", async () => {
    const { log, index } = evidence;
    const valid = log.statement(index);
    const revoked = withdrawal("revoke");
    const forged = log.statement(index, { by: log.operators[0].log, time: TIME + 999 });
    const other = log.statement(index - 1, { time: TIME + 999 });
    for (const statements of [
      [valid, revoked, forged, other],
      [other, forged, revoked, valid],
    ])
      expect(await answerOf(statements)).toMatchObject({ verdict: "revoked" });
  });

  it("each of several files is judged by its own statement", async () => {
    const { log, policy, report } = evidence;
    const other = log.document(digestsOf("another")[0]);
    const file = evidence.file("another");
    const receipts = [evidence.index, other].flatMap((at) => [
      "--receipt",
      evidence.receiptFile(evidence.receipt(at)),
    ]);
    const ofFirst = log.statement(evidence.index);
    const ofOther = log.statement(other, { by: log.operators[0].log });
    const status = [ofOther, ofFirst].flatMap((each) => ["--status", evidence.statementFile(each)]);
    const ran = await evidence.verify(report, file, ...receipts, ...status, "--policy", policy, "--json");
    expect(ran.code).toBe(3);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      results: [
        { file: report, verdict: "valid" },
        {
          file,
          verdict: "registered",
          statement: { error: { detail: expect.stringContaining("no status key") as string } },
        },
      ],
    });
  });

  it("an unreadable statement is reported with its place, and the rest of the answer stands", async () => {
    const { note } = evidence.log.statement(evidence.index);
    const bad = evidence.file(JSON.stringify({ v: 2, statement: formatNote(note) }), "bad");
    const { report, policy } = evidence;
    const ran = await evidence.verify(
      report,
      "--receipt",
      evidence.receiptFile(),
      "--policy",
      policy,
      "--status",
      bad,
    );
    expect(ran.code).toBe(3);
    expect(ran.stdout).toMatch(/\(STATUS_STATEMENT_INVALID\): "\S+bad", v: it is not of version 1/);
  });

  it.each([
    [["--status", "s"], "USAGE"],
    [["--receipt", "RECEIPT", "--policy", "POLICY", "--status", "/none"], "FILE_NOT_FOUND"],
    [["--receipt", "RECEIPT", "--policy", "POLICY", "--status", "/"], "IS_DIRECTORY"],
  ])("the arguments %j are refused", async (args, code) => {
    const { report, policy } = evidence;
    const given: Record<string, string> = { RECEIPT: evidence.receiptFile(), POLICY: policy };
    const ran = await evidence.verify(report, ...args.map((arg) => given[arg] ?? arg));
    expect(ran).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining(`(${code})`) as string,
    });
  });
});
