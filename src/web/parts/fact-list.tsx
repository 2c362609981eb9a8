/** Shows facts as a list of labels and values. */
import type { JSX } from "preact";
import type { Fact } from "../answer-view.ts";
import { Text } from "./text.tsx";

export function FactList({ facts }: { facts: readonly Fact[] }): JSX.Element {
  return (
    <dl class="facts">
      {facts.map(({ label, value }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>
            <Text>{value}</Text>
          </dd>
        </div>
      ))}
    </dl>
  );
}
