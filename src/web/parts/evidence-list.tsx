/** Lists the receipts, statements and policies that were given, with their faults. */
import type { JSX } from "preact";
import { AppError } from "../../core/errors.ts";
import { fill } from "../../words/fill.ts";
import { sentence } from "../../sdk/verify/answer-text.ts";
import { usePageContext } from "../page-context.ts";
import type { NamedEvidence, State } from "../session.ts";

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
      {state.items.length === 0 && <p class="strong">{words.page.given.fileWanted}</p>}
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
        <span class="wrong">! {sentence(words.errors[parsed.code], language)}</span>
      ) : (
        <span class="quiet-text">{textOf(given, words.page.given)}</span>
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
  }
}

function textOf(given: NamedEvidence, texts: { receipt: string; statement: string; policy: string }): string {
  if (given.kind !== "receipt" || given.receipt instanceof AppError) return texts[given.kind];
  return fill(texts.receipt, { entry: given.receipt.index });
}
