/** Declares answers as they are shown, whether a service, a node or a mirror gave them. */
import type { Names } from "../../core/directory.ts";
import type { ExpectedIssuer } from "../../core/official-id.ts";
import type { RestsOn } from "../../core/verdict.ts";
import type { IssuerAnswer, VerificationResponse, VerifiedEntry } from "../../wire/verifications.ts";

/** An institution that the reader expects to have issued a file; "any": none is named. */
export type Expected = ExpectedIssuer | "any";

/** An entry as it is shown. Transaction and block are there only where a node of the reader's own gave them. */
export type ShownEntry = Omit<VerifiedEntry, "transaction" | "block" | "final"> &
  Partial<Pick<VerifiedEntry, "transaction" | "block" | "final">> & {
    /** Of the document's type, where the log proves them. */
    readonly sceneNames?: Names;
  };

/** An answer as it is shown. */
export type ShownAnswer = Omit<VerificationResponse, "entries" | "asOf" | "proof" | "note"> & {
  readonly entries: readonly ShownEntry[];
  readonly asOf: Pick<VerificationResponse["asOf"], "treeSize" | "root" | "time"> &
    Partial<VerificationResponse["asOf"]>;
  /** By a policy for trying out: all of it is the word of one operator. */
  readonly oneOperator?: true | undefined;
};

/** What is established. */
export interface Established extends ShownAnswer {
  readonly restsOn: RestsOn;
  /** Names of the status keys that signed the answer. */
  readonly statedBy: readonly string[];
}

/** The verdict of an answer, or those of its several issuers, with what each rests on. */
export function decisionsOf<T extends Pick<ShownAnswer, "issuers">>(
  answer: T,
): readonly (T | IssuerAnswer)[] {
  return answer.issuers ?? [answer];
}
