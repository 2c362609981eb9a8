import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ask, startTestService, type Answer, type TestService } from "../support/service/service.ts";

const SCENE = "enterprise-credit-report";
const TWO = { HUFU_TWO_PERSON_REVOCATION: "true" };
let service: TestService;
/** Keys of institution 1: who asks, and who decides. */
let maker: string;
let checker: string;
let document: string;
let index: number;
let count = 0;

async function keyOf(at: TestService, name: string, institution = 1): Promise<string> {
  const body = { name, role: "issuer", institution };
  const { body: made } = await ask(`${at.url}/v1/api-keys`, { key: at.keys.operator, body });
  return String(made["key"]);
}

beforeAll(async () => {
  service = await startTestService({ env: TWO });
  maker = service.keys.issuer;
  checker = await keyOf(service, "the checker");
});
afterAll(async () => await service.close());

async function anchorOne(): Promise<void> {
  document = `sha256:${createHash("sha256").update(`document ${count++}`).digest("hex")}`;
  const body = { documents: [{ digest: document, scene: SCENE }] };
  const answer = await ask(`${service.url}/v1/anchors?wait=final`, { key: maker, body });
  index = (answer.body["anchors"] as { index: number }[])[0]?.index ?? -1;
}
beforeEach(anchorOne);

const change = async (action = "revoke", key = maker): Promise<Answer> =>
  await ask(`${service.url}/v1/entries/${index}/status?wait=final`, {
    key,
    body: { action, reason: "issued-in-error" },
  });
const decide = async (id: unknown, decision: unknown, key = checker): Promise<Answer> =>
  await ask(`${service.url}/v1/status-requests/${String(id)}/approval?wait=final`, {
    key,
    body: { decision },
  });
const look = async (id: unknown, key = maker): Promise<Answer> =>
  await ask(`${service.url}/v1/status-requests/${String(id)}`, { key });
const awaiting = async (key = checker): Promise<unknown[]> =>
  (await ask(`${service.url}/v1/status-requests?state=awaiting-approval`, { key })).body[
    "requests"
  ] as unknown[];
const verdict = async (): Promise<unknown> =>
  (await ask(`${service.url}/v1/verifications`, { body: { digest: document } })).body["verdict"];
const codeOf = ({ status, body }: Answer): unknown[] => [status, body["code"]];
/** Status entries of the log; the chain is asked through a document that comes after whatever was sent. */
async function statusEntries(): Promise<number[]> {
  const body = {
    documents: [
      { digest: `sha256:${createHash("sha256").update(`mark ${count++}`).digest("hex")}`, scene: SCENE },
    ],
  };
  await ask(`${service.url}/v1/anchors?wait=final`, { key: maker, body });
  const { body: all } = await ask(`${service.url}/v1/entries?limit=1000`, { key: service.keys.auditor });
  const entries = all["entries"] as { kind: string; change?: { document: number } }[];
  return entries.flatMap(({ kind, change: made }) => (kind === "status" && made ? [made.document] : []));
}

describe("where a change needs two persons", () => {
  it.each(["revoke", "suspend"])("a request to %s waits, and nothing is sent", async (action) => {
    const asked = await change(action);
    expect([asked.status, asked.body["state"]]).toEqual([202, "awaiting-approval"]);
    expect(asked.body["askedBy"]).toMatchObject({ name: "issuer" });
    expect(await statusEntries()).not.toContain(index);
    expect(await verdict()).toBe("valid");
    expect(await awaiting()).toContainEqual(asked.body);
  });

  it("a request that another key of the institution approves is recorded, with both names", async () => {
    const asked = await change();
    const approved = await decide(asked.body["id"], "approve");
    expect([approved.status, approved.body]).toEqual([
      200,
      expect.objectContaining({
        state: "final",
        decision: "approved",
        askedBy: expect.objectContaining({ name: "issuer" }) as object,
        decidedBy: expect.objectContaining({ name: "the checker" }) as object,
      }),
    ]);
    expect(await verdict()).toBe("revoked");
    expect((await look(asked.body["id"])).body).toEqual(approved.body);
    expect(await awaiting()).not.toContainEqual(expect.objectContaining({ id: asked.body["id"] }));
    expect((await statusEntries()).filter((entry) => entry === index)).toHaveLength(1);
  });

  it("the requesting key can neither approve nor reject its request", async () => {
    const asked = await change();
    for (const decision of ["approve", "reject"])
      expect(codeOf(await decide(asked.body["id"], decision, maker))).toEqual([403, "SAME_PERSON"]);
    expect((await look(asked.body["id"])).body["state"]).toBe("awaiting-approval");
    expect(await statusEntries()).not.toContain(index);
  });

  it("a repeated request approves nothing, from any key", async () => {
    const asked = await change();
    for (const key of [maker, checker]) expect((await change("revoke", key)).body).toEqual(asked.body);
    expect(await statusEntries()).not.toContain(index);
  });

  it("a rejected request fails with the rejecting key, is not sent, and can be made again", async () => {
    const asked = await change();
    const rejected = await decide(asked.body["id"], "reject");
    expect(rejected.body).toMatchObject({
      state: "failed",
      decision: "rejected",
      decidedBy: { name: "the checker" },
      error: { code: "STATUS_REJECTED" },
    });
    expect(codeOf(await decide(asked.body["id"], "approve"))).toEqual([409, "STATUS_DECIDED"]);
    expect(await statusEntries()).not.toContain(index);
    const again = await change("revoke", checker);
    expect(again.body).toMatchObject({ state: "awaiting-approval", askedBy: { name: "the checker" } });
    expect(again.body["decidedBy"]).toBeUndefined();
    expect(codeOf(await decide(again.body["id"], "approve", checker))).toEqual([403, "SAME_PERSON"]);
    expect((await decide(again.body["id"], "approve", maker)).body["state"]).toBe("final");
    expect(await verdict()).toBe("revoked");
  });

  it("a decision may be repeated, and the opposite decision is then refused", async () => {
    const asked = await change();
    const first = await decide(asked.body["id"], "approve");
    expect((await decide(asked.body["id"], "approve")).body).toEqual(first.body);
    expect(codeOf(await decide(asked.body["id"], "reject"))).toEqual([409, "STATUS_DECIDED"]);
    const third = await keyOf(service, "a third one");
    expect(codeOf(await decide(asked.body["id"], "approve", third))).toEqual([409, "STATUS_DECIDED"]);
  });

  it("one of a simultaneous approval and rejection holds", async () => {
    const asked = await change();
    const third = await keyOf(service, "a third one");
    const answers = await Promise.all([
      decide(asked.body["id"], "approve"),
      decide(asked.body["id"], "reject", third),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const held = answers.find(({ status }) => status === 200);
    const state = held?.body["decision"] === "approved" ? "final" : "failed";
    expect((await look(asked.body["id"])).body["state"]).toBe(state);
    expect((await statusEntries()).includes(index)).toBe(state === "final");
  });

  it("another change of the document waits until this one is decided", async () => {
    await change("suspend");
    expect(codeOf(await change("revoke"))).toEqual([409, "STATUS_PENDING"]);
  });

  it("other institutions and verifiers neither see nor decide a request; the operator sees it", async () => {
    const asked = await change();
    const id = asked.body["id"];
    const { issuer2, verifier, auditor, operator } = service.keys;
    expect(codeOf(await decide(id, "approve", issuer2))).toEqual([404, "STATUS_REQUEST_NOT_FOUND"]);
    expect(codeOf(await look(id, issuer2))).toEqual([404, "STATUS_REQUEST_NOT_FOUND"]);
    expect(await awaiting(issuer2)).toEqual([]);
    for (const key of [verifier, auditor, operator])
      expect(codeOf(await decide(id, "approve", key))).toEqual([403, "SCOPE_REQUIRED"]);
    expect(codeOf(await look(id, verifier))).toEqual([403, "SCOPE_REQUIRED"]);
    expect((await look(id, operator)).body).toEqual(asked.body);
    expect(await awaiting(operator)).toContainEqual(asked.body);
    expect(await statusEntries()).not.toContain(index);
  });

  it("a key that was revoked or has expired decides nothing", async () => {
    const asked = await change();
    const gone = await keyOf(service, "gone");
    const path = `${service.url}/v1/api-keys/${gone.slice(5, 17)}`;
    await ask(path, { key: service.keys.operator, method: "DELETE" });
    expect(codeOf(await decide(asked.body["id"], "approve", gone))).toEqual([401, "AUTH_INVALID"]);
    expect(await statusEntries()).not.toContain(index);
  });

  it.each<[string, unknown, unknown, number, string]>([
    ["an id that is none", "../x", "approve", 404, "ROUTE"],
    ["a number as id", "42", "approve", 400, "ID_FORMAT"],
    [
      "an id of no request",
      "00000000-0000-4000-8000-000000000000",
      "approve",
      404,
      "STATUS_REQUEST_NOT_FOUND",
    ],
    ["no decision", "00000000-0000-4000-8000-000000000000", undefined, 400, "DECISION_CODE"],
    ["a decision that is none", "00000000-0000-4000-8000-000000000000", "maybe", 400, "DECISION_CODE"],
    [
      "a decision of a prototype",
      "00000000-0000-4000-8000-000000000000",
      "constructor",
      400,
      "DECISION_CODE",
    ],
    ["a decision in numbers", "00000000-0000-4000-8000-000000000000", 1, 400, "TYPE"],
  ])("an approval with %s is refused", async (_, id, decision, status, code) => {
    expect(codeOf(await decide(id, decision))).toEqual([status, code]);
  });

  it("a list of requests in another state is refused", async () => {
    for (const query of ["", "?state=final", "?state=constructor"])
      expect(codeOf(await ask(`${service.url}/v1/status-requests${query}`, { key: checker }))).toEqual([
        400,
        "TYPE",
      ]);
  });
});

describe("a request that waits", () => {
  it("a waiting request survives a restart, and is decided afterwards", async () => {
    const asked = await change();
    await service.stop();
    service = await startTestService({ env: TWO, folder: service.folder });
    expect((await look(asked.body["id"])).body).toEqual(asked.body);
    expect(await statusEntries()).not.toContain(index);
    expect((await decide(asked.body["id"], "approve")).body["state"]).toBe("final");
  });

  it("a waiting request is decided after the rule of two persons ends, and new ones are sent immediately", async () => {
    const asked = await change();
    await service.stop();
    service = await startTestService({ folder: service.folder });
    expect((await look(asked.body["id"])).body["state"]).toBe("awaiting-approval");
    expect((await decide(asked.body["id"], "approve")).body["state"]).toBe("final");
    await anchorOne();
    const other = await change("suspend");
    expect(other.body).toMatchObject({ state: "final", askedBy: { name: "issuer" } });
    expect(other.body["decision"]).toBeUndefined();
  });
});
