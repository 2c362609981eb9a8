/** Selects the texts that a person reads, by language. */
import type { Language } from "../core/directory.ts";
import { en, type Words } from "./en.ts";
import { zhHans } from "./zh-hans.ts";
import { zhHant } from "./zh-hant.ts";

export { fill } from "./fill.ts";
export type { GovernanceCommand, KeyCommand, PageDifference, Words } from "./en.ts";

const CATALOGUE: Readonly<Record<Language, Words>> = { en, "zh-Hans": zhHans, "zh-Hant": zhHant };

/** All texts in one language: titles of verdicts and errors among them. */
export function wordsIn(language: Language): Words {
  return CATALOGUE[language];
}
