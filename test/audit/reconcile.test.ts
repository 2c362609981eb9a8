/** Tests the comparison of an issuer's register with the log, and which document an entry is. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  registeredDocument,
  reconcile,
  type LoggedDocument,
  type RegisterLine,
} from "../../src/audit/reconcile.ts";
import { formatDigest, type Digest } from "../../src/core/digest.ts";
import { encodeEntry, type Entry } from "../../src/core/entry.ts";

const line = (number: number, digest: string, rest: Partial<RegisterLine> = {}): RegisterLine => ({
  line: number,
  digest,
  commitment: undefined,
  reference: undefined,
  scene: undefined,
  ...rest,
});
const entry = (
  index: number,
  digest: string | undefined,
  rest: Partial<LoggedDocument> = {},
): LoggedDocument => ({
  index,
  digest,
  commitment: undefined,
  scene: "enterprise-credit-report",
  references: [],
  ...rest,
});

const DIGESTS = fc.array(
  fc.integer({ min: 0, max: 30 }).map((n) => `sha256:${n}`),
  { maxLength: 60 },
);

describe("an issuer's register and the log", () => {
  it("a register and the log differ by exactly the documents that only one of them has", () => {
    fc.assert(
      fc.property(DIGESTS, DIGESTS, (registered, logged) => {
        const { matched, notInLog, notInRegister, duplicates } = reconcile(
          registered.map((digest, i) => line(i + 2, digest)),
          logged.map((digest, i) => entry(i, digest)),
        );
        const [mine, theirs] = [new Set(registered), new Set(logged)];
        expect(matched).toBe([...mine].filter((digest) => theirs.has(digest)).length);
        expect(notInLog.map(({ digest }) => digest)).toEqual([...mine].filter((d) => !theirs.has(d)));
        expect(notInRegister.map(({ digest }) => digest)).toEqual(logged.filter((d) => !mine.has(d)));
        expect(notInLog.length + duplicates.length + matched).toBe(registered.length);
      }),
    );
  });

  it("the result does not depend on the order of the register or of the log", () => {
    fc.assert(
      fc.property(DIGESTS, DIGESTS, fc.infiniteStream(fc.nat()), (registered, logged, keys) => {
        const lines = [...new Set(registered)].map((digest, i) => line(i, digest));
        const entries = logged.map((digest, i) => entry(i, digest));
        const shuffled = <T>(items: readonly T[]): T[] =>
          items
            .map((item) => [keys.next().value ?? 0, item] as const)
            .sort(([a], [b]) => a - b)
            .map(([, item]) => item);
        const here = reconcile(lines, entries);
        const there = reconcile(shuffled(lines), shuffled(entries));
        expect(there.matched).toBe(here.matched);
        expect(new Set(there.notInLog)).toEqual(new Set(here.notInLog));
        expect(new Set(there.notInRegister)).toEqual(new Set(here.notInRegister));
      }),
    );
  });

  it("equal lists do not differ, and one document more on either side is found", () => {
    fc.assert(
      fc.property(DIGESTS, (digests) => {
        const unique = [...new Set(digests)];
        const lines = unique.map((digest, i) => line(i + 2, digest));
        const entries = unique.map((digest, i) => entry(i, digest));
        const equal = {
          agree: true,
          matched: unique.length,
          notInRegister: [],
          notInLog: [],
          different: [],
          duplicates: [],
        };
        expect(reconcile(lines, entries)).toEqual(equal);
        const foreign = entry(99, "sha256:foreign");
        expect(reconcile(lines, [...entries, foreign]).notInRegister).toEqual([foreign]);
        const missing = line(99, "sha256:missing");
        expect(reconcile([...lines, missing], entries).notInLog).toEqual([missing]);
        expect(reconcile(lines, [...entries, foreign]).agree).toBe(false);
        expect(reconcile([...lines, missing], entries).agree).toBe(false);
      }),
    );
  });

  it("a blinded document is never taken for one of the register", () => {
    const blinded = entry(4, undefined);
    expect(reconcile([line(2, "sha256:1")], [blinded])).toMatchObject({
      matched: 0,
      notInRegister: [blinded],
    });
  });

  it("another scene or reference is reported, and one that either side lacks is not", () => {
    const mine = line(2, "sha256:1", { reference: "R-1", scene: "bank-statement" });
    const theirs = entry(7, "sha256:1", { references: ["R-2", "R-3"] });
    expect(reconcile([mine], [theirs]).different.map(({ what }) => what)).toEqual(["scene", "reference"]);
    expect(reconcile([line(2, "sha256:1")], [theirs]).different).toEqual([]);
    expect(reconcile([line(2, "sha256:1", { reference: "R-1" })], [entry(7, "sha256:1")]).different).toEqual(
      [],
    );
  });

  it("a line whose document an earlier line names is reported with that line", () => {
    const [first, again] = [line(2, "sha256:1"), line(3, "sha256:1")];
    expect(reconcile([first, again], [entry(0, "sha256:1")]).duplicates).toEqual([{ line: again, first: 2 }]);
  });

  it("a blinded document is matched by its commitment, or by the digest known for it", () => {
    const blinded = { commitment: "sha256:c" };
    const known = entry(1, "sha256:d", blinded);
    const unknown = entry(1, undefined, blinded);
    const byCommitment = { ...line(2, ""), digest: undefined, commitment: "sha256:c" };
    const byDigest = line(2, "sha256:d");
    const matchedBy = (register: RegisterLine, logged: LoggedDocument): number =>
      reconcile([register], [logged]).matched;
    expect(matchedBy(byCommitment, known)).toBe(1);
    expect(matchedBy(byCommitment, unknown)).toBe(1);
    expect(matchedBy(byDigest, known)).toBe(1);
    expect(matchedBy(byDigest, unknown)).toBe(0);
  });

  it("the same text as a digest and as a commitment names two documents", () => {
    const open = line(2, "sha256:x");
    const blinded = entry(1, undefined, { commitment: "sha256:x" });
    expect(reconcile([open], [blinded])).toMatchObject({ matched: 0, notInLog: [open] });
    const lines = [open, { ...open, line: 3, digest: undefined, commitment: "sha256:x" }];
    expect(reconcile(lines, [blinded, entry(2, "sha256:x")])).toMatchObject({ matched: 2, duplicates: [] });
  });
});

describe("the document of an entry", () => {
  const issued: Entry = {
    kind: "document",
    algorithm: "sha256",
    blinded: false,
    governedAdmin: false,
    institution: 3,
    scene: 1,
    recordedAt: 1_700_000_000,
    validUntil: 0,
    payload: new Uint8Array(32).fill(7),
    recordedBy: `0x${"0a".repeat(20)}`,
  };
  const { recordedAt, recordedBy } = issued;
  const text = formatDigest({ algorithm: "sha256", bytes: issued.payload });
  const digest: Digest = { algorithm: "sha256", bytes: new Uint8Array(32).fill(8) };
  const read = (entry: Entry, known?: Digest) =>
    registeredDocument(encodeEntry(entry), { issuer: 3, digestOf: () => known });

  it("an open document is named by its digest", () => {
    const document = { digest: text, commitment: undefined, recordedAt, recordedBy };
    expect(read(issued, digest)).toEqual(document);
  });

  it("a blinded document is named by its commitment, and by the digest known for it", () => {
    const blinded = { ...issued, blinded: true };
    const document = { digest: undefined, commitment: text, recordedAt, recordedBy };
    expect(read(blinded)).toEqual(document);
    expect(read(blinded, digest)).toEqual({ ...document, digest: formatDigest(digest) });
  });

  it("an entry of another issuer or of another kind records no document", () => {
    expect(read({ ...issued, institution: 4 })).toBeUndefined();
    expect(read({ ...issued, kind: "directory", algorithm: undefined })).toBeUndefined();
  });
});
