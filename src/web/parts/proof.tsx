/** Shows each step of the verified proof, from the file to the signed root. */
import type { JSX } from "preact";
import { toHex } from "../../core/bytes.ts";
import { decodeEntry } from "../../core/entry.ts";
import { AppError } from "../../core/errors.ts";
import { formatLocalTime } from "../../core/time.ts";
import { fill } from "../../words/fill.ts";
import type { Checked } from "../../sdk/verify/check.ts";
import type { CheckedPath, CheckedProof } from "../../sdk/verify/proof.ts";
import { usePageContext } from "../page-context.ts";
import type { Item } from "../session.ts";
import { HashText } from "./hash.tsx";

export function Proof({ item, checked }: { item: Item; checked: Checked }): JSX.Element {
  const { words } = usePageContext();
  const { proof: texts } = words.page;
  const proofs = proofsOf(checked);
  if (proofs instanceof AppError) return <p>{fill(texts.missing, { why: words.errors[proofs.code] })}</p>;
  if (proofs.length === 0) return <p>{texts.nothing}</p>;
  return (
    <>
      <p class="strong">{texts.holds}</p>
      {proofs.map((proof) => (
        <Steps key={proof.document.index} item={item} proof={proof} />
      ))}
    </>
  );
}

function Steps({ item, proof }: { item: Item; proof: CheckedProof }): JSX.Element {
  const { proof: texts } = usePageContext().words.page;
  const { document, withdrawal, checkpoint, signers, cosigners, trust } = proof;
  const { algorithm, blinded } = decodeEntry(document.entry);
  const digest = item.digests?.find((each) => each.algorithm === algorithm);
  const signer = signers.join(" · ");
  return (
    <ol class="steps">
      <li>
        {texts.fingerprint}
        {digest && <HashText prefix={`${digest.algorithm}:`} hex={toHex(digest.bytes)} />}
      </li>
      <li>
        {fill(blinded ? texts.blinded : texts.entry, { entry: document.index })}
        <HashText hex={toHex(document.entry)} />
      </li>
      <Path path={document} />
      <li>
        {fill(texts.root, { origin: checkpoint.origin, size: checkpoint.size })}
        <HashText hex={toHex(checkpoint.root)} />
      </li>
      {withdrawal && (
        <>
          <li>
            {fill(texts.withdrawal, { entry: withdrawal.index })}
            <HashText hex={toHex(withdrawal.entry)} />
          </li>
          <Path path={withdrawal} />
          <li>{texts.sameRoot}</li>
        </>
      )}
      <li>{fill(trust === "policy" ? texts.byPolicy : texts.byService, { signer })}</li>
      {cosigners.map(({ name, at }) => (
        <li key={name}>{fill(texts.cosigned, { name, time: formatLocalTime(at) })}</li>
      ))}
    </ol>
  );
}

/** The inclusion path from a leaf to the root. */
function Path({ path: { leaf, steps } }: { path: CheckedPath }): JSX.Element {
  const { proof: texts } = usePageContext().words.page;
  return (
    <>
      <li>
        {texts.leaf}
        <HashText hex={toHex(leaf)} />
      </li>
      <li>
        {fill(texts.path, { count: steps.length })}
        <ol>
          {steps.map(({ side, sibling }, i) => (
            <li key={i}>
              {texts[side]} <HashText hex={toHex(sibling)} />
            </li>
          ))}
        </ol>
      </li>
    </>
  );
}

function proofsOf(checked: Checked): readonly CheckedProof[] | AppError {
  switch (checked.kind) {
    case "online":
      return checked.proofs;
    case "offline":
      return [checked.proof];
    case "unproven":
      return checked.fault;
    case "undetermined":
    case "fault":
      return [];
  }
}
