/** Lists institutions, of which the reader chooses the one that the document names. */
import type { JSX } from "preact";
import { LANGUAGES } from "../../core/directory.ts";
import { formatOfficialId } from "../../core/official-id.ts";
import type { NamedIssuer } from "../answer-view.ts";
import { usePageContext } from "../page-context.ts";
import type { Item } from "../session.ts";

export function IssuerList({ item, issuers }: { item: Item; issuers: readonly NamedIssuer[] }): JSX.Element {
  const { session, words } = usePageContext();
  const chosen = item.expectedIssuer && formatOfficialId(item.expectedIssuer);
  return (
    <div class="issuers">
      <p class="hint">{words.page.issuer.means}</p>
      <ul>
        {issuers.map((issuer) => (
          <li key={formatOfficialId(issuer)}>
            <button
              type="button"
              class="quiet"
              aria-pressed={formatOfficialId(issuer) === chosen}
              onClick={() => session.chooseIssuer(item.id, issuer)}
            >
              <IssuerNames issuer={issuer} />
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The name in the language of the page, then the others, since the document may bear any of them. */
function IssuerNames({ issuer }: { issuer: NamedIssuer }): JSX.Element {
  const { language } = usePageContext();
  const [own, ...others] = LANGUAGES.toSorted((a, b) => Number(b === language) - Number(a === language));
  return (
    <>
      {own !== undefined && <span lang={own}>{issuer.names[own]}</span>}
      {others.map((other) => (
        <span key={other} lang={other} class="quiet-text">
          {issuer.names[other]}
        </span>
      ))}
      <span class="quiet-text" lang="en">
        {formatOfficialId(issuer)}
      </span>
    </>
  );
}
