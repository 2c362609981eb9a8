import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { concat, fromBase64, toHex } from "../../src/core/bytes.ts";
import type { ErrorCode } from "../../src/core/errors.ts";
import { EMPTY_ROOT, hashLeaf } from "../../src/log/hash.ts";
import { formatVerifierKey } from "../../src/log/note.ts";
import type { DirectoryPart, Receipt, ReceiptExtra } from "../../src/log/receipt.ts";
import { formatReceipt } from "../../src/log/receipt.ts";
import type { StatementFile } from "../../src/log/statement.ts";
import type { VerdictCode } from "../../src/core/verdict.ts";
import { Evidence, REPORT, SALT, digestsOf } from "../support/log/evidence.ts";
import { signerOf } from "../support/log/signers.ts";
import { hufu } from "../support/cli/cli.ts";
import { TIME, TestLog } from "../support/log/receipts.ts";

/** What a person has in hand: paths of the file, its receipt, the policy, and a statement if there is one. */
interface Hand {
  readonly file: string;
  readonly receipt: string;
  readonly policy: string;
  readonly status?: string;
}
/** What is wrong in the hand, the code that says so, and the exit status. */
type Variant = readonly [what: string, code: ErrorCode, exit: 1 | 2 | 3, hand: () => Partial<Hand>];

let evidence: Evidence;
/** The file of two leaf hashes, which has the bytes of an inner node. */
let pair: Uint8Array;
let blinded: number;
beforeAll(() => {
  evidence = new Evidence();
  const { log } = evidence;
  pair = concat(...[0, 1].map((at) => hashLeaf(log.entries[at] ?? new Uint8Array())));
  blinded = log.document(digestsOf(REPORT)[1], { salt: SALT });
});
afterAll(() => evidence.close());

function argsOf({ file, receipt, policy, status }: Hand): string[] {
  return [
    file,
    "--receipt",
    receipt,
    "--policy",
    policy,
    ...(status === undefined ? [] : ["--status", status]),
  ];
}

function handOf(change: Partial<Hand>): Hand {
  return { file: evidence.report, receipt: evidence.receiptFile(), policy: evidence.policy, ...change };
}

/** The text of the receipt, changed. */
function text(change: (text: string) => string | Uint8Array): Partial<Hand> {
  const before = formatReceipt(evidence.receipt());
  const after = change(before);
  expect(after).not.toBe(before);
  return { receipt: evidence.file(after) };
}

function extra(change: (json: Record<string, unknown>) => unknown): Partial<Hand> {
  return text((before) =>
    before.replace(/^extra (.*)$/m, (_, encoded: string) => {
      const json = JSON.parse(new TextDecoder().decode(fromBase64(encoded) ?? pair)) as Record<
        string,
        unknown
      >;
      return `extra ${btoa(JSON.stringify(change(json)))}`;
    }),
  );
}

function receipt(change: (receipt: Receipt) => Partial<Receipt>): Partial<Hand> {
  const made = evidence.receipt();
  return { receipt: evidence.receiptFile({ ...made, ...change(made) }) };
}

function entry(change: (entry: Uint8Array) => Uint8Array): Partial<Hand> {
  return extra((json) => ({ ...json, entry: toHex(change(evidence.log.entries[evidence.index] ?? pair)) }));
}

function proof(change: (proof: Receipt["proof"]) => Receipt["proof"]): Partial<Hand> {
  return receipt((made) => ({ proof: change(made.proof) }));
}

function salted(salt: Uint8Array | undefined): Partial<Hand> {
  const made = evidence.receipt(blinded, {});
  return { receipt: evidence.receiptFile({ ...made, extra: { ...made.extra, salt } }) };
}

/** A checkpoint that is all signed, and says this. */
function checkpoint(change: { origin?: string; size?: number | bigint; root?: Uint8Array }): Partial<Hand> {
  const { log } = evidence;
  const { size = log.size, ...rest } = change;
  const claim = { origin: log.origin, root: log.root, size: size as number, ...rest };
  return receipt(() => ({ checkpoint: log.signed(claim, ...log.operators) }));
}

function directory(change: (part: DirectoryPart) => Partial<ReceiptExtra>): Partial<Hand> {
  return receipt(({ extra: before }) => ({
    extra: { ...before, ...(before.directory && change(before.directory)) },
  }));
}

function status(make: (log: TestLog) => StatementFile): Partial<Hand> {
  const held = evidence.receiptFile();
  return { receipt: held, status: evidence.statementFile(make(evidence.log)) };
}

/** The report was revoked, with this said of it. */
function revoked(change: Parameters<TestLog["statement"]>[1] = {}, institution = 1): StatementFile {
  const { log, index } = evidence;
  const revocation = { action: "revoke", reason: "issued-in-error", successor: undefined } as const;
  const at = log.status({ document: index, ...revocation }, institution);
  return log.statement(index, { verdict: "revoked", status: log.prove(at), ...change });
}

/** The policy with a change to its text. */
function policy(change: (text: string) => string, log = evidence.log): Partial<Hand> {
  return { policy: evidence.file(change(evidence.policyText(log))) };
}

const swapped = ([a, b, ...rest]: readonly Uint8Array[]): Uint8Array[] => [b ?? pair, a ?? pair, ...rest];
const other = (): TestLog => new TestLog({ chainId: 31_338 });
const otherRegistry = (): TestLog => new TestLog({ registry: `0x${"0b".repeat(20)}` });

/** Rows of the reference of bad inputs, with each variant that a row names. */
const ROWS: readonly (readonly [row: number, what: string, variants: readonly Variant[]])[] = [
  [
    70,
    "what is no receipt",
    [
      ["another first line", "RECEIPT_SYNTAX", 2, () => text((t) => t.replace("tlog-proof", "tlog-prof"))],
      ["nothing", "RECEIPT_SYNTAX", 2, () => text(() => "")],
      ["the file itself", "RECEIPT_SYNTAX", 2, () => ({ receipt: evidence.report })],
      ["cut off in its proof", "RECEIPT_SYNTAX", 2, () => text((t) => t.slice(0, t.indexOf("\n\n") - 20))],
      ["cut off in its checkpoint", "RECEIPT_SYNTAX", 2, () => text((t) => t.slice(0, t.indexOf("—")))],
      ["cut off in its last line", "RECEIPT_SYNTAX", 2, () => text((t) => t.slice(0, -10))],
      ["lines ended by carriage returns", "RECEIPT_SYNTAX", 2, () => text((t) => t.replaceAll("\n", "\r"))],
      [
        "no UTF-8",
        "RECEIPT_SYNTAX",
        2,
        () => text((t) => concat(new TextEncoder().encode(t), Uint8Array.of(255))),
      ],
      ["more than 64 KB", "RECEIPT_TOO_LARGE", 2, () => text((t) => t.padEnd(65_537, "x"))],
    ],
  ],
  [
    71,
    "a later version",
    [
      ["of the proof", "RECEIPT_VERSION", 2, () => text((t) => t.replace("@v1", "@v2"))],
      ["of extra", "RECEIPT_VERSION", 2, () => extra((json) => ({ ...json, v: 2 }))],
    ],
  ],
  [
    72,
    "an extra that is none",
    [
      ["missing", "RECEIPT_EXTRA", 2, () => text((t) => t.replace(/^extra .*\n/m, ""))],
      ["not base64", "RECEIPT_EXTRA", 2, () => text((t) => t.replace("extra ", "extra *"))],
      ["not JSON", "RECEIPT_EXTRA", 2, () => text((t) => t.replace(/^extra .*$/m, `extra ${btoa("{")}`))],
      ["a list", "RECEIPT_EXTRA", 2, () => extra(() => [])],
      ["no version", "RECEIPT_EXTRA", 2, () => extra(({ v: _, ...rest }) => rest)],
      ["no entry", "RECEIPT_EXTRA", 2, () => extra(({ entry: _, ...rest }) => rest)],
      ["an entry of 79 bytes", "RECEIPT_EXTRA", 2, () => entry((bytes) => bytes.slice(1))],
      ["an entry of 81 bytes", "RECEIPT_EXTRA", 2, () => entry((bytes) => concat(bytes, Uint8Array.of(0)))],
      ["an entry of an unknown version", "RECEIPT_EXTRA", 2, () => entry((bytes) => bytes.with(0, 2))],
      ["an entry of an unknown kind", "RECEIPT_EXTRA", 2, () => entry((bytes) => bytes.with(1, 6))],
      ["an entry that is no document", "RECEIPT_EXTRA", 2, () => entry((bytes) => bytes.with(1, 2))],
      ["an entry of an unknown algorithm", "RECEIPT_EXTRA", 2, () => entry((bytes) => bytes.with(2, 3))],
      ["an entry with unknown flags", "RECEIPT_EXTRA", 2, () => entry((bytes) => bytes.with(3, 4))],
    ],
  ],
  [
    73,
    "another document",
    [
      ["than the receipt's", "DOCUMENT_MISMATCH", 1, () => ({ file: evidence.file("another report") })],
      ["in the entry", "DOCUMENT_MISMATCH", 1, () => entry((bytes) => bytes.with(30, 0))],
      ["by its algorithm", "DOCUMENT_MISMATCH", 1, () => entry((bytes) => bytes.with(2, 2))],
      [
        "than the receipt's next entry",
        "DOCUMENT_MISMATCH",
        1,
        () => ({ receipt: evidence.receiptFile(evidence.receipt(evidence.index + 1)) }),
      ],
    ],
  ],
  [
    74,
    "a blinded entry",
    [
      ["without salt", "SALT_MISSING", 3, () => salted(undefined)],
      ["a salt cut off", "RECEIPT_EXTRA", 2, () => salted(SALT.slice(1))],
      ["a salt with a byte more", "RECEIPT_EXTRA", 2, () => salted(concat(SALT, Uint8Array.of(0)))],
      ["a salt of no bytes", "RECEIPT_EXTRA", 2, () => salted(new Uint8Array())],
      ["a salt with one bit changed", "DOCUMENT_MISMATCH", 1, () => salted(SALT.with(31, 30))],
    ],
  ],
  [
    // where a hash is gone or one too many, the proof has not the length of row 76
    75,
    "a proof",
    [
      [
        "with a hash altered",
        "PROOF_INVALID",
        1,
        () => proof(([a = pair, ...rest]) => [a.with(0, (a[0] ?? 0) ^ 1), ...rest]),
      ],
      ["with its last hash altered", "PROOF_INVALID", 1, () => proof((all) => [...all.slice(0, -1), SALT])],
      ["with two swapped", "PROOF_INVALID", 1, () => proof(swapped)],
      [
        "with one in the place of its neighbour",
        "PROOF_INVALID",
        1,
        () => proof(([a = pair, , ...rest]) => [a, a, ...rest]),
      ],
      ["with one dropped", "PROOF_SHAPE", 1, () => proof(([, ...rest]) => rest)],
      ["with one added", "PROOF_SHAPE", 1, () => proof((all) => [...all, SALT])],
      ["with one doubled", "PROOF_SHAPE", 1, () => proof(([a = pair, ...rest]) => [a, a, ...rest])],
      ["of the entry beside it", "PROOF_INVALID", 1, () => receipt(() => ({ index: evidence.index ^ 1 }))],
    ],
  ],
  [
    76,
    "a shape that no proof has",
    [
      ["index = size", "PROOF_SHAPE", 1, () => receipt(() => ({ index: evidence.log.size }))],
      ["index 2^53", "PROOF_SHAPE", 1, () => text((t) => t.replace(/^index .*$/m, `index ${2 ** 53}`))],
      ["size 0", "PROOF_SHAPE", 1, () => checkpoint({ size: 0, root: EMPTY_ROOT })],
      ["size 2^63", "PROOF_SHAPE", 1, () => checkpoint({ size: 2n ** 63n })],
      ["size 1", "PROOF_SHAPE", 1, () => checkpoint({ size: 1 })],
      ["a proof of twice the size", "PROOF_SHAPE", 1, () => checkpoint({ size: 2 * evidence.log.size })],
      ["64 hashes", "PROOF_SHAPE", 1, () => proof(() => Array.from({ length: 64 }, () => SALT))],
    ],
  ],
  [
    77,
    "an inner node as a leaf",
    [
      ["with the path of one of its leaves", "PROOF_INVALID", 1, () => inner(({ proof: all }) => all)],
      ["with its own path", "PROOF_SHAPE", 1, () => inner(({ proof: [, ...rest] }) => rest)],
      // of 64 bytes it is no entry: row 72
      ["in the place of the entry", "RECEIPT_EXTRA", 2, () => entry(() => pair)],
    ],
  ],
  [
    78,
    "another log",
    [
      ["of another chain", "RECEIPT_OTHER_LOG", 1, () => ({ receipt: foreign(other()) })],
      ["of another registry", "RECEIPT_OTHER_LOG", 1, () => ({ receipt: foreign(otherRegistry()) })],
      ["by its name alone", "RECEIPT_OTHER_LOG", 1, () => checkpoint({ origin: other().origin })],
      [
        "by its name, with the signatures of this one",
        "RECEIPT_OTHER_LOG",
        1,
        () => text((t) => t.replace(/\n\neip155:31337:/, "\n\neip155:31338:")),
      ],
      ["in the policy", "RECEIPT_OTHER_LOG", 1, () => policy((t) => t, other())],
    ],
  ],
  [
    79,
    "signatures",
    [
      [
        "over another text",
        "SIGNATURE_INVALID",
        1,
        () => text((t) => t.replace(/\n\d+\n([^\n]{44}\n\n)/, "\n60\n$1")),
      ],
      [
        "changed, of the log",
        "SIGNATURE_INVALID",
        1,
        () => receipt((made) => ({ checkpoint: resigned(made, 0) })),
      ],
      [
        "changed, of a witness",
        "SIGNATURE_INVALID",
        1,
        () => receipt((made) => ({ checkpoint: resigned(made, 2) })),
      ],
      [
        "of the log missing",
        "SIGNATURE_INVALID",
        1,
        () =>
          receipt(({ checkpoint: note }) => ({
            checkpoint: { ...note, signatures: note.signatures.slice(1) },
          })),
      ],
      ["of a key that is not in the policy", "SIGNATURE_INVALID", 1, () => policy(anotherLogKey)],
      [
        "of no witness",
        "NOT_ENOUGH_WITNESSES",
        3,
        () => receipt(() => ({ checkpoint: evidence.log.checkpoint() })),
      ],
      [
        "of one witness twice",
        "NOT_ENOUGH_WITNESSES",
        3,
        () =>
          receipt(() => ({
            checkpoint: evidence.log.checkpoint(evidence.log.operators[1], evidence.log.operators[1]),
          })),
      ],
      [
        "of the log's own operator as its witness",
        "NOT_ENOUGH_WITNESSES",
        3,
        () => receipt(() => ({ checkpoint: evidence.log.checkpoint(evidence.log.operators[0]) })),
      ],
      [
        "of witnesses that are not in the policy",
        "NOT_ENOUGH_WITNESSES",
        3,
        () => receipt(() => ({ checkpoint: evidence.log.checkpoint(...other().operators) })),
      ],
    ],
  ],
  [
    84,
    "a policy",
    [
      ["missing", "POLICY_MISSING", 2, () => ({ policy: "/nonexistent/policy" })],
      ["empty", "POLICY_SYNTAX", 2, () => policy(() => "")],
      ["of comments alone", "POLICY_SYNTAX", 2, () => policy(() => "# nothing\n")],
      ["cut off", "POLICY_SYNTAX", 2, () => policy((t) => t.replace(/^quorum.*\n/m, ""))],
      ["trusting no log", "POLICY_NO_LOG", 2, () => policy((t) => t.replace(/^log.*\n/gm, ""))],
      [
        "trusting no witness",
        "POLICY_NO_WITNESS",
        2,
        () => policy((t) => t.replace("quorum operators", "quorum none")),
      ],
      [
        "with the same witness twice",
        "POLICY_SYNTAX",
        2,
        () => policy((t) => t.replace(/^witness \S+ (\S+)$/m, "$&\nwitness again $1")),
      ],
    ],
  ],
  [
    85,
    "a file that was saved again",
    [
      ["with CRLF", "DOCUMENT_MISMATCH", 1, () => ({ file: evidence.file(REPORT.replaceAll("\n", "\r\n")) })],
      [
        "with one bit changed",
        "DOCUMENT_MISMATCH",
        1,
        () => ({ file: evidence.file(REPORT.replace("report", "repoRt")) }),
      ],
      ["as another PDF", "DOCUMENT_MISMATCH", 1, () => ({ file: evidence.file(`${REPORT}%%EOF\n`) })],
    ],
  ],
];

/** Only a key that did not sign is trusted for the log. */
function anotherLogKey(text: string): string {
  const { key } = signerOf(evidence.log.origin, { seed: "a key of nobody" });
  return `log ${formatVerifierKey(key)}\n${text.replace(/^log (?!\S+\/status\/).*\n/gm, "")}`;
}

/** A receipt for the file of two leaf hashes, as the document of an entry beneath their parent. */
function inner(path: (of: { proof: readonly Uint8Array[] }) => readonly Uint8Array[]): Partial<Hand> {
  const { log } = evidence;
  const [digest] = digestsOf(pair);
  const forged = (log.entries[0] ?? pair).slice();
  forged.set(digest.bytes, 28);
  const made = log.receipt(0);
  const proven = { ...made, proof: path(made), extra: { ...made.extra, entry: forged } };
  return { file: evidence.file(pair), receipt: evidence.receiptFile(proven) };
}

/** The report's receipt of another log. */
function foreign(log: TestLog): string {
  const index = log.document(digestsOf(REPORT)[0]);
  return evidence.receiptFile(log.receipt(index));
}

/** The checkpoint with a bit of one signature changed. */
function resigned({ checkpoint: note }: Receipt, which: number): Receipt["checkpoint"] {
  const signatures = note.signatures.map((each, i) =>
    i === which ? { ...each, signature: each.signature.with(20, (each.signature[20] ?? 0) ^ 1) } : each,
  );
  return { ...note, signatures };
}

interface AnswerJson {
  readonly verdict: VerdictCode | null;
  readonly error?: { code: ErrorCode };
  readonly results?: readonly {
    verdict?: VerdictCode;
    error?: { code: ErrorCode };
    institution?: { id: number; names?: object; unproven?: { code: ErrorCode } };
    statement?: { error?: { code: ErrorCode }; change?: object };
  }[];
}

/** What is said as JSON, with the exit status. */
async function answerJson(change: Partial<Hand>): Promise<AnswerJson & { exit: number | null }> {
  const { code, stdout } = await evidence.verify(...argsOf(handOf(change)), "--json");
  return { ...(JSON.parse(stdout) as AnswerJson), exit: code };
}

describe.each(ROWS)("row %i: %s", (row, _, variants) => {
  it.each(variants)(
    `${row}: the variant "%s" is reported as %s, exit code %i`,
    async (_what, code, exit, hand) => {
      const change = hand();
      const ran = await evidence.verify(...argsOf(handOf(change)));
      expect(ran).toMatchObject({
        code: exit,
        stdout: "",
        stderr: expect.stringContaining(`(${code})`) as string,
      });
      const { error, results } = await answerJson(change);
      expect((error ?? results?.[0]?.error)?.code).toBe(code);
    },
  );
});

describe("row 70 and 72: what cannot be read", () => {
  it.each([
    ["70: the line", () => text((t) => t.replace("index ", "at ")), /", line 3: expected the index/],
    ["71: what to do", () => extra((json) => ({ ...json, v: 9 })), /upgrade/],
    [
      "72: the member",
      () => extra(({ entry: bytes }) => ({ v: 1, entry: bytes, file: 7 })),
      /", file: it is no object/,
    ],
    ["85: what changes a file", () => ({ file: evidence.file(`${REPORT} `) }), /saving it again changes it/],
  ])("%s is reported", async (_, hand, words) => {
    expect((await evidence.verify(...argsOf(handOf(hand())))).stderr).toMatch(words);
  });
});

describe("row 80: a directory part", () => {
  it.each<[string, () => Partial<Hand>]>([
    ["80: missing", () => directory(() => ({ directory: undefined }))],
    ["80: of another institution", () => anotherInstitution()],
    [
      "80: with its proof reversed",
      () => directory((part) => ({ directory: { ...part, proof: [...part.proof].reverse() } })),
    ],
    [
      "80: with its proof cut",
      () => directory((part) => ({ directory: { ...part, proof: part.proof.slice(1) } })),
    ],
    [
      "80: with another event",
      () => directory((part) => ({ directory: { ...part, event: part.event.with(100, 1) } })),
    ],
    [
      "80: without its event",
      () => directory((part) => ({ directory: { ...part, event: new Uint8Array() } })),
    ],
    [
      "80: that is no directory entry",
      () => directory((part) => ({ directory: { ...part, ...evidence.log.prove(0) } })),
    ],
  ])("%s: a directory part that does not prove a name leaves the verdict", async (_, hand) => {
    const change = hand();
    const ran = await evidence.verify(...argsOf(handOf(change)));
    expect(ran).toMatchObject({
      code: 3,
      stderr: "",
      stdout: expect.stringContaining("INSTITUTION_UNPROVEN") as string,
    });
    expect(ran.stdout).not.toContain("Tiger Tally");
    const { exit, verdict, results } = await answerJson(change);
    expect({ exit, verdict }).toEqual({ exit: 3, verdict: "registered" });
    expect(results?.[0]?.institution).toMatchObject({ id: 1, unproven: { code: "INSTITUTION_UNPROVEN" } });
    expect(results?.[0]?.institution).not.toHaveProperty("names");
  });

  function anotherInstitution(): Partial<Hand> {
    const { index, event } = evidence.log.registration(2, "Sample Tiger Tally");
    return directory(() => ({ directory: { ...evidence.log.prove(index), event } }));
  }
});

describe("row 81: a status statement", () => {
  it.each<[string, () => Partial<Hand>]>([
    ["81: of another entry", () => status((log) => log.statement(evidence.index + 1))],
    ["81: of another leaf", () => status((log) => log.statement(evidence.index, { leaf: SALT }))],
    ["81: of another log", () => status((log) => log.statement(evidence.index, { origin: other().origin }))],
    ["81: older than the receipt", olderStatement],
    ["81: from the future", () => status((log) => log.statement(evidence.index, { time: FAR }))],
    [
      "81: of a checkpoint that one operator alone has signed",
      () => status((log) => log.statement(evidence.index, { checkpoint: log.checkpoint(log.operators[0]) })),
    ],
    [
      "81: of a checkpoint that is too old",
      () =>
        status((log) =>
          log.statement(evidence.index, { checkpoint: log.checkpoint(...log.operators), time: TIME + 606 }),
        ),
    ],
    [
      "81: without the proof of the document",
      () => status((log) => log.statement(evidence.index, { proof: [] })),
    ],
    ["81: by an entry of another institution", () => status(() => revoked({}, 4_000_000_000))],
    ["81: older than the entry", () => status((log) => log.statement(evidence.index, { time: TIME - 1 }))],
    ["81: of another history", () => status((log) => log.statement(evidence.index, { root: SALT }))],
    [
      "81: by the log key",
      () => status((log) => log.statement(evidence.index, { by: log.operators[0].log })),
    ],
    [
      "81: by a key that is not in the policy",
      () => status((log) => log.statement(evidence.index, { by: other().operators[0].status })),
    ],
    ["81: changed after it was signed", () => status((log) => changed(log.statement(evidence.index)))],
    ["81: of a withdrawal without its entry", () => status(() => revoked({ status: undefined }))],
    ["81: of a withdrawal with another entry", () => status((log) => revoked({ status: log.prove(0) }))],
    ["81: of a withdrawal with a wrong proof", () => status(() => unprovenRevocation())],
    [
      "81: of a verdict that the status entry does not have",
      () => status(() => revoked({ verdict: "suspended" })),
    ],
    ["81: that is no statement", () => ({ status: evidence.file("{}") })],
    ["81: that is a receipt", () => ({ status: evidence.receiptFile() })],
    ["81: that is too large", () => ({ status: evidence.file(" ".repeat(65_537)) })],
  ])("%s: an invalid status statement is reported, and the verdict is registered", async (_, hand) => {
    const change = hand();
    const ran = await evidence.verify(...argsOf(handOf(change)));
    expect(ran).toMatchObject({
      code: 3,
      stderr: "",
      stdout: expect.stringContaining("(STATUS_STATEMENT_INVALID)") as string,
    });
    const { exit, verdict, results } = await answerJson(change);
    expect({ exit, verdict }).toEqual({ exit: 3, verdict: "registered" });
    expect(results?.[0]?.statement?.error?.code).toBe("STATUS_STATEMENT_INVALID");
  });

  /** A statement from before, and a receipt of the log that has grown since. */
  function olderStatement(): Partial<Hand> {
    const older = evidence.statementFile();
    evidence.log.fill(1);
    return { receipt: evidence.receiptFile(), status: older };
  }

  const FAR = Date.UTC(2099, 0) / 1000;
  const changed = (file: StatementFile): StatementFile => ({
    ...file,
    note: { ...file.note, text: file.note.text.replace("\nvalid\n", "\nexpired\n") },
  });
  const unprovenRevocation = (): StatementFile => {
    const { status: at, ...rest } = revoked();
    return { ...rest, status: at && { ...at, proof: [...at.proof].reverse() } };
  };
});

describe("row 82 and 83: a valid status statement", () => {
  it("82: a statement of a reported issuer key gives issuer-not-in-good-standing, with dates", async () => {
    const change = status((log) => log.statement(evidence.index, { verdict: "issuer-not-in-good-standing" }));
    const ran = await evidence.verify(...argsOf(handOf(change)));
    expect(ran).toMatchObject({ code: 1, stderr: "" });
    expect(ran.stdout).toContain("As of 2027-01-15 16:01:00 UTC+8, the institution or the key");
    expect(ran.stdout).toMatch(/registered\s+2027-01-15 16:00:00 UTC\+8/);
    expect(await answerJson(change)).toMatchObject({
      exit: 1,
      verdict: "issuer-not-in-good-standing",
      results: [{ recordedAt: "2027-01-15T08:00:00Z", statement: { time: "2027-01-15T08:01:00Z" } }],
    });
  });

  it("83: a statement of a revoked entry gives time, institution and reason", async () => {
    const change = status(() => revoked());
    const ran = await evidence.verify(...argsOf(handOf(change)));
    expect(ran).toMatchObject({ code: 1, stderr: "" });
    expect(ran.stdout).toContain(
      "Shenzhen Tiger Tally Credit withdrew it on 2027-01-15 16:00:00 UTC+8: issued in error.",
    );
    expect(await answerJson(change)).toMatchObject({
      exit: 1,
      verdict: "revoked",
      results: [
        {
          statement: {
            proven: true,
            change: { reason: "issued-in-error", recordedAt: "2027-01-15T08:00:00Z", institution: 1 },
          },
        },
      ],
    });
  });
});

describe("a process of its own ends with the same status", () => {
  let past: Evidence; // before the time of the machine
  beforeAll(() => void (past = new Evidence({ time: 1_700_000_000 })));
  afterAll(() => past.close());

  it.each<[number, () => Partial<Hand>]>([
    [0, () => ({ ...handOf({ receipt: past.receiptFile() }), status: past.statementFile() })],
    [1, () => ({ file: evidence.file("another") })],
    [2, () => text(() => "")],
    [3, () => ({})],
  ])("a process of its own exits with the status %i", async (exit, hand) => {
    const { code } = await hufu(["verify", ...argsOf(handOf(hand()))]);
    expect(code).toBe(exit);
  });
});
