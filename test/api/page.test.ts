import accepts from "@fastify/accepts";
import fastify from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pageRoutes } from "../../src/api/page.ts";
import { sendProblem } from "../../src/api/problem.ts";
import { startTestService, type TestService } from "../support/service/service.ts";

let service: TestService;
beforeAll(async () => void (service = await startTestService()));
afterAll(async () => await service.close());

const get = async (path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Response> =>
  await fetch(`${service.url}${path}`, { headers, method });

async function assets(): Promise<string[]> {
  const html = await (await get("/")).text();
  return [...html.matchAll(/(?:src|href)="[.]([^"]+)"/g)].map(([, path]) => path ?? "");
}

describe("the page at /", () => {
  it("the page is HTML with a policy that allows its own files and nothing inline", async () => {
    const { status, headers } = await get("/");
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(headers.get("cache-control")).toBe("no-cache");
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/unsafe-(inline|eval\b(?<!wasm-unsafe-eval))|https?:|\*/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("strict-transport-security")).toBeNull();
  });

  it("the page asks browsers that reach it over TLS to use TLS only", async () => {
    const secure = await startTestService({ env: { HUFU_PUBLIC_URL: "https://verify.example.com" } });
    const { headers } = await fetch(secure.url);
    expect(headers.get("strict-transport-security")).toBe("max-age=31536000");
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    await secure.close();
  });

  it("the page names only its own files, which caches keep permanently", async () => {
    const paths = await assets();
    expect(paths.length).toBeGreaterThan(2);
    for (const path of paths) {
      expect(path).toMatch(/^\/assets\//);
      const { status, headers } = await get(path);
      expect([path, status, headers.get("cache-control")]).toEqual([
        path,
        200,
        "public, max-age=31536000, immutable",
      ]);
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    }
  });

  it("the page is compressed where accepted, with the same content, and is not sent again to a client that has it", async () => {
    const [path = ""] = (await assets()).filter((each) => each.endsWith(".js"));
    const plain = await get(path, { "accept-encoding": "identity" });
    expect(plain.headers.get("content-encoding")).toBeNull();
    const text = await plain.text();
    for (const encoding of ["br", "gzip"]) {
      const answer = await get(path, { "accept-encoding": encoding });
      expect([answer.headers.get("content-encoding"), answer.headers.get("vary")]).toEqual([
        encoding,
        "accept-encoding",
      ]);
      expect(Number(answer.headers.get("content-length"))).toBeLessThan(text.length);
      expect(await answer.text()).toBe(text);
    }
    const again = await get(path, { "if-none-match": plain.headers.get("etag") ?? "" });
    expect([again.status, await again.text()]).toEqual([304, ""]);
  });

  it("the page answers GET whatever the client accepts, and no other method", async () => {
    expect((await get("/", { accept: "text/html" })).status).toBe(200);
    expect((await get("/", {}, "HEAD")).status).toBe(200);
    const posted = await get("/", {}, "POST");
    expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    expect((await get("/assets/none.js")).status).toBe(404);
    expect((await get("/assets/..%2findex.html")).status).toBe(404);
  });

  it("the page does not change the answers of the API", async () => {
    const { headers } = await get("/healthz");
    expect(headers.get("content-security-policy")).toBeNull();
    expect(headers.get("cache-control")).toBe("no-store");
  });
});

describe("without the files of the page", () => {
  it("the page says that the service has none, and caches nothing", async () => {
    const app = fastify();
    app.setErrorHandler((error, request, reply) => sendProblem(request, reply, error));
    await app.register(accepts);
    await app.register((pages) => pageRoutes(pages, { files: [], secure: false }));
    const { statusCode, headers, body } = await app.inject({ url: "/", headers: { accept: "text/html" } });
    expect([statusCode, headers["content-type"]]).toEqual([
      503,
      expect.stringContaining("application/problem+json"),
    ]);
    expect(JSON.parse(body)).toMatchObject({
      code: "PAGE_NOT_BUILT",
      detail: expect.stringContaining("its API answers") as string,
    });
    await app.close();
  });
});
