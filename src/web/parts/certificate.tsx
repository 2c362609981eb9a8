/** Prints the answer for a file on one A4 page. */
import type { JSX } from "preact";
import encodeQR from "qr";
import { toHex } from "../../core/bytes.ts";
import { formatLocalTime } from "../../core/time.ts";
import { fill } from "../../words/fill.ts";
import { entryUrl, type AnswerView } from "../answer-view.ts";
import { baseUrl } from "../base-url.ts";
import { usePageContext } from "../page-context.ts";
import type { Item } from "../session.ts";
import { HashText } from "./hash.tsx";
import { Text } from "./text.tsx";

export function CertificateForm(props: { bank: string; onBank: (bank: string) => void }): JSX.Element {
  const { certificate } = usePageContext().words.page;
  return (
    <div class="bank">
      <label>
        {certificate.by}
        <input
          value={props.bank}
          maxLength={80}
          onInput={(event) => props.onBank(event.currentTarget.value)}
        />
      </label>
      <button type="button" onClick={() => print()}>
        {certificate.print}
      </button>
    </div>
  );
}

/** Hidden on screen. */
export function Certificate(props: {
  bank: string;
  item: Item;
  done: Extract<Item["progress"], { state: "done" }>;
  view: AnswerView;
}): JSX.Element | null {
  const { bank, item, done, view } = props;
  const { words, directory } = usePageContext();
  const { certificate, bytes, checkedAt } = words.page;
  if (view.entry === undefined) return null;
  const url = entryUrl(view.entry, directory, baseUrl());
  const time = formatLocalTime(done.at);
  return (
    <article class="certificate" aria-hidden="true">
      <h1>{certificate.title}</h1>
      <p class="result">
        <span class="sign">{view.sign}</span> {view.title}
      </p>
      <p>
        <Text>{view.means}</Text>
      </p>
      {view.notes.map((note) => (
        <p key={note}>
          <Text>{note}</Text>
        </p>
      ))}
      <p>{view.next}</p>
      <dl class="facts">
        <Row label={words.labels.file}>
          {item.name} ({fill(bytes, { bytes: item.size.toLocaleString("en") })})
        </Row>
        {view.facts.map(({ label, value }) => (
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
      <p class="as-of">{view.asOf}</p>
      <div class="code">
        <Code text={url} />
        <p>
          {fill(certificate.code, { entry: view.entry })}
          <br />
          {url}
        </p>
      </div>
      <p class="certificate-foot">
        {fill(certificate.footer, { bank: bank.trim() === "" ? certificate.nobody : bank.trim(), time })}
      </p>
    </article>
  );
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
