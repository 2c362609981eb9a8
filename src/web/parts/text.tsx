import { Fragment, type JSX } from "preact";
import { useReading } from "../reading.ts";

const TIMES = /(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\+8)/;

/** A text whose times are not broken across lines. */
export function Text({ children }: { children: string }): JSX.Element {
  const parts = children.split(TIMES);
  return <>{parts.map((part, i) => (TIMES.test(part) ? <Whole key={i}>{part}</Whole> : part))}</>;
}

/** What stays on one line. */
export function Whole({ children }: { children: string }): JSX.Element {
  return <span class="whole">{children}</span>;
}

/** A few large words, broken between words only, also where these are written without spaces. */
export function Title({ children }: { children: string }): JSX.Element {
  const { language } = useReading();
  const segments = [...new Intl.Segmenter(language, { granularity: "word" }).segment(children)];
  return (
    <span class="title">
      {segments.map(({ segment, index, isWordLike }) => (
        <Fragment key={index}>
          {isWordLike === true && <wbr />}
          {segment}
        </Fragment>
      ))}
    </span>
  );
}
