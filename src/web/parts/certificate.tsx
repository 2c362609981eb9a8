/** Prints the answer for a file on one A4 page, whatever it is. */
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import encodeQR from "qr";
import { toHex } from "../../core/bytes.ts";
import { formatLocalTime } from "../../core/time.ts";
import { fill } from "../../words/fill.ts";
import { entryUrl, type AnswerView } from "../answer-view.ts";
import { baseUrl } from "../base-url.ts";
import { usePageContext } from "../page-context.ts";
import { particularsOf } from "../particulars.ts";
import type { Item } from "../session.ts";
import { HashText } from "./hash.tsx";
import { Text } from "./text.tsx";

export function BankName(props: { bank: string; onBank: (bank: string) => void }): JSX.Element {
  const { certificate } = usePageContext().words.page;
  return (
    <div class="bank">
      <input
        value={props.bank}
        maxLength={80}
        aria-label={certificate.by}
        onInput={(event) => props.onBank(event.currentTarget.value)}
      />
    </div>
  );
}

/** Hidden on screen. */
export function Certificate(props: {
  bank: string;
  item: Item;
  done: Extract<Item["progress"], { state: "done" }>;
  view: AnswerView;
}): JSX.Element {
  const { bank, item, done, view } = props;
  const { words, directory } = usePageContext();
  const { certificate, bytes, checkedAt } = words.page;
  const time = formatLocalTime(done.at);
  usePrintedTitle(certificate.title);
  return (
    <article class="certificate" aria-hidden="true">
      <h1>{certificate.title}</h1>
      <p class="result">
        <span class="sign">{view.sign}</span> {view.title}
      </p>
      {[view.means, ...view.notes, view.next]
        .filter((text) => text !== "")
        .map((text) => (
          <p key={text}>
            <Text>{text}</Text>
          </p>
        ))}
      <dl class="facts">
        <Row label={words.labels.file}>
          {item.name} ({fill(bytes, { bytes: item.size.toLocaleString("en") })})
        </Row>
        {[...view.facts, ...particularsOf(done.checked, words)].map(({ label, value }) => (
          <Row key={label} label={label}>
            <Text>{value}</Text>
          </Row>
        ))}
        {view.restsOn !== undefined && <Row label={words.restsOn.label}>{view.restsOn.text}</Row>}
        <Row label={checkedAt}>{time}</Row>
        {item.digests?.map(({ algorithm, bytes: digest }) => (
          <Row key={algorithm} label={`${words.labels.fingerprint} ${algorithm}`}>
            <HashText hex={toHex(digest)} />
          </Row>
        ))}
      </dl>
      {view.asOf !== undefined && <p class="as-of">{view.asOf}</p>}
      {view.detail !== undefined && (
        <p class="as-of" lang="en">
          {view.detail}
        </p>
      )}
      {view.entry !== undefined && (
        <EntryCode entry={view.entry} url={entryUrl(view.entry, directory, baseUrl())} />
      )}
      <RecordFoot bank={bank} time={time} />
    </article>
  );
}

function EntryCode({ entry, url }: { entry: number; url: string }): JSX.Element {
  const { certificate } = usePageContext().words.page;
  return (
    <div class="code">
      <Code text={url} />
      <p>
        {fill(certificate.code, { entry })}
        <br />
        {url}
      </p>
    </div>
  );
}

/** Who checked, or a line to fill in. */
export function RecordFoot({ bank, time }: { bank: string; time: string }): JSX.Element {
  const { certificate } = usePageContext().words.page;
  const [before = "", after = ""] = fill(certificate.footer, { time }).split("{bank}");
  return (
    <p class="certificate-foot">
      {before}
      {bank.trim() === "" ? <span class="blank" /> : bank.trim()}
      <Text>{after}</Text>
    </p>
  );
}

/** The title of the document while it is printed, which a PDF takes over. */
export function usePrintedTitle(title: string): void {
  useEffect(() => {
    const stop = new AbortController();
    const before = document.title;
    addEventListener("beforeprint", () => void (document.title = `${title} · Hufu`), { signal: stop.signal });
    addEventListener("afterprint", () => void (document.title = before), { signal: stop.signal });
    return () => stop.abort();
  }, [title]);
}

function Row({
  label,
  children,
}: {
  label: string;
  children: JSX.Element["props"]["children"];
}): JSX.Element {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A QR code, as squares of one path. */
function Code({ text }: { text: string }): JSX.Element {
  const rows = encodeQR(text, "raw", { ecc: "medium", border: 4 });
  const path = rows
    .flatMap((row, y) => row.flatMap((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : [])))
    .join("");
  return (
    <svg viewBox={`0 0 ${rows.length} ${rows.length}`} shape-rendering="crispEdges">
      <path d={path} />
    </svg>
  );
}
