/** Parses the arguments and options of governance commands. */
import { parseAddress } from "../../core/address.ts";
import {
  INSTITUTION_ROLES,
  KEY_PURPOSES,
  type InstitutionRole,
  type KeyPurpose,
  type Names,
  type Scene,
} from "../../core/directory.ts";
import { AppError, quote } from "../../core/errors.ts";
import { MAX_BYTES, parseText } from "../../core/text.ts";
import { parseEndOfDayOrTime, parseStartOfDayOrTime } from "../../core/time.ts";
import type { Address, Hash, SceneId, UnixSeconds } from "../../core/units.ts";

/** Arguments and options by their names in the tables of commands. */
export type OptionValues = Readonly<Record<string, unknown>>;

/** The text of an argument or option; undefined where it is not given. */
export function textOf(given: OptionValues, name: string): string | undefined {
  const value = given[name];
  return typeof value === "string" ? value : undefined;
}

const MAX_ID = 2 ** 32 - 1;

/** @throws AppError ID_FORMAT */
export function readId(given: OptionValues, name: "institution" | "operator"): number {
  const text = textOf(given, name) ?? "";
  const id = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : Number.NaN;
  if (id <= MAX_ID) return id;
  const detail = `${name}: expected an id from 1 to ${MAX_ID}, got ${quote(text)}`;
  throw new AppError("ID_FORMAT", { detail, at: name });
}

/** @throws AppError ADDRESS_FORMAT, ADDRESS_ZERO */
export function readAddress(given: OptionValues, name: string): Address {
  return parseAddress(textOf(given, name) ?? "", name);
}

const NAME_OPTIONS = { en: "nameEn", "zh-Hans": "nameZhHans", "zh-Hant": "nameZhHant" } as const;

/** @throws AppError NAME_FORMAT */
export function readText(
  given: OptionValues,
  name: string,
  max: number = MAX_BYTES.name,
  fallback?: string,
): string {
  const text = textOf(given, name);
  if (text === undefined && fallback !== undefined) return fallback;
  return parseText(text ?? "", { at: optionOf(name), max });
}

/** A jurisdiction or an official number. @throws AppError NAME_FORMAT */
export function readNumber(given: OptionValues, name: "jurisdiction" | "officialNumber"): string {
  const text = readText(given, name, MAX_BYTES[name]);
  if (/^[!-~]+$/.test(text)) return text;
  const detail = `${optionOf(name)}: expected printable ASCII without spaces, got ${quote(text)}`;
  throw new AppError("NAME_FORMAT", { detail, at: optionOf(name) });
}

/** @param fallback names for languages in which none is given */
export function readNames(given: OptionValues, fallback?: Names): Names {
  const read = (language: keyof Names): string =>
    readText(given, NAME_OPTIONS[language], MAX_BYTES.name, fallback?.[language]);
  return { en: read("en"), "zh-Hans": read("zh-Hans"), "zh-Hant": read("zh-Hant") };
}

/** @throws AppError ROLE_CODE */
export function readRoles(text: string): InstitutionRole[] {
  const wanted = text.split(",").map((role) => role.trim());
  const known = Object.keys(INSTITUTION_ROLES) as InstitutionRole[];
  const wrong = wanted.find((role) => !known.some((one) => one === role));
  if (wrong === undefined) return known.filter((role) => wanted.includes(role));
  const detail = `--roles: expected ${known.join(", ")}, or several with commas between, got ${quote(wrong)}`;
  throw new AppError("ROLE_CODE", { detail, at: "--roles" });
}

/**
 * The ids of document types by their slugs.
 * @throws AppError SCENE_UNKNOWN
 */
export function readAccreditation(given: OptionValues, defined: readonly Scene[]): SceneId[] {
  const text = textOf(given, "scenes") ?? "";
  const wanted = text.split(",").map((slug) => slug.trim());
  if (text === "" || text === "none") return [];
  const known = new Set(defined.map(({ slug }) => slug));
  const wrong = wanted.find((slug) => !known.has(slug));
  if (wrong === undefined) return defined.filter(({ slug }) => wanted.includes(slug)).map(({ id }) => id);
  const detail = `--scenes: expected some of ${[...known].join(", ")}, or none; got ${quote(wrong)}`;
  throw new AppError("SCENE_UNKNOWN", { detail, at: "--scenes" });
}

/** The window of a key; 0 = from now, and without end. @throws AppError DATE_*, KEY_WINDOW */
export function readWindow(given: OptionValues): { from: UnixSeconds; until: UnixSeconds } {
  const [start, end] = [textOf(given, "from"), textOf(given, "until")];
  const from = start === undefined ? 0 : parseStartOfDayOrTime(start, "--from");
  const until = end === undefined ? 0 : parseEndOfDayOrTime(end, "--until");
  if (until === 0 || from < until) return { from, until };
  throw new AppError("KEY_WINDOW", { detail: "--from is not before --until", at: "--from" });
}

/** When a key's window is to end; 0 = now. */
export function readRetirement(given: OptionValues): UnixSeconds {
  const text = textOf(given, "retireAt");
  return text === undefined ? 0 : parseEndOfDayOrTime(text, "--until");
}

export function readSince(given: OptionValues): UnixSeconds {
  return parseStartOfDayOrTime(textOf(given, "since") ?? "", "--since");
}

/** What a corrected report says; 0 = it is taken back. */
export function readCorrection(given: OptionValues): UnixSeconds {
  const text = textOf(given, "correctedSince");
  return text === undefined ? 0 : parseStartOfDayOrTime(text, "--since");
}

/** @throws AppError SLUG_FORMAT */
export function readSlug(given: OptionValues): string {
  const slug = textOf(given, "slug") ?? "";
  if (/^[a-z0-9-]{1,64}$/.test(slug)) return slug;
  const detail = `expected 1 to 64 characters of a-z, 0-9 and "-", got ${quote(slug)}`;
  throw new AppError("SLUG_FORMAT", { detail, at: "slug" });
}

/** @throws AppError ID_FORMAT */
export function readKeyId(given: OptionValues): Hash {
  const text = textOf(given, "keyId") ?? "";
  if (/^(0x)?[0-9a-f]{64}$/i.test(text)) return Uint8Array.from(Buffer.from(text.slice(-64), "hex"));
  const detail = `key-id: expected the 64 hex digits that hufu operator list shows, got ${quote(text)}`;
  throw new AppError("ID_FORMAT", { detail, at: "key-id" });
}

/** What keys of each purpose may be: the type byte of C2SP signed-note, and the length of the public key in bytes. */
const KEY_TYPES: Readonly<Record<KeyPurpose, Readonly<Record<number, { name: string; bytes: number }>>>> = {
  log: { 1: { name: "Ed25519", bytes: 32 } },
  witness: {
    4: { name: "Ed25519 cosignature", bytes: 32 },
    6: { name: "ML-DSA-44 cosignature", bytes: 1_312 },
  },
  status: { 1: { name: "Ed25519", bytes: 32 } },
};

/** The key of an operator. @throws AppError PURPOSE_CODE, PUBLIC_KEY_FORMAT */
export function readOperatorKey(given: OptionValues): {
  purpose: KeyPurpose;
  signatureType: number;
  publicKey: Uint8Array;
  possession: Uint8Array;
} {
  const purpose = readPurpose(textOf(given, "purpose") ?? "");
  const publicKey = readBytes(given, "publicKey");
  const possession = readBytes(given, "possession");
  const asked = textOf(given, "type");
  const found = Object.entries(KEY_TYPES[purpose]).find(
    ([type, { bytes }]) => bytes === publicKey.length && (asked === undefined || asked === type),
  );
  if (found !== undefined) return { purpose, signatureType: Number(found[0]), publicKey, possession };
  const allowed = Object.entries(KEY_TYPES[purpose])
    .map(([type, { name, bytes }]) => `type ${type} (${name}) of ${bytes} bytes`)
    .join(" or ");
  const got = `${publicKey.length} bytes${asked === undefined ? "" : ` and type ${quote(asked)}`}`;
  throw unusableKey("--public-key", `a ${purpose} key is ${allowed}, got ${got}`);
}

function readPurpose(text: string): KeyPurpose {
  const known = Object.keys(KEY_PURPOSES) as KeyPurpose[];
  const purpose = known.find((one) => one === text);
  if (purpose !== undefined) return purpose;
  const detail = `--purpose: expected ${known.join(", ")}, got ${quote(text)}`;
  throw new AppError("PURPOSE_CODE", { detail, at: "--purpose" });
}

/** Hexadecimal or base64 (RFC 4648 section 4). No allowed length is ambiguous between the two. */
function readBytes(given: OptionValues, name: string): Uint8Array {
  const text = textOf(given, name) ?? "";
  if (/^(0x)?([0-9a-f]{2})+$/i.test(text))
    return Uint8Array.from(Buffer.from(text.replace(/^0x/i, ""), "hex"));
  const bytes = Buffer.from(text, "base64");
  const written = bytes.toString("base64");
  if (text !== "" && (text === written || text === written.replace(/=+$/, ""))) return Uint8Array.from(bytes);
  throw unusableKey(optionOf(name), "it is neither base64 nor hexadecimal");
}

function unusableKey(at: string, what: string): AppError {
  return new AppError("PUBLIC_KEY_FORMAT", { detail: `${at}: ${what}`, at });
}

function optionOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
