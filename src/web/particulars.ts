/** Lists what a printed record names beside the answer: the issuer's official number, registry, chain and operator. */
import { AppError } from "../core/errors.ts";
import { formatOfficialId } from "../core/official-id.ts";
import type { Checked } from "../sdk/verify/check.ts";
import { decidingEntry, operatorNumbers, statedOffline } from "../sdk/verify/answer-text.ts";
import type { Fact } from "./answer-view.ts";
import type { Words } from "../words/en.ts";

/** Nothing is listed but what signatures and proofs give: no name that a service's directory has. */
export function particularsOf(checked: Checked, { labels, page: { certificate } }: Words): readonly Fact[] {
  const keys = signersOfAnswer(checked);
  const [, chain = "", registry = ""] = /^(eip155:\d+):(0x[0-9a-f]+)/.exec(keys[0] ?? "") ?? [];
  return [
    { label: certificate.issuerNumber, value: issuerNumber(checked) },
    { label: labels.registry, value: registry },
    { label: certificate.chain, value: chain },
    { label: certificate.operator, value: operatorNumbers(keys) },
  ].filter(({ value }) => value !== "");
}

/** Names of keys, which begin with the origin of the log and end with the number of the operator. */
function signersOfAnswer(checked: Checked): readonly string[] {
  if (checked.kind === "online") return checked.answer.statedBy;
  return checked.kind === "offline" ? statedOffline(checked.answer) : [];
}

function issuerNumber(checked: Checked): string {
  if (checked.kind === "online") {
    const decided = decidingEntry(checked.answer, checked.answer);
    return decided === undefined ? "" : formatOfficialId(decided.institution);
  }
  const institution = checked.kind === "offline" ? checked.answer.institution : undefined;
  return institution === undefined || institution instanceof AppError ? "" : formatOfficialId(institution);
}
