/** Turns a looked-up entry into the texts that the page shows of it; none of them speaks of a file or a paper. */
import { AppError } from "../core/errors.ts";
import type { VerdictCode } from "../core/verdict.ts";
import { formatLocalTime } from "../core/time.ts";
import { fill } from "../words/fill.ts";
import { localTime } from "../sdk/verify/answer-text.ts";
import type { Asked } from "../sdk/verify/check.ts";
import type { LookedUp } from "../sdk/verify/entry.ts";
import { becauseOf, factsOf, viewOf, type AnswerView, type Audience, type Fact } from "./answer-view.ts";
import type { LinkedEntry } from "./session.ts";

/** An entry as it is shown; without a sign nothing is known of its status. */
export interface LinkedView extends Pick<AnswerView, "tone" | "title" | "means" | "facts"> {
  readonly sign: string | undefined;
  readonly notes: readonly string[];
}

const UNKNOWN = { tone: "unknown", sign: undefined, means: "", notes: [], facts: [] } as const;

/** Undefined while it is being looked up. */
export function entryViewOf({ index, found }: LinkedEntry, audience: Audience): LinkedView | undefined {
  const { entry: texts, offline } = audience.words.page;
  if (found === undefined) return undefined;
  if (!(found instanceof AppError)) return foundView(index, found, audience);
  if (found.code === "RECEIPT_MISSING") return { ...UNKNOWN, title: offline.title };
  const { size, time } = found.fields;
  const none = typeof time === "number" && typeof size === "number";
  const title =
    found.code === "ENTRY_NOT_FOUND" && none
      ? fill(texts.none, { entry: index, size, time: formatLocalTime(time) })
      : fill(texts.missing, { entry: index, why: audience.words.errors[found.code] });
  return { ...UNKNOWN, title };
}

function foundView(index: number, { entry, checked }: LookedUp, audience: Audience): LinkedView {
  const { page, kinds, labels } = audience.words;
  // by its number: the name that a service's directory has is not proven
  const institution = entry.institution === 0 ? labels.governance : String(entry.institution);
  const known = [
    { label: labels.issuer, value: institution },
    { label: labels.registered, value: formatLocalTime(entry.recordedAt) },
  ];
  const end = entry.validUntil === 0 ? labels.noEnd : formatLocalTime(entry.validUntil);
  if (checked === undefined)
    return { ...UNKNOWN, title: fill(page.entry.kind, { kind: kinds[entry.kind] }), facts: known };
  if (checked.kind !== "online")
    return {
      ...UNKNOWN,
      title: unknown(checked, audience),
      facts: [...known, { label: labels.validUntil, value: end }],
    };
  // the institution is the entry's, which the reader has not chosen
  const { chosenBy: _, ...answer } = checked.answer;
  const { verdict } = answer;
  const view = viewOf({ ...checked, answer }, audience);
  const own = answer.entries.find((each) => each.index === index && each.registry === undefined);
  return {
    tone: view.tone,
    sign: view.sign,
    title: titleOf(verdict, view, audience),
    means: verdict === "valid" ? "" : view.means,
    notes: view.notes,
    facts: [
      ...(own === undefined ? [] : factsOf(own, verdict, audience)),
      ...basis(view, answer.asOf.time, audience),
    ],
  };
}

function unknown(checked: Exclude<Asked, { kind: "online" }>, audience: Audience): string {
  const { errors, page } = audience.words;
  const why = "fault" in checked ? errors[checked.fault.code] : becauseOf(checked.answer, audience);
  return fill(page.entry.unknown, { why });
}

function titleOf(verdict: VerdictCode, { title }: AnswerView, { words: { page } }: Audience): string {
  if (verdict === "valid" || verdict === "expired") return page.entry[verdict];
  return title;
}

function basis({ restsOn }: AnswerView, time: string, { words }: Audience): readonly Fact[] {
  const checked = { label: words.page.checkedAt, value: localTime(time) };
  return restsOn === undefined ? [checked] : [{ label: words.restsOn.label, value: restsOn.text }, checked];
}
