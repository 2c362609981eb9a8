/** Tests that what governance did is named beside the verdicts that rest on it. */
import { AppError } from "../../../src/core/errors.ts";
import { describe, expect, it } from "vitest";
import { LANGUAGES } from "../../../src/core/directory.ts";
import { notesOf, offlineNotes } from "../../../src/sdk/verify/answer-text.ts";
import type { OfflineAnswer } from "../../../src/sdk/verify/offline.ts";
import type { VerificationResponse } from "../../../src/wire/verifications.ts";
import { fill, wordsIn } from "../../../src/words/index.ts";

const AT = "2027-01-15T08:00:00Z";
const LOCAL = "2027-01-15 16:00:00";
const entryWith = (more: object, institution: object): object => ({ index: 7, institution, ...more });
const answerWith = (...entries: object[]): VerificationResponse =>
  ({ verdict: "valid", others: 0, decidedBy: 7, entries }) as unknown as VerificationResponse;

describe.each(LANGUAGES)("in %s", (language) => {
  const words = wordsIn(language);
  const reader = { words, language };

  it("an admin that governance put in place is named with the time", () => {
    const placedAdmin = { admin: "0x00", since: AT, entry: 5 };
    const [note = ""] = notesOf(answerWith(entryWith({}, { placedAdmin })), reader);
    expect(note).toContain(LOCAL.slice(0, 10));
    expect(note).toContain("5");
    expect(notesOf(answerWith(entryWith({}, {})), reader)).toEqual([]);
  });

  it("a corrected report on the key is named with its entry", () => {
    const [note = ""] = notesOf(
      answerWith(entryWith({ correction: { since: null, entry: 6, at: AT } }, {})),
      reader,
    );
    expect(note.startsWith(fill(words.notes.reportCorrected, {}).split("{")[0] ?? "")).toBe(true);
    expect(note).toContain("6");
  });

  it("entries that did not decide are not spoken of", () => {
    const placedAdmin = { admin: "0x00", since: AT, entry: 5 };
    const other = { ...entryWith({}, { placedAdmin }), index: 8 };
    expect(notesOf(answerWith(entryWith({}, {}), other), reader)).toEqual([]);
  });

  it("offline, flag bit 1 is told", () => {
    const offline = (governedAdmin: boolean): OfflineAnswer =>
      ({
        entry: { governedAdmin },
        checkpoint: {},
        institution: new AppError("INSTITUTION_UNPROVEN", { detail: "" }),
      }) as unknown as OfflineAnswer;
    expect(offlineNotes(offline(true), reader)).toEqual([words.notes.placedAdminBefore]);
    expect(offlineNotes(offline(false), reader)).toEqual([]);
  });
});
