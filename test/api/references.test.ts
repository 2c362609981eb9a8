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
  readonly warnings?: { readonly code: string; readonly detail: string }[];
}

/** Anchors documents, each a text and its reference. */
async function anchor(
  documents: readonly (readonly [text: string, reference: string])[],
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
