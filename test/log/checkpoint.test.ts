import { describe, expect, it } from "vitest";
import { toBase64 } from "../../src/core/bytes.ts";
import { cosign, cosignedAt, formatCheckpoint, originOf, parseCheckpoint } from "../../src/log/checkpoint.ts";
import { EMPTY_ROOT, hashLeaf } from "../../src/log/hash.ts";
import { formatNote, parseNote, parseVerifierKey, signNote } from "../../src/log/note.ts";
import { cosignerOf, signerOf } from "../support/log/signers.ts";

const ORIGIN = originOf({
  chainId: 31_337,
  registry: "0x057612d6A1505106573e459180CFa768ef8F0a3C",
});
const ROOT = hashLeaf(Uint8Array.of(1));
const TEXT = formatCheckpoint({ origin: ORIGIN, size: 109_482, root: ROOT });
const TIME = 1_800_000_000;

describe("a checkpoint", () => {
  it("a checkpoint consists of the origin, the size and the root", () => {
    expect(TEXT).toBe(`eip155:31337:0x057612d6a1505106573e459180cfa768ef8f0a3c\n109482\n${toBase64(ROOT)}\n`);
    expect(parseCheckpoint(TEXT)).toEqual({ origin: ORIGIN, size: 109_482, root: ROOT });
  });

  it("extension lines of a checkpoint are ignored", () => {
    expect(parseCheckpoint(`${TEXT}more\n`)).toMatchObject({ size: 109_482 });
  });

  it.each([
    ["no origin", TEXT.replace(ORIGIN, "")],
    ["a size with a leading zero", TEXT.replace("109482", "0109482")],
    ["a size with a sign", TEXT.replace("109482", "+109482")],
    ["a size of 2^53", TEXT.replace("109482", String(2 ** 53))],
    ["a size in another script", TEXT.replace("109482", "１０９")],
    ["no size", TEXT.replace("109482", "")],
    ["a root of 31 bytes", formatCheckpoint({ origin: ORIGIN, size: 1, root: ROOT.subarray(1) })],
    ["a root in hexadecimal", `${ORIGIN}\n1\n${"ab".repeat(32)}\n`],
    ["a wrong root of an empty tree", formatCheckpoint({ origin: ORIGIN, size: 0, root: ROOT })],
    ["an extra empty line", `${TEXT}\n`],
    ["no last newline", TEXT.trimEnd()],
  ])("a checkpoint with %s is refused with NOTE_SYNTAX", (_, text) => {
    expect(() => parseCheckpoint(text)).toThrowCode("NOTE_SYNTAX");
  });

  it("the checkpoint of an empty log has the root of an empty tree", () => {
    const empty = { origin: ORIGIN, size: 0, root: EMPTY_ROOT };
    expect(parseCheckpoint(formatCheckpoint(empty))).toEqual(empty);
  });
});

describe("a cosignature", () => {
  const witness = cosignerOf(`${ORIGIN}/witness/2`);
  const note = (...times: number[]): ReturnType<typeof parseNote> =>
    parseNote(
      formatNote({
        text: TEXT,
        signatures: [signNote(TEXT, signerOf(ORIGIN)), ...times.map((time) => cosign(TEXT, witness, time))],
      }),
    );

  it("a cosignature has its time; of several the latest counts", () => {
    expect(cosignedAt(note(TIME), witness.key)).toBe(TIME);
    expect(cosignedAt(note(TIME, TIME + 60, TIME - 60), witness.key)).toBe(TIME + 60);
    expect(cosignedAt(note(), witness.key)).toBeUndefined();
  });

  it("a cosignature verifies for its text, its time and its key only", () => {
    const [signed, cosigned] = note(TIME).signatures;
    if (signed === undefined || cosigned === undefined) throw new RangeError("two signatures");
    const other = formatCheckpoint({ origin: ORIGIN, size: 109_483, root: ROOT });
    expect(() => cosignedAt({ text: other, signatures: [cosigned] }, witness.key)).toThrowCode(
      "SIGNATURE_INVALID",
    );
    for (let byte = 0; byte < cosigned.signature.length; byte++) {
      const signature = Uint8Array.from(cosigned.signature);
      signature[byte] = (signature[byte] ?? 0) ^ 1;
      const changed = { text: TEXT, signatures: [signed, { ...cosigned, signature }] };
      expect(() => cosignedAt(changed, witness.key)).toThrowCode("SIGNATURE_INVALID");
    }
    const short = { ...cosigned, signature: cosigned.signature.subarray(1) };
    expect(() => cosignedAt({ text: TEXT, signatures: [short] }, witness.key)).toThrowCode(
      "SIGNATURE_INVALID",
    );
  });

  it("a plain signature by the same secret key is not a cosignature", () => {
    const plain = signerOf(`${ORIGIN}/witness/2`);
    expect(plain.key.id).not.toEqual(witness.key.id);
    expect(cosignedAt(note(TIME), plain.key)).toBeUndefined();
  });

  it("a cosignature signs a header, the time and the note's text, as the specification requires", () => {
    // Ed25519 signatures are deterministic (RFC 8032)
    const signed = cosign(TEXT, witness, TIME);
    const by = signNote(`cosignature/v1\ntime ${TIME}\n${TEXT}`, witness);
    expect(signed.signature.subarray(8)).toEqual(by.signature);
    expect(new DataView(signed.signature.buffer, signed.signature.byteOffset).getBigUint64(0)).toBe(
      BigInt(TIME),
    );
  });
});

it("the vkey of a cosigner has type 4", () => {
  const key = cosignerOf("w").key;
  expect(key.type).toBe(4);
  expect(() => parseVerifierKey(`w+00000000+${toBase64(Uint8Array.of(4, ...key.publicKey))}`)).toThrowCode(
    "NOTE_SYNTAX",
  );
});
