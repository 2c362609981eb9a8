/** Asks for an API key, which is kept in memory only. */
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { AppError } from "../../core/errors.ts";
import { usePageContext } from "../page-context.ts";

export function KeyForm({ refusal }: { refusal: AppError }): JSX.Element {
  const { session, words } = usePageContext();
  const { key } = words.page;
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const submit = (event: Event): void => {
    event.preventDefault();
    const given = input.current?.value.trim() ?? "";
    if (given !== "") session.useKey(given);
  };
  return (
    <form class="key" onSubmit={submit} aria-labelledby="key-title">
      <h2 id="key-title">{key.title}</h2>
      {refusal.code !== "AUTH_MISSING" && (
        <p class="wrong" role="alert">
          ! {key.refused}
        </p>
      )}
      <label>
        {key.label} <input ref={input} type="password" autoComplete="off" spellcheck={false} required />
      </label>
      <button type="submit">{key.use}</button>
      <p class="hint">{key.means}</p>
    </form>
  );
}
