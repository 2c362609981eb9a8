import type { JSX } from "preact";
import { useReading } from "../reading.ts";
import { Choose } from "./choose.tsx";
import { Title } from "./text.tsx";

/** Where it begins: the question, and the place to drop files. */
export function Dropping({ isOver, offline }: { isOver: boolean; offline: boolean }): JSX.Element {
  const { page } = useReading().words;
  return (
    <>
      <h1>
        <Title>{page.question}</Title>
      </h1>
      <section class="drop" aria-label={page.drop}>
        <p class="drop-title">{isOver ? page.letGo : page.drop}</p>
        <p class="buttons">
          <Choose>{page.chooseFiles}</Choose>
          <Choose folder quiet>
            {page.chooseFolder}
          </Choose>
        </p>
        <p class="hint">{page.dropHint}</p>
        {offline && <p class="hint strong">{page.offline.on}</p>}
      </section>
      <p class="hint paper">
        <strong>{page.paper}</strong> {page.paperMeans}
      </p>
    </>
  );
}
