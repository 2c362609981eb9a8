/** Shows a button that opens the file or folder dialog. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { usePageContext } from "../page-context.ts";

export function FileButton(props: {
  folder?: boolean;
  quiet?: boolean;
  children: ComponentChildren;
}): JSX.Element {
  const { folder = false, quiet = false, children } = props;
  const { session } = usePageContext();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (input.current !== null) input.current.webkitdirectory = folder;
  }, [folder]);
  const addChosen = (chosen: HTMLInputElement): void => {
    const files = [...(chosen.files ?? [])];
    chosen.value = "";
    if (files.length > 0) void session.add(files);
  };
  return (
    <>
      <button type="button" class={quiet ? "quiet" : ""} onClick={() => input.current?.click()}>
        {children}
      </button>
      <input
        ref={input}
        type="file"
        class="unseen"
        tabIndex={-1}
        aria-hidden="true"
        multiple
        onChange={({ currentTarget }) => addChosen(currentTarget)}
      />
    </>
  );
}
