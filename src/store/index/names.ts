/** Converts names between their columns and the directory's form. */
import type { Names } from "../../core/directory.ts";

interface NameColumns {
  name_en: string;
  name_zh_hans: string;
  name_zh_hant: string;
}

export function nameColumns(names: Names): NameColumns {
  return { name_en: names.en, name_zh_hans: names["zh-Hans"], name_zh_hant: names["zh-Hant"] };
}

export function namesOf(row: NameColumns): Names {
  return { en: row.name_en, "zh-Hans": row.name_zh_hans, "zh-Hant": row.name_zh_hant };
}
