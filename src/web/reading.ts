/** Chooses the language of the page, loads its texts and gives them to the components. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { LANGUAGES, type Language } from "../core/directory.ts";
import { languageOf } from "../core/language.ts";
import type { Words } from "../words/en.ts";
import type { Audience } from "./present.ts";
import type { Session } from "./session.ts";

/** The language of the reader, and the session that components work with. */
export interface Reading extends Audience {
  readonly session: Session;
}

export const ReadingContext = createContext<Reading | undefined>(undefined);

export function useReading(): Reading {
  const reading = useContext(ReadingContext);
  if (reading === undefined) throw new RangeError("there is no reader");
  return reading;
}

export const NAMES: Readonly<Record<Language, string>> = {
  en: "English",
  "zh-Hans": "简体中文",
  "zh-Hant": "繁體中文",
};
const KEPT = "hufu.language";

/** The language that was chosen before, or the first of the browser's that there is. */
export function firstLanguage(): Language {
  const kept = LANGUAGES.find((language) => language === stored());
  return kept ?? navigator.languages.map(languageOf).find((found) => found !== undefined) ?? "en";
}

/** Each language is a file of its own, and only the one that is read is loaded. */
const LOADERS: Readonly<Record<Language, () => Promise<Words>>> = {
  en: async () => (await import("../words/en.ts")).en,
  "zh-Hans": async () => (await import("../words/zh-hans.ts")).zhHans,
  "zh-Hant": async () => (await import("../words/zh-hant.ts")).zhHant,
};

/** A language and its texts. */
export interface LoadedLanguage {
  readonly language: Language;
  readonly words: Words;
}

/** Loads the texts of a language, and makes it the page's. */
export async function loadLanguage(language: Language): Promise<LoadedLanguage> {
  const words = await LOADERS[language]();
  document.documentElement.lang = language;
  document.title = `${words.page.question} · Hufu`;
  return { language, words };
}

/** Private windows may refuse to keep anything. */
function stored(): string | null {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

export function keepLanguage(language: Language): void {
  try {
    localStorage.setItem(KEPT, language);
  } catch {
    // then it is chosen again next time
  }
}
