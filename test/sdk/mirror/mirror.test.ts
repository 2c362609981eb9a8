/** Tests mirrors that are made from an operator: complete, continued, and of logs and files that were tampered with. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { toHex } from "../../../src/core/bytes.ts";
import { isAppError, type ErrorCode } from "../../../src/core/errors.ts";
import type { VerdictCode } from "../../../src/core/verdict.ts";
import { TestLog } from "../../support/log/receipts.ts";
import { MirroredLog, payloadAt } from "../../support/log/served-mirror.ts";
import { MirrorFolder } from "../../support/log/mirror-folder.ts";
import { randomFrom } from "../../support/random.ts";

const digestOf = (payload: Uint8Array): string => `sha256:${toHex(payload)}`;
const absent = `sha256:${"ab".repeat(32)}`;

/** A log of `size` entries, in which the second document is revoked. */
function logOf(size: number): MirroredLog {
  const served = new MirroredLog();
  served.register();
  served.log.document({ algorithm: "sha256", bytes: new Uint8Array(32).fill(1) });
  served.log.document({ algorithm: "sha256", bytes: new Uint8Array(32).fill(2) });
  served.log.status({ document: 2, action: "revoke", reason: "other", successor: undefined });
  served.log.fill(size - served.log.size);
  return served;
}

async function verdictOf(folder: MirrorFolder, digest: string): Promise<VerdictCode | ErrorCode> {
  const answer = await (await folder.reader()).verify({ digest });
  return answer.verdict === "indeterminate" ? (answer.code as ErrorCode) : answer.verdict;
}

describe("a mirror from an operator", () => {
  it("holds the log to the root of its checkpoint, and answers from it", async () => {
    using folder = new MirrorFolder();
    const served = logOf(1_000);
    const { state, added } = await folder.follow(await served.source());
    expect([state.size, added, toHex(state.root)]).toEqual([1_000, 1_000, toHex(served.log.root)]);
    expect(await verdictOf(folder, digestOf(payloadAt(served.log, 1)))).toBe("valid");
    expect(await verdictOf(folder, digestOf(payloadAt(served.log, 2)))).toBe("revoked");
    expect(await verdictOf(folder, absent)).toBe("not-found");
  });

  it("proves every entry of every size to its root", async () => {
    for (const size of [4, 5, 7, 8, 255, 256, 257, 600]) {
      using folder = new MirrorFolder();
      const served = logOf(size);
      await folder.follow(await served.source());
      const mirror = await folder.open();
      const { entries = [] } = (await mirror.of(Array.from({ length: size }, (_, i) => i))) ?? {};
      expect(entries.map((each) => [each.entry, each.proof])).toEqual(
        served.log.entries.map((_, i) => [served.log.prove(i).entry, served.log.prove(i).proof]),
      );
    }
  });

  it("is byte for byte a fresh one after it was continued, and requested only what was new", async () => {
    const random = randomFrom(inject("seed"));
    using continued = new MirrorFolder();
    const served = logOf(4);
    for (let round = 0; round < 6; round++) {
      if (round % 2 === 1) served.register(round);
      served.log.fill(Math.floor(random() * 700));
      const before = served.log.size;
      await continued.follow(await served.source());
      using fresh = new MirrorFolder();
      await fresh.follow(await served.source());
      expect(continued.dump()).toEqual(fresh.dump());
      served.requested.length = 0;
      await continued.follow(await served.source());
      expect(served.requested.filter((path) => path.startsWith("tile/entries"))).toEqual([]);
      expect(served.log.size).toBe(before);
    }
  });

  it("requests of a log that grew by one entry one bundle", async () => {
    using folder = new MirrorFolder();
    const served = logOf(1_000);
    await folder.follow(await served.source());
    served.log.fill(1);
    served.requested.length = 0;
    expect((await folder.follow(await served.source())).added).toBe(1);
    expect(served.requested.filter((path) => path.startsWith("tile/entries"))).toEqual([
      "tile/entries/003.p/233",
    ]);
  });

  it("of an operator that is behind stays as it is", async () => {
    using folder = new MirrorFolder();
    await folder.follow(await logOf(1_000).source());
    const before = folder.dump();
    expect((await folder.follow(await logOf(700).source())).added).toBe(0);
    expect(folder.dump()).toEqual(before);
  });
});

describe("how old a mirror may be", () => {
  it.each([
    [600, ["valid", "revoked", "not-found"]],
    [606, ["INDEX_STALE", "revoked", "INDEX_STALE"]],
  ] as const)("%i s after its time it answers %j", async (now, expected) => {
    using folder = new MirrorFolder();
    const served = logOf(10);
    await folder.follow(await served.source());
    const reader = await folder.reader({ now });
    const digests = [digestOf(payloadAt(served.log, 1)), digestOf(payloadAt(served.log, 2)), absent];
    const answers = await Promise.all(digests.map((digest) => reader.verify({ digest })));
    expect(answers.map((each) => ("code" in each ? each.code : each.verdict))).toEqual(expected);
    expect(answers[1]).toMatchObject(now > 605 ? { lagging: true } : {});
  });
});

describe("a log that another registry continues", () => {
  it("is answered for withdrawals alone: what is new may be in the other", async () => {
    using folder = new MirrorFolder();
    const served = logOf(10);
    const successor = `0x${"5c".repeat(20)}`;
    served.change("SuccessorNamed", { registry: successor, recordedBy: `0x${"0b".repeat(20)}` });
    await folder.follow(await served.source());
    const reader = await folder.reader();
    const digests = [digestOf(payloadAt(served.log, 1)), digestOf(payloadAt(served.log, 2)), absent];
    const answers = await Promise.all(digests.map((digest) => reader.verify({ digest })));
    expect(answers.map((each) => ("code" in each ? each.code : each.verdict))).toEqual([
      "MIRROR_SUCCEEDED",
      "revoked",
      "MIRROR_SUCCEEDED",
    ]);
    expect(answers[1]).toMatchObject({ lagging: true });
    expect(answers[2]).toMatchObject({ detail: expect.stringContaining(successor) as string });
  });
});

describe("an operator that tampers with what it serves", () => {
  const flipAt = (bytes: Uint8Array, at: number): Uint8Array =>
    bytes.map((byte, i) => (i === at % bytes.length ? byte ^ 1 : byte));
  const CASES: readonly (readonly [what: string, path: RegExp, at: number | "missing", code: ErrorCode])[] = [
    ["an entry", /^tile\/entries\/001/, 2 + 28, "MIRROR_UNPROVEN"],
    ["the last byte of an entry", /^tile\/entries\/000/, 81, "MIRROR_UNPROVEN"],
    ["the version of an entry", /^tile\/entries\/001/, 2, "ENTRY_MALFORMED"],
    ["the length of an entry", /^tile\/entries\/001/, 1, "TILE_MALFORMED"],
    ["a bundle that it leaves out", /^tile\/entries\/002/, "missing", "MIRROR_UNPROVEN"],
    ["an event", /^directory/, 30, "MIRROR_UNPROVEN"],
    ["the events' form", /^directory/, 0, "DIRECTORY_MALFORMED"],
    ["events that it leaves out", /^directory/, "missing", "MIRROR_UNPROVEN"],
    ["the checkpoint's origin", /^checkpoint/, 0, "LOG_CHANGED"],
    ["the checkpoint's root", /^checkpoint/, 64, "SIGNATURE_INVALID"],
    ["a checkpoint that it leaves out", /^checkpoint/, "missing", "MIRROR_UNPROVEN"],
  ];

  it.each(CASES)("%s: its code, and an honest one completes the mirror", async (_, path, at, code) => {
    using folder = new MirrorFolder();
    using fresh = new MirrorFolder();
    const served = logOf(700);
    await fresh.follow(await served.source());
    let changed = 0;
    served.tamper = (name, answer) => {
      if (!path.test(name)) return answer;
      changed += 1;
      return at === "missing" ? undefined : flipAt(answer, at);
    };
    const run = (async () => folder.follow(await served.source()))();
    await expect(run).rejects.toThrowCode(code);
    expect(changed).toBeGreaterThan(0);
    if (!path.test("checkpoint")) await expect(folder.open()).rejects.toThrowCode("MIRROR_MISSING");
    served.tamper = (_name, answer) => answer;
    await folder.follow(await served.source());
    expect(folder.dump()).toEqual(fresh.dump());
  });

  it("with another history is found out by the tree that is held, which stays", async () => {
    using folder = new MirrorFolder();
    await folder.follow(await logOf(700).source());
    const before = folder.dump();
    const forked = new MirroredLog();
    forked.register(2);
    forked.log.fill(800);
    await expect((async () => folder.follow(await forked.source()))()).rejects.toThrowCode("LOG_CHANGED");
    const shorter = new MirroredLog();
    shorter.log.fill(300);
    await expect((async () => folder.follow(await shorter.source()))()).rejects.toThrowCode("LOG_CHANGED");
    expect(folder.dump()).toEqual(before);
  });

  it("with another log is found out by its origin", async () => {
    using folder = new MirrorFolder();
    const source = await logOf(700).source();
    await folder.follow(source);
    const { origin } = new TestLog({ chainId: 5 });
    const other = { ...source, target: { ...source.target, origin } };
    await expect(folder.follow(other)).rejects.toThrowCode("LOG_CHANGED");
  });
});

describe("a file of a mirror that was tampered with", () => {
  let whole: MirrorFolder;
  const served = logOf(700);
  beforeAll(async () => {
    whole = new MirrorFolder();
    await whole.follow(await served.source());
  });
  afterAll(() => whole[Symbol.dispose]());

  const CHANGES: Readonly<Record<string, string>> = {
    "an entry":
      "update bundle set entries = cast(zeroblob(80) || substr(entries, 81) as blob) where number = 1",
    "the order of entries":
      "update bundle set entries = cast(substr(entries, 81) || substr(entries, 1, 80) as blob) where number = 1",
    "a bundle that is gone": "delete from bundle where number = 1",
    "the last bundle that is gone": "delete from bundle where number = 2",
    "a bundle that is cut": "update bundle set entries = substr(entries, 1, 79) where number = 1",
    "the number of a bundle": "update bundle set number = 9 where number = 2",
    "an event": "update event set event = zeroblob(length(event))",
    "an event's entry": "update event set entry = 1",
    "an event that is gone": "delete from event",
    "the state": "update state set body = replace(body, '700', '699')",
    "the seal": "update state set seal = zeroblob(32)",
  };
  it.each(Object.entries(CHANGES))("%s: MIRROR_DAMAGED, and no verdict", async (_, change) => {
    using folder = whole.copy();
    folder.sql(change);
    await expect(folder.open()).rejects.toThrowCode("MIRROR_DAMAGED");
    const again = folder.follow(await served.source());
    // an event that is missing is fetched again; nothing else is repaired in silence
    if (change !== "delete from event") await expect(again).rejects.toThrowCode("MIRROR_DAMAGED");
    else expect([(await again).added, folder.dump()]).toEqual([0, whole.dump()]);
  });

  it("every byte of every row: one bit of it changes the answer of none", async () => {
    const random = randomFrom(inject("seed"));
    const [{ entries }] = whole.rows("select entries from bundle where number = 0") as [
      { entries: Uint8Array },
    ];
    const [{ event }] = whole.rows("select event from event") as [{ event: Uint8Array }];
    const [{ body }] = whole.rows("select body from state where name = 'proven'") as [{ body: string }];
    const flip = (bytes: Uint8Array): Uint8Array => {
      const at = Math.floor(random() * bytes.length);
      return bytes.map((byte, i) => (i === at ? byte ^ (1 << Math.floor(random() * 8)) : byte));
    };
    for (let round = 0; round < 30; round++) {
      using folder = whole.copy();
      if (round % 3 === 0) folder.sql("update bundle set entries = ? where number = 0", flip(entries));
      if (round % 3 === 1) folder.sql("update event set event = ?", flip(event));
      if (round % 3 === 2)
        folder.sql("update state set body = ?", Buffer.from(flip(Buffer.from(body))).toString("latin1"));
      await expect(folder.open()).rejects.toThrowCode("MIRROR_DAMAGED");
    }
  });

  it("any byte of the file: a code that establishes nothing, or the same answers", async () => {
    const random = randomFrom(inject("seed"));
    const counts = { refused: 0, same: 0 };
    for (let round = 0; round < 60; round++) {
      using folder = whole.copy();
      const path = join(folder.path, "mirror.db");
      const bytes = readFileSync(path);
      const at = Math.floor(random() * bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
      writeFileSync(path, bytes);
      try {
        const verdicts = [
          await verdictOf(folder, digestOf(payloadAt(served.log, 2))),
          await verdictOf(folder, absent),
        ];
        expect(verdicts).toEqual(["revoked", "not-found"]);
        counts.same += 1;
      } catch (error) {
        const code = isAppError(error) ? error.code : String(error);
        expect(["MIRROR_DAMAGED", "STORAGE_FAILED", "SCHEMA_NEWER", "MIRROR_MISSING"]).toContain(code);
        counts.refused += 1;
      }
    }
    expect(counts.refused).toBeGreaterThan(20);
  });
});
