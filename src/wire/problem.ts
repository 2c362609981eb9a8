/** Makes the problem (RFC 9457) that an answer consists of where there is none. */
import type { z } from "zod";
import type { Language } from "../core/directory.ts";
import type { AppError } from "../core/errors.ts";
import { wordsIn } from "../words/index.ts";
import type { problem } from "./common.ts";

export type Problem = z.infer<typeof problem>;

/** The problem (RFC 9457) for a fault. Only the title is translated; the detail is technical. */
export function toProblem(error: AppError, { language, id }: { language: Language; id: string }): Problem {
  const { detail, at } = error.fields;
  return {
    type: `urn:hufu:error:${error.code.toLowerCase().replaceAll("_", "-")}`,
    title: wordsIn(language).errors[error.code],
    status: error.spec.status,
    code: error.code,
    detail,
    ...(at === undefined ? {} : { at }),
    instance: `urn:uuid:${id}`,
  };
}
