/** Shows the entry that the QR code of a printed record leads to, with the status that it has now. */
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { fill } from "../../words/fill.ts";
import { entryViewOf } from "../entry-view.ts";
import { usePageContext } from "../page-context.ts";
import type { LinkedEntry } from "../session.ts";
import { FactList } from "./fact-list.tsx";
import { Text, Title } from "./text.tsx";

export function EntryNote({
  index,
  linked,
}: {
  index: number;
  linked: LinkedEntry | undefined;
}): JSX.Element {
  const context = usePageContext();
  const { session, words } = context;
  const { entry: texts } = words.page;
  useEffect(() => void session.lookUp(index), [session, index]);
  const view = linked?.index === index ? entryViewOf(linked, context) : undefined;
  return (
    <section class={`entry tone-${view?.tone ?? "unknown"}`} aria-labelledby="entry-title">
      <h2 id="entry-title">{fill(texts.title, { entry: index })}</h2>
      {view === undefined ? (
        <p role="status">{fill(texts.asking, { entry: index })}</p>
      ) : (
        <>
          <p class="result" role="status">
            {view.sign !== undefined && (
              <span class="sign" aria-hidden="true">
                {view.sign}{" "}
              </span>
            )}
            <Title>{view.title}</Title>
          </p>
          {[view.means, ...view.notes]
            .filter((text) => text !== "")
            .map((text) => (
              <p key={text}>
                <Text>{text}</Text>
              </p>
            ))}
          <FactList facts={view.facts} />
        </>
      )}
      {view !== undefined && view.facts.length > 0 && <p class="strong">{texts.means}</p>}
    </section>
  );
}
