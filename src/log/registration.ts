/** Decodes the registration of an institution from its directory entry. */
import { sha256 } from "@noble/hashes/sha2.js";
import { equalBytes, fromHex, toHex } from "../core/bytes.ts";
import { INSTITUTION_ROLES, scenesOf, type InstitutionRole, type Profile } from "../core/directory.ts";
import type { Entry } from "../core/entry.ts";
import { AppError } from "../core/errors.ts";
import type { InstitutionId } from "../core/units.ts";

/** Keccak-256 of the signature of the contract's event InstitutionRegistered. */
const TOPIC = fromHex("cd7d71b57503682483fcc42e24b54a0cb6669bfe0e7f564c12d4a55261d31056");
const WORD = 32;

export interface Registration extends Profile {
  readonly institution: InstitutionId;
}

/**
 * Decodes the event of a directory entry: topic0 ‖ abi.encode(institution, admin, roles, scenes,
 * jurisdiction, officialNumber, nameZhHans, nameZhHant, nameEn, recordedBy).
 * @throws AppError INSTITUTION_UNPROVEN: the entry commits to another event, or to one of another kind
 */
export function registrationOf(event: Uint8Array, entry: Entry): Registration {
  if (entry.kind !== "directory" || !equalBytes(sha256(event), entry.payload))
    throw unproven("the directory entry commits to another event");
  if (!equalBytes(event.subarray(0, WORD), TOPIC)) throw unproven("the event registers no institution");
  const data = event.subarray(WORD);
  const institution = numberAt(data, 0);
  if (institution !== entry.institution) throw unproven("the event is of another institution");
  const roles = numberAt(data, 2);
  return {
    institution,
    roles: (Object.keys(INSTITUTION_ROLES) as InstitutionRole[]).filter(
      (role) => (roles & INSTITUTION_ROLES[role]) !== 0,
    ),
    scenes: scenesOf(bitsAt(data, 3)),
    jurisdiction: textAt(data, 4),
    officialNumber: textAt(data, 5),
    names: { "zh-Hans": textAt(data, 6), "zh-Hant": textAt(data, 7), en: textAt(data, 8) },
  };
}

/** The number in the word at `position`. */
function numberAt(data: Uint8Array, position: number): number {
  const value = bitsAt(data, position);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw unproven("a number of the event is too large");
  return Number(value);
}

function bitsAt(data: Uint8Array, position: number): bigint {
  return BigInt(`0x${toHex(wordAt(data, position * WORD))}`);
}

/** The text that the word at `position` points to. */
function textAt(data: Uint8Array, position: number): string {
  const start = numberAt(data, position);
  const length = Number(BigInt(`0x${toHex(wordAt(data, start))}`));
  const bytes = data.subarray(start + WORD, start + WORD + length);
  if (bytes.length !== length) throw unproven("a text of the event is cut off");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw unproven("a text of the event is no UTF-8");
  }
}

function wordAt(data: Uint8Array, start: number): Uint8Array {
  const word = data.subarray(start, start + WORD);
  if (word.length !== WORD) throw unproven("the event is cut off");
  return word;
}

function unproven(detail: string): AppError {
  return new AppError("INSTITUTION_UNPROVEN", { detail });
}
