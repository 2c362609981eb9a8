/** Shows the question of the start page and the area to drop files on. */
import type { JSX } from "preact";
import { usePageContext } from "../page-context.ts";
import { FileButton } from "./file-button.tsx";
import { Title } from "./text.tsx";

/** Nothing can be dropped on a phone, which has no folders to choose either. */
const isTouch = (): boolean => matchMedia("(pointer: coarse)").matches;

export function DropArea({ isOver, offline }: { isOver: boolean; offline: boolean }): JSX.Element {
  const { page } = usePageContext().words;
  const touch = isTouch();
  return (
    <>
      <h1>
        <Title>{page.question}</Title>
      </h1>
      <section class="drop" aria-label={page.choose}>
        <p class="drop-title">{touch ? page.choose : isOver ? page.letGo : page.drop}</p>
        <p class="buttons">
          <FileButton>{page.chooseFiles}</FileButton>
          {!touch && (
            <FileButton folder quiet>
              {page.chooseFolder}
            </FileButton>
          )}
        </p>
        <p class="hint">{touch ? page.chooseHint : page.dropHint}</p>
        {offline && <p class="hint strong">{page.offline.on}</p>}
      </section>
      <p class="hint paper">
        <strong>{page.paper}</strong> {page.paperMeans}
      </p>
    </>
  );
}
