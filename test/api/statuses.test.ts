import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EMBEDDED_ENTRIES } from "../support/chain/embedded.ts";
import { ask, startTestService, type Answer, type TestService } from "../support/service/service.ts";

const SCENE = "enterprise-credit-report";
let service: TestService;
beforeAll(async () => void (service = await startTestService()));
afterAll(async () => await service.close());

const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

/** Registers a document and returns its index. */
async function anchored(text: string, key = service.keys.issuer): Promise<number> {
  const body = { documents: [{ digest: digestOf(text), scene: SCENE }] };
  const answer = await ask(`${service.url}/v1/anchors?wait=final`, { key, body });
  return (answer.body["anchors"] as { index: number }[])[0]?.index ?? -1;
}

async function change(
  index: number,
  action: string,
  rest: object = {},
  query = "?wait=final",
): Promise<Answer> {
  const body = { action, reason: "content-corrected", ...rest };
  return await ask(`${service.url}/v1/entries/${index}/status${query}`, { key: service.keys.issuer, body });
}

async function verdictOf(text: string): Promise<Record<string, unknown>> {
  return (await ask(`${service.url}/v1/verifications`, { body: { digest: digestOf(text) } })).body;
}

describe("a document", () => {
  it("a document is suspended, reinstated and suspended again", async () => {
    const index = await anchored("on and off");
    for (const round of [1, 2]) {
      const suspended = await change(index, "suspend");
      expect([round, suspended.status, suspended.body["state"]]).toEqual([round, 200, "final"]);
      expect(await verdictOf("on and off")).toMatchObject({
        verdict: "suspended",
        basis: { rule: "withdrawal", entry: suspended.body["index"], since: suspended.body["recordedAt"] },
      });
      const reinstated = await change(index, "reinstate");
      expect(reinstated.body["state"]).toBe("final");
      expect(await verdictOf("on and off")).toMatchObject({
        verdict: "valid",
        basis: { rule: "newest-entry", entry: index },
      });
    }
    const { body } = await ask(`${service.url}/v1/entries/${index}`, { key: service.keys.auditor });
    expect(body["status"]).toBe("active");
  });

  it("a document is superseded by another one of its institution, which is named", async () => {
    const index = await anchored("first edition");
    const successor = await anchored("second edition");
    const { body } = await change(index, "supersede", { successor });
    expect(body).toMatchObject({ action: "supersede", successor, state: "final" });
    expect(await verdictOf("first edition")).toMatchObject({
      verdict: "superseded",
      withdrawal: { action: "supersede", successor, institution: 1 },
    });
    expect((await verdictOf("second edition"))["verdict"]).toBe("valid");
  });

  it("a document that gets the same change twice changes once", async () => {
    const index = await anchored("asked twice");
    const first = await change(index, "suspend");
    const again = await change(index, "suspend");
    expect(again.body).toEqual(first.body);
  });
});

describe("a change is refused, and changes nothing", () => {
  let revoked: number;
  let inForce: number;
  let others: number;
  beforeAll(async () => {
    revoked = await anchored("revoked");
    inForce = await anchored("in force");
    others = await anchored("of the other", service.keys.issuer2);
    await change(revoked, "revoke");
  });

  it.each<[string, () => Promise<Answer>, number, string]>([
    ["of a revoked document", () => change(revoked, "reinstate"), 409, "STATUS_FINAL"],
    ["of a revoked document into suspended", () => change(revoked, "suspend"), 409, "STATUS_FINAL"],
    ["back from what never was", () => change(inForce, "reinstate"), 409, "STATUS_UNCHANGED"],
    ["of another's document", () => change(others, "suspend"), 403, "NOT_YOUR_ENTRY"],
    ["of the directory", () => change(0, "suspend"), 409, "NOT_A_DOCUMENT"],
    ["with no successor", () => change(inForce, "supersede"), 422, "SUCCESSOR_INVALID"],
    [
      "with a successor where none belongs",
      () => change(inForce, "suspend", { successor: revoked }),
      422,
      "SUCCESSOR_INVALID",
    ],
    ["by itself", () => change(inForce, "supersede", { successor: inForce }), 422, "SUCCESSOR_INVALID"],
    [
      "by a revoked one",
      () => change(inForce, "supersede", { successor: revoked }),
      422,
      "SUCCESSOR_INVALID",
    ],
    ["by another's", () => change(inForce, "supersede", { successor: others }), 403, "NOT_YOUR_ENTRY"],
    ["by what is not there", () => change(inForce, "supersede", { successor: 999 }), 404, "ENTRY_NOT_FOUND"],
    ["by what is no document", () => change(inForce, "supersede", { successor: 1 }), 409, "NOT_A_DOCUMENT"],
    ["by half an index", () => change(inForce, "supersede", { successor: 1.5 }), 400, "TYPE"],
    ["by what is before the first", () => change(inForce, "supersede", { successor: -1 }), 400, "TYPE"],
  ])("a change %s is refused", async (_, ask, status, code) => {
    const answer = await ask();
    expect([answer.status, answer.body["code"]]).toEqual([status, code]);
    expect((await verdictOf("in force"))["verdict"]).toBe("valid");
    expect((await verdictOf("revoked"))["verdict"]).toBe("revoked");
  });
});

describe("two changes of one document", () => {
  it("the next change of a document is accepted once the last one is recorded", async () => {
    const index = await anchored("in a hurry");
    const [first, second] = await Promise.all([
      change(index, "suspend", {}, ""),
      change(index, "revoke", {}, ""),
    ]);
    const codes = [first, second].map(({ status, body }) => body["code"] ?? status);
    expect(codes).toContain(202);
    expect(codes).toContain("STATUS_PENDING");
    const open = first.status === 202 ? "suspend" : "revoke";
    expect((await change(index, open)).body["state"]).toBe("final");
  });
});

describe("the directory", () => {
  it("the directory shows each institution's roles, jurisdiction and official number", async () => {
    const { body } = await ask(`${service.url}/v1/institutions`);
    expect(body["institutions"]).toMatchObject([
      { id: 1, roles: ["issuer"], jurisdiction: "CN", officialNumber: "91440300MA00SAMP01", state: "active" },
      { id: 2 },
    ]);
    expect(body["scenes"]).toMatchObject([
      { slug: SCENE, blinded: false, personal: false },
      ...Array.from({ length: 7 }, () => ({ blinded: true, personal: true })),
    ]);
  });

  it("the directory is in the log: roles, scenes, institutions and keys precede the first document", async () => {
    const { body } = await ask(`${service.url}/v1/entries?limit=${EMBEDDED_ENTRIES}`, {
      key: service.keys.auditor,
    });
    const kinds = (body["entries"] as { kind: string }[]).map(({ kind }) => kind);
    expect(kinds).toEqual(Array.from({ length: EMBEDDED_ENTRIES }, () => "directory"));
  });
});
