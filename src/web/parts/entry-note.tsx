import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { decodeEntry, type Entry } from "../../core/entry.ts";
import { AppError, isAppError } from "../../core/errors.ts";
import { formatLocalTime } from "../../core/time.ts";
import { fill } from "../../words/fill.ts";
import { useReading } from "../reading.ts";
import { Whole } from "./text.tsx";

/** What a code on paper leads to: that an entry exists, and nothing of the paper. */
export function EntryNote({ index }: { index: number }): JSX.Element | null {
  const { session, words, language, directory } = useReading();
  const { entry: texts } = words.page;
  const [found, setFound] = useState<Entry | AppError>();
  useEffect(() => {
    session.entry(index).then(
      (bytes) => setFound(decodeEntry(bytes)),
      (error: unknown) =>
        setFound(isAppError(error) ? error : new AppError("INTERNAL", { detail: String(error) })),
    );
  }, [session, index]);
  if (found === undefined) return null;
  if (found instanceof AppError)
    return <p class="note">{fill(texts.missing, { entry: index, why: words.errors[found.code] })}</p>;
  const issuer = directory?.institutions.find(({ id }) => id === found.institution)?.names[language];
  return (
    <section class="entry">
      <h2>{fill(texts.title, { entry: index })}</h2>
      <p>
        {issuer ?? found.institution} · <Whole>{formatLocalTime(found.recordedAt)}</Whole> ·{" "}
        {words.kinds[found.kind]}
      </p>
      <p class="strong">{texts.means}</p>
    </section>
  );
}
