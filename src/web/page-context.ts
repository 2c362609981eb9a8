/** Chooses the language of the page, loads its texts and provides them to the components. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { LANGUAGES, type Language } from "../core/directory.ts";
import { languageOf } from "../core/language.ts";
import type { Words } from "../words/en.ts";
import type { Audience } from "./answer-view.ts";
import type { Session } from "./session.ts";

interface PageContextValue extends Audience {
  readonly session: Session;
}

export const PageContext = createContext<PageContextValue | undefined>(undefined);

export function usePageContext(): PageContextValue {
  const context = useContext(PageContext);
  if (context === undefined) throw new RangeError("no PageContext");
  return context;
}

export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  en: "English",
  "zh-Hans": "简体中文",
  "zh-Hant": "繁體中文",
};
const STORAGE_KEY = "hufu.language";

/** The language chosen before, or the first supported one of the browser's. */
export function firstLanguage(): Language {
  const chosen = LANGUAGES.find((language) => language === storedLanguage());
  return chosen ?? navigator.languages.map(languageOf).find((found) => found !== undefined) ?? "en";
}

/** One chunk per language, loaded on demand. */
const LOADERS: Readonly<Record<Language, () => Promise<Words>>> = {
  en: async () => (await import("../words/en.ts")).en,
  "zh-Hans": async () => (await import("../words/zh-hans.ts")).zhHans,
  "zh-Hant": async () => (await import("../words/zh-hant.ts")).zhHant,
};

export interface LoadedLanguage {
  readonly language: Language;
  readonly words: Words;
}

/** Loads the texts of a language, and sets the language and title of the document. */
export async function loadLanguage(language: Language): Promise<LoadedLanguage> {
  const words = await LOADERS[language]();
  document.documentElement.lang = language;
  document.title = `${words.page.question} · Hufu`;
  return { language, words };
}

/** Access to localStorage throws in some private windows. */
function storedLanguage(): string | null {
  try {
    return localStorage.getItem(STORAGE_KEY);
  } catch {
    return null;
  }
}

export function storeLanguage(language: Language): void {
  try {
    localStorage.setItem(STORAGE_KEY, language);
  } catch {
    // the choice then lasts until the page is closed
  }
}
