/** What is asked about a file: a document blinded here by its commitments alone, so that its digest stays here. */
import { describe, expect, it } from "vitest";
import { formatDigest, type Digest } from "../../../src/core/digest.ts";
import type { SaltRecord } from "../../../src/core/salt.ts";
import { commit } from "../../../src/hash/blinding.ts";
import { questionOf } from "../../../src/sdk/verify/question.ts";

const sha256: Digest = { algorithm: "sha256", bytes: new Uint8Array(32).fill(1) };
const sm3: Digest = { algorithm: "sm3", bytes: new Uint8Array(32).fill(2) };
const origin = `eip155:1:0x${"0a".repeat(20)}`;

function kept(digest: Digest, institution: number): SaltRecord {
  const salt = new Uint8Array(32).fill(institution);
  const binding = { origin, institution };
  return { ...binding, scene: "kyc-report", digest, salt, commitment: commit(digest, { salt, ...binding }) };
}

/** Salts that answer later. */
const saltsOf = (...records: readonly SaltRecord[]) => ({
  ofDigest: (digest: Digest) =>
    Promise.resolve(records.filter((record) => formatDigest(record.digest) === formatDigest(digest))),
});

describe("the question about a file", () => {
  it.each([
    ["without salts", undefined],
    ["with salts of other documents", saltsOf(kept({ ...sha256, bytes: sm3.bytes }, 1))],
  ])("a file that was not blinded here is asked for by its digests (%s)", async (_, salts) => {
    expect(await questionOf([sha256, sm3], { salts })).toEqual({
      request: { digest: formatDigest(sha256), alsoDigests: [formatDigest(sm3)] },
      payloads: [
        { ...sha256, blinded: false },
        { ...sm3, blinded: false },
      ],
    });
    const { request } = await questionOf([sha256, sm3], { salts, asked: [sm3] });
    expect(request).toEqual({ digest: formatDigest(sm3) });
  });

  it("a file that was blinded here is asked for by its commitments, whichever digest is asked for", async () => {
    const [one, two] = [kept(sha256, 1), kept(sm3, 2)];
    const { request, payloads } = await questionOf([sha256, sm3], {
      salts: saltsOf(one, two),
      asked: [sha256],
    });
    expect(request).toEqual({
      commitment: formatDigest(one.commitment),
      institution: 1,
      origin,
      alsoCommitments: [{ commitment: formatDigest(two.commitment), institution: 2, origin }],
    });
    expect(payloads).toEqual([
      { ...one.commitment, boundTo: { institution: 1, origin } },
      { ...two.commitment, boundTo: { institution: 2, origin } },
    ]);
    for (const { bytes } of [sha256, sm3])
      expect(JSON.stringify(request)).not.toContain(Buffer.from(bytes).toString("hex"));
  });
});
