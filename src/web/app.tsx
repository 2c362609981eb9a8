import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { LANGUAGES } from "../core/directory.ts";
import { fill } from "../words/fill.ts";
import { filesOfDrop } from "./files.ts";
import { Answer } from "./parts/answer.tsx";
import { Dropping } from "./parts/dropping.tsx";
import { EntryNote } from "./parts/entry-note.tsx";
import { GivenList } from "./parts/given.tsx";
import { KeyForm } from "./parts/key-form.tsx";
import { ManyFiles } from "./parts/many-files.tsx";
import { Whole } from "./parts/text.tsx";
import { entryOf, shownOf } from "./present.ts";
import {
  NAMES,
  ReadingContext,
  keepLanguage,
  loadLanguage,
  useReading,
  type LoadedLanguage,
} from "./reading.ts";
import type { Session, State } from "./session.ts";

/** The page: a place to drop files, and then what is known of them. */
export function App({ session, first }: { session: Session; first: LoadedLanguage }): JSX.Element {
  const [state, setState] = useState(session.state);
  const [tongue, setTongue] = useState(first);
  useEffect(() => session.follow(setState), [session]);
  const isOver = useWholePage(session);
  const reading = { session, ...tongue, directory: state.directory };
  return (
    <ReadingContext.Provider value={reading}>
      <Head onTongue={setTongue} />
      <main class={isOver ? "over" : ""}>
        <Body state={state} isOver={isOver} />
      </main>
      <Foot state={state} />
      <Spoken state={state} />
    </ReadingContext.Provider>
  );
}

function Body({ state, isOver }: { state: State; isOver: boolean }): JSX.Element {
  const { items, keyWanted } = state;
  const entry = useEntry();
  const [only, ...more] = items;
  return (
    <>
      {keyWanted !== undefined && <KeyForm refusal={keyWanted} />}
      {only === undefined && entry !== undefined && <EntryNote index={entry} />}
      <GivenList state={state} />
      {only === undefined && <Dropping isOver={isOver} offline={state.offline} />}
      {only !== undefined && more.length === 0 && <Answer key={only.id} item={only} state={state} />}
      {more.length > 0 && <ManyFiles state={state} />}
    </>
  );
}

function Head({ onTongue }: { onTongue: (tongue: LoadedLanguage) => void }): JSX.Element {
  const { words, language } = useReading();
  return (
    <header>
      <p class="brand" lang="zh-Hant">
        虎符 <span lang="en">Hufu</span>
      </p>
      <label class="language">
        <span class="unseen">{words.page.language}</span>
        <select
          value={language}
          onChange={(event) => {
            const chosen = LANGUAGES.find((each) => each === event.currentTarget.value);
            if (chosen === undefined) return;
            keepLanguage(chosen);
            void loadLanguage(chosen).then(onTongue);
          }}
        >
          {LANGUAGES.map((each) => (
            <option key={each} value={each} lang={each}>
              {NAMES[each]}
            </option>
          ))}
        </select>
      </label>
    </header>
  );
}

/** What stays to be read whatever else is there: where the file is, what was sent, and whether anything is. */
function Foot({ state: { items, offline } }: { state: State }): JSX.Element {
  const { words, session } = useReading();
  const { page } = words;
  const done = items.flatMap(({ progress }) => (progress.state === "done" ? [progress] : []));
  const bytes = done.flatMap(({ sent }) => sent).reduce((sum, request) => sum + request.bytes, 0);
  return (
    <footer>
      <div>
        <p>
          <strong>{page.stays}</strong>{" "}
          {done.length === 0 ? (
            page.staysHow
          ) : (
            <Whole>{fill(page.sent.brief, { bytes: bytes.toLocaleString("en") })}</Whole>
          )}
        </p>
        {!globalThis.isSecureContext && <p>{page.offline.insecure}</p>}
      </div>
      <label class="switch">
        <input
          type="checkbox"
          checked={offline}
          onChange={(event) => session.setOffline(event.currentTarget.checked)}
        />
        {page.offline.label}
      </label>
    </footer>
  );
}

/** What a screen reader says when something changes. */
function Spoken({ state }: { state: State }): JSX.Element {
  const reading = useReading();
  return (
    <p class="unseen" role="status">
      {spoken(state, reading)}
    </p>
  );
}

function spoken({ items }: State, reading: ReturnType<typeof useReading>): string {
  const { page } = reading.words;
  const [only] = items;
  if (only === undefined) return "";
  const done = items.filter(({ progress }) => progress.state === "done").length;
  if (items.length > 1) return fill(page.many.title, { done, total: items.length });
  const { progress } = only;
  if (progress.state !== "done") return page.progress.asking;
  const { title, means } = shownOf(progress.checked, reading);
  return `${title} ${means}`;
}

/** Files may be dropped anywhere, and pasted. @returns whether something hovers above the page */
function useWholePage(session: Session): boolean {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
    const over = (event: DragEvent): void => {
      // a text may be let go of in a field; elsewhere the browser would leave the page for a link
      if (!hasFiles(event) && event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      if (hasFiles(event)) setOver(true);
      else if (event.dataTransfer !== null) event.dataTransfer.dropEffect = "none";
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent): void => {
      if (!hasFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      setOver(false);
      void filesOfDrop(event.dataTransfer).then((files) => session.add(files));
    };
    const paste = (event: ClipboardEvent): void => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length > 0) void session.add(files);
    };
    addEventListener("dragover", over, { signal });
    addEventListener("dragleave", leave, { signal });
    addEventListener("drop", drop, { signal });
    addEventListener("paste", paste, { signal });
    return () => stop.abort();
  }, [session]);
  return isOver;
}

/** The entry that the address names, as a code on a certificate does. */
function useEntry(): number | undefined {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const stop = new AbortController();
    addEventListener("hashchange", () => setHash(location.hash), { signal: stop.signal });
    return () => stop.abort();
  }, []);
  return entryOf(hash);
}
