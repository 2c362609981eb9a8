/** Lists what a printed record names beside the answer: the issuer's official number, registry, chain and operator. */
import { AppError } from "../core/errors.ts";
import { formatOfficialId } from "../core/official-id.ts";
import type { Checked } from "../sdk/verify/check.ts";
import { decidingEntry, operatorNumbers, statedOffline } from "../sdk/verify/answer-text.ts";
import type { Audience, Fact } from "./answer-view.ts";

/** Nothing is listed that is not known. */
export function particularsOf(checked: Checked, audience: Audience): readonly Fact[] {
  const { labels, page } = audience.words;
  const { certificate } = page;
  const [, chain = "", registry = ""] = /^(eip155:\d+):(.+)$/.exec(originOf(checked, audience)) ?? [];
  return [
    { label: certificate.issuerNumber, value: issuerNumber(checked) },
    { label: labels.registry, value: registry },
    { label: certificate.chain, value: chain },
    { label: certificate.operator, value: operators(checked, audience) },
  ].filter(({ value }) => value !== "");
}

function originOf(checked: Checked, { directory }: Audience): string {
  if (checked.kind === "offline") return checked.answer.checkpoint.origin;
  const proven = checked.kind === "online" ? checked.proofs[0]?.checkpoint.origin : undefined;
  return proven ?? directory?.registry.origin ?? "";
}

function issuerNumber(checked: Checked): string {
  if (checked.kind === "online") {
    const decided = decidingEntry(checked.answer, checked.answer);
    return decided === undefined ? "" : formatOfficialId(decided.institution);
  }
  const institution = checked.kind === "offline" ? checked.answer.institution : undefined;
  return institution === undefined || institution instanceof AppError ? "" : formatOfficialId(institution);
}

/** Their numbers, with the names that the directory has. */
function operators(checked: Checked, { directory }: Audience): string {
  const stated = checked.kind === "online" ? checked.answer.statedBy : [];
  const names = checked.kind === "offline" ? statedOffline(checked.answer) : stated;
  const numbers = new Set(names.map((name) => operatorNumbers([name])));
  return [...numbers]
    .map((number) => {
      const name = directory?.operators.find(({ id }) => String(id) === number)?.name;
      return name === undefined ? number : `${number} · ${name}`;
    })
    .join(", ");
}
