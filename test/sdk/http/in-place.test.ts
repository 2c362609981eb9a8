/** Tests what a client makes of answers that a proxy or another program gives in place of the service. */
import { describe, expect, it } from "vitest";
import { HufuClient } from "../../../src/sdk/http/client.ts";

const HTML = "<html><body><h1>413 Request Entity Too Large</h1><hr>nginx</body></html>";
const DOCUMENT = { digest: `sha256:${"ab".repeat(32)}`, scene: "enterprise-credit-report" };

/** Each call of the API. */
const CALLS: Readonly<Record<string, (client: HufuClient) => Promise<unknown>>> = {
  anchor: (client) => client.anchor([DOCUMENT], { wait: false }),
  verify: (client) => client.verify({ digest: DOCUMENT.digest }),
  evidence: (client) => client.evidence(3, "receipt"),
  directory: (client) => client.institutions(),
};

function answering(status: number, type: string, text: string): HufuClient {
  const headers = { "content-type": type, "retry-after": "7" };
  return new HufuClient({
    server: "https://bank.example/hufu",
    fetch: () => Promise.resolve(new Response(text, { status, headers })),
  });
}

describe.each(Object.entries(CALLS))("the answer to %s", (_, call) => {
  it.each([
    [200, "text/html", "NOT_THE_SERVICE"],
    [403, "text/html; charset=utf-8", "NOT_THE_SERVICE"],
    [404, "TEXT/HTML", "NOT_THE_SERVICE"],
    [413, "text/html", "NOT_THE_SERVICE"],
    [500, "application/xhtml+xml", "NOT_THE_SERVICE"],
    [429, "text/html", "SERVER_UNREACHABLE"],
    [502, "text/html", "SERVER_UNREACHABLE"],
    [503, "text/html", "SERVER_UNREACHABLE"],
    [504, "text/html", "SERVER_UNREACHABLE"],
  ])("HTTP %i with %s is reported as what it is (%s)", async (status, type, code) => {
    const fault: unknown = await call(answering(status, type, HTML)).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code, fields: { status, retryAfter: 7 } });
    expect(String(fault)).toContain(
      `https://bank.example/hufu gave HTTP ${status} with "${type}", which is no answer of Hufu`,
    );
    expect(String(fault)).not.toMatch(/JSON|Unexpected token|413 Request/);
  });

  it("a request that a proxy refuses as too long is to be shorter", async () => {
    await expect(call(answering(413, "text/html", HTML))).rejects.toThrow(/send fewer documents in one$/);
  });

  it.each([
    [413, "too large"],
    [400, ""],
  ])("HTTP %i with the text %j of a proxy has its status", async (status, text) => {
    const fault: unknown = await call(answering(status, "text/plain", text)).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: "NOT_THE_SERVICE" });
    expect(String(fault)).toContain(`HTTP ${status}`);
    expect(String(fault)).not.toContain("Unexpected");
  });
});
