/** Shows one file: its progress, or its answer. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { toHex } from "../../core/bytes.ts";
import { formatLocalTime } from "../../core/time.ts";
import { fill } from "../../words/fill.ts";
import { canBeRetried, knownIssuers, viewOf, type AnswerView } from "../answer-view.ts";
import { usePageContext } from "../page-context.ts";
import type { Item, State } from "../session.ts";
import { Certificate, CertificateForm } from "./certificate.tsx";
import { FileButton } from "./file-button.tsx";
import { HashText } from "./hash.tsx";
import { IssuerList } from "./issuer-list.tsx";
import { Proof } from "./proof.tsx";
import { SignedAnswers } from "./signed-answers.tsx";
import { SentRequests } from "./sent-requests.tsx";
import { Text, Title } from "./text.tsx";

type Done = Extract<Item["progress"], { state: "done" }>;

/** Results that a service was asked for. */
const ASKED: readonly Done["checked"]["kind"][] = ["online", "unproven", "undetermined"];

export function Answer(props: { item: Item; state: State; onBack?: () => void }): JSX.Element {
  const { item, state, onBack } = props;
  const { progress } = item;
  if (progress.state === "done")
    return <FinishedAnswer item={item} done={progress} state={state} onBack={onBack} />;
  return <UnfinishedFile item={item} />;
}

export function progressText(
  { progress, size }: Item,
  texts: ReturnType<typeof usePageContext>["words"]["page"],
): string {
  if (progress.state === "done") return "";
  if (progress.state !== "hashing") return texts.progress[progress.state];
  const percent = size === 0 ? 100 : Math.floor((100 * progress.done) / size);
  return fill(texts.progress.hashing, { percent });
}

function UnfinishedFile({ item }: { item: Item }): JSX.Element {
  const { session, words } = usePageContext();
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

function FinishedAnswer(props: {
  item: Item;
  done: Done;
  state: State;
  onBack: (() => void) | undefined;
}): JSX.Element {
  const { item, done, state, onBack } = props;
  const context = usePageContext();
  const { page } = context.words;
  const view = viewOf(done.checked, context);
  const [bank, setBank] = useState("");
  // some browsers send the text fields of a page to their vendor, so this one is absent until it is wanted
  const [isFormOpen, setFormOpen] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <>
      <article class={`answer tone-${view.tone}`} data-verdict={view.verdict ?? "fault"}>
        <p class="name">
          {item.name}{" "}
          <span class="quiet-text whole">{fill(page.bytes, { bytes: item.size.toLocaleString("en") })}</span>
        </p>
        <h1 ref={heading} tabIndex={-1}>
          <span class="sign" aria-hidden="true">
            {view.sign}
          </span>
          <Title>{view.title}</Title>
        </h1>
        {view.means !== "" && (
          <p class="means">
            <Text>{view.means}</Text>
          </p>
        )}
        {view.notes.map((note) => (
          <p key={note} class="note">
            <Text>{note}</Text>
          </p>
        ))}
        <Facts view={view} at={done.at} />
        {ASKED.includes(done.checked.kind) && <p class="hint">{page.trust.asks}</p>}
        <section class="next">
          <h2>{page.next}</h2>
          <p>{view.next}</p>
          {view.verdict === "not-found" && <Likely />}
        </section>
        {view.issuers.length > 0 && (
          <section class="next">
            <h2>{page.issuer.title}</h2>
            <IssuerList item={item} issuers={view.issuers} />
          </section>
        )}
        <Actions item={item} view={view} state={state} onBack={onBack} />
      </article>
      <MoreDetails item={item} done={done} view={view}>
        {view.entry !== undefined && (
          <details onToggle={({ currentTarget }) => setFormOpen(currentTarget.open)}>
            <summary>{page.certificate.print}</summary>
            {isFormOpen && <CertificateForm bank={bank} onBank={setBank} />}
          </details>
        )}
      </MoreDetails>
      <Certificate bank={bank} item={item} done={done} view={view} />
    </>
  );
}

function Facts({ view, at }: { view: AnswerView; at: number }): JSX.Element {
  const { page, restsOn } = usePageContext().words;
  const facts = [
    ...view.facts,
    ...(view.restsOn === undefined ? [] : [{ label: restsOn.label, value: view.restsOn.text }]),
    { label: page.checkedAt, value: formatLocalTime(at) },
  ];
  return (
    <dl class="facts">
      {facts.map(({ label, value }) => (
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
  const { likely } = usePageContext().words.page;
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
  view: AnswerView;
  state: State;
  onBack: (() => void) | undefined;
}): JSX.Element {
  const { item, view, state, onBack } = props;
  const context = usePageContext();
  const { session, words } = context;
  const { page } = words;
  const code = view.detail?.split(":")[0] ?? "";
  const wantsReceipt =
    view.verdict === "not-found" ||
    (view.verdict === "indeterminate" && state.offline) ||
    code === "DOCUMENT_MISMATCH" ||
    code.startsWith("RECEIPT");
  const isLeftOut = view.verdict === undefined && state.given.some(({ kind }) => kind === "receipt");
  return (
    <>
      <p class="buttons">
        {wantsReceipt && <FileButton>{page.addReceipt}</FileButton>}
        {code === "POLICY_MISSING" && <FileButton>{page.addPolicy}</FileButton>}
        {canBeRetried(item, { offline: state.offline, audience: context }) && (
          <button type="button" onClick={() => session.retry(item.id)}>
            {page.retry}
          </button>
        )}
        {isLeftOut && item.digests !== undefined && (
          <button type="button" class="quiet" onClick={() => session.checkWithoutReceipts(item.id)}>
            {page.alone}
          </button>
        )}
        {item.expectedIssuer !== undefined && (
          <button type="button" class="quiet" onClick={() => session.chooseIssuer(item.id, undefined)}>
            {page.issuer.again}
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

function MoreDetails(props: {
  item: Item;
  done: Done;
  view: AnswerView;
  children: ComponentChildren;
}): JSX.Element {
  const { item, done, view, children } = props;
  const context = usePageContext();
  const { page, labels } = context.words;
  const issuers = item.digests === undefined || view.issuers.length > 0 ? [] : knownIssuers(context);
  return (
    <section class="folded">
      {issuers.length > 0 && (
        <details>
          <summary>{page.issuer.title}</summary>
          <IssuerList item={item} issuers={issuers} />
        </details>
      )}
      <details>
        <summary>{page.proof.title}</summary>
        <Proof item={item} checked={done.checked} />
        {done.checked.kind === "online" && <SignedAnswers name={item.name} notes={done.checked.notes} />}
      </details>
      {done.firstContact !== undefined && (
        <details>
          <summary>{page.trust.title}</summary>
          <p>{page.trust.means}</p>
          <p class="wrap" lang="en">
            {done.firstContact.origin}
          </p>
          <p>
            <HashText prefix="sha256:" hex={done.firstContact.fingerprint} />
          </p>
        </details>
      )}
      {view.history !== undefined && (
        <details>
          <summary>{page.history.title}</summary>
          <ol class="history">
            {view.history.map(({ time, text }) => (
              <li key={time + text}>
                <span class="quiet-text whole">{time}</span> {text}
              </li>
            ))}
          </ol>
        </details>
      )}
      <details>
        <summary>{page.sent.title}</summary>
        <SentRequests requests={done.sent} />
      </details>
      {children}
      <details>
        <summary>{page.detail}</summary>
        {item.digests?.map(({ algorithm, bytes }) => (
          <p key={algorithm}>
            {labels.fingerprint} · <HashText prefix={`${algorithm}:`} hex={toHex(bytes)} />
          </p>
        ))}
        {view.asOf !== undefined && (
          <p class="wrap">
            <Text>{view.asOf}</Text>
          </p>
        )}
        {view.detail !== undefined && (
          <p class="wrap" lang="en">
            {view.detail}
          </p>
        )}
      </details>
    </section>
  );
}
