import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { hufuHere, type Ran } from "../support/cli/cli.ts";
import { startTestService, type TestService } from "../support/service/service.ts";

/** What stands between, and changes an answer on its way: its body, its headers, or its status. */
interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}
type Change = (path: string, answer: Answer) => void;

let service: TestService;
const servers: Server[] = [];
beforeAll(async () => void (service = await startTestService()));
afterAll(async () => await service.close());
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function listening(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer(handle);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The service, as a proxy in front of it changes its answers. */
async function changed(change: Change): Promise<string> {
  return await listening((request, response) => {
    void (async () => {
      const path = request.url ?? "/";
      const got = await fetch(`${service.url}${path}`, { headers: { "accept-encoding": "identity" } });
      const headers = Object.fromEntries(got.headers);
      delete headers["content-length"];
      delete headers["connection"];
      const answer = { status: got.status, headers, body: Buffer.from(await got.arrayBuffer()) };
      change(path, answer);
      response.writeHead(answer.status, answer.headers).end(answer.body);
    })();
  });
}

const check = async (url: string, ...flags: string[]): Promise<Ran> =>
  await hufuHere(["page", "check", url, ...flags]);

const isScript = (path: string): boolean => path.startsWith("/assets/index-") && path.endsWith(".js");

describe("hufu page check", () => {
  it("page check finds that a service serves this checkout's page, and states the limit of that", async () => {
    const { code, stdout } = await check(service.url);
    expect(stdout).toContain(`${service.url} serves the page of this release`);
    expect(stdout).toContain("It was asked once, from here");
    expect(code).toBe(0);
    const { stdout: json } = await check(await changed(() => undefined), "--json");
    expect(JSON.parse(json)).toMatchObject({ same: true, differences: [] });
  });

  const tampered: [string, string, Change][] = [
    [
      "one bit of a script is another",
      "content",
      (path, { body }) => {
        if (isScript(path)) body.writeUInt8(body.readUInt8(10) ^ 1, 10);
      },
    ],
    [
      "a script has more at its end",
      "content",
      (path, answer) => {
        if (isScript(path)) answer.body = Buffer.concat([answer.body, Buffer.from(";fetch('/x')")]);
      },
    ],
    [
      "the page loads one script more",
      "content",
      (path, answer) => {
        if (path === "/") answer.body = Buffer.from(`${String(answer.body)}<script src="/x.js"></script>`);
      },
    ],
    [
      "a script is missing",
      "missing",
      (path, answer) => {
        if (isScript(path)) answer.status = 404;
      },
    ],
    [
      "a script comes as something else",
      "type",
      (path, { headers }) => {
        if (isScript(path)) headers["content-type"] = "text/html";
      },
    ],
    [
      "there is no policy",
      "policy",
      (path, { headers }) => {
        if (path === "/") delete headers["content-security-policy"];
      },
    ],
    [
      "the policy lets data go elsewhere",
      "policy",
      (path, { headers }) => {
        const policy = headers["content-security-policy"] ?? "";
        if (path === "/")
          headers["content-security-policy"] = policy.replace("connect-src 'self'", "connect-src *");
      },
    ],
    [
      "the policy lacks a directive",
      "policy",
      (path, { headers }) => {
        const policy = headers["content-security-policy"] ?? "";
        if (path === "/")
          headers["content-security-policy"] = policy.replace(/;require-trusted-types-for 'script'/, "");
      },
    ],
    [
      "types may be guessed",
      "headers",
      (path, { headers }) => {
        if (isScript(path)) delete headers["x-content-type-options"];
      },
    ],
    [
      "a header brings a style of its own",
      "headers",
      (path, { headers }) => {
        if (path === "/") headers["link"] = "</x.css>; rel=stylesheet";
      },
    ],
  ];
  it.each(tampered)("page check finds a difference where %s (%s)", async (_, difference, change) => {
    const url = await changed(change);
    const { code, stdout } = await check(url, "--json");
    const { same, differences } = JSON.parse(stdout) as { same: boolean; differences: unknown[] };
    expect([code, same]).toEqual([1, false]);
    expect(differences).toEqual([{ path: expect.any(String) as string, differences: [difference] }]);
  });

  it("page check names in every language which file differs, and how", async () => {
    const url = await changed((path, answer) => {
      if (path === "/") answer.body = Buffer.from("<h1>Hufu</h1>");
    });
    for (const [language, text] of [
      ["en", "other content"],
      ["zh-Hans", "内容不同"],
      ["zh-Hant", "內容不同"],
    ] as const) {
      const { code, stdout } = await check(url, "--lang", language);
      expect([code, stdout]).toEqual([1, expect.stringMatching(new RegExp(`^ {2}/ {2}${text}$`, "m"))]);
    }
  });

  it("page check names the version that a server of another release reports", async () => {
    const url = await changed((path, answer) => {
      if (path === "/healthz") answer.body = Buffer.from(String(answer.body).replace("0.2.0", "0.1.9"));
    });
    const { code, stdout } = await check(url);
    expect([code, stdout]).toEqual([0, expect.stringContaining('"0.1.9"')]);
  });
});

describe("where nothing is established", () => {
  it("page check of an unreachable server or a busy proxy exits with 3, without a finding", async () => {
    const url = await listening((_, response) => response.writeHead(503).end());
    for (const server of [url, "http://127.0.0.1:9"]) {
      const { code, stdout, stderr } = await check(server);
      expect([code, stdout, stderr]).toEqual([3, "", expect.stringContaining("SERVER_UNREACHABLE")]);
    }
  });

  it("page check of an answer that is cut off exits with 3", async () => {
    const url = await changed((path, answer) => {
      if (isScript(path)) answer.headers["content-length"] = String(answer.body.length + 10);
    });
    const { code, stderr } = await check(url);
    expect([code, stderr]).toEqual([3, expect.stringContaining("SERVER_UNREACHABLE")]);
  }, 90_000);

  it("page check of another service exits with 3", async () => {
    const url = await listening((_, response) => response.end("<h1>It works!</h1>"));
    const { code, stderr } = await check(url);
    expect([code, stderr]).toEqual([3, expect.stringContaining("NOT_THE_SERVICE")]);
  });

  it.each([
    "verify.example.com",
    "ftp://example.com",
    "https://a:b@example.com",
    "https://example.com/?page",
    "",
  ])("page check of the URL %j is refused with exit code 2", async (url) => {
    const { code, stderr } = await check(url);
    expect([code, stderr]).toEqual([2, expect.stringContaining("USAGE")]);
  });
});
