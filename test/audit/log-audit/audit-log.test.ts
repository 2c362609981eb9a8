/** Tests the log audit on served logs of which one bit, key, entry or checkpoint is changed. */
import fc from "fast-check";
import { describe, expect, inject, it } from "vitest";
import { compareLogs } from "../../../src/audit/log-audit/compare-logs.ts";
import { Observations, type Finding } from "../../../src/audit/log-audit/findings.ts";
import type { ClaimedKey } from "../../../src/audit/ports.ts";
import { tileIdsOf } from "../../../src/audit/log-audit/served-log.ts";
import { registry } from "../../../src/chain/registry/registry.ts";
import { FINDINGS, type FindingCode } from "../../../src/core/audit-codes.ts";
import { toHex } from "../../../src/core/bytes.ts";
import { KEY_PURPOSES } from "../../../src/core/directory.ts";
import { encodeEntry, type Entry } from "../../../src/core/entry.ts";
import { sha256 } from "@noble/hashes/sha2.js";
import { signNote, formatNote, parseNote } from "../../../src/log/note.ts";
import { operatorKeyId, payloadOfKey } from "../../../src/log/operator-key.ts";
import { tilePath, tileWidth } from "../../../src/log/tiles.ts";
import { eventPreimage } from "../../support/contract/event-preimage.ts";
import { audited, servedLog, type Audited, type Served } from "../../support/log/audited.ts";
import { flipped } from "../../support/network/http-proxy.ts";
import { heldKey } from "../../support/log/held.ts";
import { TIME, TestLog } from "../../support/log/receipts.ts";
import { rootByDefinition, leafByDefinition } from "../../support/log/tree.ts";

const SIZES = [1, 2, 7, 255, 256, 257, 600];
const whole = servedLog(SIZES);

/** A copy that can be changed. */
const copy = (served: Served = whole): Served => ({
  ...served,
  tiles: new Map(served.tiles),
  checkpoints: new Map(served.checkpoints),
});
const codes = ({ findings }: Audited): FindingCode[] => [...new Set(findings.items.map(({ code }) => code))];
const runs = { numRuns: 100, seed: inject("seed") };

describe("the parts of a log", () => {
  it("the parts of a log are every tile and bundle of its size, each once, entries before their hashes", () => {
    fc.assert(
      fc.property(fc.nat(200_000), (size) => {
        const parts = [...tileIdsOf(size)];
        const names = parts.map(tilePath);
        expect(new Set(names).size).toBe(names.length);
        for (const part of parts) expect([part, tileWidth(part, size)]).toEqual([part, part.width]);
        const hashes = [0, 1, 2].map((level) => Math.floor(size / 256 ** level));
        const expected = hashes.reduce((sum, count) => sum + Math.ceil(count / 256), Math.ceil(size / 256));
        expect(names.length).toBe(expected);
      }),
      { ...runs, numRuns: 50 },
    );
  });
});

describe("a log that is as it should be", () => {
  it("a sound log passes, with the roots of the definition and all signers", () => {
    const result = audited(copy());
    expect([result.findings.count, result.open.count]).toEqual([0, 0]);
    const leaves = whole.log.entries.map(leafByDefinition);
    for (const size of SIZES)
      expect(result.log.rootAt(size)).toEqual(rootByDefinition(leaves.slice(0, size)));
    expect(result.checkpoints.sizes).toEqual({ count: SIZES.length, smallest: 1, largest: 600 });
    expect([...result.checkpoints.cosigners.values()]).toEqual(
      [0, 1].map(() => ({ count: SIZES.length, from: TIME + 5, to: TIME + 5 })),
    );
    expect(result.checkpoints.unknownSigners.size).toBe(0);
  });

  it("a sound log passes at any size", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 700 }), (size) => {
        expect(audited(servedLog([size])).findings.items).toEqual([]);
      }),
      { ...runs, numRuns: 20 },
    );
  });
});

describe("when one bit changes", () => {
  const tiles = [...whole.tiles].filter(([path]) => !path.includes("entries"));
  const bundles = [...whole.tiles].filter(([path]) => path.includes("entries"));
  const bitOf = (pieces: (readonly [unknown, Uint8Array])[]) =>
    fc.nat(pieces.length - 1).chain((piece) =>
      fc.record({
        piece: fc.constant(piece),
        at: fc.nat((pieces[piece]?.[1].length ?? 1) - 1),
        bit: fc.nat(7),
      }),
    );
  const changed = (bytes: Uint8Array, { at, bit }: { at: number; bit: number }): Uint8Array =>
    bytes.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte));

  it("a changed bit of a tile is found in that tile, and nowhere else", () => {
    fc.assert(
      fc.property(bitOf(tiles), ({ piece, ...where }) => {
        const [path = "", bytes = new Uint8Array()] = tiles[piece] ?? [];
        const served = { ...copy(), checkpoints: new Map<number, string>() };
        served.tiles.set(path, changed(bytes, where));
        const place = Math.floor(where.at / 32);
        expect(audited(served).findings.items).toMatchObject([
          { code: "tile-differs", values: { tile: path, place } },
        ]);
      }),
      runs,
    );
  });

  it("a changed bit of the entries is found in the first differing tile, and in every checkpoint of them", () => {
    fc.assert(
      fc.property(bitOf(bundles), ({ piece, ...where }) => {
        const [path = "", bytes = new Uint8Array()] = bundles[piece] ?? [];
        const served = copy();
        served.tiles.set(path, changed(bytes, where));
        const result = audited(served);
        if (where.at % 82 < 2) {
          expect(result.findings.items).toMatchObject([
            { code: "entries-malformed", values: { tile: path } },
          ]);
          return;
        }
        const index = piece * 256 + Math.floor(where.at / 82);
        const differing = result.findings.items.filter(({ code }) => code === "tile-differs");
        const own = path.replace("entries", "0");
        expect(differing[0]).toMatchObject({ values: { tile: own, place: index % 256 } });
        const roots = result.findings.items.filter(({ code }) => code === "checkpoint-root");
        expect(roots.map(({ values }) => values["size"])).toEqual(SIZES.filter((size) => size > index));
      }),
      { ...runs, numRuns: 60 },
    );
  });

  it("a changed bit of a checkpoint makes it invalid, or a signer unknown", () => {
    const size = 3;
    const small = servedLog([size]);
    const text = new TextEncoder().encode(small.checkpoints.get(size));
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.nat(7), (at, bit) => {
        const served = copy(small);
        served.checkpoints.set(size, new TextDecoder().decode(changed(text, { at, bit })));
        const { findings, checkpoints } = audited(served);
        expect(findings.items.every(({ values }) => values["size"] === size)).toBe(true);
        expect(findings.count + checkpoints.unknownSigners.size).toBeGreaterThan(0);
      }),
      { ...runs, numRuns: 400 },
    );
  });
});

describe("a checkpoint", () => {
  const size = 7;
  const judged = (change: (text: string) => string | undefined): Finding[] => {
    const served = copy();
    const text = change(served.checkpoints.get(size) ?? "");
    const kept = served.checkpoints as Map<number, string | undefined>;
    kept.set(size, text);
    return audited(served).findings.items;
  };
  const resigned = (change: (text: string) => string): Finding[] =>
    judged((note) => {
      const text = change(parseNote(note).text);
      return formatNote({ text, signatures: [signNote(text, whole.log.operators[0].log)] });
    });

  it.each<[string, () => Finding[], FindingCode]>([
    ["that is missing", () => judged(() => undefined), "checkpoint-missing"],
    ["that is not a note", () => judged(() => "gone\n"), "checkpoint-malformed"],
    ["of another size", () => judged(() => whole.checkpoints.get(255)), "checkpoint-malformed"],
    [
      "of another root, signed by the log",
      () => resigned((text) => text.replace(/[^\n]+\n$/, `${Buffer.alloc(32).toString("base64")}\n`)),
      "checkpoint-root",
    ],
    ["of another log", () => resigned((text) => text.replace("31337", "31338")), "checkpoint-other-log"],
    [
      "that only witnesses signed",
      () => judged((note) => note.replace(/^— \S+0a0a \S+\n/m, "")),
      "checkpoint-unsigned",
    ],
  ])("a checkpoint %s is found", (_, findings, code) => {
    expect(findings()).toMatchObject([{ code, values: { size } }]);
  });

  it("signatures by unknown keys are counted by key name", () => {
    const served = copy();
    const note = served.checkpoints.get(size) ?? "";
    served.checkpoints.set(size, `${note}— elsewhere.example/witness AAAAAAAA\n`);
    const { findings, checkpoints } = audited(served);
    expect(findings.count).toBe(0);
    expect([...checkpoints.unknownSigners]).toEqual([['"elsewhere.example/witness"', 1]]);
  });
});

describe("an entry", () => {
  const plain: Entry = {
    kind: "directory",
    algorithm: undefined,
    blinded: false,
    governedAdmin: false,
    institution: 1,
    scene: 0,
    recordedAt: TIME,
    validUntil: 0,
    payload: new Uint8Array(32),
    recordedBy: `0x${"0a".repeat(20)}`,
  };
  const ending = (...entries: Uint8Array[]): Finding[] => {
    const log = new TestLog();
    log.fill(3);
    for (const entry of entries) log.append(entry);
    return audited(servedLog([log.size], log)).findings.items;
  };

  it("a malformed entry is found, whatever signs it", () => {
    const unknown = encodeEntry(plain);
    unknown[0] = 9;
    expect(ending(unknown)).toMatchObject([{ code: "entry-malformed", values: { index: 3 } }]);
    expect(ending(new Uint8Array(79))).toMatchObject([{ code: "entry-malformed" }]);
    const status = encodeEntry({ ...plain, kind: "status" });
    expect(ending(status)).toMatchObject([{ code: "entry-malformed" }]);
  });

  it("an entry that is older than one before it is found", () => {
    const at = (recordedAt: number): Uint8Array => encodeEntry({ ...plain, recordedAt });
    expect(ending(at(TIME + 9), at(TIME + 9))).toEqual([]);
    expect(ending(at(TIME + 9), at(TIME + 8))).toMatchObject([{ code: "entry-time", values: { index: 4 } }]);
  });
});

describe("two readings of a log", () => {
  const NOW = TIME + 1_000;
  const read = (kind: "node" | "log", served: Served, reference?: Audited) => ({
    source: `the ${kind} of ${served.size}`,
    kind,
    rootMatches: true,
    log: audited(served, {
      sizes: [300, 600],
      ...(reference === undefined ? {} : { reference: reference.log.leaves }),
    }).log,
  });
  const compared = (a: Served, b: Served, kinds: ["node" | "log", "node" | "log"], grace = 10_000) => {
    const reference = read(kinds[0], a);
    const other = read(kinds[1], b, { log: reference.log } as Audited);
    return compareLogs({ reference, other, now: NOW, grace });
  };
  const shorter = servedLog([...SIZES.slice(0, -1), 300]);

  it("two readings of a log agree where one is longer", () => {
    expect(compared(whole, shorter, ["log", "log"])).toMatchObject({
      size: 300,
      agree: true,
      findings: [],
      open: [],
    });
  });

  it("the shorter log is reported as behind once the next entry is old", () => {
    for (const kinds of [
      ["log", "log"],
      ["node", "log"],
    ] as ["node" | "log", "log"][])
      expect(compared(whole, shorter, kinds, 999).open).toMatchObject([
        { code: "log-behind", source: "the log of 300", values: { size: 300, otherSize: 600 } },
      ]);
    expect(compared(whole, shorter, ["log", "log"], 1_000).open).toEqual([]);
  });

  it("a shorter node is reported as behind immediately, since it compares with the contract", () => {
    expect(compared(shorter, whole, ["node", "log"]).open).toMatchObject([
      { code: "node-behind", source: "the node of 300" },
    ]);
  });

  it("entries that their operator did not sign are not a split view", () => {
    const forked = copy(shorter);
    const path = "tile/entries/000";
    forked.tiles.set(path, flipped(forked.tiles.get(path) ?? new Uint8Array(), 60));
    const reference = read("log", whole);
    const other = { ...read("log", forked, { log: reference.log } as Audited), rootMatches: false };
    const { findings } = compareLogs({ reference, other, now: NOW, grace: 0 });
    expect(findings).toMatchObject([{ code: "entries-differ", values: { index: 0 } }]);
  });

  it("a fork is reported with its index, and both roots at the size of the shorter log", () => {
    fc.assert(
      fc.property(fc.nat(299), (index) => {
        const forked = copy(shorter);
        const path = tilePath({ level: "entries", index: index >> 8, width: index < 256 ? 256 : 44 });
        const bytes = forked.tiles.get(path) ?? new Uint8Array();
        forked.tiles.set(path, flipped(bytes, (index % 256) * 82 + 60));
        const { agree, findings, open } = compared(whole, forked, ["log", "log"], 0);
        expect([agree, open]).toEqual([false, []]);
        const root = toHex(rootByDefinition(whole.log.entries.slice(0, 300).map(leafByDefinition)));
        expect(findings).toMatchObject([
          { code: "split-view", values: { index, size: 300, otherRoot: root } },
        ]);
        expect(findings[0]?.values["root"]).not.toBe(root);
      }),
      { ...runs, numRuns: 20 },
    );
  });
});

describe("a key of an operator", () => {
  const log = new TestLog();
  const [operator] = log.operators;
  const added = (purpose: "log" | "witness", until = 0): ClaimedKey => ({
    ...heldKey(operator[purpose], log.origin, { operator: 1, purpose, from: 5, until }),
    name: "Tally",
  });
  const recordedBy = `0x${"0b".repeat(20)}` as const;
  const entryOf = (claim: ClaimedKey): Uint8Array =>
    encodeEntry({
      kind: "directory",
      algorithm: undefined,
      blinded: false,
      governedAdmin: false,
      institution: 3,
      scene: 0,
      recordedAt: TIME,
      validUntil: 0,
      payload: payloadOfKey({ ...claim, institution: 3, recordedBy }),
      recordedBy,
    });

  it("an operator key's payload equals the chain's own encoding", () => {
    fc.assert(
      fc.property(
        fc.record({
          operator: fc.nat(2 ** 31),
          institution: fc.nat(2 ** 31),
          purpose: fc.constantFrom("log" as const, "witness" as const, "status" as const),
          signatureType: fc.nat(255),
          publicKey: fc.uint8Array({ maxLength: 100 }),
          possession: fc.uint8Array({ maxLength: 100 }),
          from: fc.nat(),
          until: fc.nat(),
        }),
        (key) => {
          const keyId = `0x${toHex(operatorKeyId(key))}`;
          const args = { ...key, keyId, purpose: KEY_PURPOSES[key.purpose], recordedBy };
          const event = eventPreimage(registry, { name: "OperatorKeyAdded", args });
          expect(payloadOfKey({ ...key, recordedBy })).toEqual(sha256(event));
        },
      ),
      { ...runs, numRuns: 50 },
    );
  });

  it("an operator key is proven by the entry that adds it, also once its window has ended", () => {
    const own = new TestLog();
    own.append(entryOf(added("log")));
    own.append(entryOf(added("witness")));
    const served = servedLog([2, 5], own);
    const claims = [added("log", TIME + 9), added("witness")];
    const { findings, open, checkpoints } = audited(served, { claims });
    expect([findings.items, open.items]).toEqual([[], []]);
    expect([...checkpoints.signers]).toEqual([["Tally (1)", { count: 2, from: undefined, to: undefined }]]);
    expect(checkpoints.unknownSigners.size).toBe(1); // the other operator's cosignature
  });

  it("a key that no entry adds leaves its checkpoints unproven", () => {
    const { findings, open } = audited(servedLog([5], new TestLog()), { claims: [added("log")] });
    expect(findings.items).toEqual([]);
    expect(open.items).toMatchObject([{ code: "key-unproven", values: { size: 5, key: "Tally (1)" } }]);
  });

  it("a checkpoint is unsigned where no directory lists its key", () => {
    expect(codes(audited(servedLog([5], new TestLog()), { claims: [] }))).toEqual(["checkpoint-unsigned"]);
  });
});

describe("what is found", () => {
  it("findings are listed worst first, each once, up to a limit of a kind, and the others are counted", () => {
    const findings = new Observations<Finding>(FINDINGS);
    const tile = (place: number): Finding => ({ code: "tile-differs", source: "a", values: { place } });
    findings.add(tile(0), tile(1), tile(0));
    for (let place = 2; place < 50; place++) findings.add(tile(place));
    findings.add({ code: "split-view", source: "b", values: {} });
    expect(findings.count).toBe(51);
    expect(findings.items).toHaveLength(21);
    expect(findings.items[0]?.code).toBe("split-view");
    expect(findings.more).toEqual([{ code: "tile-differs", source: "a", count: 30 }]);
  });
});
