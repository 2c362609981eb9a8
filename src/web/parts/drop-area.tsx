/** Shows the question of the start page and the area to drop files on. */
import type { JSX } from "preact";
import { usePageContext } from "../page-context.ts";
import { FileButton } from "./file-button.tsx";
import { Title } from "./text.tsx";

export function DropArea({ isOver, offline }: { isOver: boolean; offline: boolean }): JSX.Element {
  const { page } = usePageContext().words;
  return (
    <>
      <h1>
        <Title>{page.question}</Title>
      </h1>
      <section class="drop" aria-label={page.drop}>
        <p class="drop-title">{isOver ? page.letGo : page.drop}</p>
        <p class="buttons">
          <FileButton>{page.chooseFiles}</FileButton>
          <FileButton folder quiet>
            {page.chooseFolder}
          </FileButton>
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
