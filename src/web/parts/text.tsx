import { Fragment, type JSX } from "preact";
import { useReading } from "../reading.ts";

const TIMES = /(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\+8)/;

/** A text that is broken across lines between words only, also where these are written without spaces; a time is one. */
export function Text({ children }: { children: string }): JSX.Element {
  const { language } = useReading();
  const words = new Intl.Segmenter(language, { granularity: "word" });
  return (
    <span class="text">
      {children.split(TIMES).map((part, i) =>
        TIMES.test(part) ? (
          <Whole key={i}>{part}</Whole>
        ) : (
          [...words.segment(part)].map(({ segment, index, isWordLike }) => (
            <Fragment key={`${i} ${index}`}>
              {isWordLike === true && <wbr />}
              {segment}
            </Fragment>
          ))
        ),
      )}
    </span>
  );
}

/** What stays on one line. */
export function Whole({ children }: { children: string }): JSX.Element {
  return <span class="whole">{children}</span>;
}
