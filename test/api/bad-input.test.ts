import { createHash } from "node:crypto";
import { METHODS } from "node:http";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RawConnection } from "../support/network/raw.ts";
import { ask, startTestService, type Answer, type TestService } from "../support/service/service.ts";

const OPEN = "enterprise-credit-report";
const PDF = Buffer.concat([Buffer.from("%PDF-1.7\n"), Buffer.alloc(200_000, 0x41)]);
const lines: string[] = [];
let service: TestService;
let routes: { method: string; path: string }[];

beforeAll(async () => {
  service = await startTestService({ lines });
  const { body } = await ask(`${service.url}/openapi.json`);
  routes = Object.entries(body["paths"] as Record<string, object>).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({
      method: method.toUpperCase(),
      path: path.replace(/\{\w+\}/g, "1"),
    })),
  );
});
afterAll(async () => await service.close());

const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;
const verify = async (body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  await ask(`${service.url}/v1/verifications`, { body, headers });
const anchor = async (documents: unknown, key = service.keys.issuer): Promise<Answer> =>
  await ask(`${service.url}/v1/anchors`, { key, body: { documents } });
const document = (rest: object = {}): object => ({ digest: digestOf("x"), scene: OPEN, ...rest });

/** Nothing that a refused request holds may have come in. */
async function expectNothingTaken(): Promise<void> {
  const { body } = await ask(`${service.url}/v1/entries?limit=1000`, { key: service.keys.auditor });
  const kinds = (body["entries"] as { kind: string }[]).map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind !== "directory")).toEqual([]);
}

function expectProblem(answer: Answer, status: number, code: string): void {
  expect([answer.status, answer.body["code"]]).toEqual([status, code]);
  expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/);
  expect(answer.body).toMatchObject({ status, instance: expect.stringMatching(/^urn:uuid:/) as string });
  expect(String(answer.body["detail"]).length).toBeGreaterThan(5);
}

describe("a document sent to any route", () => {
  it("the service describes more than seven routes", () => expect(routes.length).toBeGreaterThan(7));

  it.each([
    "application/pdf",
    "application/octet-stream",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded",
    "image/png",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/json-seq",
    "application/jsonp",
  ])("a document as %s gets 415 with the advice to send its digest", async (type) => {
    const everywhere = [
      ...routes.map(({ path }) => path),
      "/",
      "/v1",
      "/nowhere",
      "/docs",
      "/log/checkpoint",
      "/metrics",
    ];
    for (const path of everywhere) {
      for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
        const answer = await ask(service.url + path, {
          method,
          body: PDF,
          headers: { "content-type": type },
        });
        expectProblem(answer, 415, "SEND_DIGEST_ONLY");
        expect(answer.body["detail"]).toMatch(/send its digest/);
      }
    }
  });

  it.each(["text/plain", "application/json; charset=utf-16", "application/json\t;x", "application/json;"])(
    "a body of the type %j gets 415",
    async (type) => {
      // the one route that takes text
      const taken = type === "text/plain" ? "/witness/add-checkpoint" : undefined;
      for (const { path } of routes.filter((route) => route.path !== taken)) {
        const answer = await ask(service.url + path, {
          method: "POST",
          body: PDF,
          headers: { "content-type": type },
        });
        expect(answer.status).toBe(415);
        expect(answer.body["detail"]).toMatch(/send its digest/);
      }
    },
  );

  it("a document declared as JSON is recognised by its first bytes, for callers that may write", async () => {
    const key = service.keys.issuer;
    for (const path of ["/v1/anchors", "/v1/verifications", "/v1/entries/1/status"]) {
      expectProblem(await ask(service.url + path, { key, body: PDF }), 415, "SEND_DIGEST_ONLY");
    }
    const zip = Buffer.concat([Buffer.from("PK\u0003\u0004"), Buffer.alloc(100)]);
    expectProblem(await verify(zip), 415, "SEND_DIGEST_ONLY");
  });

  it("a document inside JSON is not accepted as a digest", async () => {
    expectProblem(await verify({ digest: PDF.toString("base64").slice(0, 5_000) }), 400, "DIGEST_FORMAT");
    expectProblem(await verify({ digest: digestOf("x"), document: "JVBERi0xLjcK" }), 400, "UNKNOWN_FIELD");
    expectProblem(await verify({ digest: `sha256:${"A".repeat(2 << 20)}` }), 413, "BODY_TOO_LARGE");
  });

  it("a refused document leaves no trace in the log", () => {
    expect(lines.length).toBeGreaterThan(50);
    expect(lines.filter((line) => line.includes("%PDF") || line.includes("AAAAAAAA"))).toEqual([]);
  });
});

describe("a digest", () => {
  const HEX = digestOf("x").slice(7);

  it.each<[unknown, number, string]>([
    [`sha256:${HEX.slice(1)}`, 400, "DIGEST_LENGTH"],
    [`sha256:${HEX}0`, 400, "DIGEST_LENGTH"],
    [`sha256:${HEX.slice(1)}x`, 400, "DIGEST_NOT_HEX"],
    [`sha256:${HEX}\n`, 400, "DIGEST_NOT_HEX"],
    [`sha256:0x${HEX}`, 400, "DIGEST_FORMAT"],
    [HEX, 400, "DIGEST_FORMAT"],
    [`sha256:${"0".repeat(64)}`, 400, "DIGEST_ZERO"],
    ["sha256:d41d8cd98f00b204e9800998ecf8427e", 400, "ALGORITHM_UNSUPPORTED"],
    [`sha512:${HEX}`, 400, "ALGORITHM_UNSUPPORTED"],
    [12, 400, "TYPE"],
    [null, 400, "TYPE"],
    [[digestOf("x")], 400, "TYPE"],
    [{ sha256: HEX }, 400, "TYPE"],
  ])(
    "the digest %j gets %i %s when verified, and the same code when anchored",
    async (digest, status, code) => {
      expectProblem(await verify({ digest }), status, code);
      const refused = await anchor([document({ digest })]);
      expectProblem(refused, 422, code);
      expect(refused.body["anchors"]).toMatchObject([
        { state: "refused", error: { code, at: "/documents/0/digest" } },
      ]);
    },
  );

  it("a digest in upper case is accepted, and returned in lower case", async () => {
    const { body } = await verify({ digest: `sha256:${HEX.toUpperCase()}` });
    expect(body["verdict"]).toBe("not-found");
  });

  it("a digest may have its algorithm in a field beside it, which has to agree", async () => {
    expect((await verify({ digest: HEX, algorithm: "sm3" })).status).toBe(200);
    expectProblem(await verify({ digest: HEX, algorithm: "md5" }), 400, "ALGORITHM_UNSUPPORTED");
    expectProblem(await verify({ digest: `sm3:${HEX}`, algorithm: "sha256" }), 400, "ALGORITHM_UNSUPPORTED");
  });

  it("the digest of an empty file is not anchored, and causes a warning when verified", async () => {
    expectProblem(await anchor([document({ digest: digestOf("") })]), 422, "DIGEST_OF_EMPTY_INPUT");
    const { body } = await verify({ digest: digestOf("") });
    expect(body).toMatchObject({ verdict: "not-found", warnings: [{ code: "DIGEST_OF_EMPTY_INPUT" }] });
  });
});

describe("a body", () => {
  const digest = digestOf("x");

  it.each<[string, string | Uint8Array, number, string]>([
    ["that is broken", '{"digest":', 400, "JSON_SYNTAX"],
    ["of two values", '{"digest":"a"} {"digest":"b"}', 400, "JSON_SYNTAX"],
    ["with a byte order mark", `\ufeff{"digest":"${digest}"}`, 400, "JSON_SYNTAX"],
    ["with a comment", `{"digest":"${digest}"} // x`, 400, "JSON_SYNTAX"],
    ["with a trailing comma", `{"digest":"${digest}",}`, 400, "JSON_SYNTAX"],
    ["that is not UTF-8", Buffer.from([0x22, 0xff, 0x22]), 400, "JSON_SYNTAX"],
    ["with a key twice", `{"digest":"${digest}","digest":"${digest}"}`, 400, "JSON_DUPLICATE_KEY"],
    [
      "with a key twice, once escaped",
      `{"digest":"${digest}","\\u0064igest":"${digest}"}`,
      400,
      "JSON_DUPLICATE_KEY",
    ],
    ["with __proto__", `{"digest":"${digest}","__proto__":{}}`, 400, "JSON_FORBIDDEN_KEY"],
    ["with constructor", `{"digest":"${digest}","constructor":1}`, 400, "JSON_FORBIDDEN_KEY"],
    ["10,000 levels deep", "[".repeat(10_000) + "]".repeat(10_000), 400, "JSON_TOO_DEEP"],
    ["that is an array", "[]", 400, "TYPE"],
    ["that is null", "null", 400, "TYPE"],
    ["that is text", '"x"', 400, "TYPE"],
    ["without the digest", "{}", 400, "TYPE"],
    ["with a field that is not there", `{"digest":"${digest}","nope":1}`, 400, "UNKNOWN_FIELD"],
    ["above 1 MiB", `{"digest":"${"a".repeat(1 << 20)}"}`, 413, "BODY_TOO_LARGE"],
  ])("a body %s is refused", async (_, body, status, code) =>
    expectProblem(await verify(body), status, code),
  );

  it("a compressed body gets 415", async () => {
    const answer = await verify(gzipSync(`{"digest":"${digest}"}`), { "content-encoding": "gzip" });
    expectProblem(answer, 415, "CONTENT_ENCODING");
  });

  it("a body in another character set gets 415", async () => {
    const type = "application/json; charset=utf-16";
    expectProblem(await verify(`{"digest":"${digest}"}`, { "content-type": type }), 415, "CONTENT_ENCODING");
    expect(
      (await verify(`{"digest":"${digest}"}`, { "content-type": "application/json; charset=utf-8" })).status,
    ).toBe(200);
  });

  it("a malformed request gets 400, and the connection is closed", async () => {
    for (const head of [
      "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
      "Content-Length: x\r\n",
      "No Colon\r\n",
    ]) {
      const reply = await raw(
        `POST /v1/verifications HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${head}\r\n0\r\n\r\n`,
      );
      expect(reply).toMatch(/^HTTP\/1\.1 400 [^]*HTTP_MALFORMED/);
    }
  });
});

describe("a request beyond the usual", () => {
  it.each(METHODS.filter((method) => method !== "CONNECT"))(
    "a request by the method %s is not a fault of the service",
    async (method) => {
      for (const path of ["/v1/verifications", "/healthz", "/nowhere"])
        for (const type of ["", "Content-Type: application/json\r\n"]) {
          const reply = await raw(
            `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${type}\r\n`,
          );
          expect(reply).toMatch(/^HTTP\/1\.1 [24]\d\d /);
        }
    },
  );

  it.each([
    ["Host", "Host: other\r\n"],
    ["Authorization", "Authorization: Bearer first-key\r\nauthorization: Bearer other-key\r\n"],
  ])("a request with the header %s twice is refused", async (_, twice) => {
    const reply = await raw(
      `GET /v1/entries HTTP/1.1\r\nHost: localhost\r\n${twice}Connection: close\r\n\r\n`,
    );
    expect(reply).toMatch(/^HTTP\/1\.1 400 [^]*HTTP_MALFORMED/);
  });

  it("a refused request leaves nothing of what it sent in the log", async () => {
    const before = lines.length;
    const secret = "7b1f0c".repeat(8);
    expectProblem(await verify({ digest: `sha256:${secret}` }), 400, "DIGEST_LENGTH");
    expectProblem(await verify({ digest: digestOf("x"), [secret]: 1 }), 400, "UNKNOWN_FIELD");
    const since = (): string => lines.slice(before).join("");
    await expect.poll(since).toContain("UNKNOWN_FIELD");
    expect(since()).not.toContain("7b1f0c");
  });

  it("a body that breaks off is logged as a refusal, not as an error of the service", async () => {
    const before = lines.length;
    const connection = new RawConnection(service.url);
    connection.write(
      'POST /v1/verifications HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"digest"',
    );
    setTimeout(() => connection.destroy(), 100);
    await connection.closed;
    const since = (): string => lines.slice(before).join("");
    await expect.poll(since).toContain("HTTP_MALFORMED");
    expect(since()).not.toMatch(/"level":[56]0/);
  });
});

/** What comes back for bytes on a bare connection, until it is closed. */
async function raw(bytes: string): Promise<string> {
  const { hostname, port } = new URL(service.url);
  return await new Promise((resolve, reject) => {
    let reply = "";
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.setEncoding("utf8").on("data", (text: string) => (reply += text));
    socket.on("close", () => resolve(reply)).on("error", reject);
  });
}

describe("a batch", () => {
  it("a batch without documents, or with too many, is refused", async () => {
    expectProblem(await anchor([]), 400, "BATCH_EMPTY");
    expectProblem(await anchor(Array.from({ length: 2_001 }, () => 0)), 413, "BATCH_TOO_LARGE");
    expectProblem(await anchor("x"), 400, "TYPE");
  });

  it.each<[string, object, string, string]>([
    ["an unknown scene", { scene: "unknown" }, "SCENE_UNKNOWN", "/documents/0"],
    ["a blinded scene", { scene: "kyc-report" }, "SCENE_BLINDED", "/documents/0"],
    ["no scene", { scene: undefined }, "TYPE", "/documents/0/scene"],
    ["an impossible date", { validUntil: "2026-02-30" }, "DATE_INVALID", "/documents/0/validUntil"],
    ["a time without zone", { validUntil: "2027-01-01T00:00:00" }, "DATE_ZONE", "/documents/0/validUntil"],
    ["the year 10000", { validUntil: "10000-01-01" }, "DATE_RANGE", "/documents/0/validUntil"],
    ["a past date", { validUntil: "2020-01-01" }, "VALID_UNTIL_PAST", "/documents/0"],
    ["a reference of 129 characters", { reference: "r".repeat(129) }, "REFERENCE_FORMAT", "/documents/0"],
    ["an unknown field", { institution: 1 }, "UNKNOWN_FIELD", "/documents/0/institution"],
    ["its salt", { salt: "00".repeat(32) }, "UNKNOWN_FIELD", "/documents/0/salt"],
  ])("a document with %s is refused", async (_, rest, code, at) => {
    const answer = await anchor([document(rest)]);
    expectProblem(answer, 422, code);
    expect(answer.body["anchors"]).toMatchObject([{ state: "refused", error: { code, at } }]);
  });

  it("a batch reports each bad document with its place", async () => {
    const answer = await anchor([7, document({ digest: "x" }), document({ scene: "y" })]);
    expect(answer.status).toBe(422);
    expect(answer.body["anchors"]).toMatchObject([
      { error: { code: "TYPE", at: "/documents/0" } },
      { error: { code: "DIGEST_FORMAT", at: "/documents/1/digest" } },
      { error: { code: "SCENE_UNKNOWN", at: "/documents/2" } },
    ]);
  });
});

describe("an API key", () => {
  it.each<[string, Record<string, string>, number, string]>([
    ["that is missing", {}, 401, "AUTH_MISSING"],
    ["of another scheme", { authorization: "Basic dXNlcjpwYXNz" }, 401, "AUTH_MALFORMED"],
    ["that is empty", { authorization: "Bearer " }, 401, "AUTH_MALFORMED"],
    ["with spaces", { authorization: "Bearer a b c d e f g h" }, 401, "AUTH_MALFORMED"],
    ["that is unknown", { authorization: `Bearer hufu_${"A".repeat(43)}` }, 401, "AUTH_INVALID"],
  ])("an API key %s is refused", async (_, headers, status, code) => {
    const answer = await ask(`${service.url}/v1/anchors`, { body: { documents: [document()] }, headers });
    expectProblem(answer, status, code);
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  });

  it.each(["verifier", "auditor", "operator"] as const)(
    "an API key of a %s cannot anchor or revoke",
    async (name) => {
      expectProblem(await anchor([document()], service.keys[name]), 403, "SCOPE_REQUIRED");
      const revoke = { key: service.keys[name], body: { action: "revoke", reason: "other" } };
      expectProblem(await ask(`${service.url}/v1/entries/12/status`, revoke), 403, "SCOPE_REQUIRED");
    },
  );

  it("the API key is checked before the body is read", async () => {
    expectProblem(await ask(`${service.url}/v1/anchors`, { body: "{" }), 401, "AUTH_MISSING");
  });
});

describe("a status", () => {
  const post = async (path: string, body: unknown): Promise<Answer> =>
    await ask(service.url + path, { key: service.keys.issuer, body });

  it.each<[string, unknown, number, string]>([
    ["/v1/entries/12/status", { action: "revoke" }, 400, "REASON_CODE"],
    ["/v1/entries/12/status", { action: "revoke", reason: "because" }, 400, "REASON_CODE"],
    ["/v1/entries/12/status", { action: "revoke", reason: "__proto__" }, 400, "REASON_CODE"],
    ["/v1/entries/12/status", { reason: "other" }, 400, "ACTION_CODE"],
    ["/v1/entries/12/status", { action: "burn", reason: "other" }, 400, "ACTION_CODE"],
    ["/v1/entries/9999/status", { action: "revoke", reason: "other" }, 404, "ENTRY_NOT_FOUND"],
    ["/v1/entries/0/status", { action: "revoke", reason: "other" }, 409, "NOT_A_DOCUMENT"],
    ["/v1/entries/-1/status", { action: "revoke", reason: "other" }, 400, "ID_FORMAT"],
    ["/v1/entries/1e3/status", { action: "revoke", reason: "other" }, 400, "ID_FORMAT"],
  ])("POST %s with %j is refused with %i %s", async (path, body, status, code) =>
    expectProblem(await post(path, body), status, code),
  );
});

describe("a path", () => {
  const get = async (path: string): Promise<Answer> =>
    await ask(service.url + path, { key: service.keys.auditor });

  it.each<[string, number, string]>([
    ["/v1/entries/abc", 400, "ID_FORMAT"],
    ["/v1/entries/01", 400, "ID_FORMAT"],
    ["/v1/entries/9007199254740993", 400, "ID_FORMAT"],
    ["/v1/entries/%00", 400, "ID_FORMAT"],
    ["/v1/entries/%c0%af", 400, "ID_FORMAT"],
    ["/v1/entries/99999", 404, "ENTRY_NOT_FOUND"],
    ["/v1/entries/", 400, "ID_FORMAT"],
    ["/v1/nothing", 404, "ROUTE"],
    ["/v1/institutions/", 404, "ROUTE"],
    ["/v1/entries?limit=abc", 400, "PAGE_LIMIT"],
    ["/v1/entries?limit=0", 400, "PAGE_LIMIT"],
    ["/v1/entries?limit=1000000000", 400, "PAGE_LIMIT"],
    ["/v1/entries?page=-1", 400, "UNKNOWN_FIELD"],
    ["/v1/entries?cursor=11.forged", 400, "CURSOR_INVALID"],
    [`/v1/entries?cursor=11.${"A".repeat(43)}`, 400, "CURSOR_INVALID"],
    ["/v1/entries?from=2026-02-30", 400, "DATE_INVALID"],
    ["/v1/entries?from=2026-02-02&to=2026-02-01", 400, "DATE_RANGE"],
    ["/v1/entries?issuer=one", 400, "ID_FORMAT"],
    ["/v1/entries?scene=constructor", 422, "SCENE_UNKNOWN"],
    ["/v1/entries?status=gone", 400, "TYPE"],
    ["/v1/entries?limit=1&limit=2", 400, "TYPE"],
  ])("GET %s is refused with %i %s", async (path, status, code) =>
    expectProblem(await get(path), status, code),
  );

  it("a known path refuses other methods, and names its own", async () => {
    for (const [method, path] of [
      ["DELETE", "/v1/anchors"],
      ["PUT", "/v1/entries/1"],
      ["POST", "/healthz"],
      ["OPTIONS", "/v1/verifications"],
    ]) {
      const answer = await ask(service.url + (path ?? ""), {
        method: method ?? "",
        key: service.keys.issuer,
      });
      expectProblem(answer, 405, "METHOD");
      expect(answer.headers.get("allow")).toMatch(/^[A-Z, ]+$/);
    }
  });

  it("an anchor with a malformed or unknown id is refused", async () => {
    const url = `${service.url}/v1/anchors`;
    expectProblem(await ask(`${url}/12`, { key: service.keys.issuer }), 400, "ID_FORMAT");
    const unknown = "00000000-0000-4000-8000-000000000000";
    expectProblem(await ask(`${url}/${unknown}`, { key: service.keys.issuer }), 404, "ANCHOR_NOT_FOUND");
  });

  it("a client that does not accept JSON is refused", async () => {
    const answer = await ask(`${service.url}/healthz`, { headers: { accept: "text/html" } });
    expectProblem(answer, 406, "NOT_ACCEPTABLE");
  });
});

describe("problems", () => {
  it("problems have titles in the reader's language, and at most 64 characters of input", async () => {
    const title = async (language: string): Promise<unknown> =>
      (await verify({ digest: "x" }, { "accept-language": language })).body["title"];
    expect(await title("zh-HK, en;q=0.5")).toBe("數碼指紋的書寫格式不正確");
    expect(await title("zh-CN")).toBe("数据指纹的书写格式不正确");
    expect(await title("fr, de")).toBe("The digest is not written as it should be");
    const { body } = await verify({ digest: "s".repeat(5_000) });
    expect(JSON.stringify(body)).not.toMatch(/s{65}/);
  });
});

it("no request of this file was accepted", expectNothingTaken);
