/** Looks evidence up in one registry and in all that it continues and that continue it. */
import type { SoughtPayload } from "../core/digest.ts";
import type { ExpectedIssuer } from "../core/official-id.ts";
import type { Address } from "../core/units.ts";
import type { Evidence, EvidenceSource } from "./ports.ts";

/** A registry before or after the one asked; without a source while it cannot be read. */
interface LinkedSource {
  readonly registry: Address;
  readonly source: EvidenceSource | undefined;
}

/** Registries that continue each other, as they are known now. */
export interface Links {
  /** The oldest first. */
  readonly before: readonly LinkedSource[];
  readonly after: readonly LinkedSource[];
}

export class ChainedEvidence implements EvidenceSource {
  readonly #own: EvidenceSource;
  readonly #links: () => Links;

  constructor(own: EvidenceSource, links: () => Links) {
    this.#own = own;
    this.#links = links;
  }

  async gather(question: {
    payloads: readonly SoughtPayload[];
    expectedIssuer?: ExpectedIssuer | undefined;
  }): Promise<Evidence> {
    const { before, after } = this.#links();
    const own = await this.#own.gather(question);
    const earlier = await Promise.all(before.map((link) => gatherFrom(link, question.payloads)));
    const later = await Promise.all(after.map((link) => gatherFrom(link, question.payloads)));
    return {
      ...own,
      documents: [earlier, [own], later].flat().flatMap(({ documents }) => documents),
      others: [...earlier, ...later].map(({ registry, head, doubt }) => ({ registry, head, doubt })),
    };
  }
}

/** A registry that cannot be read has no head: it is judged like a stale index. */
async function gatherFrom({ registry, source }: LinkedSource, payloads: readonly SoughtPayload[]) {
  if (source === undefined) return { registry, head: undefined, doubt: undefined, documents: [] };
  const { head, doubt, documents } = await source.gather({ payloads });
  return { registry, head, doubt, documents: documents.map((document) => ({ ...document, registry })) };
}
