/** Lists the receipts, statements, policies and kept answers that were given, with their faults. */
import type { JSX } from "preact";
import { AppError } from "../../core/errors.ts";
import { formatLocalTime } from "../../core/time.ts";
import { parseAnswer } from "../../log/answer.ts";
import { fill } from "../../words/fill.ts";
import { sentence, type Reader } from "../../sdk/verify/answer-text.ts";
import { usePageContext } from "../page-context.ts";
import type { NamedEvidence, State } from "../session.ts";

/** Below the answer, where its names push nothing down. */
export function FoldedEvidence({ state }: { state: State }): JSX.Element | null {
  const { words } = usePageContext();
  const { given, items } = state;
  if (given.length === 0 || items.length === 0) return null;
  return (
    <section class="folded">
      <details open={given.some(isToBeRead)}>
        <summary>{fill(words.page.given.title, { count: given.length })}</summary>
        <EvidenceList state={state} />
      </details>
    </section>
  );
}

/** A fault, or what was not looked at. */
function isToBeRead(given: NamedEvidence): boolean {
  return parsedOf(given) instanceof AppError || (given.kind === "zip" && given.ignored.length > 0);
}

export function EvidenceList({ state }: { state: State }): JSX.Element | null {
  const { words } = usePageContext();
  if (state.given.length === 0) return null;
  const short = state.given.length <= 6;
  const bad = state.given.filter((given) => parsedOf(given) instanceof AppError);
  return (
    <section class="given">
      <ul>
        {(short ? state.given : bad).map((given, i) => (
          <EvidenceItem key={i} given={given} />
        ))}
      </ul>
      {state.items.length === 0 &&
        state.given.some(({ kind }) => kind !== "answer" && kind !== "leaflet") && (
          <p class="strong">{words.page.given.fileWanted}</p>
        )}
    </section>
  );
}

function EvidenceItem({ given }: { given: NamedEvidence }): JSX.Element {
  const { words, language } = usePageContext();
  const parsed = parsedOf(given);
  return (
    <li>
      <span class="name">{given.name}</span>
      {parsed instanceof AppError ? (
        <span class="wrong">! {faultOf(given, parsed, { words, language })}</span>
      ) : (
        <span class="quiet-text">{textOf(given, words)}</span>
      )}
    </li>
  );
}

function parsedOf(given: NamedEvidence): unknown {
  switch (given.kind) {
    case "receipt":
      return given.receipt;
    case "statement":
      return given.statement;
    case "policy":
      return given.policy;
    case "answer":
      return given.answer;
    case "zip":
    case "leaflet":
      return undefined;
  }
}

function faultOf({ kind }: NamedEvidence, { code }: AppError, { words, language }: Reader): string {
  return kind === "answer" ? words.page.given.damagedAnswer : sentence(words.errors[code], language);
}

function textOf(given: NamedEvidence, { page: { given: texts }, verdicts }: Reader["words"]): string {
  if (given.kind === "answer" && !(given.answer instanceof AppError)) {
    const { note, answers } = given.answer;
    const claimed = new Set(answers.map(({ verdict }) => verdicts[verdict].title));
    const time = formatLocalTime(parseAnswer(note.text).time);
    return fill(texts.answer, { time, verdict: [...claimed].join(" ") });
  }
  if (given.kind === "zip" && given.ignored.length > 0)
    return fill(texts.zipWith, { names: given.ignored.join(", ") });
  if (given.kind !== "receipt" || given.receipt instanceof AppError) return texts[given.kind];
  return fill(texts.receipt, { entry: given.receipt.index });
}
