import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { toHex } from "../../core/bytes.ts";
import { fill } from "../../words/fill.ts";
import { canBeRetried, shownOf, timeText, type Shown } from "../present.ts";
import { useReading } from "../reading.ts";
import type { Item, State } from "../session.ts";
import { Certificate, CertificateForm } from "./certificate.tsx";
import { Choose } from "./choose.tsx";
import { HashText } from "./hash.tsx";
import { Proof } from "./proof.tsx";
import { Sent } from "./sent.tsx";
import { Text, Title } from "./text.tsx";

type Done = Extract<Item["progress"], { state: "done" }>;

/** One file: how far it is, or what is known of it. */
export function Answer(props: { item: Item; state: State; onBack?: () => void }): JSX.Element {
  const { item, state, onBack } = props;
  const { progress } = item;
  if (progress.state === "done")
    return <AnswerMeaning item={item} done={progress} state={state} onBack={onBack} />;
  return <UnderWay item={item} />;
}

/** What an item that is not done is at. */
export function progressText(
  { progress, size }: Item,
  texts: ReturnType<typeof useReading>["words"]["page"],
): string {
  if (progress.state === "done") return "";
  if (progress.state !== "hashing") return texts.progress[progress.state];
  const percent = size === 0 ? 100 : Math.floor((100 * progress.done) / size);
  return fill(texts.progress.hashing, { percent });
}

function UnderWay({ item }: { item: Item }): JSX.Element {
  const { session, words } = useReading();
  const { page } = words;
  const { progress, size, name } = item;
  const text = progressText(item, page);
  return (
    <section class="answer tone-wait">
      <p class="name">{name}</p>
      <p class="drop-title">{text}</p>
      {progress.state === "hashing" && <progress max={size} value={progress.done} aria-label={text} />}
      <p class="buttons">
        {progress.state === "cancelled" ? (
          <button type="button" onClick={() => session.clear()}>
            {page.another}
          </button>
        ) : (
          <button type="button" class="quiet" onClick={() => session.cancel()}>
            {page.cancel}
          </button>
        )}
      </p>
    </section>
  );
}

function AnswerMeaning(props: {
  item: Item;
  done: Done;
  state: State;
  onBack: (() => void) | undefined;
}): JSX.Element {
  const { item, done, state, onBack } = props;
  const reading = useReading();
  const { page } = reading.words;
  const shown = shownOf(done.checked, reading);
  const [bank, setBank] = useState("");
  // browsers ask whoever made them about every field for text, so that there is none before somebody wants it
  const [isPrinting, setPrinting] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <>
      <article class={`answer tone-${shown.tone}`} data-verdict={shown.verdict ?? "fault"}>
        <p class="name">
          {item.name}{" "}
          <span class="quiet-text whole">{fill(page.bytes, { bytes: item.size.toLocaleString("en") })}</span>
        </p>
        <h1 ref={heading} tabIndex={-1}>
          <span class="sign" aria-hidden="true">
            {shown.sign}
          </span>
          <Title>{shown.title}</Title>
        </h1>
        {shown.means !== "" && (
          <p class="means">
            <Text>{shown.means}</Text>
          </p>
        )}
        {shown.notes.map((note) => (
          <p key={note} class="note">
            <Text>{note}</Text>
          </p>
        ))}
        <Facts shown={shown} at={done.at} />
        <section class="next">
          <h2>{page.next}</h2>
          <p>{shown.next}</p>
          {shown.verdict === "not-found" && <Likely />}
        </section>
        <Actions item={item} shown={shown} state={state} onBack={onBack} />
      </article>
      <Folded item={item} done={done} shown={shown}>
        {shown.entry !== undefined && (
          <details onToggle={({ currentTarget }) => setPrinting(currentTarget.open)}>
            <summary>{page.certificate.print}</summary>
            {isPrinting && <CertificateForm bank={bank} onBank={setBank} />}
          </details>
        )}
      </Folded>
      <Certificate bank={bank} item={item} done={done} shown={shown} />
    </>
  );
}

function Facts({ shown, at }: { shown: Shown; at: number }): JSX.Element {
  const { page } = useReading().words;
  return (
    <dl class="facts">
      {[...shown.facts, { label: page.checkedAt, value: timeText(at) }].map(({ label, value }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>
            <Text>{value}</Text>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Likely(): JSX.Element {
  const { likely } = useReading().words.page;
  return (
    <>
      <h3>{likely.title}</h3>
      <ul>
        <li>{likely.changed}</li>
        <li>{likely.personal}</li>
        <li>{likely.never}</li>
      </ul>
    </>
  );
}

function Actions(props: {
  item: Item;
  shown: Shown;
  state: State;
  onBack: (() => void) | undefined;
}): JSX.Element {
  const { item, shown, state, onBack } = props;
  const reading = useReading();
  const { session, words } = reading;
  const { page } = words;
  const code = shown.detail?.split(":")[0] ?? "";
  const wantsReceipt =
    shown.verdict === "not-found" ||
    (shown.verdict === "indeterminate" && state.offline) ||
    code === "DOCUMENT_MISMATCH" ||
    code.startsWith("RECEIPT");
  const isLeftOut = shown.verdict === undefined && state.given.some(({ kind }) => kind === "receipt");
  return (
    <>
      <p class="buttons">
        {wantsReceipt && <Choose>{page.addReceipt}</Choose>}
        {code === "POLICY_MISSING" && <Choose>{page.addPolicy}</Choose>}
        {canBeRetried(item, { offline: state.offline, audience: reading }) && (
          <button type="button" onClick={() => session.retry(item.id)}>
            {page.retry}
          </button>
        )}
        {isLeftOut && item.digests !== undefined && (
          <button type="button" class="quiet" onClick={() => session.checkAlone(item.id)}>
            {page.alone}
          </button>
        )}
        <button type="button" class="quiet" onClick={onBack ?? (() => session.clear())}>
          {onBack === undefined ? page.another : page.many.back}
        </button>
      </p>
      {isLeftOut && <p class="hint">{page.aloneMeans}</p>}
    </>
  );
}

/** What is there for whoever wants to know: one click each, and complete. */
function Folded(props: { item: Item; done: Done; shown: Shown; children: ComponentChildren }): JSX.Element {
  const { item, done, shown, children } = props;
  const { words } = useReading();
  const { page, labels } = words;
  return (
    <section class="folded">
      <details>
        <summary>{page.proof.title}</summary>
        <Proof item={item} checked={done.checked} />
      </details>
      {shown.history !== undefined && (
        <details>
          <summary>{page.history.title}</summary>
          <ol class="history">
            {shown.history.map(({ time, text }) => (
              <li key={time + text}>
                <span class="quiet-text whole">{time}</span> {text}
              </li>
            ))}
          </ol>
        </details>
      )}
      <details>
        <summary>{page.sent.title}</summary>
        <Sent requests={done.sent} />
      </details>
      {children}
      <details>
        <summary>{page.detail}</summary>
        {item.digests?.map(({ algorithm, bytes }) => (
          <p key={algorithm}>
            {labels.fingerprint} · <HashText prefix={`${algorithm}:`} hex={toHex(bytes)} />
          </p>
        ))}
        {shown.asOf !== undefined && (
          <p class="wrap">
            <Text>{shown.asOf}</Text>
          </p>
        )}
        {shown.detail !== undefined && (
          <p class="wrap" lang="en">
            {shown.detail}
          </p>
        )}
      </details>
    </section>
  );
}
