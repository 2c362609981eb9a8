import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toBase64 } from "../../src/core/bytes.ts";
import { isAppError, type ErrorCode } from "../../src/core/errors.ts";
import { cosign, formatCheckpoint, withCosignatures } from "../../src/log/checkpoint.ts";
import { signNote } from "../../src/log/note.ts";
import {
  formatCosignatureRequest,
  formatCosignatures,
  formatEvidence,
  parseCosignatureRequest,
  parseCosignatures,
  parseEvidence,
  parseSizeAnswer,
  verifyExtension,
} from "../../src/log/witness.ts";
import { TestLog } from "../support/log/receipts.ts";
import { cosignerOf, signerOf } from "../support/log/signers.ts";

/** The example of c2sp.org/tlog-witness. */
const EXAMPLE = `old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
`;
const HASH = "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=";

describe("a request", () => {
  it("the request of the specification is read and written", () => {
    const { checkpoint, ...request } = parseCosignatureRequest(EXAMPLE);
    expect(request).toMatchObject({ old: 20_852_014, proof: { length: 4 } });
    expect(checkpoint).toMatchObject({ origin: "example.com/behind-the-sofa", size: 20_852_163 });
    expect(request.note.signatures.length).toBe(2);
    expect(formatCosignatureRequest(request)).toBe(EXAMPLE);
  });

  it("a request of any size and proof is read as it was written", () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const { note } = parseCosignatureRequest(EXAMPLE);
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.array(hash, { maxLength: 63 }), (old, proof) => {
        const request = { old, proof, note };
        expect(parseCosignatureRequest(formatCosignatureRequest(request))).toMatchObject(request);
      }),
    );
  });

  it("a request for an empty tree may have any root, which the witness then refuses", () => {
    const text = formatCheckpoint({ origin: "o", size: 0, root: new Uint8Array(32) });
    const request = { old: 0, proof: [], note: { text, signatures: [signNote(text, signerOf("o"))] } };
    expect(parseCosignatureRequest(formatCosignatureRequest(request)).checkpoint.size).toBe(0);
  });

  it.each<[string, string, number]>([
    ["no content", "", 1],
    ["a checkpoint alone", EXAMPLE.slice(EXAMPLE.indexOf("\n\n") + 2), 1],
    ["another first word", EXAMPLE.replace("old ", "Old "), 1],
    ["two spaces", EXAMPLE.replace("old ", "old  "), 1],
    ["no size", EXAMPLE.replace("old 20852014", "old "), 1],
    ["a size with a leading zero", EXAMPLE.replace("old ", "old 0"), 1],
    ["a size below zero", EXAMPLE.replace("old ", "old -"), 1],
    ["a size of 2^53", EXAMPLE.replace("20852014", String(2 ** 53)), 1],
    ["a carriage return", EXAMPLE.replace("\n", "\r\n"), 1],
    ["a hash of 31 bytes", EXAMPLE.replace(HASH, toBase64(new Uint8Array(31))), 2],
    ["a hash in hexadecimal", EXAMPLE.replace(HASH, "ab".repeat(32)), 2],
    ["a hash with a trailing space", EXAMPLE.replace(HASH, `${HASH} `), 2],
    ["64 hashes", EXAMPLE.replace(HASH, Array.from({ length: 61 }, () => HASH).join("\n")), 2],
    ["no signature", EXAMPLE.slice(0, EXAMPLE.indexOf("\n\n—") + 2), 11],
    ["a malformed signature line", EXAMPLE.replace("— example.com", "- example.com"), 11],
    ["no size of the checkpoint", EXAMPLE.replace("20852163", "many"), 8],
    ["no last newline", EXAMPLE.trimEnd(), 7],
  ])("a request with %s is refused with WITNESS_REQUEST and the line", (_, text, line) => {
    expect(() => parseCosignatureRequest(text)).toThrowCode("WITNESS_REQUEST");
    const at = `line ${line}`;
    expect(() => parseCosignatureRequest(text)).toThrow(
      expect.objectContaining({ fields: { at, detail: expect.any(String) as string } }) as Error,
    );
  });

  it("a cut or changed request is refused with WITNESS_REQUEST, never by a crash", () => {
    fc.assert(
      fc.property(fc.nat(EXAMPLE.length), fc.nat(4), fc.string(), (at, cut, more) => {
        try {
          parseCosignatureRequest(EXAMPLE.slice(0, at) + more + EXAMPLE.slice(at + cut));
        } catch (error) {
          expect(isAppError(error, "WITNESS_REQUEST")).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("an answer", () => {
  const { note } = parseCosignatureRequest(EXAMPLE);
  const lines = formatCosignatures([cosign(note.text, cosignerOf("w"), 1)]);

  it("an answer is read as signature lines beneath the checkpoint", () => {
    expect(parseCosignatures(lines, note.text)).toMatchObject({
      text: note.text,
      signatures: [{ name: "w" }],
    });
  });

  it.each([
    ["no content", ""],
    ["words", "hello\n"],
    ["an empty line before", `\n${lines}`],
    ["another text before", `more\n\n${lines}`],
    ["no newline", lines.trimEnd()],
    ["a page", "<html><body>502</body></html>\n"],
  ])("an answer with %s is refused with NOTE_SYNTAX", (_, text) => {
    expect(() => parseCosignatures(text, note.text)).toThrowCode("NOTE_SYNTAX");
  });

  it.each([
    ["20852014\n", 20_852_014],
    ["0\n", 0],
    ["20852014", undefined],
    ["20852014\n\n", undefined],
    ["020852014\n", undefined],
    ["-1\n", undefined],
    ["<html>\n", undefined],
  ])("the answer %j is read as the size %s", (text, size) => expect(parseSizeAnswer(text)).toBe(size));
});

describe("evidence of a split view", () => {
  const log = new TestLog();
  log.fill(100);
  const early = { size: log.size, root: log.root };
  const view = { old: early.size, proof: [], note: log.checkpoint() };
  const split = { root: early.root, view };

  it("evidence is read where its checkpoint extends its root", () => {
    const evidence: unknown = JSON.parse(JSON.stringify(formatEvidence(split)));
    expect(parseEvidence(evidence)).toMatchObject({ ...split, checkpoint: early });
  });

  it.each<[string, () => unknown, ErrorCode]>([
    ["no content", () => undefined, "NOTE_SYNTAX"],
    ["a text", () => "split", "NOTE_SYNTAX"],
    ["no root", () => ({ ...formatEvidence(split), root: undefined }), "NOTE_SYNTAX"],
    ["a root of 3 bytes", () => ({ ...formatEvidence(split), root: "AAAA" }), "NOTE_SYNTAX"],
    ["no view", () => ({ ...formatEvidence(split), view: 1 }), "NOTE_SYNTAX"],
    ["another root", () => formatEvidence({ ...split, root: new Uint8Array(32) }), "PROOF_INVALID"],
    [
      "a size beyond the checkpoint",
      () => formatEvidence({ ...split, view: { ...view, old: 101 } }),
      "PROOF_SHAPE",
    ],
    [
      "an extra hash",
      () => formatEvidence({ ...split, view: { ...view, proof: [early.root] } }),
      "PROOF_SHAPE",
    ],
  ])("evidence with %s is refused", (_, make, code) => {
    expect(() => parseEvidence(make())).toThrowCode(code);
  });
});

describe("an extension", () => {
  const root = new Uint8Array(32);

  it("an extension of the empty tree has no proof, and is refused with one", () => {
    expect(() => verifyExtension({ size: 0, root }, { size: 5, root }, [])).not.toThrow();
    expect(() => verifyExtension({ size: 0, root }, { size: 5, root }, [root])).toThrowCode("PROOF_SHAPE");
  });

  it("an extension to the same size requires the same root", () => {
    expect(() => verifyExtension({ size: 5, root }, { size: 5, root }, [])).not.toThrow();
    const other = { size: 5, root: root.with(0, 1) };
    expect(() => verifyExtension({ size: 5, root }, other, [])).toThrowCode("PROOF_INVALID");
  });
});

it("a note has one signature of each key: the newest cosignature, and the first signature without a time", () => {
  const { note } = parseCosignatureRequest(EXAMPLE);
  const [first, newer, oldest] = [5, 6, 1].map((time) => cosign(note.text, cosignerOf("w"), time));
  const other = cosign(note.text, cosignerOf("v"), 3);
  if (first === undefined || newer === undefined || oldest === undefined) throw new RangeError("three");
  const cosigned = withCosignatures(note, [first]);
  const again = note.signatures.map((each) => ({ ...each, signature: new Uint8Array(64) }));
  expect(withCosignatures(cosigned, [oldest, ...again, newer, other]).signatures).toEqual([
    ...note.signatures,
    newer,
    other,
  ]);
});
