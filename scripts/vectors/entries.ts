/** Lists the cases of digests and log entries. */
import { toHex } from "../../src/core/bytes.ts";
import { formatDigest } from "../../src/core/digest.ts";
import { encodeEntry, encodeStatus, type Entry, type StatusChange } from "../../src/core/entry.ts";
import { MAX_TIME } from "../../src/core/units.ts";
import { bytesOf, digestsOf, type Case } from "./case.ts";

const [SHA256, SM3] = digestsOf("a report");
const HEX = toHex(SHA256.bytes);

const digest = (text: string): { digest: string } => ({ digest: text });

export const DIGESTS: readonly Case[] = [
  ["SHA-256", digest(formatDigest(SHA256))],
  ["SM3", digest(formatDigest(SM3))],
  ["upper case, which is read as lower case", digest(`sha256:${HEX.toUpperCase()}`)],
  ["63 digits", digest(`sha256:${HEX.slice(1)}`), "DIGEST_LENGTH"],
  ["65 digits", digest(`sha256:${HEX}0`), "DIGEST_LENGTH"],
  ["a letter that is no digit", digest(`sha256:${HEX.slice(1)}g`), "DIGEST_NOT_HEX"],
  ["a full-width digit", digest(`sha256:${HEX.slice(1)}１`), "DIGEST_NOT_HEX"],
  ["a newline at the end", digest(`sha256:${HEX}\n`), "DIGEST_NOT_HEX"],
  ["base64", digest("sha256:u7vtgANbU02S8AQe0/Va1PqhVs0XEp+9pZzUDhZ9sMo="), "DIGEST_NOT_HEX"],
  ["the prefix 0x", digest(`sha256:0x${HEX.slice(2)}`), "DIGEST_FORMAT"],
  ["no algorithm", digest(HEX), "DIGEST_FORMAT"],
  ["an algorithm that is not known", digest(`sha512:${HEX}`), "ALGORITHM_UNSUPPORTED"],
  ["the length of SHA-1", digest(`sha256:${HEX.slice(24)}`), "ALGORITHM_UNSUPPORTED"],
  ["zeros", digest(`sha256:${"0".repeat(64)}`), "DIGEST_ZERO"],
];

const blinded = (of: string, salt: Uint8Array): { digest: string; salt: string } => ({
  digest: of,
  salt: toHex(salt),
});

export const BLINDINGS: readonly Case[] = [
  ["SHA-256", blinded(formatDigest(SHA256), bytesOf("salt"))],
  ["SM3", blinded(formatDigest(SM3), bytesOf("salt"))],
  ["the same digest under another salt", blinded(formatDigest(SHA256), bytesOf("another salt"))],
  ["the same bytes as a digest of the other algorithm", blinded(`sm3:${HEX}`, bytesOf("salt"))],
  ["a salt of zeros", blinded(formatDigest(SHA256), new Uint8Array(32))],
  ["a digest that is none", blinded("sha256:00", bytesOf("salt")), "DIGEST_LENGTH"],
];

const DOCUMENT: Entry = {
  kind: "document",
  algorithm: "sha256",
  blinded: false,
  governedAdmin: false,
  institution: 1,
  scene: 1,
  recordedAt: 1_800_000_000,
  validUntil: 1_807_776_000,
  payload: SHA256.bytes,
  recordedBy: `0x${"0a".repeat(20)}`,
};
const PLAIN: Entry = { ...DOCUMENT, algorithm: undefined, scene: 0, validUntil: 0 };
const REVOKED: StatusChange = { document: 8, action: "revoke", reason: "other", successor: undefined };

const entry = (bytes: Uint8Array): { entry: string } => ({ entry: toHex(bytes) });
const of = (change: Partial<Entry>): { entry: string } => entry(encodeEntry({ ...DOCUMENT, ...change }));
const status = (change: Partial<StatusChange>, edit = (payload: Uint8Array): Uint8Array => payload) =>
  entry(encodeEntry({ ...PLAIN, kind: "status", payload: edit(encodeStatus({ ...REVOKED, ...change })) }));
/** The document's entry with bytes replaced from `at` on. */
const put = (at: number, ...bytes: readonly number[]): { entry: string } => {
  const changed = encodeEntry(DOCUMENT);
  changed.set(bytes, at);
  return entry(changed);
};
const MAX_U64 = new Array<number>(8).fill(255);

export const ENTRIES: readonly Case[] = [
  ["a document", of({})],
  ["a document by its SM3 digest, without end", of({ algorithm: "sm3", payload: SM3.bytes, validUntil: 0 })],
  ["a document under an admin that governance put in place", of({ governedAdmin: true })],
  ["the same, blinded", of({ blinded: true, governedAdmin: true, scene: 2 })],
  ["a blinded document", of({ blinded: true, scene: 2, payload: bytesOf("commitment") })],
  [
    "the largest numbers that there are",
    of({ institution: 2 ** 32 - 1, scene: 2 ** 32 - 1, recordedAt: MAX_TIME, validUntil: MAX_TIME }),
  ],
  ["a revocation", status({})],
  ["a suspension", status({ action: "suspend", reason: "court-or-regulator-order" })],
  ["a reinstatement", status({ action: "reinstate", reason: "issued-in-error" })],
  ["a supersession", status({ action: "supersede", reason: "content-corrected", successor: 65_537 })],
  ["a supersession by entry 0", status({ action: "supersede", reason: "content-corrected", successor: 0 })],
  ["a consent", entry(encodeEntry({ ...PLAIN, kind: "consent", algorithm: "sha256", blinded: true }))],
  [
    "a verification",
    entry(encodeEntry({ ...PLAIN, kind: "verification", algorithm: "sha256", blinded: true })),
  ],
  ["a change of the directory", entry(encodeEntry({ ...PLAIN, kind: "directory", institution: 0 }))],
  ["no bytes", entry(new Uint8Array()), "ENTRY_MALFORMED"],
  ["79 bytes", entry(encodeEntry(DOCUMENT).slice(1)), "ENTRY_MALFORMED"],
  ["81 bytes", entry(Uint8Array.of(...encodeEntry(DOCUMENT), 0)), "ENTRY_MALFORMED"],
  ["version 0", put(0, 0), "ENTRY_MALFORMED"],
  ["version 2", put(0, 2), "ENTRY_MALFORMED"],
  ["kind 0", put(1, 0), "ENTRY_MALFORMED"],
  ["kind 6", put(1, 6), "ENTRY_MALFORMED"],
  ["algorithm 3", put(2, 3), "ENTRY_MALFORMED"],
  ["an unknown flag", put(3, 4), "ENTRY_MALFORMED"],
  ["an unknown flag beside blinded", put(3, 129), "ENTRY_MALFORMED"],
  ["recordedAt beyond the year 9999", put(12, 0, 0, 0, 0x3a, 0xff, 0xf4, 0x41, 0x80), "ENTRY_MALFORMED"],
  ["the largest recordedAt that 8 bytes hold", put(12, ...MAX_U64), "ENTRY_MALFORMED"],
  ["validUntil beyond the year 9999", put(20, 0, 0, 0, 0x3a, 0xff, 0xf4, 0x41, 0x80), "ENTRY_MALFORMED"],
  ["a status of action 0", status({}, (payload) => payload.with(8, 0)), "ENTRY_MALFORMED"],
  ["a status of action 5", status({}, (payload) => payload.with(8, 5)), "ENTRY_MALFORMED"],
  ["a status of reason 0", status({}, (payload) => payload.with(9, 0)), "ENTRY_MALFORMED"],
  ["a status of reason 7", status({}, (payload) => payload.with(9, 7)), "ENTRY_MALFORMED"],
  ["a status of a document beyond 2^53", status({}, (payload) => payload.with(0, 1)), "ENTRY_MALFORMED"],
  ["a revocation with a successor", status({}, (payload) => payload.with(17, 1)), "ENTRY_MALFORMED"],
  [
    "a supersession by an entry beyond 2^53",
    status({ action: "supersede" }, (payload) => payload.with(10, 1)),
    "ENTRY_MALFORMED",
  ],
  ["a status with a byte after its 18", status({}, (payload) => payload.with(18, 1)), "ENTRY_MALFORMED"],
  ["a status with a last byte", status({}, (payload) => payload.with(31, 1)), "ENTRY_MALFORMED"],
];
