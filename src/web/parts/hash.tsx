/** Shows a hash in groups for comparison by eye, which are copied without separators. */
import type { JSX } from "preact";
import { groups } from "../answer-view.ts";

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
