/** Tests for which hosts a service answers. */
import { afterEach, describe, expect, it } from "vitest";
import { LANGUAGES } from "../../src/core/directory.ts";
import { wordsIn } from "../../src/words/index.ts";
import { RawConnection } from "../support/network/raw.ts";
import { startTestService, type TestService } from "../support/service/service.ts";

let service: TestService;
afterEach(() => service.close());

/** The status and the body of a request for a host. */
async function ask(host: string, { path = "/healthz", headers = "" } = {}): Promise<[number, string]> {
  const { port } = new URL(service.url);
  const connection = new RawConnection(`http://127.0.0.1:${port}`);
  connection.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${headers}Connection: close\r\n\r\n`);
  const [head = "", body = ""] = (await connection.closed).split("\r\n\r\n");
  return [Number(head.split(" ")[1]), body];
}

const OTHERS = [
  "rebound.example",
  "localhost.example",
  "127.0.0.1.example:3000",
  "192.168.0.7",
  "hufu",
  "localhost@x",
];

describe("a service on loopback", () => {
  it("a service on loopback answers to the names of this machine alone, on every path", async () => {
    service = await startTestService();
    for (const host of ["localhost", "LOCALHOST:3000", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:3000"])
      expect([host, (await ask(host))[0]]).toEqual([host, 200]);
    for (const path of ["/", "/healthz", "/v1/institutions", "/openapi.json", "/log/checkpoint", "/nothing"])
      for (const host of OTHERS) {
        const [status, body] = await ask(host, { path });
        expect([host, path, status, body.includes("HOST_NOT_SERVED")]).toEqual([host, path, 421, true]);
      }
  });

  it("a forwarded host changes nothing", async () => {
    service = await startTestService({ env: { HUFU_TRUSTED_PROXY: "127.0.0.1" } });
    const [status] = await ask("rebound.example", { headers: "X-Forwarded-Host: localhost\r\n" });
    expect(status).toBe(421);
  });

  it("a service on loopback answers to the host of its public URL, as behind a proxy", async () => {
    service = await startTestService({ env: { HUFU_PUBLIC_URL: "https://Hufu.example" } });
    for (const host of ["hufu.example", "HUFU.example:443", "localhost"])
      expect([host, (await ask(host))[0]]).toEqual([host, 200]);
    for (const host of ["other.example", "hufu.example.evil.example"])
      expect([host, (await ask(host))[0]]).toEqual([host, 421]);
  });

  it("the refusal is named in the reader's language", async () => {
    service = await startTestService();
    for (const language of LANGUAGES) {
      const [, body] = await ask("rebound.example", { headers: `Accept-Language: ${language}\r\n` });
      expect(body).toContain(wordsIn(language).errors.HOST_NOT_SERVED);
    }
  });
});

describe("a service on other addresses", () => {
  it("a service on other addresses answers to any host", async () => {
    service = await startTestService({ env: { HUFU_LISTEN: "0.0.0.0:0" } });
    for (const host of [...OTHERS.slice(0, -1), "localhost"])
      expect([host, (await ask(host))[0]]).toEqual([host, 200]);
  });
});
