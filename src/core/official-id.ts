/** Identifies institutions by jurisdiction and official number, in every registry, as texts of the form `CN:9144…`. */
import type { Profile } from "./directory.ts";
import type { InstitutionId } from "./units.ts";

/** The contract keeps the pair unique and constant; registries that continue each other share it. */
export type OfficialId = Pick<Profile, "jurisdiction" | "officialNumber">;

/** The institution that a reader expects to have issued a file: by its id in the registry asked, or in any registry. */
export type ExpectedIssuer = InstitutionId | OfficialId;

/** Jurisdiction and official number in printable ASCII; the first colon is between them. */
export const OFFICIAL_ID = /^([!-9;-~]{1,256}):([!-~]{1,256})$/;

export function formatOfficialId({ jurisdiction, officialNumber }: OfficialId): string {
  return `${jurisdiction}:${officialNumber}`;
}

/** Undefined: the text is no such identifier. */
export function parseOfficialId(text: string): OfficialId | undefined {
  const [, jurisdiction, officialNumber] = OFFICIAL_ID.exec(text) ?? [];
  return jurisdiction === undefined || officialNumber === undefined
    ? undefined
    : { jurisdiction, officialNumber };
}

/** Equal for one institution only, and in the order of jurisdiction and official number: neither holds a line break. */
export function officialKey({ jurisdiction, officialNumber }: OfficialId): string {
  return `${jurisdiction}\n${officialNumber}`;
}

/** As an option or a request names it. */
export function formatExpectedIssuer(expected: ExpectedIssuer): number | string {
  return typeof expected === "number" ? expected : formatOfficialId(expected);
}
