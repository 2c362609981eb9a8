/** Selects a language of this service by a tag of the browser or of the locale. */
import type { Language } from "./directory.ts";

/** Tags of the languages and places whose readers expect each script; the first match in a tag's parts decides. */
const SCRIPTS: Readonly<Record<string, Language>> = {
  hans: "zh-Hans",
  hant: "zh-Hant",
  hk: "zh-Hant",
  mo: "zh-Hant",
  tw: "zh-Hant",
};

/**
 * The language for a tag such as zh-HK (BCP 47) or zh_CN.UTF-8 (POSIX); undefined for another language. Intl.Locale would
 * refuse zh-cmn-Hans and read zh-US as traditional.
 */
export function languageOf(tag: string): Language | undefined {
  const [primary, ...parts] = tag.toLowerCase().split(/[-_.@]/);
  if (primary === "en") return "en";
  if (primary !== "zh") return undefined;
  for (const part of parts) {
    const script = SCRIPTS[part];
    if (script !== undefined) return script;
  }
  return "zh-Hans";
}
