/** Lays out the page: header, drop area, answers and footer. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { LANGUAGES } from "../core/directory.ts";
import type { Words } from "../words/en.ts";
import { fill } from "../words/fill.ts";
import { filesOfDrop } from "./files.ts";
import { Answer } from "./parts/answer.tsx";
import { DropArea } from "./parts/drop-area.tsx";
import { EntryNote } from "./parts/entry-note.tsx";
import { EvidenceList, FoldedEvidence } from "./parts/evidence-list.tsx";
import { KeyForm } from "./parts/key-form.tsx";
import { ManyFiles } from "./parts/many-files.tsx";
import { entryOf, viewOf } from "./answer-view.ts";
import {
  LANGUAGE_NAMES,
  PageContext,
  storeLanguage,
  loadLanguage,
  usePageContext,
  type LoadedLanguage,
} from "./page-context.ts";
import type { Session, State } from "./session.ts";

export function App({ session, first }: { session: Session; first: LoadedLanguage }): JSX.Element {
  const [state, setState] = useState(session.state);
  const [loaded, setLoaded] = useState(first);
  useEffect(() => session.subscribe(setState), [session]);
  const isOver = useFileInput(session);
  const context = { session, ...loaded, directory: state.directory };
  return (
    <PageContext.Provider value={context}>
      <Head onLanguage={setLoaded} />
      <main class={isOver ? "over" : ""}>
        <Body state={state} isOver={isOver} />
      </main>
      <Foot state={state} />
      <Announcement state={state} />
    </PageContext.Provider>
  );
}

function Body({ state, isOver }: { state: State; isOver: boolean }): JSX.Element {
  const { items, keyWanted } = state;
  const entry = useEntry();
  const [only, ...more] = items;
  return (
    <>
      {keyWanted !== undefined && <KeyForm refusal={keyWanted} />}
      {only === undefined && entry !== undefined && <EntryNote index={entry} linked={state.linked} />}
      {only === undefined && <EvidenceList state={state} />}
      {only === undefined && <DropArea isOver={isOver} offline={state.offline} />}
      {only !== undefined && more.length === 0 && <Answer key={only.id} item={only} state={state} />}
      {more.length > 0 && <ManyFiles state={state} />}
      <FoldedEvidence state={state} />
    </>
  );
}

function Head({ onLanguage }: { onLanguage: (loaded: LoadedLanguage) => void }): JSX.Element {
  const { words, language } = usePageContext();
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
            storeLanguage(chosen);
            void loadLanguage(chosen).then(onLanguage);
          }}
        >
          {LANGUAGES.map((each) => (
            <option key={each} value={each} lang={each}>
              {LANGUAGE_NAMES[each]}
            </option>
          ))}
        </select>
      </label>
    </header>
  );
}

/** Says that files stay on this device and how much was sent, and switches offline mode. */
function Foot({ state }: { state: State }): JSX.Element {
  const { words, session } = usePageContext();
  const { page } = words;
  return (
    <footer>
      <div>
        <p>
          <strong>{page.stays}</strong> {sentText(state, page)}
        </p>
        {!globalThis.isSecureContext && <p>{page.offline.insecure}</p>}
      </div>
      <label class="switch">
        <input
          type="checkbox"
          checked={state.offline}
          onChange={(event) => session.setOffline(event.currentTarget.checked)}
        />
        {page.offline.label}
      </label>
    </footer>
  );
}

/** What was sent; before that, what will be. */
function sentText({ items, offline }: State, { sent, offline: texts, staysHow }: Words["page"]): string {
  const done = items.flatMap(({ progress }) => (progress.state === "done" ? [progress] : []));
  const requests = done.flatMap((progress) => progress.sent);
  if (requests.length > 0) {
    const bytes = requests.reduce((sum, request) => sum + request.bytes, 0);
    return fill(sent.brief, { bytes: bytes.toLocaleString("en") });
  }
  if (offline) return texts.nothing;
  return done.length === 0 ? staysHow : sent.nothing;
}

/** The live region that a screen reader announces after each change. */
function Announcement({ state }: { state: State }): JSX.Element {
  const context = usePageContext();
  return (
    <p class="unseen" role="status">
      {announcement(state, context)}
    </p>
  );
}

function announcement({ items }: State, context: ReturnType<typeof usePageContext>): string {
  const { page } = context.words;
  const [only] = items;
  if (only === undefined) return "";
  const done = items.filter(({ progress }) => progress.state === "done").length;
  if (items.length > 1) return fill(page.many.title, { done, total: items.length });
  const { progress } = only;
  if (progress.state !== "done") return page.progress.asking;
  const { title, means } = viewOf(progress.checked, context);
  return `${title} ${means}`;
}

/** Accepts files that are dropped anywhere or pasted. @returns whether files are dragged over the page */
function useFileInput(session: Session): boolean {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
    const over = (event: DragEvent): void => {
      // a text may be dropped into a field; elsewhere the browser would navigate to a dropped link
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

/** The entry in the URL fragment, which the QR code of a certificate contains. */
function useEntry(): number | undefined {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const stop = new AbortController();
    addEventListener("hashchange", () => setHash(location.hash), { signal: stop.signal });
    return () => stop.abort();
  }, []);
  return entryOf(hash);
}
