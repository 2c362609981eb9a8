/** Shows a table of many files, most severe answers first, and opens each of them. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { formatLocalTime } from "../../core/time.ts";
import type { UnixSeconds } from "../../core/units.ts";
import { fill } from "../../words/fill.ts";
import { saveText } from "../files.ts";
import { canBeRetried, counts, inOrder, reportOf, viewOf } from "../answer-view.ts";
import { usePageContext } from "../page-context.ts";
import type { Item, State } from "../session.ts";
import { shareDone, useProgressText } from "../progress.ts";
import { Answer, progressText } from "./answer.tsx";
import { RecordFoot, usePrintedTitle } from "./certificate.tsx";
import { Text, Title } from "./text.tsx";

export function ManyFiles({ state }: { state: State }): JSX.Element {
  const { items, offline } = state;
  const context = usePageContext();
  const { session, words } = context;
  const { many, cancel } = words.page;
  const [open, setOpen] = useState<number>();
  const heading = useRef<HTMLHeadingElement>(null);
  const done = items.filter(({ progress }) => progress.state === "done").length;
  const undecided = items.filter((item) => canBeRetried(item, { offline, audience: context }));
  const isOver = items.every(({ progress }) => progress.state === "done" || progress.state === "cancelled");
  const share = shareDone(items);
  const text = useProgressText(items, share, context);
  usePrintedTitle(words.page.certificate.titleMany);
  useEffect(() => heading.current?.focus(), [open]);
  const opened = items.find(({ id }) => id === open);
  if (opened !== undefined)
    return <Answer key={opened.id} item={opened} state={state} onBack={() => setOpen(undefined)} />;
  const save = (): void => saveText("hufu-report.csv", reportOf(items, context), "text/csv;charset=utf-8");
  return (
    <section class="many">
      <p class="printed title">{words.page.certificate.titleMany}</p>
      <h1 ref={heading} tabIndex={-1}>
        {fill(many.title, { done, total: items.length })}
      </h1>
      {!isOver && (
        <>
          <progress max={1} value={share} aria-label={words.page.progress.asking} />
          <p class="quiet-text">{text}</p>
        </>
      )}
      <ul class="counts">
        {counts(items, context).map(([title, count]) => (
          <li key={title}>
            <strong>{count}</strong> {title}
          </li>
        ))}
      </ul>
      <p class="buttons">
        {isOver ? (
          <>
            <button type="button" onClick={save}>
              {many.save}
            </button>
            {undecided.length > 0 && (
              <button type="button" onClick={() => undecided.forEach(({ id }) => session.retry(id))}>
                {words.page.retry}
              </button>
            )}
            <button type="button" class="quiet" onClick={() => print()}>
              {words.page.print}
            </button>
            <button type="button" class="quiet" onClick={() => session.clear()}>
              {many.again}
            </button>
          </>
        ) : (
          <button type="button" class="quiet" onClick={() => session.cancel()}>
            {cancel}
          </button>
        )}
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">{many.result}</th>
            <th scope="col">{words.labels.file}</th>
            <th scope="col">{words.labels.issuer}</th>
            <th scope="col">{words.labels.registered}</th>
          </tr>
        </thead>
        <tbody>
          {inOrder(items, context).map((item) => (
            <Row key={item.id} item={item} onOpen={() => setOpen(item.id)} />
          ))}
        </tbody>
      </table>
      <div class="printed">
        <RecordFoot bank="" time={formatLocalTime(newestOf(items))} />
      </div>
    </section>
  );
}

/** When the last of them was checked. */
function newestOf(items: readonly Item[]): UnixSeconds {
  return items.reduce(
    (time, { progress }) => (progress.state === "done" ? Math.max(time, progress.at) : time),
    0,
  );
}

function Row({ item, onOpen }: { item: Item; onOpen: () => void }): JSX.Element {
  const context = usePageContext();
  const { progress, name } = item;
  if (progress.state !== "done")
    return (
      <tr>
        <td class="quiet-text">{progressText(item, context)}</td>
        <td class="name">{name}</td>
        <td />
        <td />
      </tr>
    );
  const { tone, sign, title, facts, verdict } = viewOf(progress.checked, context);
  const [issuer, registered] = facts;
  return (
    <tr class={`tone-${tone}`} data-verdict={verdict ?? "fault"}>
      <td>
        <span class="result">
          <span class="sign" aria-hidden="true">
            {sign}
          </span>
          <Title>{title}</Title>
        </span>
      </td>
      <td class="name">
        <button type="button" class="link" onClick={onOpen}>
          {name}
        </button>
      </td>
      <td>{issuer?.value}</td>
      <td>
        <Text>{registered?.value ?? ""}</Text>
      </td>
    </tr>
  );
}
