/** Describes an act as text, for a person who reads it before it is sent, and as JSON. */
import type { Act, ActOutcome } from "../../core/act.ts";
import { toHex } from "../../core/bytes.ts";
import { LANGUAGES, type Names, type Profile } from "../../core/directory.ts";
import { formatLocalTime, formatTime } from "../../core/time.ts";
import { operatorKeyId } from "../../log/operator-key.ts";
import type { UnixSeconds } from "../../core/units.ts";
import { fill, type Words } from "../../words/index.ts";
import { printable } from "../output.ts";

export function describe(act: Act, words: Words): string {
  const { acts } = words.governance;
  if (act.act === "set-paused") return act.paused ? acts.pause : acts.resume;
  return fill(acts[act.act], particulars(act, words));
}

function particulars(
  act: Exclude<Act, { act: "set-paused" }>,
  words: Words,
): Record<string, string | number> {
  const { labels, states } = words.governance;
  switch (act.act) {
    case "register-institution":
      return { admin: act.admin, ...profileText(act.profile, words) };
    case "amend-institution":
      return { institution: act.institution, ...profileText(act.profile, words) };
    case "set-state":
      return { institution: act.institution, state: states[act.state] };
    case "name-admin":
    case "cancel-admin":
    case "accept-admin":
    case "accept-key":
      return { ...act };
    case "add-key":
      return { ...act, window: windowText(act, words) };
    case "retire-key":
      return { key: act.key, until: act.until === 0 ? labels.now : formatLocalTime(act.until) };
    case "report-key":
      return { key: act.key, since: formatLocalTime(act.since) };
    case "correct-key-report":
      return { key: act.key, since: act.since === 0 ? labels.takenBack : formatLocalTime(act.since) };
    case "correct-operator-key-report": {
      const since = act.since === 0 ? labels.takenBack : formatLocalTime(act.since);
      return { keyId: toHex(act.keyId), since };
    }
    case "register-operator":
      return {
        name: printable(act.name),
        institution: act.institution === 0 ? labels.none : act.institution,
      };
    case "add-operator-key": {
      const { operator, purpose, signatureType: type } = act;
      return { operator, purpose, type, keyId: toHex(operatorKeyId(act)), window: windowText(act, words) };
    }
    case "retire-operator-key":
      return { keyId: toHex(act.keyId), until: act.until === 0 ? labels.now : formatLocalTime(act.until) };
    case "report-operator-key":
      return { keyId: toHex(act.keyId), since: formatLocalTime(act.since) };
    case "define-scene": {
      const yesNo = (flag: boolean): string => (flag ? labels.yes : labels.no);
      const { slug, names, blinded, personal } = act;
      return { slug, names: namesText(names), blinded: yesNo(blinded), personal: yesNo(personal) };
    }
    case "name-successor":
      return { successor: act.registry };
  }
}

function profileText(
  { roles, scenes, jurisdiction, officialNumber, names }: Profile,
  words: Words,
): Record<string, string> {
  return {
    names: namesText(names),
    jurisdiction: printable(jurisdiction),
    officialNumber: printable(officialNumber),
    roles: roles.map((role) => words.governance.roles[role]).join(" + "),
    scenes: scenes.length === 0 ? words.governance.labels.none : scenes.join(", "),
  };
}

/** A name in every language, each once. */
export function namesText(names: Names): string {
  return [...new Set(LANGUAGES.map((language) => printable(names[language])))].join(" · ");
}

export function windowText(window: { from: UnixSeconds; until: UnixSeconds }, words: Words): string {
  const { labels, window: text } = words.governance;
  return fill(text, {
    from: window.from === 0 ? labels.now : formatLocalTime(window.from),
    until: window.until === 0 ? words.labels.noEnd : formatLocalTime(window.until),
  });
}

const TIMES = new Set(["from", "until", "since"]);

/** An act or its result as JSON: bytes in hexadecimal, times in RFC 3339, null for an open time. */
export function toJson(value: Act | ActOutcome["given"]): Record<string, unknown> {
  const entries = Object.entries(value).map(([name, member]: [string, unknown]) => {
    if (member instanceof Uint8Array) return [name, toHex(member)];
    if (typeof member !== "number" || !TIMES.has(name)) return [name, member];
    return [name, member === 0 ? null : formatTime(member)];
  });
  return Object.fromEntries(entries) as Record<string, unknown>;
}
