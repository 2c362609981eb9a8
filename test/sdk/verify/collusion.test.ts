import { describe, expect, it } from "vitest";
import { cosign } from "../../../src/log/checkpoint.ts";
import { formatVerifierKey } from "../../../src/log/note.ts";
import { formatPolicy, parsePolicy } from "../../../src/log/policy.ts";
import { verifyEntry } from "../../../src/log/proven-entry.ts";
import { verifyOffline } from "../../../src/sdk/verify/offline.ts";
import { digestsOf } from "../../support/log/evidence.ts";
import { TIME, TestLog } from "../../support/log/receipts.ts";
import { cosignerOf } from "../../support/log/signers.ts";

/** Both have the same origin and the same operators' keys; the document is in the invented one alone. */
const chain = new TestLog();
const invented = new TestLog();
chain.fill(9);
invented.fill(4);
const digests = digestsOf("a report that nobody issued");
const index = invented.document(digests[0]);
invented.fill(4);
const receipt = invented.receipt(index);

describe("two operators that sign a log which is not the chain's", () => {
  it("a reader who has their two keys alone believes their receipt", () => {
    const answer = verifyOffline({ receipt, digests, policy: invented.policy(), now: TIME + 60 });
    expect(answer.verdict).toBe("registered");
  });

  it("a policy with a third witness does not believe it, until that one cosigns too", () => {
    const third = cosignerOf("third");
    const [first, second] = invented.operators;
    const policy = parsePolicy(`log ${formatVerifierKey(first.log.key)}
witness one ${formatVerifierKey(first.witness.key)}
witness two ${formatVerifierKey(second.witness.key)}
witness three ${formatVerifierKey(third.key)}
group all all one two three
quorum all
`);
    const check = (by: typeof receipt): unknown =>
      verifyOffline({ receipt: by, digests, policy: parsePolicy(formatPolicy(policy)), now: TIME + 60 });
    expect(() => check(receipt)).toThrowCode("NOT_ENOUGH_WITNESSES");
    const { text, signatures } = receipt.checkpoint;
    const cosigned = { text, signatures: [...signatures, cosign(text, third, TIME + 5)] };
    expect(check({ ...receipt, checkpoint: cosigned })).toMatchObject({ verdict: "registered" });
  });

  it("the root that a node has at that size convicts them", () => {
    const proven = { index, entry: receipt.extra.entry, proof: receipt.proof };
    expect(invented.size).toBe(chain.size);
    expect(() => verifyEntry(proven, chain)).toThrowCode("PROOF_INVALID");
    expect(() => verifyEntry(proven, invented)).not.toThrow();
  });
});
