import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, startTestService, type Answer, type TestService } from "../support/service/service.ts";

const OPEN = "enterprise-credit-report";
let service: TestService;
beforeAll(async () => void (service = await startTestService()));
afterAll(async () => await service.close());

const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

interface Result {
  readonly id: string;
  readonly index: number;
  readonly state: string;
  readonly reference?: string;
  readonly references?: readonly string[];
  readonly warnings?: { readonly code: string; readonly detail: string }[];
}

/** Anchors documents, each a text and its reference. */
async function anchor(
  documents: readonly (readonly [text: string, reference?: string])[],
  key = service.keys.issuer,
): Promise<Result[]> {
  const body = {
    documents: documents.map(([text, reference]) => ({ digest: digestOf(text), scene: OPEN, reference })),
  };
  const answer: Answer = await ask(`${service.url}/v1/anchors?wait=final`, { key, body });
  expect(answer.status).toBe(200);
  return answer.body["anchors"] as Result[];
}

async function revoke(index: number): Promise<void> {
  const url = `${service.url}/v1/entries/${index}/status?wait=final`;
  const body = { action: "revoke", reason: "content-corrected" };
  expect((await ask(url, { key: service.keys.issuer, body })).status).toBe(200);
}

describe("a reference that comes again", () => {
  it("a reference of another document causes a warning that names it, and is accepted", async () => {
    const [first] = await anchor([["made once", "T-1"]]);
    const [again] = await anchor([["made twice", "T-1"]]);
    expect(first?.warnings).toBeUndefined();
    expect(again).toMatchObject({ state: "final", warnings: [{ code: "REFERENCE_REUSED" }] });
    expect(again?.warnings?.[0]?.detail).toContain(`anchor ${first?.id}, entry ${first?.index}`);
  });

  it("a reference repeated within one request causes a warning at the later document", async () => {
    const [first, second] = await anchor([
      ["in one request", "T-2"],
      ["in one request, too", "T-2"],
    ]);
    expect([first?.warnings, second?.warnings?.length]).toEqual([undefined, 1]);
    expect(second?.warnings?.[0]?.detail).toContain(`anchor ${first?.id}`);
  });

  it("a reference sent again with the same document causes no warning", async () => {
    await anchor([["same", "T-3"]]);
    expect((await anchor([["same", "T-3"]]))[0]?.warnings).toBeUndefined();
    await anchor([["another", "T-3"]]);
    expect((await anchor([["same", "T-3"]]))[0]?.warnings).toBeUndefined();
    expect((await anchor([["another", "T-3"]]))[0]?.warnings).toHaveLength(1);
  });

  it("a reference of a withdrawn document causes no warning, since that is a correction", async () => {
    const [first] = await anchor([["wrong", "T-4"]]);
    await revoke(first?.index ?? -1);
    expect((await anchor([["corrected", "T-4"]]))[0]?.warnings).toBeUndefined();
  });

  it("a reference belongs to its own institution", async () => {
    await anchor([["ours", "T-5"]]);
    expect((await anchor([["theirs", "T-5"]], service.keys.issuer2))[0]?.warnings).toBeUndefined();
  });
});

describe("a document that comes again under another reference", () => {
  /** Indexes of the entries under a reference, as the holder of a key lists them. */
  async function under(reference: string, key = service.keys.issuer): Promise<number[]> {
    const answer = await ask(`${service.url}/v1/entries?reference=${encodeURIComponent(reference)}`, { key });
    return (answer.body["entries"] as { index: number }[]).map(({ index }) => index);
  }
  const shownOf = async (index: number, key = service.keys.issuer): Promise<unknown> =>
    (await ask(`${service.url}/v1/entries/${index}`, { key })).body["references"];

  it("the further reference is stored, found by, and told beside the one that it had", async () => {
    const [first] = await anchor([["listed twice", "W-1"]]);
    expect(first).toMatchObject({ reference: "W-1", references: ["W-1"] });
    const [again] = await anchor([["listed twice", "W-2"]]);
    expect(again).toMatchObject({
      id: first?.id,
      index: first?.index,
      duplicate: true,
      reference: "W-2",
      references: ["W-1", "W-2"],
      warnings: [{ code: "REFERENCE_SEVERAL", detail: expect.stringContaining('"W-1"') as string }],
    });
    for (const reference of ["W-1", "W-2"]) {
      expect(await under(reference)).toEqual([first?.index]);
      expect(await under(reference, service.keys.auditor)).toEqual([first?.index]);
    }
    expect(await shownOf(first?.index ?? -1)).toEqual(["W-1", "W-2"]);
    const byId = await ask(`${service.url}/v1/anchors/${first?.id}`, { key: service.keys.issuer });
    expect(byId.body).toMatchObject({ reference: "W-1", references: ["W-1", "W-2"] });
  });

  it("a document without a reference gets one later, without a warning", async () => {
    const [first] = await anchor([["without"]]);
    expect(first?.references).toBeUndefined();
    const [again] = await anchor([["without", "W-3"]]);
    expect(again).toMatchObject({ index: first?.index, reference: "W-3", references: ["W-3"] });
    expect(again?.warnings).toBeUndefined();
    expect(await under("W-3")).toEqual([first?.index]);
    expect((await anchor([["without"]]))[0]).toMatchObject({ references: ["W-3"] });
  });

  it("a document that stands twice in one request gets both references", async () => {
    const [first, second] = await anchor([
      ["twice in one", "W-4"],
      ["twice in one", "W-5"],
    ]);
    expect(second?.index).toBe(first?.index);
    expect(await shownOf(first?.index ?? -1)).toEqual(["W-4", "W-5"]);
    expect(await under("W-5")).toEqual([first?.index]);
  });

  it("a reference sent again changes nothing, and each run is told the same", async () => {
    const night = (): Promise<Result[]> => anchor([["a night", "W-7"]]);
    const [first] = await anchor([["a night", "W-6"]]);
    const [before] = await night();
    expect((await night())[0]).toEqual(before);
    expect(await shownOf(first?.index ?? -1)).toEqual(["W-6", "W-7"]);
  });

  it("a further reference that another document has causes both warnings", async () => {
    const [holder] = await anchor([["holder", "W-8"]]);
    await anchor([["newcomer", "W-9"]]);
    const [again] = await anchor([["newcomer", "W-8"]]);
    expect(again?.warnings?.map(({ code }) => code)).toEqual(["REFERENCE_SEVERAL", "REFERENCE_REUSED"]);
    expect(again?.warnings?.[1]?.detail).toContain(`anchor ${holder?.id}`);
    expect((await under("W-8")).toSorted()).toEqual([holder?.index, again?.index].toSorted());
  });

  it("references of another institution are neither found, nor shown, nor told", async () => {
    const [ours] = await anchor([["of both", "W-10"]]);
    const [theirs] = await anchor([["of both", "W-11"]], service.keys.issuer2);
    expect(theirs?.index).not.toBe(ours?.index);
    expect(theirs).toMatchObject({ references: ["W-11"] });
    expect(theirs?.warnings).toBeUndefined();
    expect(await under("W-11")).toEqual([]);
    expect(await under("W-10", service.keys.issuer2)).toEqual([]);
    expect(await shownOf(theirs?.index ?? -1)).toBeUndefined();
    expect(await shownOf(ours?.index ?? -1, service.keys.issuer2)).toBeUndefined();
    const verifier = { key: service.keys.verifier };
    expect(JSON.stringify((await ask(`${service.url}/v1/entries?limit=1000`, verifier)).body)).not.toMatch(
      /W-\d/,
    );
  });

  it("a document that is refused leaves no reference", async () => {
    const [first] = await anchor([["refused later", "W-12"]]);
    await revoke(first?.index ?? -1);
    const body = {
      documents: [{ digest: digestOf("refused later"), scene: OPEN, reference: "W-13" }],
    };
    const refused = await ask(`${service.url}/v1/anchors`, { key: service.keys.issuer, body });
    expect(refused.body["code"]).toBe("REVOKED_CANNOT_REANCHOR");
    expect(await under("W-13")).toEqual([]);
  });
});

describe("who a key is", () => {
  it.each([
    ["issuer", { role: "issuer", institution: 1 }],
    ["issuer2", { role: "issuer", institution: 2 }],
    ["auditor", { role: "auditor", institution: null }],
  ] as const)("the key named %s is shown its own role and institution", async (name, expected) => {
    expect((await ask(`${service.url}/v1/me`, { key: service.keys[name] })).body).toMatchObject(expected);
  });

  it("a request for its key without one gets AUTH_MISSING", async () => {
    expect((await ask(`${service.url}/v1/me`)).body["code"]).toBe("AUTH_MISSING");
  });
});
