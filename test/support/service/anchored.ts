/** Registers a document and fetches its receipt. */
import { setTimeout as sleep } from "node:timers/promises";
import { formatDigest, type Digest } from "../../../src/core/digest.ts";
import { commit } from "../../../src/hash/blinding.ts";
import { parseReceipt, type Receipt } from "../../../src/log/receipt.ts";
import { HufuClient } from "../../../src/sdk/http/client.ts";
import type { TestService } from "./service.ts";

/** The document is blinded if there is a salt. @returns its receipt with the salt, once a checkpoint covers it */
export async function anchored(
  { url, keys }: TestService,
  digest: Digest,
  salt?: Uint8Array,
): Promise<Receipt> {
  const client = new HufuClient({ server: url, apiKey: keys.issuer });
  const { origin } = (await client.institutions()).registry;
  const document =
    salt === undefined
      ? { digest: formatDigest(digest), scene: "enterprise-credit-report" }
      : {
          commitment: formatDigest(commit(digest, { salt, origin, institution: 1 })),
          scene: "personal-credit-report",
        };
  const { anchors } = await client.anchor([document], { wait: true });
  const [{ index = -1 } = {}] = anchors;
  for (;;) {
    const text = await client.evidence(index, "receipt");
    if (typeof text === "string") {
      const receipt = parseReceipt(new TextEncoder().encode(text));
      return { ...receipt, extra: { ...receipt.extra, salt } };
    }
    await sleep(50);
  }
}
