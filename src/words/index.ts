import type { Language } from "../core/directory.ts";
import { en } from "./en.ts";
import type { Words } from "./words.ts";
import { zhHans } from "./zh-hans.ts";
import { zhHant } from "./zh-hant.ts";

export { fill } from "./fill.ts";
export type { GovernanceCommand, KeyCommand, PageDifference, Words } from "./words.ts";

const CATALOGUE: Readonly<Record<Language, Words>> = { en, "zh-Hans": zhHans, "zh-Hant": zhHant };

/** Everything that a person reads, in `language`. */
export function wordsIn(language: Language): Words {
  return CATALOGUE[language];
}
