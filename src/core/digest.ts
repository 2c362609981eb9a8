/** Parses and formats digests, and defines commitments to them. */
import { fromHex, toHex } from "./bytes.ts";
import { AppError, codePoint, quote, type ErrorCode } from "./errors.ts";
import type { Hash, InstitutionId } from "./units.ts";

/** Digest algorithms, by their number in an entry. */
export const ALGORITHMS = { sha256: 1, sm3: 2 } as const;
/** `sha256` or `sm3`. */
export type Algorithm = keyof typeof ALGORITHMS;

/** The digest of a file's exact bytes. Text form: `sha256:` or `sm3:` and 64 hexadecimal digits. */
export interface Digest {
  readonly algorithm: Algorithm;
  readonly bytes: Hash;
}

/** The payload of a document's entry: its digest, or the commitment to it where the entry is blinded. */
export interface Payload extends Digest {
  readonly blinded: boolean;
}

/** A digest hidden under a salt, by the digest's own algorithm. Text form: as a digest, in a field of its own. */
export interface Commitment extends Payload {
  readonly blinded: true;
}

/** The log and the institution that a commitment is bound to: recorded elsewhere, its bytes commit to nothing. */
export interface Binding {
  /** Of the log. */
  readonly origin: string;
  readonly institution: InstitutionId;
}

/** What a question searches for: a commitment only where it is bound to, a digest everywhere. */
export interface SoughtPayload extends Payload {
  /** Of a commitment. Without origin: in every log that is searched. */
  readonly boundTo?: { readonly institution: InstitutionId; readonly origin?: string | undefined };
}

/** Whether an entry of this log and institution is one that the payload is searched for. */
export function isBoundTo({ boundTo }: SoughtPayload, { origin, institution }: Binding): boolean {
  return (
    boundTo === undefined ||
    (boundTo.institution === institution && (boundTo.origin === undefined || boundTo.origin === origin))
  );
}

const HEX_LENGTH = 64;
const EMPTY_INPUT: Record<Algorithm, string> = {
  sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  sm3: "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b",
};
/** Likely algorithms of a digest of another length, by its hexadecimal digits. */
const LIKELY: Partial<Record<number, string>> = {
  32: "MD5",
  40: "SHA-1",
  56: "SHA-224",
  96: "SHA-384",
  128: "SHA-512",
};

export function isAlgorithm(name: string): name is Algorithm {
  return Object.hasOwn(ALGORITHMS, name);
}

/** As `sha256:` or `sm3:` and 64 hexadecimal digits in lower case. */
export function formatDigest(digest: Digest): string {
  return `${digest.algorithm}:${toHex(digest.bytes)}`;
}

/**
 * Reads `sha256:<hex>`, `sm3:<hex>`, or bare hex when `algorithm` names the algorithm.
 * @param at position of the text, for the error
 * @throws AppError DIGEST_FORMAT, DIGEST_LENGTH, DIGEST_NOT_HEX, DIGEST_ZERO, ALGORITHM_UNSUPPORTED
 */
export function parseDigest(
  text: string,
  { algorithm, at }: { algorithm?: Algorithm; at?: string } = {},
): Digest {
  const refuse: Refuse = (code, detail) =>
    new AppError(code, { ...(at === undefined ? {} : { at }), detail });
  const colon = text.indexOf(":");
  const name = colon < 0 ? algorithm : text.slice(0, colon);
  const hex = text.slice(colon + 1);
  if (name === undefined) {
    const code = hex.length === HEX_LENGTH || !LIKELY[hex.length] ? "DIGEST_FORMAT" : "ALGORITHM_UNSUPPORTED";
    throw refuse(
      code,
      `expected "sha256:" or "sm3:" and 64 hex characters, got ${quote(text)}${likely(hex)}`,
    );
  }
  if (!isAlgorithm(name)) throw refuse("ALGORITHM_UNSUPPORTED", `expected sha256 or sm3, got ${quote(name)}`);
  if (algorithm !== undefined && name !== algorithm)
    throw refuse("ALGORITHM_UNSUPPORTED", `the digest says ${name}, the field "algorithm" says ${algorithm}`);
  checkHex(hex, name, refuse);
  if (/^0+$/.test(hex)) throw refuse("DIGEST_ZERO", "a digest of zeros is no digest");
  return { algorithm: name, bytes: fromHex(hex) };
}

type Refuse = (code: ErrorCode, detail: string) => AppError;

function checkHex(hex: string, algorithm: Algorithm, refuse: Refuse): void {
  if (/^0x/i.test(hex)) throw refuse("DIGEST_FORMAT", `expected 64 hex characters without the prefix "0x"`);
  const position = Array.from(hex).findIndex((character) => !/^[0-9a-f]$/i.test(character));
  if (position >= 0) {
    const character = codePoint(Array.from(hex)[position] ?? "");
    const base64 = /^[A-Za-z0-9+/_-]{43}=?$/.test(hex) ? "; this looks like base64: send hex" : "";
    const detail = `expected 64 hex characters, found ${character} at position ${position}${base64}`;
    throw refuse("DIGEST_NOT_HEX", detail);
  }
  if (hex.length === HEX_LENGTH) return;
  throw refuse(
    LIKELY[hex.length] ? "ALGORITHM_UNSUPPORTED" : "DIGEST_LENGTH",
    `expected 64 hex characters for ${algorithm}, got ${hex.length}${likely(hex)}`,
  );
}

function likely(hex: string): string {
  const name = LIKELY[hex.length];
  return name === undefined ? "" : ` (${hex.length} hex characters look like ${name})`;
}

/** Whether `digest` is that of an empty file, which identifies no document. */
export function isDigestOfEmptyInput(digest: Digest): boolean {
  return toHex(digest.bytes) === EMPTY_INPUT[digest.algorithm];
}
