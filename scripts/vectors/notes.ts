/** Lists the cases of note keys, signatures and cosignatures. */
import { ed25519 } from "@noble/curves/ed25519.js";
import { concat, toBase64, toHex } from "../../src/core/bytes.ts";
import { cosign, formatCheckpoint, keyNames, originOf } from "../../src/log/checkpoint.ts";
import { EMPTY_ROOT } from "../../src/log/hash.ts";
import {
  SIGNATURE_TYPES,
  formatNote,
  formatVerifierKey,
  signNote,
  verifierKey,
  type NoteSignature,
  type NoteSigner,
} from "../../src/log/note.ts";
import { formatCosignatureRequest } from "../../src/log/witness.ts";
import { TIME } from "../../test/support/log/receipts.ts";
import { ed25519Edges } from "../../test/support/log/ed25519-edges.ts";
import { signerOf } from "../../test/support/log/signers.ts";
import { ascii, bytesOf, edit, type Case } from "./case.ts";

const ALICE = signerOf("example.com/alice");
const BOB = signerOf("example.com/bob");
const VKEY = formatVerifierKey(ALICE.key);

const vkey = (text: string): { vkey: string } => ({ vkey: text });
const made = (name: string, type: number, publicKey: Uint8Array): { vkey: string } =>
  vkey(formatVerifierKey(verifierKey({ name, type, publicKey })));

/** From the text of C2SP signed-note. */
const SPECIFIED = {
  vkey: "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
  note: "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n",
};

export const KEYS: readonly Case[] = [
  ["the example of C2SP signed-note", vkey(SPECIFIED.vkey)],
  ["a key that signs notes", vkey(VKEY)],
  ["a key that cosigns", made("example.com/w", SIGNATURE_TYPES.cosignature, ALICE.key.publicKey)],
  ["another name, and the same id", vkey(VKEY.replace("alice", "alibe")), "NOTE_SYNTAX"],
  ["another id", vkey(VKEY.replace(/\+[0-9a-f]{8}\+/, "+00000000+")), "NOTE_SYNTAX"],
  ["an id in capitals", vkey(VKEY.replace(/\+[0-9a-f]{8}\+/, (id) => id.toUpperCase())), "NOTE_SYNTAX"],
  ["no id", vkey(VKEY.replace(/\+[0-9a-f]{8}/, "")), "NOTE_SYNTAX"],
  ["no name", vkey(VKEY.slice(VKEY.indexOf("+"))), "NOTE_SYNTAX"],
  ["a space in the name", made("example.com/a b", 1, ALICE.key.publicKey), "NOTE_SYNTAX"],
  ["31 bytes", made("example.com/alice", 1, ALICE.key.publicKey.slice(1)), "NOTE_SYNTAX"],
  ["33 bytes", made("example.com/alice", 1, concat(ALICE.key.publicKey, Uint8Array.of(0))), "NOTE_SYNTAX"],
  [
    "a type that is not known, with an id of another rule",
    vkey(`example.com/alice+01020304+${toBase64(bytesOf("x").with(0, 2))}`),
  ],
  ["a space that is not seen in the name", made("example.com/a\u200bb", 1, ALICE.key.publicKey)],
  ["a wide space in the name", made("example.com/a\u3000b", 1, ALICE.key.publicKey), "NOTE_SYNTAX"],
  ["base64 that is cut off", vkey(VKEY.slice(0, -1)), "NOTE_SYNTAX"],
  ["nothing", vkey(""), "NOTE_SYNTAX"],
];

const TEXT = "This is what Alice signed.\n";
const signature = signNote(TEXT, ALICE);
const SIGNED = formatNote({ text: TEXT, signatures: [signature] });
const note = (text: string, by = VKEY): { note: string; vkey: string } => ({ note: text, vkey: by });
const signed = (...signatures: readonly NoteSignature[]): { note: string; vkey: string } =>
  note(formatNote({ text: TEXT, signatures }));
const withSignature = (bytes: Uint8Array): { note: string; vkey: string } =>
  signed({ ...signature, signature: bytes });

/** The order of the group of Ed25519, little-endian: S and S + L satisfy the same equation, and RFC 8032 takes only S. */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
function malleated(bytes: Uint8Array): Uint8Array {
  const s = BigInt(`0x${toHex(bytes.slice(32).reverse())}`) + ORDER;
  const hex = s.toString(16).padStart(64, "0");
  return concat(bytes.slice(0, 32), Uint8Array.from(Buffer.from(hex, "hex")).reverse());
}

/** A stranger's line under this name. */
const named = (name: string): NoteSignature => ({ ...signNote(TEXT, BOB), name });
const EDGES = ed25519Edges(TEXT);

/** A key of small order: by the laxer rules of some Ed25519 libraries, this signature is valid for every text. */
const IDENTITY = new Uint8Array(32).with(0, 1);
const ANYBODY = verifierKey({ name: "example.com/anybody", type: 1, publicKey: IDENTITY });
const OF_ANYBODY = {
  name: ANYBODY.name,
  keyId: ANYBODY.id,
  signature: concat(IDENTITY, new Uint8Array(32)),
};

/** R = [2]B and S = 2: what is subtracted for this key is nothing. */
const TWICE = concat(ed25519.Point.BASE.multiply(2n).toBytes(), new Uint8Array(32).with(0, 2));
/** The same public key as one that cosigns. */
const COSIGNING = verifierKey({ ...ALICE.key, type: SIGNATURE_TYPES.cosignature });

export const NOTES: readonly Case[] = [
  ["the example of C2SP signed-note", SPECIFIED],
  ["one signature", note(SIGNED)],
  ["a signature of a stranger beside it", signed(signature, signNote(TEXT, BOB))],
  ["two signatures of one key", signed(signature, signature)],
  ["a signature of a stranger alone, which is no fault and no signature", signed(signNote(TEXT, BOB))],
  [
    "the key's name with another id, which is another key's",
    signed({ ...signature, keyId: bytesOf("id").slice(0, 4) }),
  ],
  [
    "an empty line in the text",
    note(formatNote({ text: "a\n\nb\n", signatures: [signNote("a\n\nb\n", ALICE)] })),
  ],
  [
    "another script in the text",
    note(formatNote({ text: "虎符\n", signatures: [signNote("虎符\n", ALICE)] })),
  ],
  ["the key's id with another name, which is another key's", signed({ ...signature, name: BOB.key.name })],
  ["no empty line", note(edit(SIGNED, "\n\n", "\n")), "NOTE_SYNTAX"],
  ["no signature", note(`${TEXT}\n`), "NOTE_SYNTAX"],
  ["no text", note(edit(SIGNED, TEXT, "")), "NOTE_SYNTAX"],
  ["no last newline", note(SIGNED.trimEnd()), "NOTE_SYNTAX"],
  ["an empty line at the end", note(`${SIGNED}\n`), "NOTE_SYNTAX"],
  ["carriage returns", note(SIGNED.replaceAll("\n", "\r\n")), "NOTE_SYNTAX"],
  ["a tab in the text", note(edit(SIGNED, " ", "\t")), "NOTE_SYNTAX"],
  ["a hyphen for the dash", note(edit(SIGNED, "—", "-")), "NOTE_SYNTAX"],
  ["two spaces after the dash", note(edit(SIGNED, "— ", "—  ")), "NOTE_SYNTAX"],
  ["a plus sign in a name", note(edit(SIGNED, "alice", "al+ce")), "NOTE_SYNTAX"],
  ["base64 without its padding", note(edit(SIGNED, /=+\n$/, "\n")), "NOTE_SYNTAX"],
  ["base64 with bits left over", note(edit(SIGNED, /.=\n$/, "B=\n")), "NOTE_SYNTAX"],
  ["a key id and nothing else", withSignature(new Uint8Array()), "NOTE_SYNTAX"],
  ["65 signatures", signed(...new Array<NoteSignature>(65).fill(signature)), "NOTE_SYNTAX"],
  ...["\u200b", "\u2060", "\ufeff", "\u202e", "\u007f", "\u0084", "\ue000", "\u{e0001}"].map((c): Case => [
    `a stranger with the character ${c.codePointAt(0)?.toString(16)} in its name beside it`,
    signed(signature, named(`example.com/b${c}b`)),
  ]),
  ...["\u0085", "\u00a0", "\u1680", "\u2003", "\u2028", "\u202f", "\u205f", "\u3000"].map((c): Case => [
    `a stranger with the space ${c.codePointAt(0)?.toString(16)} in its name`,
    signed(signature, named(`example.com/b${c}b`)),
    "NOTE_SYNTAX",
  ]),
  [
    "a control character in a stranger's name",
    signed(signature, named("example.com/b\u001bb")),
    "NOTE_SYNTAX",
  ],
  ["half a character in a stranger's name", signed(signature, named("example.com/b\ud800b")), "NOTE_SYNTAX"],
  [
    "a plain signature by a key that cosigns, which is no signature of this kind",
    note(
      formatNote({ text: TEXT, signatures: [{ ...signature, keyId: COSIGNING.id }] }),
      formatVerifierKey(COSIGNING),
    ),
  ],
  ["a character for the last newline", note(edit(SIGNED, /\n$/, "x")), "NOTE_SYNTAX"],
  [
    "a key of small order, whose signature is of every text",
    note(formatNote({ text: TEXT, signatures: [OF_ANYBODY] }), formatVerifierKey(ANYBODY)),
    "SIGNATURE_INVALID",
  ],
  [
    "a key of small order, and an R that is not",
    note(
      formatNote({ text: TEXT, signatures: [{ ...OF_ANYBODY, signature: TWICE }] }),
      formatVerifierKey(ANYBODY),
    ),
    "SIGNATURE_INVALID",
  ],
  ...EDGES.map(({ description, publicKey, signature: bytes, valid }): Case => {
    const key = verifierKey({ name: "example.com/edge", type: 1, publicKey });
    const by = { name: key.name, keyId: key.id, signature: bytes };
    const input = note(formatNote({ text: TEXT, signatures: [by] }), formatVerifierKey(key));
    return valid ? [description, input] : [description, input, "SIGNATURE_INVALID"];
  }),
  ["another text", note(edit(SIGNED, "Alice", "Bob")), "SIGNATURE_INVALID"],
  ["a space more in the text", note(edit(SIGNED, ".\n", ". \n")), "SIGNATURE_INVALID"],
  ["a signature of 63 bytes", withSignature(signature.signature.slice(1)), "SIGNATURE_INVALID"],
  [
    "a signature of 65 bytes",
    withSignature(concat(signature.signature, Uint8Array.of(0))),
    "SIGNATURE_INVALID",
  ],
  ["a signature of zeros", withSignature(new Uint8Array(64)), "SIGNATURE_INVALID"],
  ["S beyond the order of the group", withSignature(malleated(signature.signature)), "SIGNATURE_INVALID"],
  ["the signature of another key", withSignature(signNote(TEXT, BOB).signature), "SIGNATURE_INVALID"],
  [
    "a good signature and a bad one of one key",
    signed(signature, { ...signature, signature: new Uint8Array(64) }),
    "SIGNATURE_INVALID",
  ],
];

const ORIGIN = originOf({ chainId: 31_337, registry: `0x${"0a".repeat(20)}` });
const ROOT = bytesOf("root");
const CHECKPOINT = formatCheckpoint({ origin: ORIGIN, size: 109_482, root: ROOT });
const checkpoint = (text: string): { checkpoint: string } => ({ checkpoint: text });

export const CHECKPOINTS: readonly Case[] = [
  ["a checkpoint", checkpoint(CHECKPOINT)],
  ["a line more, which says nothing of the log", checkpoint(`${CHECKPOINT}more\n`)],
  ["an empty log", checkpoint(formatCheckpoint({ origin: ORIGIN, size: 0, root: EMPTY_ROOT }))],
  ["the largest size", checkpoint(edit(CHECKPOINT, "109482", String(Number.MAX_SAFE_INTEGER)))],
  ["no origin", checkpoint(edit(CHECKPOINT, ORIGIN, "")), "NOTE_SYNTAX"],
  ["a zero before the size", checkpoint(edit(CHECKPOINT, "109482", "0109482")), "NOTE_SYNTAX"],
  ["a sign before the size", checkpoint(edit(CHECKPOINT, "109482", "+109482")), "NOTE_SYNTAX"],
  ["a size in hexadecimal", checkpoint(edit(CHECKPOINT, "109482", "0x1aba")), "NOTE_SYNTAX"],
  ["a size of 2^53", checkpoint(edit(CHECKPOINT, "109482", String(2 ** 53))), "NOTE_SYNTAX"],
  ["no size", checkpoint(edit(CHECKPOINT, "109482", "")), "NOTE_SYNTAX"],
  [
    "a root of 31 bytes",
    checkpoint(edit(CHECKPOINT, toBase64(ROOT), toBase64(ROOT.slice(1)))),
    "NOTE_SYNTAX",
  ],
  ["a root in hexadecimal", checkpoint(edit(CHECKPOINT, toBase64(ROOT), toHex(ROOT))), "NOTE_SYNTAX"],
  ["an empty log with another root", checkpoint(edit(CHECKPOINT, "109482", "0")), "NOTE_SYNTAX"],
  ["two lines alone", checkpoint(edit(CHECKPOINT, /[^\n]*\n$/, "")), "NOTE_SYNTAX"],
  ["an empty line", checkpoint(`${CHECKPOINT}\n`), "NOTE_SYNTAX"],
  ["no last newline", checkpoint(CHECKPOINT.trimEnd()), "NOTE_SYNTAX"],
];

const WITNESS = signerOf(keyNames.witness(ORIGIN, 2), { type: SIGNATURE_TYPES.cosignature });
const cosigned = (...signatures: readonly NoteSignature[]): { note: string; vkey: string } => ({
  note: formatNote({ text: CHECKPOINT, signatures }),
  vkey: formatVerifierKey(WITNESS.key),
});
const at = (time: number): NoteSignature => cosign(CHECKPOINT, WITNESS, time);
const stamped = (change: (signature: Uint8Array) => Uint8Array): { note: string; vkey: string } => {
  const given = at(TIME);
  return cosigned({ ...given, signature: change(given.signature) });
};
/** What `signer` says of another message, as if it were its cosignature. */
const misused = (message: string, signer: NoteSigner = WITNESS): { note: string; vkey: string } =>
  stamped((signature) => concat(signature.slice(0, 8), signer.sign(ascii(message))));

export const COSIGNATURES: readonly Case[] = [
  ["a cosignature", cosigned(at(TIME))],
  ["two of one witness: the later time", cosigned(at(TIME), at(TIME + 60))],
  ["a key that signs notes, and signed this one", { ...cosigned(signNote(CHECKPOINT, ALICE)), vkey: VKEY }],
  ["a time of 0", cosigned(at(0))],
  ["of a stranger, which is no cosignature", cosigned(signNote(CHECKPOINT, ALICE))],
  ["a key that does not cosign", { ...cosigned(at(TIME)), vkey: VKEY }],
  ["another time", stamped((signature) => signature.with(7, 1)), "SIGNATURE_INVALID"],
  ["a time beyond 2^53", stamped((signature) => signature.with(0, 1)), "SIGNATURE_INVALID"],
  ["a time of 2^60, signed", cosigned(at(2 ** 60)), "SIGNATURE_INVALID"],
  ["one byte", stamped((signature) => signature.slice(0, 1)), "SIGNATURE_INVALID"],
  ["no time", stamped((signature) => signature.slice(8)), "SIGNATURE_INVALID"],
  ["a byte more", stamped((signature) => concat(signature, Uint8Array.of(0))), "SIGNATURE_INVALID"],
  ["a signature of the text alone", misused(CHECKPOINT), "SIGNATURE_INVALID"],
  [
    "a signature of another version",
    misused(`cosignature/v2\ntime ${TIME}\n${CHECKPOINT}`),
    "SIGNATURE_INVALID",
  ],
  [
    "a signature by another key",
    misused(`cosignature/v1\ntime ${TIME}\n${CHECKPOINT}`, BOB),
    "SIGNATURE_INVALID",
  ],
  [
    "another checkpoint",
    { ...cosigned(), note: edit(cosigned(at(TIME)).note, "109482", "109483") },
    "SIGNATURE_INVALID",
  ],
];

const LOG = signerOf(ORIGIN);
const HASHES = [bytesOf("one"), bytesOf("two")];
/** A request for a checkpoint of this text. */
const request = (text = CHECKPOINT, { old = 7, proof = HASHES } = {}): { request: string } => ({
  request: formatCosignatureRequest({ old, proof, note: { text, signatures: [signNote(text, LOG)] } }),
});
const edited = (...change: [RegExp | string, string]): { request: string } => ({
  request: edit(request().request, ...change),
});
const many = (count: number): { request: string } =>
  request(CHECKPOINT, { proof: new Array<Uint8Array>(count).fill(bytesOf("one")) });

export const COSIGNATURE_REQUESTS: readonly Case[] = [
  ["a request", request()],
  ["from the empty tree, without a proof", request(CHECKPOINT, { old: 0, proof: [] })],
  ["an old size above, which a witness refuses as it compares", request(CHECKPOINT, { old: 109_483 })],
  ["63 hashes", many(63)],
  [
    "an empty log with another root, which a witness refuses as it compares",
    request(edit(CHECKPOINT, "109482", "0")),
  ],
  ["64 hashes", many(64), "WITNESS_REQUEST"],
  ["a fourth line", request(`${CHECKPOINT}more\n`), "WITNESS_REQUEST"],
  ["40 kB of lines", request(`${CHECKPOINT}${`${"x".repeat(79)}\n`.repeat(500)}`), "WITNESS_REQUEST"],
  ["no old size", edited("old 7\n", ""), "WITNESS_REQUEST"],
  ["a zero before the old size", edited("old 7", "old 07"), "WITNESS_REQUEST"],
  ["two spaces before the old size", edited("old 7", "old  7"), "WITNESS_REQUEST"],
  ["an old size of 2^53", edited("old 7", `old ${2 ** 53}`), "WITNESS_REQUEST"],
  ["no empty line after the proof", edited("\n\n", "\n"), "WITNESS_REQUEST"],
  [
    "a hash of 31 bytes",
    edited(toBase64(bytesOf("one")), toBase64(bytesOf("one").slice(1))),
    "WITNESS_REQUEST",
  ],
  ["a hash in hexadecimal", edited(toBase64(bytesOf("one")), toHex(bytesOf("one"))), "WITNESS_REQUEST"],
  ["no signature", edited(/— .*\n/, ""), "WITNESS_REQUEST"],
  ["two lines of a checkpoint", edited(`${toBase64(ROOT)}\n`, ""), "WITNESS_REQUEST"],
  ["nothing", { request: "" }, "WITNESS_REQUEST"],
];
