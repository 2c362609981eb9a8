import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useReading } from "../reading.ts";

/** A button that asks for files, or for a folder. */
export function Choose(props: {
  folder?: boolean;
  quiet?: boolean;
  children: ComponentChildren;
}): JSX.Element {
  const { folder = false, quiet = false, children } = props;
  const { session } = useReading();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (input.current !== null) input.current.webkitdirectory = folder;
  }, [folder]);
  const taken = (chosen: HTMLInputElement): void => {
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
        onChange={({ currentTarget }) => taken(currentTarget)}
      />
    </>
  );
}
