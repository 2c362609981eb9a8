/** Judges vectors: applies the code of each format to an input. */
import { fromHex, toHex } from "../../src/core/bytes.ts";
import { parseDigest } from "../../src/core/digest.ts";
import { decodeEntry, decodeStatus, encodeEntry, encodeStatus } from "../../src/core/entry.ts";
import { AppError, isAppError, type ErrorCode } from "../../src/core/errors.ts";
import { parseOfficialId, type ExpectedIssuer } from "../../src/core/official-id.ts";
import { commit } from "../../src/hash/blinding.ts";
import { formatAnswer, parseAnswerFile, verifyAnswer, type SignedAnswer } from "../../src/log/answer.ts";
import { BUNDLE, formatManifest, parseManifest, requireListed } from "../../src/log/container.ts";
import { convict } from "../../src/log/conviction.ts";
import { cosignedAt, formatCheckpoint, parseCheckpoint } from "../../src/log/checkpoint.ts";
import { formatDirectory, parseDirectory, payloadOfEvent } from "../../src/log/directory.ts";
import { hashLeaf } from "../../src/log/hash.ts";
import { formatLogProof, parseLogProof } from "../../src/log/log-proof.ts";
import {
  formatNote,
  formatVerifierKey,
  parseNote,
  parseVerifierKey,
  verifyNote,
} from "../../src/log/note.ts";
import { parsePolicy } from "../../src/log/policy.ts";
import { verifyConsistency, verifyInclusion } from "../../src/log/proof.ts";
import { JsonReader } from "../../src/log/proven-entry.ts";
import { parseReceipt } from "../../src/log/receipt.ts";
import { registrationOf } from "../../src/log/registration.ts";
import { formatStatement, openStatement, parseStatementFile } from "../../src/log/statement.ts";
import {
  decodeBundle,
  decodeTile,
  encodeBundle,
  encodeTile,
  parseTilePath,
  tilePath,
} from "../../src/log/tiles.ts";
import { formatCosignatureRequest, parseCosignatureRequest } from "../../src/log/witness.ts";
import { readZip, type ZipMember } from "../../src/log/zip.ts";
import { trustCheckpoint } from "../../src/log/trusted-checkpoint.ts";
import { verifyOffline, type OfflineAnswer } from "../../src/sdk/verify/offline.ts";

/** One file of test/vectors: an input, and the outcome that a verifier must give. */
export interface Vector {
  readonly format: Format;
  readonly description: string;
  /** Texts, bytes in hexadecimal, and numbers. */
  readonly input: Input;
  readonly expect: Outcome;
}
export type Input = Readonly<Record<string, string | number | readonly string[]>>;
/** The values read, bytes in hexadecimal; or the code of the refusal. */
export type Outcome = { readonly ok: unknown } | { readonly code: ErrorCode };
export type Format = keyof typeof JUDGES;

/** The outcome of this implementation. @throws any other error than an AppError: a crash */
export function judge({ format, input }: Pick<Vector, "format" | "input">): Outcome {
  try {
    return { ok: plain(JUDGES[format](new InputReader(input))) };
  } catch (error) {
    if (isAppError(error)) return { code: error.code };
    throw error;
  }
}

/** The members of an input, by their types. */
class InputReader {
  readonly #input: Input;

  constructor(input: Input) {
    this.#input = input;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#input, name);
  }

  hasFile(name: string): boolean {
    return this.has(name) || this.has(`${name}Hex`);
  }

  text(name: string): string {
    return String(this.#input[name]);
  }

  /** The bytes of a text, or of the member `<name>Hex`. */
  file(name: string): Uint8Array {
    return this.has(name) ? new TextEncoder().encode(this.text(name)) : fromHex(this.text(`${name}Hex`));
  }

  bytes(name: string): Uint8Array {
    return fromHex(this.text(name));
  }

  number(name: string): number {
    return Number(this.#input[name]);
  }

  list(name: string): readonly string[] {
    return this.#input[name] as readonly string[];
  }

  hashes(name: string): Uint8Array[] {
    return this.list(name).map(fromHex);
  }
}

const JUDGES = {
  digest: (given: InputReader) => parseDigest(given.text("digest")),
  blinding: (given: InputReader) =>
    commit(parseDigest(given.text("digest")), {
      salt: given.bytes("salt"),
      origin: given.text("origin"),
      institution: given.number("institution"),
    }),
  entry(given: InputReader) {
    const bytes = given.bytes("entry");
    const entry = decodeEntry(bytes);
    requireSame(toHex(encodeEntry(entry)), toHex(bytes));
    const change = entry.kind === "status" ? decodeStatus(entry.payload) : undefined;
    if (change !== undefined) requireSame(toHex(encodeStatus(change)), toHex(entry.payload));
    return { ...entry, change, leaf: hashLeaf(bytes) };
  },
  vkey(given: InputReader) {
    const key = parseVerifierKey(given.text("vkey"));
    requireSame(formatVerifierKey(key), given.text("vkey"));
    return key;
  },
  note(given: InputReader) {
    const note = parseNote(given.text("note"));
    requireSame(formatNote(note), given.text("note"));
    return { ...note, signed: verifyNote(note, parseVerifierKey(given.text("vkey"))) };
  },
  checkpoint(given: InputReader) {
    const checkpoint = parseCheckpoint(given.text("checkpoint"));
    requireSame(
      formatCheckpoint(checkpoint),
      given.text("checkpoint").split("\n").slice(0, 3).join("\n") + "\n",
    );
    return checkpoint;
  },
  cosignature: (given: InputReader) => ({
    at: cosignedAt(parseNote(given.text("note")), parseVerifierKey(given.text("vkey"))) ?? null,
  }),
  "cosignature-request": (given: InputReader) => {
    const request = parseCosignatureRequest(given.text("request"));
    if (formatCosignatureRequest(request) !== given.text("request"))
      throw new Error("it is not written as it was read");
    const { old, proof, checkpoint } = request;
    return { old, proof, checkpoint };
  },
  policy: (given: InputReader) => parsePolicy(given.text("policy")),
  "trusted-checkpoint"(given: InputReader) {
    const { signers, ...rest } = trustCheckpoint(parseNote(given.text("note")), {
      policy: parsePolicy(given.text("policy")),
      now: given.number("now"),
    });
    const cosigners = rest.cosigners.map(({ witness, at }) => ({ name: witness.name, at }));
    return { ...rest, signers: signers.map(formatVerifierKey), cosigners };
  },
  "tlog-proof"(given: InputReader) {
    const bytes = given.file("proof");
    const proof = parseLogProof(bytes);
    requireSame(formatLogProof(proof), new TextDecoder().decode(bytes));
    return proof;
  },
  receipt: (given: InputReader) => withoutSigners(offline(given)),
  "status-statement"(given: InputReader) {
    const answer = offline(given);
    if (answer.status instanceof AppError) throw answer.status;
    return { verdict: answer.verdict, status: answer.status && statusOf(answer.status) };
  },
  "signed-statement"(given: InputReader) {
    const { note, status } = parseStatementFile(given.file("statement"));
    const keys = given.list("vkeys").map(parseVerifierKey);
    const { signers, ...statement } = openStatement(note, keys);
    requireSame(formatStatement(statement), note.text);
    return { ...statement, signers: signers.map(formatVerifierKey), status };
  },
  "answer-note"(given: InputReader) {
    const { signers, ...note } = answerOf(given);
    requireSame(formatAnswer(note), parseAnswerFile(given.file("answer")).note.text);
    return { ...note, signers };
  },
  conviction: (given: InputReader) => ({
    convictions: convict(
      answerOf(given),
      given.list("evidence").map((text) => JSON_OF.proven(JSON.parse(text), "evidence")),
    ),
  }),
  registration: (given: InputReader) =>
    registrationOf(given.bytes("event"), decodeEntry(given.bytes("entry"))),
  directory(given: InputReader) {
    const events = parseDirectory(given.text("file"));
    requireSame(formatDirectory(events), given.text("file"));
    return { entries: events.map(({ index, event }) => ({ index, event, payload: payloadOfEvent(event) })) };
  },
  inclusion(given: InputReader) {
    const leaf = given.has("leaf") ? given.bytes("leaf") : hashLeaf(given.bytes("entry"));
    verifyInclusion({
      leafHash: leaf,
      index: given.number("index"),
      size: given.number("size"),
      proof: given.hashes("proof"),
      root: given.bytes("root"),
    });
    return { leaf };
  },
  consistency(given: InputReader) {
    verifyConsistency({
      first: given.number("first"),
      second: given.number("second"),
      proof: given.hashes("proof"),
      firstRoot: given.bytes("firstRoot"),
      secondRoot: given.bytes("secondRoot"),
    });
    return {};
  },
  "tile-path"(given: InputReader) {
    const tile = parseTilePath(given.text("path"));
    requireSame(tilePath(tile), given.text("path"));
    return tile;
  },
  tile(given: InputReader) {
    const hashes = decodeTile(given.bytes("tile"), { width: given.number("width") });
    requireSame(toHex(encodeTile(hashes)), given.text("tile"));
    return { hashes };
  },
  container: (given: InputReader) => containerOf(given.bytes("zip")),
  "entry-bundle"(given: InputReader) {
    const entries = decodeBundle(given.bytes("bundle"), { width: given.number("width") });
    requireSame(toHex(encodeBundle(entries)), given.text("bundle"));
    return { entries };
  },
};

/** The files of a ZIP, in the order of their data. */
function filesIn(zip: Uint8Array): readonly ZipMember[] {
  const reading = readZip(zip.length);
  let step = reading.next();
  while (step.done !== true) step = reading.next(zip.subarray(step.value.start, step.value.end));
  return step.value;
}

/** A container of stored files: each but the document is as its manifest lists it. */
function containerOf(zip: Uint8Array): object {
  const files = filesIn(zip);
  const contentOf = (name: string): Uint8Array => {
    const { start = 0, bytes = 0 } = files.find((file) => file.name === name) ?? {};
    return zip.subarray(start, start + bytes);
  };
  if (!files.some(({ name }) => name === BUNDLE.manifest)) return { files };
  const manifest = parseManifest(contentOf(BUNDLE.manifest));
  for (const member of manifest.members)
    if (!member.name.startsWith(`${BUNDLE.folder}/`)) requireListed(member, contentOf(member.name));
  return { files, manifest: formatManifest(manifest) };
}

const JSON_OF = new JsonReader((detail, at) => new AppError("PROOF_SHAPE", { detail, at }));

/** An answer note, verified by the questions in its file. */
function answerOf(given: InputReader): SignedAnswer {
  const window = {
    ...(given.has("from") ? { from: given.number("from") } : {}),
    ...(given.has("until") ? { until: given.number("until") } : {}),
  };
  return verifyAnswer({
    ...parseAnswerFile(given.file("answer")),
    keys: given.list("vkeys").map((vkey) => ({ key: parseVerifierKey(vkey), ...window })),
    origin: given.text("origin"),
    believed: given.has("size") ? { size: given.number("size"), root: given.bytes("root") } : undefined,
    now: given.number("now"),
    maxLag: given.number("maxLag"),
  });
}

/** A file's digests verified by its receipt, a policy, and a statement where there is one. */
function offline(given: InputReader): OfflineAnswer {
  return verifyOffline({
    receipt: parseReceipt(given.file("receipt")),
    digests: given.list("digests").map((digest) => parseDigest(digest)),
    policy: parsePolicy(given.text("policy")),
    now: given.number("now"),
    statement: given.hasFile("statement") ? parseStatementFile(given.file("statement")) : undefined,
    expectedIssuer: expectedIssuer(given),
  });
}

/** An id, or jurisdiction and official number. */
function expectedIssuer(given: InputReader): ExpectedIssuer | undefined {
  if (!given.has("expectedIssuer")) return undefined;
  return parseOfficialId(given.text("expectedIssuer")) ?? given.number("expectedIssuer");
}

function withoutSigners({ checkpoint, ...answer }: OfflineAnswer): object {
  const { origin, size, root, time, cosigners } = checkpoint;
  const seen = cosigners.map(({ witness, at }) => ({ name: witness.name, at }));
  return { ...answer, checkpoint: { origin, size, root, time, cosigners: seen } };
}

function statusOf({ signers, ...status }: Exclude<OfflineAnswer["status"], AppError | undefined>): object {
  return { ...status, signers: signers.map(formatVerifierKey) };
}

/** Requires that the input is written as it was read. */
function requireSame(written: string, read: string): void {
  if (written !== read) throw new RangeError(`read ${read}, and written ${written}`);
}

/** As JSON: bytes in hexadecimal, an error by its code, without undefined members. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (value instanceof AppError) return { code: value.code };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, plain(member)]));
}
