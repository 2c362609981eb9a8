import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, startTestService, type Answer, type TestService } from "../support/service/service.ts";

const OPEN = "enterprise-credit-report";
const BLINDED = "personal-credit-report";
const lines: string[] = [];
let service: TestService;

beforeAll(async () => void (service = await startTestService({ lines })));
afterAll(async () => await service.close());

/** 32 unused bytes, written as a digest or a commitment. */
const fresh = (algorithm = "sha256"): string => `${algorithm}:${randomBytes(32).toString("hex")}`;
const anchor = async (documents: readonly object[], key = service.keys.issuer): Promise<Answer> =>
  await ask(`${service.url}/v1/anchors?wait=final`, { key, body: { documents } });
const verify = async (body: object): Promise<Answer> =>
  await ask(`${service.url}/v1/verifications`, { body });
/** Asks for a document of institution 1. */
const find = async (commitment: string, rest: object = {}): Promise<Answer> =>
  await verify({ commitment, institution: 1, ...rest });
const anchorsOf = ({ body }: Answer): Record<string, unknown>[] =>
  body["anchors"] as Record<string, unknown>[];

async function anchorOne(document: object, key = service.keys.issuer): Promise<Record<string, unknown>> {
  const answer = await anchor([document], key);
  expect(answer.status).toBe(200);
  return anchorsOf(answer)[0] ?? {};
}

describe("a blinded document", () => {
  it.each(["sha256", "sm3"])(
    "a blinded document is recorded, shown and found by its commitment (%s)",
    async (algorithm) => {
      const commitment = fresh(algorithm);
      const anchored = await anchorOne({ commitment, scene: BLINDED });
      expect(anchored).toMatchObject({ state: "final", commitment });
      expect(anchored).not.toHaveProperty("digest");

      const { key, url } = { key: service.keys.auditor, url: `${service.url}/v1/entries` };
      const index = anchored["index"] as number;
      const { body: entry } = await ask(`${url}/${index}`, { key });
      expect(entry).toMatchObject({ commitment, blinded: true, scene: BLINDED, status: "active" });
      expect(entry).not.toHaveProperty("digest");
      expect((entry["entry"] as string).slice(4, 8)).toBe(algorithm === "sm3" ? "0201" : "0101");
      const { body: list } = await ask(`${url}?scene=${BLINDED}&limit=1000`, { key });
      expect(list["entries"]).toContainEqual(entry);
      const { body: again } = await ask(`${service.url}/v1/anchors/${anchored["id"] as string}`, {
        key: service.keys.issuer,
      });
      expect(again).toMatchObject({ commitment, index });

      const { status, body } = await find(commitment);
      expect([status, body["verdict"], body["searched"]]).toEqual([200, "valid", "blinded-entries"]);
      expect(body["entries"]).toMatchObject([{ index, commitment, scene: BLINDED }]);
      expect((body["entries"] as object[])[0]).not.toHaveProperty("digest");
    },
  );

  it("a blinded document is withdrawn like any other", async () => {
    const commitment = fresh();
    const { index } = await anchorOne({ commitment, scene: BLINDED });
    const body = { action: "revoke", reason: "subject-request" };
    const url = `${service.url}/v1/entries/${index as number}/status?wait=final`;
    expect((await ask(url, { key: service.keys.issuer, body })).status).toBe(200);
    expect((await find(commitment)).body["verdict"]).toBe("revoked");
    const answer = await anchor([{ commitment, scene: BLINDED }]);
    expect(anchorsOf(answer)).toMatchObject([{ error: { code: "REVOKED_CANNOT_REANCHOR" } }]);
  });

  it("blinded documents are distinguished by their commitments", async () => {
    const commitment = fresh();
    const first = await anchorOne({ commitment, scene: BLINDED });
    const again = await anchorOne({ commitment, scene: BLINDED });
    expect(again).toMatchObject({ id: first["id"], index: first["index"], duplicate: true });
    const theirs = await anchorOne({ commitment, scene: BLINDED }, service.keys.issuer2);
    expect(theirs["index"]).not.toBe(first["index"]);
    for (const [institution, { index }] of [first, theirs].entries()) {
      const { body } = await find(commitment, { institution: institution + 1 });
      expect(body["entries"]).toMatchObject([{ index, conflict: false }]);
    }
  });

  it.each([
    ["another blinded type", "commitment", "kyc-report", /another scene/],
    ["an open one, as its digest", "digest", OPEN, /another blinding/],
  ])("a blinded document is not anchored again under %s", async (_, field, scene, detail) => {
    const payload = fresh();
    await anchorOne({ commitment: payload, scene: BLINDED });
    const answer = await anchor([{ [field]: payload, scene }]);
    expect(anchorsOf(answer)).toMatchObject([{ error: { code: "ANCHORED_DIFFERENTLY" } }]);
    expect(JSON.stringify(anchorsOf(answer))).toMatch(detail);
  });

  it("blinded and open documents share a transaction, each with its own flag", async () => {
    const documents = Array.from({ length: 10 }, (_, i) =>
      i % 2 === 0 ? { digest: fresh(), scene: OPEN } : { commitment: fresh(), scene: BLINDED },
    );
    const results = anchorsOf(await anchor(documents));
    expect(results.map(({ state }) => state)).toEqual(documents.map(() => "final"));
    expect(new Set(results.map(({ transaction }) => transaction)).size).toBe(1);
    for (const [i, { index }] of results.entries()) {
      const { body } = await ask(`${service.url}/v1/entries/${index as number}`, {
        key: service.keys.auditor,
      });
      expect(body).toMatchObject({ ...documents[i], blinded: i % 2 === 1 });
    }
  });
});

describe("a question", () => {
  it("a question by digest never finds a blinded entry that holds the same bytes", async () => {
    const commitment = fresh();
    await anchorOne({ commitment, scene: BLINDED });
    const { body } = await verify({ digest: commitment });
    expect(body).toMatchObject({ verdict: "not-found", searched: "open-entries", entries: [] });
    const also = await verify({ digest: fresh(), alsoDigests: [commitment] });
    expect(also.body["verdict"]).toBe("not-found");
  });

  it("a question by commitment never finds an open entry that holds the same bytes", async () => {
    const digest = fresh();
    await anchorOne({ digest, scene: OPEN });
    const { body } = await find(digest);
    expect(body).toMatchObject({ verdict: "not-found", searched: "blinded-entries", entries: [] });
    const also = await find(fresh(), { alsoCommitments: [{ commitment: digest, institution: 1 }] });
    expect(also.body["verdict"]).toBe("not-found");
  });

  it("a question by several commitments finds the file by any of them", async () => {
    const commitment = fresh("sm3");
    const { index } = await anchorOne({ commitment, scene: BLINDED });
    const alsoCommitments = [fresh(), commitment].map((each) => ({ commitment: each, institution: 1 }));
    const { body } = await find(fresh(), { alsoCommitments });
    expect(body).toMatchObject({ verdict: "valid", decidedBy: index });
  });

  it("a question by the commitment of one algorithm does not find the same bytes under another", async () => {
    const commitment = fresh("sm3");
    await anchorOne({ commitment, scene: BLINDED });
    const { body } = await find(commitment.replace("sm3", "sha256"));
    expect(body["verdict"]).toBe("not-found");
  });

  const one = fresh();
  const bound = { commitment: one, institution: 1 };
  it.each<[string, object, string, string]>([
    ["both", { digest: one, commitment: one }, "TYPE", "/"],
    ["neither", {}, "TYPE", "/"],
    ["neither, but further commitments", { alsoCommitments: [bound] }, "TYPE", "/"],
    [
      "a digest and further commitments",
      { digest: one, alsoCommitments: [bound] },
      "TYPE",
      "/alsoCommitments",
    ],
    ["a commitment and further digests", { ...bound, alsoDigests: [one] }, "TYPE", "/alsoDigests"],
    ["a digest and what it is bound to", { digest: one, institution: 1 }, "TYPE", "/institution"],
    ["a digest and a log", { digest: one, origin: "eip155:1:0x" }, "TYPE", "/origin"],
    ["a commitment that is no text", { ...bound, commitment: 1 }, "TYPE", "/commitment"],
    ["a commitment too short", { ...bound, commitment: one.slice(0, -1) }, "DIGEST_LENGTH", "/commitment"],
    [
      "a commitment of zeros",
      { ...bound, commitment: `sha256:${"0".repeat(64)}` },
      "DIGEST_ZERO",
      "/commitment",
    ],
    [
      "a bad further one",
      { ...bound, alsoCommitments: [{ commitment: "x", institution: 1 }] },
      "DIGEST_FORMAT",
      "/alsoCommitments/0/commitment",
    ],
    ["a further one that is a text", { ...bound, alsoCommitments: [one] }, "TYPE", "/alsoCommitments/0"],
    ["another algorithm", { ...bound, algorithm: "sm3" }, "ALGORITHM_UNSUPPORTED", "/commitment"],
    ["the salt", { ...bound, salt: one }, "UNKNOWN_FIELD", "/salt"],
    ["no institution", { commitment: one }, "COMMITMENT_NEEDS_ISSUER", "/institution"],
    [
      "an expected issuer alone",
      { commitment: one, expectedIssuer: 1 },
      "COMMITMENT_NEEDS_ISSUER",
      "/institution",
    ],
    [
      "a log, and no institution",
      { commitment: one, origin: `eip155:1:0x${"0a".repeat(20)}` },
      "COMMITMENT_NEEDS_ISSUER",
      "/institution",
    ],
    [
      "a further one without institution",
      { ...bound, alsoCommitments: [{ commitment: one }] },
      "COMMITMENT_NEEDS_ISSUER",
      "/alsoCommitments/0/institution",
    ],
    ["institution 0", { ...bound, institution: 0 }, "TYPE", "/institution"],
    ["an institution of 33 bits", { ...bound, institution: 2 ** 32 + 1 }, "TYPE", "/institution"],
    ["an institution that is a text", { ...bound, institution: "1" }, "TYPE", "/institution"],
    ["an origin that is none", { ...bound, origin: "eip155:1:0xABC" }, "TYPE", "/origin"],
  ])("a question with %s is refused", async (_, question, code, at) => {
    const { status, body } = await verify(question);
    expect([status, body["code"], body["at"]]).toEqual([400, code, at]);
  });
});

describe("a question by a commitment alone", () => {
  it.each([
    ["en", "A commitment is asked about with the institution that it is bound to"],
    ["zh-Hans", "查询盲化值须注明其绑定的机构"],
    ["zh-Hant", "查詢盲化值須註明其綁定的機構"],
  ])("the refusal says in words what is missing (%s)", async (language, title) => {
    const headers = { "accept-language": language };
    const { body } = await ask(`${service.url}/v1/verifications`, { body: { commitment: fresh() }, headers });
    expect(body).toMatchObject({ status: 400, code: "COMMITMENT_NEEDS_ISSUER", title });
  });
});

describe("a commitment that another institution copies", () => {
  const copy = async (commitment: string): Promise<number> =>
    (await anchorOne({ commitment, scene: BLINDED }, service.keys.issuer2))["index"] as number;
  const genuine = async (commitment: string): Promise<number> =>
    (await anchorOne({ commitment, scene: BLINDED }))["index"] as number;
  const together = async (commitment: string): Promise<number> => {
    const keys = [service.keys.issuer2, service.keys.issuer];
    const answers = await Promise.all(keys.map((key) => anchor([{ commitment, scene: BLINDED }], key)));
    const [, own] = answers.map((answer) => anchorsOf(answer)[0]?.["index"] as number);
    return own ?? -1;
  };

  it.each<[string, (commitment: string) => Promise<number>]>([
    ["before", async (commitment) => (await copy(commitment), await genuine(commitment))],
    [
      "after",
      async (commitment) => {
        const index = await genuine(commitment);
        await copy(commitment);
        return index;
      },
    ],
    ["at the same time", together],
  ])("a copy that is recorded %s the genuine entry and withdrawn changes no answer", async (_, record) => {
    const commitment = fresh();
    const index = await record(commitment);
    const { origin } = (await ask(`${service.url}/v1/institutions`, {})).body["registry"] as {
      origin: string;
    };
    const other = await find(commitment, { institution: 2 });
    const [theirs] = other.body["entries"] as { index: number }[];
    for (const action of ["suspend", "revoke"]) {
      const url = `${service.url}/v1/entries/${theirs?.index ?? ""}/status?wait=final`;
      const answer = await ask(url, { key: service.keys.issuer2, body: { action, reason: "other" } });
      expect(answer.status).toBe(200);
      for (const rest of [{}, { origin }, { expectedIssuer: 1 }]) {
        const { body } = await find(commitment, rest);
        expect(body).toMatchObject({ verdict: "valid", decidedBy: index });
        expect(body["entries"]).toMatchObject([{ index, institution: { id: 1 }, conflict: false }]);
      }
    }
    expect((await find(commitment, { institution: 2 })).body["verdict"]).toBe("revoked");
  });

  it("a copy is no entry of the document where the institution that it names has none", async () => {
    const commitment = fresh();
    await copy(commitment);
    expect((await find(commitment)).body).toMatchObject({ verdict: "not-found", entries: [] });
    const elsewhere = await find(fresh(), { alsoCommitments: [{ commitment, institution: 1 }] });
    expect(elsewhere.body).toMatchObject({ verdict: "not-found", entries: [] });
  });

  it("an entry of another log is none of the document", async () => {
    const commitment = fresh();
    await genuine(commitment);
    for (const origin of [`eip155:1:${service.registry}`, `eip155:31337:0x${"0a".repeat(20)}`])
      expect((await find(commitment, { origin })).body).toMatchObject({ verdict: "not-found", entries: [] });
  });
});

describe("a document to anchor", () => {
  const one = fresh();
  const two = fresh();
  it.each<[string, object, string, string]>([
    ["both", { digest: one, commitment: two, scene: BLINDED }, "TYPE", "/documents/0"],
    ["both, of an open type", { digest: one, commitment: two, scene: OPEN }, "TYPE", "/documents/0"],
    ["neither", { scene: BLINDED }, "TYPE", "/documents/0"],
    ["the digest of a blinded type", { digest: one, scene: BLINDED }, "SCENE_BLINDED", "/documents/0"],
    ["the commitment of an open type", { commitment: one, scene: OPEN }, "SCENE_OPEN", "/documents/0"],
    ["a bad commitment", { commitment: "x", scene: BLINDED }, "DIGEST_FORMAT", "/documents/0/commitment"],
    ["a salt", { commitment: one, salt: two, scene: BLINDED }, "UNKNOWN_FIELD", "/documents/0/salt"],
  ])(
    "a document with %s is refused, and its values are in no line of the log",
    async (_, document, code, at) => {
      const answer = await anchor([document]);
      expect(anchorsOf(answer)).toMatchObject([{ state: "refused", error: { code, at } }]);
      for (const secret of [one, two].map((text) => text.slice(7))) {
        expect(JSON.stringify(answer.body)).not.toContain(secret);
        expect(lines.join("")).not.toContain(secret);
      }
    },
  );

  it("a commitment equal to the digest of an empty file causes no warning", async () => {
    const empty = `sha256:${createHash("sha256").digest("hex")}`;
    const { body } = await find(empty);
    expect(body).not.toHaveProperty("warnings");
  });
});
