/** Shows one file: its progress, or its answer. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { toHex } from "../../core/bytes.ts";
import { formatLocalTime } from "../../core/time.ts";
import type { Policy } from "../../log/policy.ts";
import type { Words } from "../../words/en.ts";
import { fill } from "../../words/fill.ts";
import {
  canBeRetried,
  knownIssuers,
  viewOf,
  type AnswerView,
  type Audience,
  type Fact,
} from "../answer-view.ts";
import { saveText } from "../files.ts";
import { usePageContext } from "../page-context.ts";
import { readOf, readingText, useProgressText } from "../progress.ts";
import { POLICY_NAME, type Item, type State } from "../session.ts";
import { BankName, Certificate } from "./certificate.tsx";
import { FactList } from "./fact-list.tsx";
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

export function progressText(item: Item, audience: Audience): string {
  const { state } = item.progress;
  if (state === "done") return "";
  return state === "hashing" ? readingText([item], audience) : audience.words.page.progress[state];
}

function UnfinishedFile({ item }: { item: Item }): JSX.Element {
  const context = usePageContext();
  const { session, words } = context;
  const { page } = words;
  const { progress, size, name } = item;
  const reading = useProgressText([item], size === 0 ? 1 : readOf(item) / size, context);
  const text = progress.state === "hashing" ? reading : progressText(item, context);
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
        <FactList facts={[...view.facts, ...basis(done, view, context.words)]} />
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
      <MoreDetails item={item} done={done} view={view} state={state}>
        <details onToggle={({ currentTarget }) => setFormOpen(currentTarget.open)}>
          <summary>{page.certificate.by}</summary>
          {isFormOpen && <BankName bank={bank} onBank={setBank} />}
        </details>
      </MoreDetails>
      <Certificate bank={bank} item={item} done={done} view={view} />
    </>
  );
}

/** What the answer rests on, and when it was checked. */
function basis({ at }: Done, { restsOn }: AnswerView, words: Words): readonly Fact[] {
  const checked = { label: words.page.checkedAt, value: formatLocalTime(at) };
  return restsOn === undefined ? [checked] : [{ label: words.restsOn.label, value: restsOn.text }, checked];
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
    view.verdict === "not-found" || code === "DOCUMENT_MISMATCH" || code.startsWith("RECEIPT");
  const isLeftOut =
    view.verdict === undefined && !state.offline && state.given.some(({ kind }) => kind === "receipt");
  const wantsPolicy = code === "POLICY_MISSING";
  const wantsStatus = view.verdict === "registered";
  return (
    <>
      <p class="buttons">
        {wantsReceipt && <FileButton>{page.addReceipt}</FileButton>}
        {wantsPolicy && <FileButton>{page.addPolicy}</FileButton>}
        {wantsStatus && <FileButton>{page.addStatement}</FileButton>}
        {state.offline && (wantsReceipt || wantsPolicy || wantsStatus) && (
          <button type="button" class="quiet" onClick={() => session.setOffline(false)}>
            {page.offline.off}
          </button>
        )}
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
        <span class="pair">
          <button type="button" class="quiet" onClick={() => print()}>
            {page.print}
          </button>
          <button type="button" class="quiet" onClick={onBack ?? (() => session.clear())}>
            {onBack === undefined ? page.another : page.many.back}
          </button>
        </span>
      </p>
      {isLeftOut && <p class="hint">{page.aloneMeans}</p>}
      {wantsPolicy && <KeepPolicy pinned={state.pinned} />}
    </>
  );
}

/** Nothing where the service was not met yet. */
function KeepPolicy({ pinned }: { pinned: Policy | undefined }): JSX.Element | null {
  const { session, words } = usePageContext();
  const { keep, keepMeans } = words.page.trust;
  if (pinned === undefined) return null;
  return (
    <p class="buttons">
      <button
        type="button"
        class="quiet"
        onClick={() => saveText(POLICY_NAME, session.usePinned(pinned), "text/plain;charset=utf-8")}
      >
        {keep}
      </button>
      <span class="hint">{keepMeans}</span>
    </p>
  );
}

function MoreDetails(props: {
  item: Item;
  done: Done;
  view: AnswerView;
  state: State;
  children: ComponentChildren;
}): JSX.Element {
  const { item, done, view, state, children } = props;
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
          <KeepPolicy pinned={state.pinned} />
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
