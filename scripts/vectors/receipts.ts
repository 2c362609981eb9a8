/** Lists the cases of receipts and of their offline verification. */
import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { concat, fromBase64, toBase64, toHex } from "../../src/core/bytes.ts";
import { formatDigest } from "../../src/core/digest.ts";
import { encodeEntry, type Entry } from "../../src/core/entry.ts";
import type { ErrorCode } from "../../src/core/errors.ts";
import { formatDirectory } from "../../src/log/directory.ts";
import { EMPTY_ROOT } from "../../src/log/hash.ts";
import { formatLogProof } from "../../src/log/log-proof.ts";
import { formatVerifierKey } from "../../src/log/note.ts";
import { formatReceipt, type DirectoryPart, type Receipt, type ReceiptExtra } from "../../src/log/receipt.ts";
import type { Input } from "../../test/conformance/judge.ts";
import { TIME, TestLog, type TestOperator } from "../../test/support/log/receipts.ts";
import { ascii, bytesOf, edit, flipped, type Case } from "./case.ts";
import { OPEN, PERSONAL, POLICY, RECEIPT, SALT, SAMPLE, offline, sampleLog } from "./sample.ts";

const { log, registration, open, blinded } = SAMPLE;
const [SHENZHEN, HONG_KONG] = log.operators;
const TEXT = formatReceipt(RECEIPT);

/** A tree of one entry, whose proof has no hash. */
const single = new TestLog();
single.document(OPEN[0]);

const proof = (text: string): { proof: string } => ({ proof: text });
const cut = (from: string | RegExp, to: string): { proof: string } => proof(edit(TEXT, from, to));

export const LOG_PROOFS: readonly Case[] = [
  ["a proof with extra data", proof(TEXT)],
  ["a proof without extra data", cut(/^extra .*\n/m, "")],
  ["extra data of no bytes", cut(/^extra .*$/m, "extra ")],
  [
    "a tree of one entry, whose proof has no hash",
    proof(formatLogProof({ ...single.receipt(0), extra: ascii("{}") })),
  ],
  ["another first line", cut("tlog-proof", "tlog-prooF"), "RECEIPT_SYNTAX"],
  ["no first line", cut(/^[^\n]*\n/, ""), "RECEIPT_SYNTAX"],
  ["nothing", proof(""), "RECEIPT_SYNTAX"],
  ["a byte order mark", proof(`\uFEFF${TEXT}`), "RECEIPT_SYNTAX"],
  ["carriage returns", proof(TEXT.replaceAll("\n", "\r\n")), "RECEIPT_SYNTAX"],
  ["no index", cut(/^index .*\n/m, ""), "RECEIPT_SYNTAX"],
  ["a zero before the index", cut("index ", "index 0"), "RECEIPT_SYNTAX"],
  ["a sign before the index", cut("index ", "index +"), "RECEIPT_SYNTAX"],
  ["two indexes", cut(/^index .*\n/m, "$&$&"), "RECEIPT_SYNTAX"],
  ["a hash of 31 bytes", cut(/(index .*\n)[^\n]*/, `$1${btoa("x".repeat(31))}`), "RECEIPT_SYNTAX"],
  ["a hash in hexadecimal", cut(/(index .*\n)[^\n]*/, `$1${toHex(SALT)}`), "RECEIPT_SYNTAX"],
  ["no empty line before the checkpoint", cut("\n\neip155", "\neip155"), "RECEIPT_SYNTAX"],
  ["no checkpoint", cut(/\n\n[^]*$/, "\n\n"), "RECEIPT_SYNTAX"],
  ["a checkpoint without signatures", cut(/\n\n—[^]*$/, "\n"), "RECEIPT_SYNTAX"],
  ["no last newline", proof(TEXT.trimEnd()), "RECEIPT_SYNTAX"],
  ["no UTF-8", { proofHex: toHex(concat(ascii(TEXT), Uint8Array.of(255))) }, "RECEIPT_SYNTAX"],
  [
    "no UTF-8 in a name that nobody knows",
    {
      proofHex: toHex(
        concat(ascii(`${TEXT}— `), Uint8Array.of(255), ascii(` ${btoa("key id, and more")}\n`)),
      ),
    },
    "RECEIPT_SYNTAX",
  ],
  ["version 2 of something else", cut("tlog-proof@v1", "tlog-prooF@v2"), "RECEIPT_SYNTAX"],
  ["more than 64 KiB", proof(TEXT.padEnd(65_537, "x")), "RECEIPT_TOO_LARGE"],
  ["version 2", cut("@v1", "@v2"), "RECEIPT_VERSION"],
  ["extra data that is no base64", cut("extra ", "extra *"), "RECEIPT_EXTRA"],
  ["an index of 2^53", cut(/index .*/, `index ${2 ** 53}`), "PROOF_SHAPE"],
  ["a size of 2^63", cut("\n64\n", `\n${2n ** 63n}\n`), "PROOF_SHAPE"],
  ["64 hashes", cut(/(index .*\n)/, `$1${`${btoa("x".repeat(32))}\n`.repeat(64)}`), "PROOF_SHAPE"],
];

const changed = (change: Partial<Receipt>): Input => offline({ ...RECEIPT, ...change });
const withExtra = (change: Partial<ReceiptExtra>): Input =>
  changed({ extra: { ...RECEIPT.extra, ...change } });
/** The bytes, the text and the JSON of the extra data, changed. */
const extraBytes = (change: (bytes: Uint8Array) => Uint8Array): Input =>
  offline(
    TEXT.replace(
      /^extra (.*)$/m,
      (_, encoded: string) => `extra ${toBase64(change(fromBase64(encoded) ?? SALT))}`,
    ),
  );
const extraText = (change: (text: string) => string): Input =>
  extraBytes((bytes) => ascii(change(new TextDecoder().decode(bytes))));
const json = (change: (extra: Record<string, unknown>) => unknown): Input =>
  extraText((text) => JSON.stringify(change(JSON.parse(text) as Record<string, unknown>)));
const entry = (change: (entry: Uint8Array) => Uint8Array): Input =>
  withExtra({ entry: change(RECEIPT.extra.entry) });
const proofOf = (change: (hashes: readonly Uint8Array[]) => readonly Uint8Array[]): Input =>
  changed({ proof: change(RECEIPT.proof) });
const part: DirectoryPart = { ...log.prove(registration.index), event: registration.event };
const directory = (change: Partial<DirectoryPart>): Input => withExtra({ directory: { ...part, ...change } });
/** Of institution 1, as the registration of the sample names it. */
const OFFICIAL = "CN:91440300MA00000000";
const expecting = (expectedIssuer: number | string, receipt: Input = offline()): Input => ({
  ...receipt,
  expectedIssuer,
});
const salted = (salt: Uint8Array | undefined): Input =>
  offline(log.receipt(blinded, { registration, ...(salt && { salt }) }), {
    digests: PERSONAL.map(formatDigest),
  });
/** A blinded entry of institution 2 whose commitment is bound to something else. */
const copied = (boundTo: { origin?: string; institution?: number }): Input => {
  const other = sampleLog();
  const index = other.log.document(PERSONAL[1], { salt: SALT, institution: 2, boundTo });
  return offline(other.log.receipt(index, { salt: SALT }), { digests: PERSONAL.map(formatDigest) });
};
const witnessed = (...by: readonly TestOperator[]): Input => changed({ checkpoint: log.checkpoint(...by) });
const signedAs = (claim: { origin?: string; size?: number; root?: Uint8Array }): Input =>
  changed({
    checkpoint: log.signed(
      { origin: log.origin, size: log.size, root: log.root, ...claim },
      ...log.operators,
    ),
  });
const foreign = (other: ReturnType<typeof sampleLog>): Input => offline(other.log.receipt(other.open));
/** A receipt with a proof of a rewritten log and the signatures of the original one. */
const rewritten = (): Input => {
  const other = sampleLog();
  other.log.fill(1);
  return changed({ proof: other.log.receipt(open).proof });
};

const refused = (code: ErrorCode, cases: Readonly<Record<string, Input>>): Case[] =>
  Object.entries(cases).map(([description, input]) => [description, input, code]);

export const RECEIPTS: readonly Case[] = [
  ["an open document", offline()],
  ["carriage returns before the line ends", offline(TEXT.replaceAll("\n", "\r\n"))],
  ["a byte order mark, blank lines, and no last newline", offline(`\uFEFF\n\n${TEXT.trimEnd()}`)],
  ["blank lines at the end", offline(`${TEXT}\n\r\n  \n`)],
  ["quoted by a mail", offline(TEXT.replace(/^(?=.)/gm, "> ").replace(/^$/gm, ">"))],
  ["quoted by a mail twice, and indented", offline(TEXT.replace(/^(?=.)/gm, "  > > "))],
  ["a blinded document, with its salt, by SM3", salted(SALT)],
  ["a blinded document of another institution", copied({})],
  ["digests in another order", offline(RECEIPT, { digests: [...OPEN].reverse().map(formatDigest) })],
  ["the digest of the entry's algorithm alone", offline(RECEIPT, { digests: [formatDigest(OPEN[0])] })],
  ["the expected issuer, by its id", expecting(1)],
  ["the expected issuer, by jurisdiction and official number", expecting(OFFICIAL)],
  ["an issuer expected by its id, and no directory part", expecting(1, withExtra({ directory: undefined }))],
  ...refused("ISSUER_MISMATCH", {
    "another issuer is expected, by its id": expecting(2),
    "another issuer is expected, by its official number": expecting(`${OFFICIAL}1`),
    "an issuer of another jurisdiction is expected": expecting(OFFICIAL.replace("CN", "HK")),
  }),
  ...refused("INSTITUTION_UNPROVEN", {
    "an issuer expected by its official number, and no directory part": expecting(
      OFFICIAL,
      withExtra({ directory: undefined }),
    ),
    "an issuer expected by its official number, and a directory part with another event": expecting(
      OFFICIAL,
      directory({ event: flipped(part.event, 100) }),
    ),
  }),
  ["a file beside it", withExtra({ file: { name: "报告.pdf", bytes: 5_000 } })],
  ["unknown members, which say nothing", json((extra) => ({ ...extra, more: { is: "ignored", v: 2 } }))],
  [
    "space between the members, and numbers of another form",
    extraText((text) => edit(text, '{"v":1,', '{ "v" : 1.0,\n')),
  ],
  ["a salt that an open document does not need", withExtra({ salt: SALT })],
  ["no directory part: the name is not known", withExtra({ directory: undefined })],
  ["a directory part of another institution", anotherInstitution()],
  ["a directory part with another proof", directory({ proof: [...part.proof].reverse() })],
  ["a directory part with another event", directory({ event: flipped(part.event, 100) })],
  ["a directory part whose event is cut off", directory({ event: part.event.slice(0, -32) })],
  ["a directory part that is no directory entry", directory(log.prove(0))],
  ["a directory part at another place", directory({ index: 4 })],
  ...refused("RECEIPT_EXTRA", {
    "no extra": offline(edit(TEXT, /^extra .*\n/m, "")),
    "an extra that is no JSON": offline(edit(TEXT, /^extra .*$/m, `extra ${btoa("{")}`)),
    "an extra that is a list": json(() => []),
    "no version": json(({ v: _, ...rest }) => rest),
    "version 0": json((extra) => ({ ...extra, v: 0 })),
    "a version that is a text": json((extra) => ({ ...extra, v: "1" })),
    "no entry": json(({ entry: _, ...rest }) => rest),
    "an entry in capitals": json((extra) => ({ ...extra, entry: toHex(RECEIPT.extra.entry).toUpperCase() })),
    "an entry of 79 bytes": entry((bytes) => bytes.slice(1)),
    "an entry of 64 bytes, as an inner node has": entry((bytes) => bytes.slice(16)),
    "an entry of version 2": entry((bytes) => bytes.with(0, 2)),
    "an entry of kind 6": entry((bytes) => bytes.with(1, 6)),
    "an entry that is a change of status": entry((bytes) => bytes.with(1, 2)),
    "an entry with an unknown flag": entry((bytes) => bytes.with(3, 4)),
    "a salt that is no hexadecimal": json((extra) => ({ ...extra, salt: "salt" })),
    "a salt that is null": json((extra) => ({ ...extra, salt: null })),
    "a salt of 31 bytes": salted(SALT.slice(1)),
    "a salt of no bytes": salted(new Uint8Array()),
    "a salt of 33 bytes that an open document does not need": json((extra) => ({
      ...extra,
      salt: "00".repeat(33),
    })),
    "two members of one name": extraText((text) => edit(text, "{", '{"v":1,')),
    "two members of one name, one of them escaped": extraText((text) => edit(text, "{", '{"\\u0076":1,')),
    "two members of one name, with an object between them": extraText((text) =>
      edit(text, "{", '{"v":1,"more":{},'),
    ),
    "two members of one name within the directory part": extraText((text) =>
      edit(text, '"index":', '"index":3,"index":'),
    ),
    "a byte order mark before the extra": extraText((text) => `\uFEFF${text}`),
    "an extra that is no UTF-8": extraBytes((bytes) => concat(bytes.slice(0, -1), Uint8Array.of(255, 125))),
    "an extra with more after its end": extraText((text) => `${text}{}`),
    "a directory part that is a text": json((extra) => ({ ...extra, directory: "name" })),
    "a directory part without proof": json((extra) => ({
      ...extra,
      directory: { entry: "00", index: 0, event: "00" },
    })),
    "an extra that is null": json(() => null),
    "a directory part that is null": json((extra) => ({ ...extra, directory: null })),
    "a directory part whose proof is a text": json(({ directory: before, ...extra }) => ({
      ...extra,
      directory: { ...(before as object), proof: "proof" },
    })),
    "a directory part with a hash of 31 bytes": directory({
      proof: [part.proof[0]?.slice(1) ?? SALT, ...part.proof.slice(1)],
    }),
    "a directory part at -1": directory({ index: -1 }),
    "a file whose name is a number": json((extra) => ({ ...extra, file: { name: 7, bytes: 1 } })),
    "a file of half a byte": json((extra) => ({ ...extra, file: { name: "a.pdf", bytes: 0.5 } })),
    "a file whose bytes are a text": json((extra) => ({ ...extra, file: { name: "a.pdf", bytes: "5" } })),
    "a file without name": json((extra) => ({ ...extra, file: { bytes: 1 } })),
  }),
  ["extra of version 2", json((extra) => ({ ...extra, v: 2 })), "RECEIPT_VERSION"],
  ...refused("DOCUMENT_MISMATCH", {
    "another file": offline(RECEIPT, { digests: PERSONAL.map(formatDigest) }),
    "no digest of the entry's algorithm": offline(RECEIPT, { digests: [formatDigest(OPEN[1])] }),
    "the same bytes as a digest of another algorithm": offline(RECEIPT, {
      digests: [`sm3:${toHex(OPEN[0].bytes)}`],
    }),
    "another payload in the entry": entry((bytes) => flipped(bytes, 28)),
    "another algorithm in the entry": entry((bytes) => bytes.with(2, 2)),
    "another salt": salted(flipped(SALT)),
    "a commitment of another institution, copied": copied({ institution: 1 }),
    "a commitment of another registry, copied": copied({ origin: `eip155:31337:0x${"0b".repeat(20)}` }),
    "a commitment of another chain, copied": copied({ origin: `eip155:1:0x${"0a".repeat(20)}` }),
    "another entry of the log": offline({ ...log.receipt(open + 1) }),
  }),
  ["a blinded document without salt", salted(undefined), "SALT_MISSING"],
  ["an open document that says it is blinded", entry((bytes) => bytes.with(3, 1)), "SALT_MISSING"],
  ...refused("PROOF_INVALID", {
    "a hash changed": proofOf(([a = SALT, ...rest]) => [flipped(a), ...rest]),
    "the last hash changed": proofOf((hashes) => [...hashes.slice(0, -1), SALT]),
    "two hashes swapped": proofOf(([a = SALT, b = SALT, ...rest]) => [b, a, ...rest]),
    "a hash in the place of its neighbour": proofOf(([a = SALT, , ...rest]) => [a, a, ...rest]),
    "another index": changed({ index: open ^ 1 }),
    "another institution in the entry": entry((bytes) => bytes.with(7, 2)),
    "another document type in the entry": entry((bytes) => bytes.with(11, 2)),
    "another time in the entry": entry((bytes) => flipped(bytes, 19)),
    "another end in the entry": entry((bytes) => flipped(bytes, 27)),
    "another recorder in the entry": entry((bytes) => flipped(bytes, 79)),
    "a root that the log never had": signedAs({ root: bytesOf("another root") }),
  }),
  ...refused("PROOF_SHAPE", {
    "no hash": proofOf(() => []),
    "the first hash dropped": proofOf(([, ...rest]) => rest),
    "a hash more": proofOf((hashes) => [...hashes, SALT]),
    "the path of a larger log": rewritten(),
    "an index at the end of the log": changed({ index: log.size }),
    "a log of size 0": signedAs({ size: 0, root: EMPTY_ROOT }),
    "a log of size 1": signedAs({ size: 1 }),
    "a log of size 2^63": offline(edit(TEXT, "\n64\n", `\n${2n ** 63n}\n`)),
  }),
  ...refused("RECEIPT_OTHER_LOG", {
    "another chain": foreign(sampleLog({ chainId: 31_338 })),
    "another registry": foreign(sampleLog({ registry: `0x${"0b".repeat(20)}` })),
    "the name of another chain over the same signatures": offline(
      edit(TEXT, "\n\neip155:31337", "\n\neip155:31338"),
    ),
    "a log whose name is that of a status key, which is no registry's": ofStatusKey(),
  }),
  ...refused("SIGNATURE_INVALID", {
    "another size under the same signatures": offline(edit(TEXT, "\n64\n", "\n65\n")),
    "no signature of the log": changed({
      checkpoint: { ...RECEIPT.checkpoint, signatures: RECEIPT.checkpoint.signatures.slice(1) },
    }),
    "a signature of the log by another's key": changed({ checkpoint: forged(0) }),
    "a cosignature that is none": changed({ checkpoint: forged(1) }),
  }),
  ...refused("NOT_ENOUGH_WITNESSES", {
    "no witness": witnessed(),
    "its own operator's witness alone": witnessed(SHENZHEN),
    "one witness twice": witnessed(HONG_KONG, HONG_KONG),
    "witnesses of another log": witnessed(...sampleLog({ chainId: 31_338 }).log.operators),
  }),
  ["a checkpoint that is none", offline(edit(TEXT, "\n64\n", "\nsixty-four\n")), "RECEIPT_SYNTAX"],
];

function anotherInstitution(): Input {
  const other = sampleLog();
  const second = other.log.registration(2, "Sample Tiger Tally");
  const made = other.log.receipt(other.open, { registration: second });
  return offline(made);
}

function forged(which: number): Receipt["checkpoint"] {
  const { checkpoint } = RECEIPT;
  const signatures = checkpoint.signatures.map((each, i) =>
    i === which ? { ...each, signature: flipped(each.signature, 40) } : each,
  );
  return { ...checkpoint, signatures };
}

/** A checkpoint that is signed by a status key under the name of that key, which the policy has as that of a log too. */
function ofStatusKey(): Input {
  const origin = SHENZHEN.status.key.name;
  const made = log.signed({ origin, size: log.size, root: log.root }, ...log.operators);
  const own = {
    name: origin,
    keyId: SHENZHEN.status.key.id,
    signature: SHENZHEN.status.sign(ascii(made.text)),
  };
  const checkpoint = { ...made, signatures: [own, ...made.signatures.slice(1)] };
  const policy = `log ${formatVerifierKey(SHENZHEN.status.key)}\n${POLICY}`;
  return { ...changed({ checkpoint }), policy };
}

const registered = (event: Uint8Array, change: Partial<Entry> = {}): { event: string; entry: string } => ({
  event: toHex(event),
  entry: toHex(
    encodeEntry({
      kind: "directory",
      algorithm: undefined,
      blinded: false,
      governedAdmin: false,
      institution: 1,
      scene: 0,
      recordedAt: TIME,
      validUntil: 0,
      payload: sha256(event),
      recordedBy: `0x${"0a".repeat(20)}`,
      ...change,
    }),
  ),
});
/** The event with one of its 32-byte words replaced by a number. */
const word = (place: number, value: number): Uint8Array => {
  const changedEvent = part.event.slice();
  changedEvent.fill(0, 32 * (place + 1), 32 * (place + 2));
  new DataView(changedEvent.buffer).setBigUint64(32 * (place + 2) - 8, BigInt(value));
  return changedEvent;
};

/** An event that suspends institution 1: topic0, the institution, its state and the address that set it. */
const SUSPENDED = concat(
  keccak_256(ascii("InstitutionStateSet(uint64,uint32,uint8,uint64,address)")),
  ...[1, 2, 10].map((value) => Uint8Array.from([...new Uint8Array(31), value])),
);

export const REGISTRATIONS: readonly Case[] = [
  ["an institution that issues", registered(part.event)],
  ["an institution of both roles", registered(word(2, 3))],
  ["a name with a byte that is no UTF-8", registered(named(0xff))],
  ["a name with NUL", registered(named(0))],
  ["a name with an override", registered(named(0xe2, 0x80, 0xae))],
  ["an institution of no document type", registered(word(3, 0))],
  ["an institution of the last document type", registered(flipped(part.event, 32 * 4))],
  ...Object.entries({
    "another event than the entry's": registered(part.event, { payload: SALT }),
    "an entry that is a document": registered(part.event, { kind: "document", algorithm: "sha256" }),
    "another institution than the entry's": registered(part.event, { institution: 2 }),
    "another event of the contract": registered(flipped(part.event, 0)),
    "an event that is cut off": registered(part.event.slice(0, -64)),
    "an event of its topic alone": registered(part.event.slice(0, 32)),
    "no event": registered(new Uint8Array()),
    "an event of another kind": registered(SUSPENDED),
    "a text beyond the end": registered(word(8, 100_000)),
    "a text whose length begins in the last byte": registered(word(8, part.event.length - 33)),
    "a text at a place beyond 2^53": registered(flipped(part.event, 32 * 9)),
    "a text longer than the event": registered(word(18, 1_000)),
    "roles beyond 2^53": registered(flipped(part.event, 32 * 3)),
    "an institution beyond 2^53": registered(flipped(part.event, 33)),
  }).map(([description, input]): Case => [description, input, "INSTITUTION_UNPROVEN"]),
];

/** The event with these bytes at the beginning of its English name. */
function named(...bytes: number[]): Uint8Array {
  const event = Uint8Array.from(part.event);
  event.set(bytes, Buffer.from(event).indexOf("Shenzhen"));
  return event;
}

const OTHER = { ...registration, event: named(0xff), index: registration.index + 1 };
const DIRECTORY_FILE_OF_TWO = formatDirectory([registration, OTHER]);
const line = (json: object): string => `${JSON.stringify(json)}\n`;
const EVENT = toBase64(registration.event);

export const DIRECTORIES: readonly Case[] = [
  ["two events", { file: DIRECTORY_FILE_OF_TWO }],
  ["256 events", { file: formatDirectory(range(256)) }],
  ...Object.entries({
    "257 events": formatDirectory(range(257)),
    "a last line without its end": DIRECTORY_FILE_OF_TWO.slice(0, -1),
    "an empty line": `${DIRECTORY_FILE_OF_TWO}\n`,
    "an index twice": formatDirectory([registration, registration]),
    "indexes that fall": formatDirectory([OTHER, registration]),
    "an index that is a text": line({ index: "3", event: EVENT }),
    "an index below 0": line({ index: -1, event: EVENT }),
    "an index beyond 2^53": `{"index":9007199254740993,"event":"${EVENT}"}\n`,
    "no index": line({ event: EVENT }),
    "no event": line({ index: 3 }),
    "an event in base64url": line({ index: 3, event: "-_-_" }),
    "an event whose base64 has no padding": line({ index: 3, event: "AA" }),
    "a line that is no JSON": "index 3\n",
    "a line that is null": "null\n",
  }).map(([description, file]): Case => [description, { file }, "DIRECTORY_MALFORMED"]),
];

/** As many events of one byte. */
function range(count: number): { index: number; event: Uint8Array }[] {
  return Array.from({ length: count }, (_, i) => ({ index: 2 * i, event: Uint8Array.of(i % 256) }));
}
