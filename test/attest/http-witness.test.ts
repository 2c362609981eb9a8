import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HttpWitness } from "../../src/attest/http-witness.ts";
import type { ErrorCode } from "../../src/core/errors.ts";

let url: string;
let cleanup: AsyncDisposableStack;
let respond: (request: IncomingMessage, response: ServerResponse) => void;
let closing: AbortController;

beforeEach(async () => {
  cleanup = new AsyncDisposableStack();
  closing = new AbortController();
  const server = createServer((request, response) => respond(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanup.defer(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => cleanup.disposeAsync());

const witness = (timeout = 5_000): HttpWitness => new HttpWitness(url, { closing: closing.signal, timeout });
const answers = (status: number, body: string, headers: Record<string, string> = {}): void => {
  respond = (_, response) => response.writeHead(status, headers).end(body);
};
const fails = async (asking: Promise<unknown>, code: ErrorCode): Promise<void> =>
  await expect(asking).rejects.toThrowCode(code);

it("a request is sent unchanged, as text, beneath the submission prefix", async () => {
  const seen: unknown[] = [];
  respond = (request, response) => {
    const { method, url: path, headers } = request;
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      seen.push([method, path, headers["content-type"], body]);
      response.end("— w AAAA\n");
    });
  };
  url += "/behind/a/proxy";
  expect(await witness().addCheckpoint("old 0\n— ü\n")).toEqual({ kind: "cosigned", lines: "— w AAAA\n" });
  expect(seen).toEqual([
    ["POST", "/behind/a/proxy/add-checkpoint", "text/plain; charset=utf-8", "old 0\n— ü\n"],
  ]);
});

describe("an answer", () => {
  it.each<[number, string, Record<string, string>, object]>([
    [409, "42\n", {}, { kind: "conflict", size: 42 }],
    [409, "many\n", {}, { kind: "refused", split: undefined }],
    [503, "", { "retry-after": "7" }, { kind: "later", after: 7_000 }],
    [503, "", { "retry-after": "Sun, 22 Nov 2026 10:00:00 GMT" }, { kind: "later", after: undefined }],
    [429, "", {}, { kind: "later", after: undefined }],
    [403, '{"code":"LOG_KEY_UNKNOWN","detail":"d"}', {}, { detail: 'HTTP 403 "LOG_KEY_UNKNOWN" "d"' }],
    [422, '{"split":{"root":"r"}}', {}, { kind: "refused", split: { root: "r" } }],
    [422, "[1]", {}, { kind: "refused", split: undefined }],
    [404, "<html>", {}, { kind: "refused", detail: 'HTTP 404 "<html>"' }],
    [500, "null", {}, { kind: "refused" }],
  ])(
    "an answer of HTTP %i with %j is classified by its status and body",
    async (status, body, headers, expected) => {
      answers(status, body, headers);
      expect(await witness().addCheckpoint("")).toMatchObject(expected);
    },
  );
});

describe("a service that does not answer", () => {
  it.each([502, 504])("a service that answers HTTP %i is reported as unreachable", async (status) => {
    answers(status, "");
    await fails(witness().addCheckpoint(""), "SERVER_UNREACHABLE");
  });

  it("a service that does not answer in time is reported as unreachable", async () => {
    respond = () => undefined;
    await fails(witness(50).addCheckpoint(""), "SERVER_UNREACHABLE");
  });

  it("a service that sends only the beginning in time is reported as unreachable", async () => {
    respond = (_, response) => void response.writeHead(200).write("— w");
    await fails(witness(50).addCheckpoint(""), "SERVER_UNREACHABLE");
  });

  it("a service that breaks off is reported as unreachable", async () => {
    respond = (request) => request.socket.destroy();
    await fails(witness().addCheckpoint(""), "SERVER_UNREACHABLE");
  });

  it("a service that redirects is reported as unreachable", async () => {
    answers(307, "", { location: "http://127.0.0.1:9/" });
    await fails(witness().addCheckpoint(""), "SERVER_UNREACHABLE");
  });

  it("a request under way is aborted when this service stops", async () => {
    respond = () => closing.abort();
    await fails(witness().addCheckpoint(""), "SERVER_UNREACHABLE");
  });
});

it("an answer that exceeds the size limit is refused with NOT_THE_SERVICE", async () => {
  respond = (_, response) => void response.end("x".repeat((64 << 10) + 1));
  await fails(witness().addCheckpoint(""), "NOT_THE_SERVICE");
});
