import { createHash } from "node:crypto";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { toBase64 } from "../../../src/core/bytes.ts";
import type { Digest } from "../../../src/core/digest.ts";
import type { StatusChange } from "../../../src/core/entry.ts";
import { fault } from "../../../src/core/errors.ts";
import { cosign, formatCheckpoint } from "../../../src/log/checkpoint.ts";
import { signNote, type Note } from "../../../src/log/note.ts";
import type { Receipt } from "../../../src/log/receipt.ts";
import { formatStatementFile, parseStatementFile, type StatementFile } from "../../../src/log/statement.ts";
import { verifyOffline, type OfflineAnswer } from "../../../src/sdk/verify/offline.ts";
import { TIME, TestLog } from "../../support/log/receipts.ts";

const bytesOf = (text: string): Uint8Array => Uint8Array.from(createHash("sha256").update(text).digest());
const REPORT: Digest = { algorithm: "sha256", bytes: bytesOf("a report") };
const REVOKE = { action: "revoke", reason: "other", successor: undefined } as const;
const INVALID = { verdict: "registered", status: { code: "STATUS_STATEMENT_INVALID" } };
const NOW = TIME + 60;

let log: TestLog;
let index: number;
let receipt: Receipt;
beforeEach(() => {
  log = new TestLog();
  log.fill(43);
  index = log.document(REPORT);
  log.fill(20);
  receipt = log.receipt(index);
});

/** The answer by the receipt and a statement, as a file or as JSON. */
function read(statement: StatementFile | string, now: number | undefined = NOW): OfflineAnswer {
  const text = typeof statement === "string" ? statement : formatStatementFile(statement);
  return verifyOffline({
    receipt,
    digests: [REPORT],
    policy: log.policy(),
    statement: fault(() => parseStatementFile(new TextEncoder().encode(text))),
    now,
  });
}

/** The log as one operator would like it: the same entries, and a revocation of the report. */
function ownTree(of: TestLog, change: Partial<StatusChange> = {}, institution = 1): TestLog {
  const own = new TestLog();
  for (const entry of of.entries) own.append(entry);
  own.status({ document: index, ...REVOKE, ...change }, institution);
  return own;
}

/** A statement under the log's own checkpoint that the report was revoked, after `append` added a status entry. */
function revoked(append: () => number, change: Parameters<TestLog["statement"]>[1] = {}): StatementFile {
  const at = append();
  return log.statement(index, { verdict: "revoked", status: log.prove(at), ...change });
}

const both = (first: number, second = first): Parameters<TestLog["cosigned"]>[1] =>
  log.operators.map((by, i) => ({ by, at: i === 0 ? first : second }));
const tree = (of = log): { origin: string; size: number; root: Uint8Array } => of;

describe("one operator's keys", () => {
  it.each<[string, (own: TestLog) => Note]>([
    ["signed and cosigned by that operator alone", (own) => own.checkpoint(own.operators[0])],
    ["that nobody cosigned", (own) => own.checkpoint()],
    ["of the log itself", () => log.checkpoint(...log.operators)],
    [
      "with the cosignatures of another text",
      (own) => ({
        ...own.checkpoint(),
        signatures: [...own.checkpoint().signatures, ...log.checkpoint(...log.operators).signatures.slice(1)],
      }),
    ],
  ])("a revocation in a tree of its own, under a checkpoint %s, is not believed", (_, checkpoint) => {
    const own = ownTree(log);
    const status = own.prove(own.size - 1);
    const statement = own.statement(index, { verdict: "revoked", status, checkpoint: checkpoint(own) });
    expect(read(statement)).toMatchObject(INVALID);
  });

  it("a statement in the form that had no checkpoint is not believed", () => {
    const own = ownTree(log);
    const { note, status } = own.statement(index, { verdict: "revoked", status: own.prove(own.size - 1) });
    const file = JSON.parse(formatStatementFile({ ...own.statement(index), note, status })) as object;
    expect(read(JSON.stringify({ ...file, checkpoint: undefined, proof: undefined }))).toMatchObject(INVALID);
  });

  it("no revocation, supersession or suspension appears, whatever one operator signs", () => {
    log.status({ document: 3, ...REVOKE }); // what a thief has to hand: a withdrawal of another document
    receipt = log.receipt(index);
    const trees = [log, ownTree(log), ownTree(log, { document: 3 }), ownTree(log, {}, 0)];
    const [attacker] = log.operators;
    const at = fc.constantFrom(...trees.keys());
    const forgery = fc.record({
      stated: at,
      shown: fc.option(at, { nil: undefined }), // undefined: the same as stated
      signed: fc.option(at, { nil: undefined }),
      proof: fc.option(at, { nil: undefined }),
      status: fc.oneof(fc.constant(65), fc.nat({ max: 65 })),
      verdict: fc.constantFrom("revoked", "superseded", "suspended"),
      age: fc.integer({ min: -700, max: 700 }),
      replayed: fc.boolean(),
      cosigned: fc.boolean(),
      time: fc.integer({ min: TIME, max: NOW }),
    });
    fc.assert(
      fc.property(forgery, ({ verdict, time, age, ...choice }) => {
        const of = (which: number | undefined): TestLog => trees[which ?? choice.stated] ?? log;
        const text = formatCheckpoint(tree(of(choice.signed)));
        const signatures = [
          signNote(text, attacker.log),
          ...(choice.cosigned ? [cosign(text, attacker.witness, time + age)] : []),
          ...(choice.replayed ? log.checkpoint(...log.operators).signatures.slice(1) : []),
        ];
        const shown = of(choice.shown);
        const statement = of(choice.stated).statement(index, {
          verdict,
          time,
          status: shown.prove(Math.min(choice.status, shown.size - 1)),
          checkpoint: { text, signatures },
          proof: of(choice.proof).prove(index).proof,
        });
        expect(read(statement)).toMatchObject(INVALID);
      }),
      { numRuns: 200 },
    );
  });

  it("one operator can say valid, and that is called its word", () => {
    expect(read(log.statement(index))).toMatchObject({ verdict: "valid", status: { proven: false } });
  });
});

describe("a status entry under a checkpoint that is believed", () => {
  it.each([
    ["the document's institution", 1],
    ["governance", 0],
  ])("a revocation by %s is proven", (_, institution) => {
    const statement = revoked(() => log.status({ document: index, ...REVOKE }, institution));
    expect(read(statement)).toMatchObject({ verdict: "revoked", status: { proven: true } });
  });

  it("that a suspension was not lifted is the word of the signer", () => {
    const at = log.status({ document: index, ...REVOKE, action: "suspend" });
    const statement = log.statement(index, { verdict: "suspended", status: log.prove(at) });
    expect(read(statement)).toMatchObject({ verdict: "suspended", status: { proven: false } });
  });

  it.each([2, 4_000_000_000])("a revocation by the institution %i is not believed", (institution) => {
    const statement = revoked(() => log.status({ document: index, ...REVOKE }, institution));
    expect(read(statement)).toMatchObject(INVALID);
  });

  it.each(["one of its own", "one of a twin"])(
    "a status entry older than the document, %s, is not believed",
    (of) => {
      log = new TestLog();
      log.fill(3);
      index = 10;
      const twin = 8;
      const document = of === "one of its own" ? index : twin;
      const at = log.status({ document, ...REVOKE });
      log.fill(twin - log.size);
      log.document(REPORT);
      log.fill(index - log.size);
      log.document(REPORT);
      receipt = log.receipt(index);
      const shown = document === twin ? { twin: log.prove(twin) } : {};
      expect(read(revoked(() => at, shown))).toMatchObject(INVALID);
      const later = (): number => log.status({ document, ...REVOKE });
      const withLater = revoked(later, {});
      const proven = document === twin ? { ...withLater, twin: log.prove(twin) } : withLater;
      expect(read(proven)).toMatchObject({ verdict: "revoked" });
    },
  );

  it("a status entry of a time after the statement is not believed", () => {
    const at = (seconds: number) => (): number =>
      log.status({ document: index, ...REVOKE }, 1, NOW + seconds);
    expect(read(revoked(at(1)))).toMatchObject(INVALID);
    expect(read(revoked(at(0)))).toMatchObject({ verdict: "revoked" });
  });
});

describe("the time of a statement", () => {
  const far = Date.UTC(2099, 0) / 1000;

  it("a statement from the future is not believed where there is a clock", () => {
    const statement = log.statement(index, { time: far });
    expect(read(statement)).toMatchObject(INVALID);
    expect(read(statement, far)).toMatchObject({ verdict: "valid" });
  });

  it("a statement may be five minutes ahead of the reader's clock, and no more", () => {
    expect(read(log.statement(index, { time: NOW + 300 }))).toMatchObject({ verdict: "valid" });
    expect(read(log.statement(index, { time: NOW + 301 }))).toMatchObject(INVALID);
  });

  it.each([
    ["600 s after its checkpoint", "is", -600, -600],
    ["601 s after its checkpoint", "is not", -601, -601],
    ["600 s before its checkpoint", "is", 600, 600],
    ["601 s before its checkpoint", "is not", 601, 601],
    ["601 s after the first of two cosignatures that it takes", "is not", -601, 0],
    ["601 s after the second of two cosignatures that it takes", "is not", 0, -601],
  ])("a statement made %s %s believed", (_, is, first, second) => {
    const checkpoint = log.cosigned(tree(), both(NOW + first, NOW + second));
    const answer = read(log.statement(index, { time: NOW, checkpoint }));
    expect(answer).toMatchObject(is === "is" ? { verdict: "valid" } : INVALID);
  });

  it("a statement of a checkpoint before that of the receipt is not believed", () => {
    const before = log.statement(index);
    expect(read(before)).toMatchObject({ verdict: "valid" });
    log.fill(1);
    receipt = log.receipt(index);
    expect(read(before)).toMatchObject(INVALID);
  });
});

/** A statement of a revocation of another entry of the same document: it has every member that there is. */
describe("every member of a statement, forged or left out", () => {
  let statement: StatementFile;
  let json: Record<string, unknown>;
  beforeEach(() => {
    const twin = log.document(REPORT);
    const at = log.status({ document: twin, ...REVOKE });
    log.fill(3);
    statement = log.statement(index, { verdict: "revoked", status: log.prove(at), twin: log.prove(twin) });
    json = JSON.parse(formatStatementFile(statement)) as typeof json;
  });

  type Path = readonly (string | number)[];
  const PROVEN = ["entry", "index", "proof"];
  const MEMBERS: readonly Path[] = [
    ["v"],
    ["statement"],
    ["checkpoint"],
    ["proof"],
    ["proof", 0],
    ...["status", "twin"].flatMap((name) => [
      [name],
      ...PROVEN.map((part) => [name, part]),
      [name, "proof", 0],
    ]),
  ];

  /** The file with one member replaced; undefined leaves it out. */
  function withMember(path: Path, change: (value: unknown) => unknown): string {
    const file = structuredClone(json);
    const last = path.at(-1) ?? "";
    const holder = path.slice(0, -1).reduce<Record<string, unknown>>((at, key) => at[key] as typeof at, file);
    const changed = change(holder[last]);
    if (changed !== undefined) holder[last] = changed;
    else if (Array.isArray(holder)) holder.splice(Number(last), 1);
    else Reflect.deleteProperty(holder, last);
    return JSON.stringify(file);
  }

  function forged(value: unknown): unknown {
    if (typeof value === "number") return value + 1;
    if (Array.isArray(value)) return value.toReversed();
    if (typeof value !== "string") return { ...(value as object), entry: "00".repeat(80) };
    const at = Math.floor(value.length / 2);
    return `${value.slice(0, at)}${value[at] === "0" ? "1" : "0"}${value.slice(at + 1)}`;
  }

  it("the statement itself is believed", () => {
    expect(read(statement)).toMatchObject({ verdict: "revoked", status: { proven: true } });
  });

  it.each(MEMBERS.map((path) => [path.join("."), path] as const))("the member %s", (_, path) => {
    const changes: [string, (value: unknown) => unknown][] = [
      ["left out", () => undefined],
      ["forged", forged],
      ...[null, true, -1, 0.5, 0, "", "x", [], {}].map((other): [string, () => unknown] => [
        JSON.stringify(other),
        () => other,
      ]),
    ];
    for (const [what, change] of changes)
      expect([what, read(withMember(path, change))]).toMatchObject([what, INVALID]);
  });

  it("a member that stands twice makes the file unreadable, also where its name is written otherwise", () => {
    const text = JSON.stringify(json);
    for (const twice of ['{"v":1,', '{"\\u0076":1,', '{"v" :1,'])
      expect(read(text.replace("{", twice))).toMatchObject(INVALID);
    expect(read(text.replace("{", '{"more":{"v":1},'))).toMatchObject({ verdict: "revoked" });
    expect(read(`\uFEFF\uFEFF${text}`)).toMatchObject(INVALID);
  });

  const other = toBase64(bytesOf("another"));
  const LINES: readonly (readonly [string, readonly string[]])[] = [
    ["version", ["hufu/status/v2", "hufu/answer/v1", ""]],
    ["origin", [`eip155:1:0x${"0a".repeat(20)}`, "", "x"]],
    ["size", ["0", "43", "64", "66", "70", "069", "-1", "", "9007199254740992"]],
    ["root", [other, "", "x", `${other}=`]],
    ["time", ["2027-01-15T07:59:59Z", "2027-01-15T08:11:06Z", "2099-01-01T00:00:00Z", "2027-01-15", ""]],
    ["index", ["0", "42", "64", "9007199254740992", "", "-"]],
    ["leaf", [other, "", "x"]],
    [
      "verdict",
      ["valid", "expired", "suspended", "superseded", "issuer-not-in-good-standing", "registered", ""],
    ],
    ["deciding entry", ["-", "", "0", "64", "66", "9007199254740992"]],
  ];
  const signed = (lines: readonly string[]): StatementFile => {
    const text = lines.join("\n");
    return { ...statement, note: { text, signatures: [signNote(text, log.operators[0].status)] } };
  };

  it.each(LINES.map(([name, values], line) => [name, line, values] as const))(
    "the line %s, signed by a status key of the policy",
    (_, line, values) => {
      const lines = statement.note.text.split("\n");
      expect(lines.length).toBe(LINES.length + 1);
      for (const value of values) {
        expect(value).not.toBe(lines[line]);
        expect([value, read(signed(lines.with(line, value)))]).toMatchObject([value, INVALID]);
      }
      expect(read(signed(lines.toSpliced(line, 1)))).toMatchObject(INVALID);
      expect(read(signed(lines.toSpliced(line, 0, lines[line] ?? "")))).toMatchObject(INVALID);
    },
  );

  it.each(["note", "checkpoint"] as const)("each signature of the %s", (member) => {
    const { text, signatures } = statement[member];
    for (const [i, signature] of signatures.entries())
      for (const changed of [
        signatures.toSpliced(
          i,
          1,
          ...(signatures.length === 1 ? [signNote("x\n", log.operators[1].log)] : []),
        ),
        signatures.with(i, { ...signature, signature: signature.signature.with(20, 0) }),
        signatures.with(i, { ...signature, name: `${signature.name}/x` }),
      ])
        expect(read({ ...statement, [member]: { text, signatures: changed } })).toMatchObject(INVALID);
  });

  it.each(["log", "witness"] as const)("a statement signed by the %s key alone", (purpose) => {
    const { text } = statement.note;
    const signatures = [signNote(text, log.operators[0][purpose])];
    expect(read({ ...statement, note: { text, signatures } })).toMatchObject(INVALID);
  });

  it("an entry that is not needed makes the file invalid", () => {
    const { status, twin } = statement;
    expect(read({ ...log.statement(index), status })).toMatchObject(INVALID);
    expect(read({ ...log.statement(index), twin })).toMatchObject(INVALID);
    const own = revoked(() => log.status({ document: index, ...REVOKE }));
    expect(read(own)).toMatchObject({ verdict: "revoked" });
    expect(read({ ...own, twin: log.prove(index) })).toMatchObject(INVALID);
  });

  it("unknown members are ignored", () => {
    expect(read(JSON.stringify({ ...json, more: null }))).toMatchObject({ verdict: "revoked" });
  });
});
