/** Sets texts with controlled line breaks. */
import { Fragment, type JSX } from "preact";
import { usePageContext } from "../page-context.ts";

const TIMES = /(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\+8)/;

/** Keeps times on one line. */
export function Text({ children }: { children: string }): JSX.Element {
  const parts = children.split(TIMES);
  return <>{parts.map((part, i) => (TIMES.test(part) ? <NoWrap key={i}>{part}</NoWrap> : part))}</>;
}

function NoWrap({ children }: { children: string }): JSX.Element {
  return <span class="whole">{children}</span>;
}

/** Breaks lines between words only, also in languages without spaces, and after no opening bracket. */
export function Title({ children }: { children: string }): JSX.Element {
  const { language } = usePageContext();
  const segments = [...new Intl.Segmenter(language, { granularity: "word" }).segment(children)];
  const follows = (index: number): boolean => /\p{Ps}$/u.test(children.slice(0, index));
  return (
    <span class="title">
      {segments.map(({ segment, index, isWordLike }) => (
        <Fragment key={index}>
          {isWordLike === true && !follows(index) && <wbr />}
          {segment}
        </Fragment>
      ))}
    </span>
  );
}
