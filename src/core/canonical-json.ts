/** Writes JSON in the one form that is hashed and signed (RFC 8785, JCS). */

/** What has a canonical form. A member that is undefined is absent. */
export type CanonicalValue =
  | string
  | number
  | boolean
  | null
  | readonly CanonicalValue[]
  | { readonly [name: string]: CanonicalValue | undefined };

/**
 * Members in the order of their names' UTF-16 code units, no spaces, numbers and texts as ECMAScript writes them
 * (RFC 8785 section 3.2).
 * @throws RangeError for what has no such form: a number that is not finite, or half a character
 */
export function canonicalJson(value: CanonicalValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value as Record<string, CanonicalValue | undefined>)
      .filter((member): member is [string, CanonicalValue] => member[1] !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => `${canonicalJson(name)}:${canonicalJson(member)}`);
    return `{${members.join(",")}}`;
  }
  if (typeof value === "number" && !Number.isFinite(value))
    throw new RangeError("a number that is not finite");
  if (typeof value === "string" && /\p{Cs}/u.test(value)) throw new RangeError("half a character");
  return JSON.stringify(value);
}
