import { generateKeyPairSync, sign } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toBase64 } from "../../src/core/bytes.ts";
import {
  SIGNATURE_TYPES,
  formatNote,
  formatVerifierKey,
  parseNote,
  parseVerifierKey,
  signNote,
  verifierKey,
  verifyNote,
} from "../../src/log/note.ts";
import { signerOf } from "../support/log/signers.ts";

/** The example of c2sp.org/signed-note. */
const EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const EXAMPLE = `This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
`;
const SIGNATURE = EXAMPLE.trimEnd().split("\n").at(-1) ?? "";

describe("a signed note", () => {
  it("the note of the specification verifies, and is written as it was read", () => {
    const key = parseVerifierKey(EXAMPLE_KEY);
    const note = parseNote(EXAMPLE);
    expect(verifyNote(note, key)).toBe(true);
    expect(formatNote(note)).toBe(EXAMPLE);
    expect(formatVerifierKey(key)).toBe(EXAMPLE_KEY);
  });

  it("a note signed by another implementation of Ed25519 verifies", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const raw = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
    const key = verifierKey({ name: "a.example/log", type: SIGNATURE_TYPES.ed25519, publicKey: raw });
    const signer = { key, sign: (message: Uint8Array) => sign(null, message, privateKey) };
    const text = "甲\n\nb\n";
    const note = parseNote(formatNote({ text, signatures: [signNote(text, signer)] }));
    expect(note.text).toBe(text);
    expect(verifyNote(note, key)).toBe(true);
  });

  it("signatures of unknown keys are ignored", () => {
    const unknown = signNote("This is an example message.\n", signerOf("example.com/foo"));
    const { text, signatures } = parseNote(EXAMPLE);
    const note = { text, signatures: [unknown, ...signatures] };
    expect(verifyNote(parseNote(formatNote(note)), parseVerifierKey(EXAMPLE_KEY))).toBe(true);
    expect(verifyNote({ text, signatures: [unknown] }, parseVerifierKey(EXAMPLE_KEY))).toBe(false);
  });

  it("a note with a wrong signature of a known key is refused, whatever other signatures it has", () => {
    const signer = signerOf("a");
    const good = signNote("a\n", signer);
    const bad = signNote("b\n", signer);
    for (const signatures of [[bad], [good, bad], [bad, good]])
      expect(() => verifyNote({ text: "a\n", signatures }, signer.key)).toThrowCode("SIGNATURE_INVALID");
  });

  it.each([
    ["no signatures", "a\n"],
    ["no empty line", `a\n${SIGNATURE}\n`],
    ["no last newline", `a\n\n${SIGNATURE}`],
    ["no text", `\n\n${SIGNATURE}\n`],
    ["an empty line at the end", `a\n\n${SIGNATURE}\n\n`],
    ["a tab", `a\tb\n\n${SIGNATURE}\n`],
    ["CRLF", EXAMPLE.replaceAll("\n", "\r\n")],
    ["a hyphen for the dash", EXAMPLE.replace("— ", "- ")],
    ["two spaces", EXAMPLE.replace("— ", "—  ")],
    ["a name with a plus", EXAMPLE.replace("example.com/foo", "example.com+foo")],
    ["a name with a wide space", EXAMPLE.replace("example.com/foo", "example.com\u3000foo")],
    ["no name", EXAMPLE.replace("example.com/foo ", "")],
    ["a signature that is not base64", EXAMPLE.replace("Uw2Q", "Uw2_")],
    ["a signature without padding", EXAMPLE.replace("aQM=", "aQM")],
    ["unused bits that are not zero", EXAMPLE.replace("aQM=", "aQN=")],
    ["a key id without a signature", `a\n\n— a ${toBase64(new Uint8Array(4))}\n`],
    ["65 signatures", `a\n\n${`${SIGNATURE}\n`.repeat(65)}`],
  ])("a note with %s is refused with NOTE_SYNTAX", (_, text) => {
    expect(() => parseNote(text)).toThrowCode("NOTE_SYNTAX");
  });

  it("any note is read as it was written", () => {
    const name = fc.stringMatching(/^[a-z0-9./:-]{1,20}$/);
    const signature = fc.record({
      name,
      keyId: fc.uint8Array({ minLength: 4, maxLength: 4 }),
      signature: fc.uint8Array({ minLength: 1, maxLength: 80 }),
    });
    const text = fc.array(fc.stringMatching(/^[ -~甲]{0,10}$/), { minLength: 1 });
    fc.assert(
      fc.property(text, fc.array(signature, { minLength: 1, maxLength: 16 }), (lines, signatures) => {
        const note = { text: `a${lines.join("\n")}\n`, signatures };
        expect(parseNote(formatNote(note))).toEqual(note);
      }),
    );
  });
});

/** By C2SP signed-note a name is not empty, and has no space of Unicode and no plus sign. */
describe("a stranger's line in a signed note", () => {
  const own = signerOf("example.com/own");
  const noteWith = (name: string): string =>
    formatNote({ text: "a\n", signatures: [signNote("a\n", own), { ...signNote("a\n", own), name }] });

  it.each([
    ["a zero-width space", "a\u200bb"],
    ["a word joiner", "a\u2060b"],
    ["a byte order mark", "a\ufeffb"],
    ["a right-to-left override", "a\u202eb"],
    ["a delete character", "a\u007fb"],
    ["a private character", "a\ue000b"],
    ["a character beyond the first plane", "a\u{1f409}b"],
  ])("a line whose name has %s is passed over, and stays", (_, name) => {
    const note = parseNote(noteWith(name));
    expect(verifyNote(note, own.key)).toBe(true);
    expect(formatNote(note)).toBe(noteWith(name));
  });

  it.each([
    ["a next-line character", "a\u0085b"],
    ["a space that does not break", "a\u00a0b"],
    ["a wide space", "a\u3000b"],
    ["a line separator", "a\u2028b"],
    ["an escape character", "a\u001bb"],
    ["half a character", "a\ud800b"],
    ["a plus sign", "a+b"],
  ])("a line whose name has %s makes the text no note", (_, name) => {
    expect(() => parseNote(noteWith(name))).toThrowCode("NOTE_SYNTAX");
  });
});

describe("a verifier key", () => {
  it("a key of a type that is not known is read, whatever its id, and verifies nothing", () => {
    const text = `a+00000000+${toBase64(Uint8Array.of(6, ...new Uint8Array(1_312)))}`;
    const key = parseVerifierKey(text);
    expect(formatVerifierKey(key)).toBe(text);
    const claimed = { name: key.name, keyId: key.id, signature: new Uint8Array(64) };
    expect(verifyNote({ text: "a\n", signatures: [claimed] }, key)).toBe(false);
  });

  it.each([
    ["an id of another key", EXAMPLE_KEY.replace("530d903a", "530d903b")],
    ["a short id", EXAMPLE_KEY.replace("530d903a", "530d903")],
    ["another name", EXAMPLE_KEY.replace("foo", "bar")],
    ["a name with a space", EXAMPLE_KEY.replace("/foo", " foo")],
    ["no name", EXAMPLE_KEY.replace("example.com/foo", "")],
    ["31 bytes", formatVerifierKey(verifierKey({ name: "a", type: 1, publicKey: new Uint8Array(31) }))],
    ["text that is not base64", EXAMPLE_KEY.replace("3U2k", "3U2")],
    ["no content", ""],
  ])("a verifier key with %s is refused with NOTE_SYNTAX", (_, text) => {
    expect(() => parseVerifierKey(text)).toThrowCode("NOTE_SYNTAX");
  });
});
