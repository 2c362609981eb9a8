import type { JSX } from "preact";
import { groups } from "../present.ts";

/** A hash in groups that can be compared by eye, and copied whole: there is no character between them. */
export function HashText({ prefix = "", hex }: { prefix?: string; hex: string }): JSX.Element {
  return (
    <code class="hash">
      {prefix}
      {groups(hex).map((group, i) => (
        <span key={i}>
          <wbr />
          {group}
        </span>
      ))}
    </code>
  );
}
