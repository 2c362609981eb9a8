/** Tests that nobody steers a verdict by recording, and withdrawing, the digest of another institution's document. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ExpectedIssuer } from "../../src/core/official-id.ts";
import { Verifier, type VerifierAnswer } from "../../src/verify/verifier.ts";
import { SqlEvidenceSource } from "../../src/store/index/evidence.ts";
import { ModelChain, type Change } from "../support/chain/model-chain.ts";
import { Stack } from "../support/stack/stack.ts";
import { openTestDatabase } from "../support/store/database.ts";

const PAYLOAD = Uint8Array.from({ length: 32 }, () => 7);
const [GENUINE, ATTACKER] = [1, 2];
const OFFICIAL = { jurisdiction: "CN", officialNumber: "SAMPLE1" };
const ATTACKERS = { jurisdiction: "CN", officialNumber: "SAMPLE2" };

const genuine: Change = { kind: "document", by: GENUINE, payload: PAYLOAD };
const copied: Change = { kind: "document", by: ATTACKER, payload: PAYLOAD };
const withdrawn: Change = { kind: "withdrawal", by: ATTACKER, payload: PAYLOAD };

/** Blocks of changes, after the one that registers the institutions. */
const ATTACKS: [string, Change[][]][] = [
  ["before it", [[copied], [genuine]]],
  ["before it, and withdraws", [[copied], [withdrawn], [genuine]]],
  ["before it, and withdraws after it", [[copied], [genuine], [withdrawn]]],
  ["after it", [[genuine], [copied]]],
  ["after it, and withdraws", [[genuine], [copied], [withdrawn]]],
  ["in the same block, before it", [[copied, genuine]]],
  ["in the same block, after it", [[genuine, copied]]],
  ["in the same block on both sides, and withdraws", [[copied, genuine, copied, withdrawn]]],
  // more than a statement of SQLite takes values
  ["forty thousand times", [[genuine], Array.from({ length: 20 }, () => ({ ...copied, times: 2_000 }))]],
];

describe.each(ATTACKS)("an institution that records another's digest %s", (_, blocks) => {
  let stack: Stack;
  beforeAll(async () => {
    const chain = new ModelChain(1);
    chain.mine({ kind: "institution" }, { kind: "institution" });
    for (const block of blocks) chain.mine(...block);
    stack = new Stack({ db: await openTestDatabase(), chain });
    await stack.sync();
  });
  afterAll(() => stack[Symbol.asyncDispose]());

  async function ask(
    expectedIssuer: ExpectedIssuer | undefined,
    acceptedIssuers: readonly (typeof OFFICIAL)[] = [],
  ): Promise<VerifierAnswer> {
    const policy = { maxLag: 600, emptyBlocks: true, acceptedIssuers };
    const verifier = new Verifier({ source: new SqlEvidenceSource(stack.db), clock: stack.clock, policy });
    return await verifier.verify({
      payloads: [{ algorithm: "sha256", bytes: PAYLOAD, blinded: false }],
      expectedIssuer,
    });
  }

  it("changes nothing for who names the issuer", async () => {
    for (const expected of [GENUINE, OFFICIAL])
      expect(await ask(expected)).toMatchObject({
        verdict: { kind: "valid", document: { entry: { institution: GENUINE } } },
        chosenBy: "caller",
        others: 1,
      });
  });

  it("changes nothing where the issuer is accepted", async () => {
    expect(await ask(undefined, [OFFICIAL])).toMatchObject({
      verdict: { kind: "valid", document: { entry: { institution: GENUINE } } },
      chosenBy: "setting",
      others: 1,
    });
  });

  it("leads to several issuers for who names none, with the genuine verdict among them", async () => {
    const { verdict } = await ask(undefined);
    const own = blocks.flat().includes(withdrawn) ? "revoked" : "valid";
    expect(verdict).toMatchObject({
      kind: "several-issuers",
      issuers: [
        { institution: OFFICIAL, verdict: { kind: "valid" } },
        { institution: ATTACKERS, verdict: { kind: own } },
      ],
    });
  });
});
