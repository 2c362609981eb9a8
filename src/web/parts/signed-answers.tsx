/** Saves the signed notes of an answer, as files that `hufu verify` reads. */
import type { JSX } from "preact";
import { formatAnswerFile, type AnswerFile } from "../../log/answer.ts";
import { saveText } from "../files.ts";
import { usePageContext } from "../page-context.ts";

export function SignedAnswers(props: { name: string; notes: readonly AnswerFile[] }): JSX.Element {
  const { signedAnswer } = usePageContext().words.page;
  const save = (): void => {
    for (const [i, note] of props.notes.entries())
      saveText(
        `${props.name}${i === 0 ? "" : `.${i + 1}`}.answer.json`,
        formatAnswerFile(note),
        "application/json",
      );
  };
  return (
    <p class="buttons">
      <button type="button" class="quiet" onClick={save}>
        {signedAnswer.save}
      </button>
      <span class="hint">{signedAnswer.means}</span>
    </p>
  );
}
