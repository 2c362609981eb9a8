/** Shows the entry that the QR code of a certificate links to. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { decodeEntry, type Entry } from "../../core/entry.ts";
import { AppError, isAppError } from "../../core/errors.ts";
import { formatLocalTime } from "../../core/time.ts";
import { fill } from "../../words/fill.ts";
import { usePageContext } from "../page-context.ts";
import { NoWrap } from "./text.tsx";

/** Shows only that the entry exists; it proves nothing about the paper. */
export function EntryNote({ index }: { index: number }): JSX.Element | null {
  const { session, words } = usePageContext();
  const { entry: texts } = words.page;
  const [result, setResult] = useState<Entry | AppError>();
  useEffect(() => {
    session.entry(index).then(
      (bytes) => setResult(decodeEntry(bytes)),
      (error: unknown) =>
        setResult(isAppError(error) ? error : new AppError("INTERNAL", { detail: String(error) })),
    );
  }, [session, index]);
  if (result === undefined) return null;
  if (result instanceof AppError)
    return <p class="note">{fill(texts.missing, { entry: index, why: words.errors[result.code] })}</p>;
  return (
    <section class="entry">
      <h2>{fill(texts.title, { entry: index })}</h2>
      <p>
        {words.labels.issuer} {result.institution} · <NoWrap>{formatLocalTime(result.recordedAt)}</NoWrap> ·{" "}
        {words.kinds[result.kind]}
      </p>
      <p class="strong">{texts.means}</p>
    </section>
  );
}
