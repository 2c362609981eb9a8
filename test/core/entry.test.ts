import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../src/core/bytes.ts";
import { ALGORITHMS, type Algorithm } from "../../src/core/digest.ts";
import {
  ACTIONS,
  ENTRY_KINDS,
  REASONS,
  decodeEntry,
  decodeStatus,
  encodeEntry,
  encodeStatus,
  slugOf,
  type Action,
  type Entry,
  type EntryKind,
  type Reason,
} from "../../src/core/entry.ts";
import { MAX_TIME } from "../../src/core/units.ts";
import { hashLeaf } from "../../src/log/hash.ts";
import { readVector } from "../support/log/vectors.ts";

interface EntryVector {
  desc: string;
  fields: {
    kind: number;
    algorithm: number;
    flags: number;
    institution: number;
    scene: number;
    recordedAt: string;
    validUntil: string;
    payload: string;
    recordedBy: string;
  };
  entry: string;
  leafHash: string;
}

const keys = <T extends string>(table: Record<T, number>): T[] => Object.keys(table) as T[];
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const time = fc.integer({ min: 0, max: MAX_TIME });
const anyEntry: fc.Arbitrary<Entry> = fc.record({
  kind: fc.constantFrom<EntryKind>(...keys(ENTRY_KINDS)),
  algorithm: fc.constantFrom<Algorithm | undefined>(undefined, ...keys(ALGORITHMS)),
  blinded: fc.boolean(),
  governedAdmin: fc.boolean(),
  institution: u32,
  scene: u32,
  recordedAt: time,
  validUntil: time,
  payload: hash,
  recordedBy: fc
    .uint8Array({ minLength: 20, maxLength: 20 })
    .map((bytes): Entry["recordedBy"] => `0x${toHex(bytes)}`),
});

describe.each(readVector<EntryVector[]>("hufu/entries.json"))(
  "the vector of $desc",
  ({ fields, entry, leafHash }) => {
    const bytes = fromHex(entry);
    const read: Entry = {
      kind: slugOf(ENTRY_KINDS, fields.kind, "kind"),
      algorithm: fields.algorithm === 0 ? undefined : slugOf(ALGORITHMS, fields.algorithm, "algorithm"),
      blinded: (fields.flags & 1) !== 0,
      governedAdmin: (fields.flags & 2) !== 0,
      institution: fields.institution,
      scene: fields.scene,
      recordedAt: Number(fields.recordedAt),
      validUntil: Number(fields.validUntil),
      payload: fromHex(fields.payload),
      recordedBy: `0x${fields.recordedBy}`,
    };

    it("a vector's entry decodes to its fields", () => expect(decodeEntry(bytes)).toEqual(read));
    it("a vector's fields encode to its entry", () => expect(toHex(encodeEntry(read))).toBe(entry));
    it("a vector's entry has its leaf hash", () => expect(toHex(hashLeaf(bytes))).toBe(leafHash));
    it("a vector's entry has another leaf hash when one bit changes", () => {
      expect(toHex(hashLeaf(bytes.map((byte, i) => (i === 79 ? byte ^ 1 : byte))))).not.toBe(leafHash);
    });
  },
);

describe("the payload of a consent or verification", () => {
  const records = readVector<(EntryVector & Record<"tag" | "origin" | "salt" | "record", string>)[]>(
    "hufu/entries.json",
  ).filter(({ record }) => (record as string | undefined) !== undefined);

  it("the payload commits to record, origin and institution under the salt", () => {
    expect(records.map(({ fields }) => fields.kind)).toEqual([3, 4]);
    for (const { tag, origin, salt, record, fields } of records) {
      const institution = Buffer.alloc(4);
      institution.writeUInt32BE(fields.institution);
      const mac = createHmac("sha256", Buffer.from(salt, "hex")).update(`${tag}\0${origin}\0`);
      const digest = createHash("sha256").update(record).digest();
      expect(mac.update(institution).update(digest).digest("hex")).toBe(fields.payload);
    }
  });
});

describe("an entry", () => {
  it("an entry is decoded as it was encoded", () => {
    fc.assert(
      fc.property(anyEntry, (entry) => {
        expect(decodeEntry(encodeEntry(entry))).toEqual(entry);
      }),
    );
  });

  it.each([
    ["79 bytes", (bytes: Uint8Array) => bytes.slice(1)],
    ["81 bytes", (bytes: Uint8Array) => Uint8Array.of(...bytes, 0)],
    ["version 0", (bytes: Uint8Array) => bytes.with(0, 0)],
    ["version 2", (bytes: Uint8Array) => bytes.with(0, 2)],
    ["kind 0", (bytes: Uint8Array) => bytes.with(1, 0)],
    ["kind 6", (bytes: Uint8Array) => bytes.with(1, 6)],
    ["algorithm 3", (bytes: Uint8Array) => bytes.with(2, 3)],
    ["flag bit 2", (bytes: Uint8Array) => bytes.with(3, 4)],
    ["recordedAt beyond the year 9999", (bytes: Uint8Array) => bytes.with(12, 1)],
    ["validUntil beyond the year 9999", (bytes: Uint8Array) => bytes.with(20, 1)],
  ])("an entry of %s is refused with ENTRY_MALFORMED", (_, corrupt) => {
    fc.assert(
      fc.property(anyEntry, (entry) => {
        expect(() => decodeEntry(corrupt(encodeEntry(entry)))).toThrowCode("ENTRY_MALFORMED");
      }),
    );
  });
});

describe("a status payload", () => {
  const change = fc.record({
    document: fc.nat(Number.MAX_SAFE_INTEGER),
    action: fc.constantFrom<Action>(...keys(ACTIONS)),
    reason: fc.constantFrom<Reason>(...keys(REASONS)),
    successor: fc.nat(Number.MAX_SAFE_INTEGER),
  });

  it("a status payload is decoded as it was encoded", () => {
    fc.assert(
      fc.property(change, (fields) => {
        const read = { ...fields, successor: fields.action === "supersede" ? fields.successor : undefined };
        expect(decodeStatus(encodeStatus(read))).toEqual(read);
      }),
    );
  });

  it.each([
    ["action 0", 8, 0],
    ["action 5", 8, 5],
    ["reason 0", 9, 0],
    ["reason 7", 9, 7],
    ["a successor of a revocation", 17, 1],
    ["a byte instead of a zero", 18, 1],
    ["an index of 2^56", 0, 1],
  ])("a status payload with %s is refused with ENTRY_MALFORMED", (_, offset, value) => {
    const payload = encodeStatus({ document: 7, action: "revoke", reason: "other", successor: undefined });
    expect(() => decodeStatus(payload.with(offset, value))).toThrowCode("ENTRY_MALFORMED");
  });
});
